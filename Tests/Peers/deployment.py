"""`ai4ai deploy` with its own description, against its own fake AWS."""

import copy
import functools
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import threading

import boto3
import pytest
import yaml

from awspeer.process import Peer
from system import BUILD

ROOT = pathlib.Path(__file__).parents[2]
REGION = "ap-southeast-2"
ACCOUNT = "123456789012"
DEADLINE = 120
SYSTEM = {
    "version": 1, "agents": {"coordinator": {"runtime_name": "errands"}}, "models": {"id": "amazon.nova-pro-v1:0"},
    "cognito": {"domain_prefix": "errands"}}
TWO_RUNTIMES = {"agents": {
    "coordinator": {"runtime_name": "errands"}, "automation": {"runtime_name": "errands_automation"}}}


def merged(base, more):
    """A description with changed members; None removes a member."""
    result = copy.deepcopy(base)
    for name, value in more.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = merged(result[name], value)
        else:
            result[name] = value
    return result


def run(*arguments, **options):
    return run_ai4ai("deploy", *arguments, **options)


def run_ai4ai(*arguments, environment=None, check=True):
    result = subprocess.run(
        [BUILD / "ai4ai", *arguments], env=environment, capture_output=True, text=True, timeout=DEADLINE)
    if check:
        assert result.returncode == 0, result.stdout + result.stderr
    return result


class Layers(http.server.SimpleHTTPRequestHandler):
    """Serves the layers of images from a folder, as S3 does."""

    def log_message(self, *_):
        pass


class Account:
    """An empty AWS account, and a project that is deployed to it."""

    def __init__(self, peer, directory):
        self.peer = peer
        self.peer.empty_account()
        self.file = directory / "agentcore.yaml"
        self.templates = ROOT / "deploy"
        self.layers = directory / "layers"
        self.layers.mkdir()
        self.environment = self.peer.environment(PATH=os.environ["PATH"], HOME=str(directory))
        self.describe()

    def __enter__(self):
        handler = functools.partial(Layers, directory=self.layers)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def describe(self, **more):
        self.file.write_text(yaml.safe_dump(merged(SYSTEM, more)))

    def client(self, service):
        return boto3.client(
            service, REGION, endpoint_url=self.peer.url, aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=self.environment["AWS_SESSION_TOKEN"])

    def with_pool(self, directory):
        """Replaces the user pool of data.yaml, because moto doesn't create one from a template."""
        cognito = self.client("cognito-idp")
        pool = cognito.create_user_pool(PoolName="people")["UserPool"]["Id"]
        self.templates = directory / "deploy"
        shutil.copytree(ROOT / "deploy", self.templates)
        file = self.templates / "data.yaml"
        text = file.read_text().replace("Value: !Ref Pool,", f"Value: {pool},")
        file.write_text(text.replace("Value: !Ref Client,", "Value: page,"))
        return pool

    @property
    def bucket(self):
        stack = self.client("cloudformation").describe_stacks(StackName="ai4ai-data")["Stacks"][0]
        return next(each["OutputValue"] for each in stack["Outputs"] if each["OutputKey"] == "FilesBucket")

    def deploy(self, command, *arguments, check=True):
        """The output and exit code of the command."""
        return run(
            command, "--file", self.file, "--templates", self.templates, *arguments, environment=self.environment,
            check=check)

    def changes(self, command, *arguments):
        """The output lines of a command, except for those that report no change."""
        return [line for line in self.deploy(command, *arguments).stdout.splitlines() if not line.startswith("=")]

    def push_image(self, tag, architecture="arm64", name="agent"):
        """Puts an image into the repository, as docker buildx does: an index with one image for each architecture."""
        manifest = {
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "annotations": {"tag": tag},
            "manifests": [{
                "mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 1, "digest": "sha256:" + "0" * 64,
                "platform": {"architecture": architecture, "os": "linux"}}]}
        return self.push(tag, manifest, name)

    def push_single_image(self, tag, architecture):
        """Puts a single image into the repository, without an index: its architecture is in a separate layer."""
        config = json.dumps({"architecture": architecture, "os": "linux"})
        digest = "sha256:" + hashlib.sha256(config.encode()).hexdigest()
        (self.layers / architecture).write_text(config)
        self.peer.register_layers({digest: f"http://127.0.0.1:{self.server.server_port}/{architecture}"})
        return self.push(tag, {
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "annotations": {"tag": tag},
            "config": {"digest": digest, "size": 1, "mediaType": "application/vnd.oci.image.config.v1+json"},
            "layers": []})

    def push(self, tag, manifest, name="agent"):
        """Makes an image the only one, because moto records push times only to the second."""
        self.remove_images(name)
        text = json.dumps(manifest)
        # By default, moto picks the digest of an index from a hundred random ones.
        image = self.client("ecr").put_image(
            repositoryName=f"ai4ai/{name}", imageManifest=text, imageTag=tag,
            imageManifestMediaType=manifest["mediaType"],
            imageDigest=f"sha256:{hashlib.sha256(text.encode()).hexdigest()}")
        return image["image"]["imageId"]["imageDigest"]

    def remove_images(self, name):
        ecr = self.client("ecr")
        images = ecr.list_images(repositoryName=f"ai4ai/{name}")["imageIds"]
        if images:
            ecr.batch_delete_image(repositoryName=f"ai4ai/{name}", imageIds=images)

    def destroy(self, *arguments):
        """Empties the repositories first, because moto doesn't when their stack is deleted."""
        self.remove_images("agent")
        self.remove_images("backend")
        return self.deploy("destroy", "--project", "ai4ai", *arguments)

    def prepared(self):
        """Deploys everything that runtimes need."""
        result = self.deploy("apply", check=False)
        assert "There is no image in ai4ai/agent" in result.stderr, result.stdout + result.stderr
        self.push_image("one")

    def deployed(self):
        """Deploys everything, with a first image."""
        self.prepared()
        # The backend's image may still be missing.
        self.deploy("apply", check=False)

    def runtime(self, name="errands"):
        """The runtime as AgentCore returns it; None if there is none."""
        control = self.client("bedrock-agentcore-control")
        found = [each for each in control.list_agent_runtimes()["agentRuntimes"] if each["agentRuntimeName"] == name]
        return control.get_agent_runtime(agentRuntimeId=found[0]["agentRuntimeId"]) if found else None

    def live_version(self, name="errands"):
        control = self.client("bedrock-agentcore-control")
        runtime = self.runtime(name)["agentRuntimeId"]
        return control.get_agent_runtime_endpoint(agentRuntimeId=runtime, endpointName="live")["liveVersion"]

    def calls(self):
        """The operations that were called, except for reads."""
        reads = ("Get", "List", "Describe", "BatchGet", "Filter")
        return [entry["operation"] for entry in self.peer.requests() if not entry["operation"].startswith(reads)]


def users(account, *arguments, check=True):
    return run_ai4ai("users", *arguments, "--file", account.file, "--templates", account.templates,
                     environment=account.environment, check=check)


def kept(account):
    """The retention of the runtimes' log groups in days, by group."""
    groups = account.client("logs").describe_log_groups(logGroupNamePrefix="/aws/bedrock-agentcore/runtimes/")["logGroups"]
    return {group["logGroupName"]: group.get("retentionInDays") for group in groups}


# Fixtures

@pytest.fixture(scope="module")
def aws():
    """A fake AWS for the module."""
    running = Peer(REGION)
    yield running
    running.stop()


@pytest.fixture
def account(aws, tmp_path):
    with Account(aws, tmp_path) as account:
        yield account


@pytest.fixture
def deployed(account):
    account.deployed()
    account.peer.clear_requests()
    return account


@pytest.fixture
def with_backend(account, tmp_path):
    """An account with a network, a certificate, and users, and a description with a backend."""
    account.pool = account.with_pool(tmp_path)
    subnets = [each["SubnetId"] for each in account.client("ec2").describe_subnets()["Subnets"]]
    certificate = account.client("acm").request_certificate(DomainName="chat.example.com")["CertificateArn"]
    vpc = account.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    account.describe(backend={
        "public_url": "https://chat.example.com", "certificate_arn": certificate, "vpc": vpc,
        "public_subnets": subnets[:2], "private_subnets": subnets[2:]})
    return account
