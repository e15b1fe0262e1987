"""`ai4ai doctor`, `ai4ai tables`, secrets, and startup with AWS."""

import json
import os
import subprocess

import boto3
import pytest

from awspeer.process import Peer
from cloud import AUTOMATION, SECRETS, command, no_browser_is_left, settings
from system import BUILD, DEADLINE, Container


pytestmark = pytest.mark.usefixtures("clean_cloud")


# `ai4ai doctor`

def test_doctor_finds_everything_well(cloud, site, runtime):
    cloud.script({"text": "ok"})
    done = command(cloud, "doctor", **settings(cloud, site))
    assert done.returncode == 0, done.stdout + done.stderr
    lines = {line.split()[1]: line.split()[0] for line in done.stdout.splitlines()}
    assert lines == {
        "credentials": "ok", "region": "ok", "clock": "ok", "model": "ok", "browser": "ok", "memory": "ok",
        "tables": "ok", "runtimes": "-"}
    assert no_browser_is_left(cloud)


@pytest.mark.parametrize(
    "environment, fault, line, words",
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, None, "credentials", "Check AWS_SECRET_ACCESS_KEY"),
        ({"AWS_SESSION_TOKEN": ""}, None, "credentials", "Set AWS_SESSION_TOKEN"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, None, "region", "Set AWS_REGION"),
        ({}, ("StartBrowserSession", {"status": 403, "error": "AccessDeniedException"}), "browser", "StartBrowserSession"),
        ({}, ("ConnectBrowserAutomationStream", {"status": 403, "error": "AccessDeniedException"}), "browser",
         "ConnectBrowserAutomationStream"),
        ({}, ("ConverseStream", {"status": 403, "error": "AccessDeniedException"}), "model", "bedrock:InvokeModel"),
        ({}, ("DescribeTable", {"status": 400, "error": "ResourceNotFoundException"}), "tables", "ai4ai tables create"),
        ({"AI4AI_MEMORY_ID": "nothing-AbCdEf1234"}, None, "memory", "Check AI4AI_MEMORY_ID"),
        ({"AI4AI_AUTOMATION_RUNTIME_ARN": AUTOMATION.replace("automation", "gone")}, None, "runtimes",
         "Check AI4AI_AUTOMATION_RUNTIME_ARN"),
    ],
    ids=lambda value: str(value)[:40])
def test_doctor_names_what_is_wrong_and_what_to_do(cloud, site, environment, fault, line, words):
    cloud.script({"text": "ok"})
    if fault:
        cloud.fault(fault[0], times=9, **fault[1])
    done = command(cloud, "doctor", **settings(cloud, site, **environment))
    assert done.returncode == 1
    assert any(entry.startswith("FAILED") and entry.split()[1] == line and words in entry
               for entry in done.stdout.splitlines()), done.stdout
    assert not any(secret in done.stdout for secret in SECRETS)


@pytest.mark.parametrize("offset, words", [(900, "seconds behind"), (-900, "seconds ahead")])
def test_doctor_notices_a_clock_that_is_off(cloud, site, offset, words):
    cloud.script({"text": "ok"})
    cloud.clock(offset)
    try:
        done = command(cloud, "doctor", **settings(cloud, site))
    finally:
        cloud.clock(0)
    assert any(entry.startswith("FAILED  clock") and words in entry for entry in done.stdout.splitlines()), done.stdout
    assert "ok      browser" in done.stdout, "everything else works around it"


# Tables

def test_tables_are_created_once_and_checked():
    peer = Peer()
    try:
        assert "does not exist. Create it with: ai4ai tables create" in command(peer, "tables", "check").stderr
        assert command(peer, "tables", "create").stdout.count("was created") == 2
        assert command(peer, "tables", "create").stdout.count("is there already") == 2
        assert command(peer, "tables", "check").returncode == 0
    finally:
        peer.stop()


def test_table_with_other_keys_is_named_with_what_to_do():
    peer = Peer()
    try:
        boto3.client(
            "dynamodb", region_name=peer.region, endpoint_url=peer.url, aws_access_key_id="AKIAPEERLONGLIVED000",
            aws_secret_access_key="peer-long-lived-secret").create_table(
                TableName="ai4ai-chat-sessions", BillingMode="PAY_PER_REQUEST",
                KeySchema=[{"AttributeName": "session_id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "session_id", "AttributeType": "S"}])
        for verb in ("check", "create"):
            done = command(peer, "tables", verb)
            assert done.returncode == 1 and "instead of user_id (HASH, S) and session_id (RANGE, S)" in done.stderr
    finally:
        peer.stop()


# Secrets and startup

def test_key_of_a_model_server_comes_from_secrets_manager(cloud):
    import http.server
    import threading

    boto3.client(
        "secretsmanager", region_name=cloud.region, endpoint_url=cloud.url, aws_access_key_id="AKIAPEERLONGLIVED000",
        aws_secret_access_key="peer-long-lived-secret").create_secret(
            Name="model", SecretString=json.dumps({"key": "hidden-key"}))
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            seen.append(self.headers["authorization"])
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            for choice in ({"delta": {"content": "Served."}}, {"delta": {}, "finish_reason": "stop"}):
                self.wfile.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    container = Container(**cloud.environment(
        AI4AI_MODEL_URL=f"http://127.0.0.1:{server.server_port}/v1", AI4AI_MODEL="m",
        AI4AI_MODEL_API_KEY="secretsmanager:model#key"))
    try:
        assert cloud.requests("GetSecretValue") == [], "nothing is fetched before it is used"
        for _ in range(2):
            assert container.invoke({"prompt": "hi"}).json()["message"] == "Served."
        assert seen == ["Bearer hidden-key"] * 2 and len(cloud.requests("GetSecretValue")) == 1
        assert "hidden-key" not in container.logged
    finally:
        container.stop()
        server.shutdown()


def test_nothing_is_reached_before_the_first_invocation(cloud, site):
    before = cloud.metadata_counts()
    container = Container(**{
        **settings(cloud, site), "AWS_ACCESS_KEY_ID": "", "AWS_EC2_METADATA_DISABLED": "false",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": cloud.url})
    try:
        assert cloud.requests() == [] and cloud.metadata_counts() == before
        cloud.script({"text": "Now."})
        assert container.invoke({"prompt": "hi"}).json()["message"] == "Now."
        assert cloud.metadata_counts()["credentials"] == before["credentials"] + 1
    finally:
        container.stop()


@pytest.mark.parametrize(
    "environment, words",
    [({"AI4AI_MODEL": "bedrock/../x"}, "no model of Bedrock"), ({"AI4AI_MODEL": "claude"}, "Expected: bedrock/"),
     ({"AI4AI_BROWSER": "safari"}, "one of local, agentcore"), ({"AWS_REGION": "x"}, "no AWS region"),
     ({"AI4AI_AUTOMATION_RUNTIME_ARN": "arn:x"}, "no ARN of bedrock-agentcore"),
     ({"AI4AI_MODEL_API_KEY": "secretsmanager:"}, "secretsmanager:ID"),
     ({"AI4AI_MODEL_PROMPT_CACHING": "some"}, "none, messages, everywhere")],
    ids=str)
def test_settings_that_cannot_be_used_end_the_start(cloud, site, environment, words):
    done = subprocess.run(
        [BUILD / "ai4ai-runtime"], env=os.environ | settings(cloud, site, AI4AI_PORT="0", **environment),
        capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 1 and words in done.stderr, done.stderr
