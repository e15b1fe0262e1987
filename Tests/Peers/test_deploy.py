"""`ai4ai deploy` against a control plane that follows botocore's models, and moto's CloudFormation, ECR, and IAM."""

import shutil
import time
from pathlib import Path

import pytest
import yaml

from deployment import ACCOUNT, REGION, TWO_RUNTIMES, account, aws, deployed, with_backend, users, kept
from policies import actions, resources_of, statements


# Plan

def test_a_plan_for_an_empty_account_names_each_part_and_makes_none(account):
    changes = account.changes("plan")
    assert [line.split(":")[0] for line in changes] == [
        "+ stack ai4ai-data", "+ stack ai4ai-foundation", "+ image ai4ai/agent"]
    assert account.calls() == []


def test_a_plan_of_what_is_there_has_no_changes(deployed):
    assert deployed.changes("plan") == []
    assert deployed.calls() == []


def test_a_plan_tells_what_would_be_different(deployed):
    deployed.describe(
        models={"id": "anthropic.claude-sonnet-5-v1:0"}, observability={"log_days": 90, "capture_content": True},
        agents={"coordinator": {"runtime_name": "errands", "idle_seconds": 300}})
    changes = "\n".join(deployed.changes("plan"))
    assert "~ stack ai4ai-foundation: LogDays from '30' to '90'" in changes
    assert "the environment: AI4AI_MODEL" in changes
    assert "lifecycleConfiguration from" in changes and "300" in changes
    assert "~ endpoint live of errands: from version 2 to the new one" in changes
    assert deployed.calls() == []


def test_another_account_than_the_described_one_is_left_alone(account):
    account.describe(account="999999999999")
    result = account.deploy("apply", check=False)
    assert result.returncode != 0
    assert f"belong to the account {ACCOUNT}, but agentcore.yaml is for 999999999999" in result.stderr
    assert account.calls() == []


# Apply

def test_before_there_is_an_image_apply_makes_its_repository_and_says_what_to_do(account):
    result = account.deploy("apply", check=False)
    assert result.returncode != 0 and "Push one with deploy/push-image.sh and apply again" in result.stderr
    assert account.client("ecr").describe_repositories()["repositories"][0]["repositoryName"] == "ai4ai/agent"
    assert account.runtime() is None


def test_apply_makes_a_runtime_of_the_newest_image_that_requires_mmds_v2(deployed):
    digest = deployed.push_image("two")
    deployed.deploy("apply")
    runtime = deployed.runtime()
    uri = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/ai4ai/agent@{digest}"
    assert runtime["agentRuntimeArtifact"] == {"containerConfiguration": {"containerUri": uri}}
    assert runtime["metadataConfiguration"] == {"requireMMDSV2": True}
    assert runtime["status"] == "READY"
    assert runtime["environmentVariables"] == {
        "AI4AI_MODEL": "bedrock/amazon.nova-pro-v1:0", "AI4AI_BROWSER": "agentcore", "AI4AI_STORAGE": "dynamodb",
        "AI4AI_BROWSER_SESSION_SECONDS": "3600", "AI4AI_VAULT_KEY": "alias/ai4ai-vault", "AI4AI_FILES_BUCKET": deployed.bucket}
    assert deployed.live_version() == runtime["agentRuntimeVersion"]
    roles = deployed.client("cloudformation").describe_stacks(StackName="ai4ai-foundation")["Stacks"][0]["Outputs"]
    assert runtime["roleArn"] in [output["OutputValue"] for output in roles]


def test_a_second_apply_changes_nothing(deployed):
    assert deployed.changes("apply") == []
    assert deployed.calls() == []


@pytest.mark.nightly
def test_an_update_keeps_what_the_description_does_not_speak_of(deployed):
    control = deployed.client("bedrock-agentcore-control")
    runtime = deployed.runtime()
    # Someone has manually added a folder to the runtime.
    folder = [{"sessionStorage": {"mountPath": "/mnt/notes"}}]
    members = ("agentRuntimeArtifact", "roleArn", "networkConfiguration", "protocolConfiguration",
               "lifecycleConfiguration", "environmentVariables", "metadataConfiguration")
    control.update_agent_runtime(
        agentRuntimeId=runtime["agentRuntimeId"], filesystemConfigurations=folder,
        **{name: runtime[name] for name in members})
    deployed.describe(agents={"coordinator": {"runtime_name": "errands", "description": "Runs errands."}})
    deployed.deploy("apply")
    runtime = deployed.runtime()
    assert runtime["description"] == "Runs errands."
    assert runtime["filesystemConfigurations"] == folder
    assert runtime["metadataConfiguration"] == {"requireMMDSV2": True}


def test_what_the_description_no_longer_says_is_taken_away(deployed):
    issuer = "https://cognito-idp.ap-southeast-2.amazonaws.com/pool/.well-known/openid-configuration"
    deployed.describe(agents={"coordinator": {
        "authorizer": {"discovery_url": issuer, "allowed_clients": ["page"]},
        "header_allowlist": ["Authorization", "X-Tenant"]}})
    deployed.deploy("apply")
    allowed = deployed.runtime()["requestHeaderConfiguration"]["requestHeaderAllowlist"]
    assert sorted(allowed) == ["Authorization", "X-Tenant"], "also names that AgentCore does not reserve"
    assert deployed.runtime()["authorizerConfiguration"]["customJWTAuthorizer"]["allowedClients"] == ["page"]
    environment = deployed.runtime()["environmentVariables"]
    assert environment["AI4AI_TOKEN_DISCOVERY_URL"] == issuer and environment["AI4AI_TOKEN_CLIENTS"] == "page"
    deployed.describe()
    deployed.deploy("apply")
    runtime = deployed.runtime()
    assert "authorizerConfiguration" not in runtime and "requestHeaderConfiguration" not in runtime


@pytest.mark.nightly
def test_with_automation_apart_the_coordinator_is_told_where_it_is(account):
    account.describe(**TWO_RUNTIMES)
    account.deployed()
    coordinator, automation = account.runtime(), account.runtime("errands_automation")
    environment = coordinator["environmentVariables"]
    assert environment["AI4AI_AUTOMATION_RUNTIME_ARN"] == automation["agentRuntimeArn"]
    assert environment["AI4AI_AUTOMATION_QUALIFIER"] == "live"
    assert "AI4AI_AUTOMATION_RUNTIME_ARN" not in automation["environmentVariables"]
    assert coordinator["roleArn"] != automation["roleArn"]
    assert account.changes("plan") == []


@pytest.mark.nightly
def test_a_browser_and_a_memory_of_its_own_reach_the_runtime(account):
    memory = {"name": "errands_memory", "event_days": 3650}
    account.describe(browser={"custom": {"name": "errands_browser"}}, memory=memory)
    account.deployed()
    assert account.peer.requests("CreateMemory")[-1]["params"]["eventExpiryDuration"] == 3650
    environment = account.runtime()["environmentVariables"]
    assert environment["AI4AI_BROWSER_ID"].startswith("errands_browser-")
    assert environment["AI4AI_MEMORY_ID"].startswith("errands_memory-")
    assert account.changes("plan") == []


# The backend

def test_the_backend_gets_the_runtime_the_pool_and_its_own_image(with_backend):
    with_backend.deployed()
    digest = with_backend.push_image("page", name="backend")
    assert [line.split(":")[0] for line in with_backend.changes("apply")] == ["+ stack ai4ai-backend"]
    stack = with_backend.client("cloudformation").describe_stacks(StackName="ai4ai-backend")["Stacks"][0]
    given = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    assert given["RuntimeArn"] == with_backend.runtime()["agentRuntimeArn"]
    assert given["RuntimeQualifier"] == "live" and given["RuntimeAuthentication"] == "signature"
    assert given["ClientId"] == "page" and given["HostedPages"].startswith("https://errands.auth.")
    assert given["ImageUri"].endswith(f"/ai4ai/backend@{digest}")
    assert with_backend.changes("plan") == []


@pytest.mark.nightly
def test_without_its_image_the_backend_is_what_remains(with_backend):
    with_backend.prepared()
    result = with_backend.deploy("apply", check=False)
    assert result.returncode != 0 and "There is no image in ai4ai/backend yet" in result.stderr
    assert with_backend.runtime()["status"] == "READY"


@pytest.mark.nightly
def test_a_template_that_differs_only_in_a_comment_is_no_failure(deployed, tmp_path, monkeypatch):
    monkeypatch.setattr(deployed, "templates", Path(shutil.copytree(deployed.templates, tmp_path / "deploy")))
    file = deployed.templates / "data.yaml"
    file.write_text(f"# One more comment.\n{file.read_text()}")
    # moto takes such an update, and CloudFormation doesn't.
    deployed.peer.fault(
        "CloudFormation.UpdateStack", error="ValidationError", status=400,
        message="No updates are to be performed.")
    deployed.deploy("apply")


# Images

def test_an_image_for_another_architecture_is_refused_before_the_runtime_is_touched(deployed):
    deployed.push_image("wrong", "amd64")
    result = deployed.deploy("apply", check=False)
    assert result.returncode != 0
    assert "is for amd64, and only arm64 is run" in result.stderr
    assert not {"CreateAgentRuntime", "UpdateAgentRuntime", "UpdateStack"} & set(deployed.calls())


@pytest.mark.nightly
def test_the_architecture_of_a_single_image_is_read_from_its_configuration(deployed):
    deployed.push_single_image("single", "riscv64")
    result = deployed.deploy("apply", check=False)
    assert result.returncode != 0 and "is for riscv64" in result.stderr


# Permissions

# Permissions that AWS checks together with our calls, and Docker's permissions.
NOT_CALLS = ("PassRoles", "Push", "PushToken")


def test_the_deployer_may_do_what_it_does_and_nothing_else(with_backend):
    backend = yaml.safe_load(with_backend.file.read_text())["backend"]
    more = {"browser": {"custom": {"name": "errands_browser"}}, "memory": {"name": "errands_memory"}}
    with_backend.describe(backend=backend, **more)
    with_backend.deployed()
    with_backend.push_image("page", name="backend")
    with_backend.deploy("apply")
    # A failed update reads the reason, and a successful one moves the endpoint.
    with_backend.peer.fail_next_version("errands", "no")
    with_backend.describe(
        backend=backend, models={"resources": ["arn:aws:bedrock:*::foundation-model/amazon.*"]}, **more)
    with_backend.push_single_image("two", "arm64")
    with_backend.deploy("apply", check=False)
    with_backend.deploy("apply")
    with_backend.deploy("rollback")
    with_backend.deploy("logs")
    users(with_backend, "add", "aisha@example.com")
    with_backend.client("cognito-idp").admin_set_user_password(
        UserPoolId=with_backend.pool, Username="aisha@example.com", Password="Long-enough-1!", Permanent=True)
    users(with_backend, "reset", "aisha@example.com")
    users(with_backend, "remove", "aisha@example.com")
    with_backend.client("s3").put_object(Bucket=with_backend.bucket, Key="files/chat/file", Body=b"letter")
    with_backend.destroy("--with-data")
    made = {
        action for entry in with_backend.peer.requests() if entry["headers"].get("user-agent") == "ai4ai"
        for action in actions(entry)}
    allowed = set(statements(resources_of("deployer")["Deployer"]["Properties"]["PolicyDocument"], NOT_CALLS))
    # Every caller may read its own identity, and a stack's events are read only when it fails.
    assert made - {"sts:GetCallerIdentity"} == allowed - {"cloudformation:DescribeStackEvents"}


# Failures in the middle

@pytest.mark.parametrize("operation", [
    "CreateAgentRuntime", pytest.param("UpdateAgentRuntime", marks=pytest.mark.nightly),
    pytest.param("CreateAgentRuntimeEndpoint", marks=pytest.mark.nightly)])
def test_after_a_failure_in_the_middle_the_same_command_goes_on(account, operation):
    account.prepared()
    account.peer.fault(operation, error="AccessDeniedException", status=403, message="not for you")
    result = account.deploy("apply", check=False)
    assert result.returncode != 0 and "not for you" in result.stderr
    account.deploy("apply")
    assert account.runtime()["metadataConfiguration"] == {"requireMMDSV2": True}
    assert account.live_version() == account.runtime()["agentRuntimeVersion"]
    assert account.changes("plan") == []


@pytest.mark.nightly
def test_after_a_stack_that_could_not_be_asked_for_the_same_command_goes_on(account):
    account.peer.fault("CloudFormation.CreateStack", error="AccessDenied", status=403, message="not for you")
    result = account.deploy("apply", check=False)
    assert result.returncode != 0 and "CloudFormation CreateStack: 403 AccessDenied not for you" in result.stderr
    account.deployed()


@pytest.mark.nightly
def test_an_answer_that_is_lost_makes_no_second_runtime(account):
    account.prepared()
    account.peer.fault("CreateAgentRuntime", drop=True, after=True)
    account.deploy("apply", check=False)
    account.deploy("apply")
    control = account.client("bedrock-agentcore-control")
    assert len(control.list_agent_runtimes()["agentRuntimes"]) == 1


@pytest.mark.nightly
def test_a_role_that_is_not_known_yet_is_waited_for(account):
    account.prepared()
    account.peer.fault(
        "CreateAgentRuntime", error="ValidationException", status=400, times=2,
        message="Role validation failed for the role. Please verify that it can be assumed.")
    account.deploy("apply")
    assert account.runtime()["status"] == "READY"


@pytest.mark.nightly
def test_a_runtime_that_could_not_be_created_is_made_anew(account):
    account.prepared()
    account.peer.fail_next_version("errands", "The image cannot be pulled.")
    result = account.deploy("apply", check=False)
    assert result.returncode != 0
    assert "CREATE_FAILED: The image cannot be pulled. Fix the cause and apply again." in result.stderr
    assert any("what is left of a failed creation" in line for line in account.changes("plan"))
    account.deploy("apply")
    assert account.runtime()["status"] == "READY"


@pytest.mark.nightly
def test_after_an_update_that_failed_the_endpoint_stays_and_the_next_one_mends_it(deployed):
    deployed.push_image("two")
    deployed.peer.fail_next_version("errands", "The container is not healthy.")
    result = deployed.deploy("apply", check=False)
    assert result.returncode != 0 and "The container is not healthy." in result.stderr
    assert deployed.live_version() == "2"
    deployed.push_image("three")
    deployed.deploy("apply")
    assert deployed.live_version() == deployed.runtime()["agentRuntimeVersion"]


# Rollback

@pytest.mark.nightly
def test_rollback_moves_the_endpoint_to_the_version_before(deployed):
    deployed.push_image("two")
    deployed.deploy("apply")
    assert deployed.live_version() == "3"
    assert deployed.changes("rollback") == ["~ endpoint live of errands: version 2"]
    assert deployed.live_version() == "2"
    # The newest version is the one in the description, and a plan shows that.
    assert deployed.changes("plan") == ["~ endpoint live of errands: from version 2 to 3"]


@pytest.mark.nightly
def test_without_a_version_before_there_is_no_rollback(deployed):
    result = deployed.deploy("rollback", check=False)
    assert result.returncode != 0 and "There is nothing to go back to" in result.stderr


# Status, logs

def test_status_tells_what_is_there(account):
    assert "runtime errands: not there" in account.deploy("status").stdout
    account.deployed()
    status = account.deploy("status").stdout
    assert "stack ai4ai-foundation: CREATE_COMPLETE" in status
    assert "runtime errands: READY, version 2" in status and "endpoint live: READY, version 2" in status


@pytest.mark.nightly
def test_logs_are_those_of_the_endpoint(deployed):
    assert deployed.deploy("logs").stdout == ""
    logs = deployed.client("logs")
    group = f"/aws/bedrock-agentcore/runtimes/{deployed.runtime()['agentRuntimeId']}-live"
    logs.create_log_stream(logGroupName=group, logStreamName="2026/11/27/[runtime-logs]session")
    logs.put_log_events(
        logGroupName=group, logStreamName="2026/11/27/[runtime-logs]session",
        logEvents=[{"timestamp": int(time.time() * 1000), "message": "an errand begins"}])
    assert deployed.deploy("logs").stdout == "an errand begins\n"


@pytest.mark.nightly
def test_logs_are_kept_as_long_as_is_described(deployed):
    [(group, days)] = kept(deployed).items()
    assert days == 30
    deployed.describe(observability={"log_days": 90})
    assert "~ log of errands: kept for 90 days" in deployed.changes("plan")
    deployed.deploy("apply")
    assert kept(deployed) == {group: 90}


@pytest.mark.nightly
def test_log_that_the_platform_has_made_is_not_kept_for_good(deployed):
    [group] = kept(deployed)
    deployed.client("logs").delete_retention_policy(logGroupName=group)
    deployed.deploy("apply")
    assert kept(deployed) == {group: 30}
    assert deployed.changes("plan") == []
