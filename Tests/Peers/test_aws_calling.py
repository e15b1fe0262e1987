"""Calling a runtime behind a fake AgentCore: boto3, AWS's Python SDK, and `ai4ai invoke`."""

import json
import os
import subprocess

import boto3
import pytest

import agui
from cloud import SECRETS, agentcore, command
from system import BUILD, DEADLINE, eventually


pytestmark = pytest.mark.usefixtures("clean_cloud")


ARN = "arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/coordinator-AbCdEf1234"
TOKEN_ARN = "arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/tokens-AbCdEf1234"


@pytest.fixture(scope="module")
def registered(cloud, runtime):
    cloud.register_runtime(ARN, runtime.url)
    cloud.register_runtime(TOKEN_ARN, runtime.url, auth="jwt", tokens=["good-token"])


def test_boto3_reaches_our_container_with_json_and_events(cloud, registered):
    client, session = agentcore(cloud), "boto-session-" + "x" * 30
    cloud.script({"text": "Hello, boto."}, {"text": "Hello again."})
    answer = client.invoke_agent_runtime(
        agentRuntimeArn=ARN, runtimeSessionId=session, payload=json.dumps({"prompt": "hi"}))
    assert answer["contentType"] == "application/json"
    body = json.loads(answer["response"].read())
    assert (body["message"], body["session_id"]) == ("Hello, boto.", session)
    answer = client.invoke_agent_runtime(
        agentRuntimeArn=ARN, runtimeSessionId=session, payload=json.dumps({"prompt": "hi"}), accept="text/event-stream")
    events = [agui.check(line[6:].decode()) for line in answer["response"].iter_lines() if line.startswith(b"data: ")]
    agui.check_order(events)
    assert events[-1]["result"]["message"] == "Hello again."
    client.stop_runtime_session(agentRuntimeArn=ARN, runtimeSessionId=session)
    assert cloud.stopped()[-1]["sessionId"] == session


@pytest.mark.parametrize("way", ["headers", "query", "token"])
def test_python_sdk_reaches_our_socket(cloud, registered, way):
    import socket

    from bedrock_agentcore.runtime import AgentCoreRuntimeClient
    from websockets.sync.client import connect

    session = boto3.Session(
        aws_access_key_id="ASIAPEERTEMPORARY000", aws_secret_access_key="peer-temporary-secret",
        aws_session_token="peer-session-token", region_name=cloud.region)
    client = AgentCoreRuntimeClient(region=cloud.region, session=session)
    name = f"sdk-session-{way}-" + "x" * 30
    if way == "headers":
        url, headers = client.generate_ws_connection(ARN, session_id=name)
    elif way == "query":
        url, headers = client.generate_presigned_url(ARN, session_id=name), {}
    else:
        url, headers = client.generate_ws_connection_oauth(TOKEN_ARN, "good-token", session_id=name)
    # The websockets library creates its own.
    headers = {key: value for key, value in headers.items()
               if key.lower() not in ("host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version")}
    cloud.script({"text": "Over the socket."})
    tcp = socket.create_connection(("127.0.0.1", cloud.port))
    with connect("ws" + url.removeprefix("wss"), sock=tcp, additional_headers=headers) as ws:
        ws.send(json.dumps({
            "threadId": "t", "runId": "r", "messages": [{"id": "1", "role": "user", "content": "hello"}]}))
        events = []
        while not events or events[-1]["type"] not in ("RUN_FINISHED", "RUN_ERROR"):
            events.append(agui.check(json.dumps(json.loads(ws.recv(timeout=DEADLINE))["event"])))
    agui.check_order(events)
    result = events[-1]["result"]
    assert (result["message"], result["session_id"], events[-1]["threadId"]) == ("Over the socket.", name, "t")


def test_our_presigned_address_opens_the_socket_without_credentials(cloud, registered):
    from websockets.sync.client import connect

    from probe import Probe

    probe = Probe(cloud.environment())
    try:
        url = probe("presign-runtime", arn=ARN, session="presigned")
    finally:
        probe.stop()
    cloud.script({"text": "Come in."})
    with connect(url) as ws:
        ws.send(json.dumps({
            "threadId": "t", "runId": "r", "messages": [{"id": "1", "role": "user", "content": "hello"}]}))
        while (event := json.loads(ws.recv(timeout=DEADLINE))["event"])["type"] != "RUN_FINISHED":
            pass
    assert event["result"]["message"] == "Come in."


def test_events_are_handed_on_as_they_come(cloud, registered, runtime):
    chosen = cloud.environment()
    cloud.script({"text": "Much later.", "hold": True})
    process = subprocess.Popen(
        [BUILD / "ai4ai", "invoke", "--arn", ARN, "--stream", "hello"], env=os.environ | chosen, stdout=subprocess.PIPE,
        text=True)
    try:
        assert json.loads(process.stdout.readline())["type"] == "RUN_STARTED", "while the model still thinks"
    finally:
        process.kill()
        process.communicate()
        # The run continues without its client.
        cloud.release()
        eventually(runtime.is_healthy, "the end of the run")


@pytest.mark.parametrize("way", [[], ["--ws"], ["--json"], ["--stream"], ["--stream", "--ws"]], ids=" ".join)
@pytest.mark.parametrize("auth", ["signature", "token"])
def test_invoke_command_calls_a_runtime_by_its_arn(cloud, registered, way, auth):
    cloud.script({"text": "From far away."})
    arn, more = (ARN, {}) if auth == "signature" else (TOKEN_ARN, {"AI4AI_BEARER_TOKEN": "good-token"})
    done = command(cloud, "invoke", "--arn", arn, "--session", "my session", *way, "hello", **more)
    assert done.returncode == 0, done.stderr
    if "--stream" in way:
        agui.check_order([agui.check(line) for line in done.stdout.splitlines()])
    elif "--json" in way:
        assert json.loads(done.stdout)["message"] == "From far away."
    else:
        assert done.stdout == "From far away.\n"


def test_invoke_command_uses_a_local_runtime_over_its_socket(cloud, runtime):
    cloud.script({"text": "Near by."})
    assert command(cloud, "invoke", "--url", runtime.url, "--ws", "hello").stdout == "Near by.\n"


@pytest.mark.parametrize(
    "arn, environment, words",
    [
        (ARN.replace("coordinator", "missing"), {}, "Check the ARN"),
        (ARN, {"AWS_SECRET_ACCESS_KEY": "wrong"}, "Check AWS_SECRET_ACCESS_KEY"),
        (ARN, {"AWS_SESSION_TOKEN": ""}, "Set AWS_SESSION_TOKEN"),
        (ARN, {"AWS_ACCESS_KEY_ID": "ASIAPEEREXPIRED00000", "AWS_SECRET_ACCESS_KEY": "peer-expired-secret",
               "AWS_SESSION_TOKEN": "peer-expired-token"}, "have expired"),
        (TOKEN_ARN, {"AI4AI_BEARER_TOKEN": "bad-token"}, "sign in again"),
        ("arn:aws:bedrock-agentcore:evil.example/:111122223333:runtime/x", {}, "no AWS region"),
        ("arn:aws:bedrock-agentcore:us-west-2:111122223333:memory/x", {}, "is no runtime"),
        ("nonsense", {}, "is no ARN"),
    ])
@pytest.mark.parametrize("way", [[], ["--ws"]], ids=["request", "socket"])
def test_invoke_command_says_what_to_do_when_it_is_refused(cloud, registered, arn, environment, words, way):
    done = command(cloud, "invoke", "--arn", arn, *way, "hello", **environment)
    assert done.returncode != 0 and words in done.stderr, done.stderr
    assert "bad-token" not in done.stderr and not any(secret in done.stderr for secret in SECRETS)


@pytest.mark.parametrize("way", [[], ["--ws"]], ids=["request", "socket"])
def test_clock_that_is_off_does_not_keep_a_runtime_from_being_called(cloud, registered, way):
    cloud.script({"text": "In time."})
    cloud.clock(3600)
    try:
        done = command(cloud, "invoke", "--arn", ARN, *way, "hello")
    finally:
        cloud.clock(0)
    assert done.stdout == "In time.\n", done.stderr


def test_session_that_is_being_changed_is_tried_again(cloud, registered):
    cloud.fault("InvokeAgentRuntime", status=409, error="RetryableConflictException", times=2)
    cloud.script({"text": "At last."})
    assert command(cloud, "invoke", "--arn", ARN, "hello").stdout == "At last.\n"
