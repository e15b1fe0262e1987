"""The runtime in a simulated AgentCore: models in Bedrock, the browser in AgentCore, run records in DynamoDB, AgentCore
Memory. Every request is signed and validated."""

import concurrent.futures
import json
import os
import signal
import subprocess

import boto3
import pytest

import agui
from awspeer.process import Peer
from cloud import errand, no_browser_is_left, payment, settings
from system import BUILD, DEADLINE, Container, Page, eventually

SESSION_HEADER = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"
MEMORY_FAILED = "The memory failed; the turn goes on"
SECRETS = ("peer-temporary-secret", "peer-session-token")


pytestmark = pytest.mark.usefixtures("clean_cloud")


@pytest.fixture(scope="module")
def runtime(cloud, site):
    running = Container(**settings(cloud, site))
    yield running
    logged = running.logged
    running.stop()
    assert not any(secret in logged for secret in SECRETS)


# The task

def test_whole_errand_with_bedrock_browser_dynamodb_and_memory(cloud, site, runtime):
    cloud.script(*errand(site))
    session = "s" * 33
    events = list(runtime.stream(
        {"prompt": "What is due for my car?", "user_id": "aminah"}, headers={SESSION_HEADER: session}))
    agui.check_order(events)
    assert events[-1]["result"]["message"] == "Your amount due was read.", events[-1]
    assert {"path": "/check", "fields": {"plate": "WXY 1234", "kind": "Car"}} in site.received()
    assert events[-1]["usage"][0]["inputTokens"] > 0
    assert no_browser_is_left(cloud)
    requests = cloud.requests()
    # The runtime closes the WebSocket, and nothing else may have gone wrong.
    assert {entry["error"] for entry in requests} <= {None, "the client went away"}
    asked = [entry["params"] for entry in requests if entry["operation"] == "ConverseStream"]
    first = asked[0]["messages"][0]["content"]
    assert "Drives WXY 1234." in first[0]["text"] and first[1]["text"] == "What is due for my car?"
    assert "Drives WXY 1234." not in str(asked[1]), "the automation agent is not told what is remembered"
    record = next(
        entry["params"]["Item"] for entry in reversed(requests) if entry["operation"] == "PutItem")
    assert record["session_id"]["S"] == f"run#{session}" and record["status"]["S"] == "completed"
    assert "Drives WXY" not in record["record"]["S"], "what is recalled does not become what was said"
    parts = [part for message in json.loads(record["record"]["S"])["transcript"] for part in message["content"]]
    assert {"text": {"_0": "Your amount due was read."}} == parts[-1] and "reasoning" in parts[-2]
    assert str(parts).count("Your amount due was read.") == 1
    said = [entry["params"]["payload"] for entry in requests if entry["operation"] == "CreateEvent"]
    assert [part["conversational"]["content"]["text"] for part in said[0]] == [
        "What is due for my car?", "Your amount due was read."]


def test_offline_model_does_the_errand_unchanged_through_the_signed_socket(cloud, site):
    container = Container(**settings(cloud, site, AI4AI_MODEL=None, AI4AI_STORAGE=None, AI4AI_MEMORY_ID=None))
    try:
        answer = container.invoke({
            "prompt": f"open {site.url}, fill Plate number with WXY 1234, click Check, tell me the amount due"}).json()
        assert answer["message"] == "Amount due: RM 70.00", answer
        assert no_browser_is_left(cloud)
        assert cloud.sockets()["open"] == 0
    finally:
        container.stop()


def test_private_addresses_stay_out_of_reach_of_a_remote_browser(cloud, site, runtime):
    cloud.script(
        {"calls": [{"tool": "browse", "input": {"goal": "read"}}]},
        {"calls": [{"tool": "navigate", "input": {"url": f"{cloud.url}/latest/meta-data/"}}]},
        {"text": "It was refused."}, {"text": "Refused."})
    results = [event["content"] for event in runtime.events({"prompt": "x"}) if event["type"] == "TOOL_CALL_RESULT"]
    assert "private network" in results[0]


def test_failing_memory_never_fails_the_turn(cloud, runtime):
    for operation in ("RetrieveMemoryRecords", "CreateEvent"):
        cloud.fault(operation, status=403, error="AccessDeniedException", message="no", times=9)
    cloud.script({"text": "Hello."})
    before = runtime.logged.count(MEMORY_FAILED)
    answer = runtime.invoke({"prompt": "hi", "user_id": "aminah"}).json()
    assert (answer["status"], answer["message"]) == ("completed", "Hello.")
    eventually(lambda: runtime.logged.count(MEMORY_FAILED) == before + 2, "the two log lines")


def test_memory_that_hangs_does_not_hold_the_turn(cloud, runtime):
    # As long as the request's deadline; the memory has its own limit of 5 s.
    cloud.fault("RetrieveMemoryRecords", delay=DEADLINE, times=9)
    cloud.script({"text": "Hello."})
    before = runtime.logged.count(MEMORY_FAILED)
    answer = runtime.invoke({"prompt": "hi", "user_id": "aminah"}).json()
    assert (answer["status"], answer["message"]) == ("completed", "Hello.")
    assert len(cloud.requests("RetrieveMemoryRecords")) >= 1
    eventually(lambda: runtime.logged.count(MEMORY_FAILED) == before + 1, "the log line")


def test_only_a_model_that_is_known_to_see_is_offered_the_screenshot(cloud, site, runtime):
    blind = Container(**settings(cloud, site, AI4AI_MODEL="bedrock/meta.llama3-3-70b-instruct-v1:0"))
    try:
        for container, sees in ((runtime, True), (blind, False)):
            cloud.clear_requests()
            cloud.script({"calls": [{"tool": "browse", "input": {"goal": "x"}}]}, {"text": "Done."}, {"text": "Done."})
            assert container.invoke({"prompt": "x"}).json()["message"] == "Done."
            tools = [entry["params"]["toolConfig"]["tools"] for entry in cloud.requests("ConverseStream")]
            offered = [[tool["toolSpec"]["name"] for tool in each if "toolSpec" in tool] for each in tools]
            assert ["screenshot" in names for names in offered if "navigate" in names] == [sees]
    finally:
        blind.stop()


def test_model_that_is_refused_is_reported_with_its_remedy(cloud, runtime):
    cloud.script({"error": "AccessDeniedException", "message": "You don't have access to the model."})
    answer = runtime.invoke({"prompt": "hi"}).json()
    assert (answer["status"], answer["code"]) == ("failed", "model_refused")
    assert "bedrock:InvokeModelWithResponseStream" in answer["message"]


def test_model_that_is_throttled_is_asked_again(cloud, runtime):
    cloud.script(
        {"error": "ThrottlingException", "message": "slow down"}, {"reasoning": "Hm.", "cut": "before-stop"},
        {"text": "Here."})
    assert runtime.invoke({"prompt": "hi"}).json()["message"] == "Here."


# Broken connections

def test_socket_dropped_between_steps_is_made_again_and_the_errand_completes(cloud, site, runtime):
    cloud.script(*errand(site, "DROP 1", hold=True))
    before = len(cloud.sockets()["handshakes"])
    for event in runtime.stream({"prompt": "x"}):
        if event["type"] == "STEP_FINISHED" and event["stepName"] == "fill":
            cloud.drop_sockets()
            cloud.release()
    assert event["result"]["message"] == "Your amount due was read."
    assert {"path": "/check", "fields": {"plate": "DROP 1", "kind": "Car"}} in site.received()
    assert len(cloud.sockets()["handshakes"][before:]) == 2
    assert len(cloud.requests("StartBrowserSession")) == 1 and no_browser_is_left(cloud)


def test_browser_that_a_person_uses_elsewhere_is_waited_for_with_its_page(cloud, site, runtime):
    def automation(status):
        session = cloud.requests("ConnectBrowserAutomationStream")[-1]["params"]["sessionId"]
        agentcore(cloud).update_browser_stream(
            browserIdentifier="aws.browser.v1", sessionId=session,
            streamUpdate={"automationStreamUpdate": {"streamStatus": status}})

    def give_back():
        eventually(lambda: cloud.requests("GetBrowserSession"), "a look at why the browser is not to be had")
        automation("ENABLED")

    cloud.script(*errand(site, "HAND 1", hold=True))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for event in runtime.stream({"prompt": "x"}):
            if event["type"] == "STEP_FINISHED" and event["stepName"] == "fill":
                automation("DISABLED")
                given_back = pool.submit(give_back)
                cloud.release()
        given_back.result()
    assert event["result"]["message"] == "Your amount due was read.", event
    assert {"path": "/check", "fields": {"plate": "HAND 1", "kind": "Car"}} in site.received()
    assert len(cloud.requests("StartBrowserSession")) == 1 and no_browser_is_left(cloud)


def test_socket_dropped_during_a_look_is_made_again_and_the_look_too(cloud, site, runtime):
    wait = {"calls": [{"tool": "wait_for_text", "input": {"text": "never there", "seconds": 2}}]}
    cloud.script(*errand(site, "DROP 2", after=[wait]))
    before = len(cloud.sockets()["handshakes"])
    results = []
    for event in runtime.stream({"prompt": "x"}):
        if event["type"] == "STEP_STARTED" and event["stepName"] == "wait_for_text":
            cloud.drop_sockets()
        if event["type"] == "TOOL_CALL_RESULT":
            results.append(event["content"])
    assert "never there" in results[3] and "connection" not in results[3], results[3]
    assert {"path": "/check", "fields": {"plate": "DROP 2", "kind": "Car"}} in site.received()
    assert len(cloud.sockets()["handshakes"][before:]) == 2


def test_socket_dropped_during_an_action_is_told_and_the_action_not_repeated(cloud, site, runtime):
    script = errand(site, "DROP 3")
    # The cookie banner covers the button, so the click is still being retried when the WebSocket breaks.
    script.insert(2, {"calls": [{"tool": "click", "on": {"role": "button", "name": "Check"}, "input": {}}]})
    cloud.script(*script)
    results, has_dropped = [], False
    for event in runtime.stream({"prompt": "x"}):
        if event["type"] == "STEP_STARTED" and event["stepName"] == "click" and not has_dropped:
            cloud.drop_sockets()
            has_dropped = True
        if event["type"] == "TOOL_CALL_RESULT":
            results.append(event["content"])
    assert "It may or may not have taken effect" in results[1] and 'button "Check"' in results[1], results[1]
    assert event["result"]["message"] == "Your amount due was read."
    assert [entry["fields"]["plate"] for entry in site.received()].count("DROP 3") == 1


def test_killed_browser_is_reported_and_a_new_one_is_started(cloud, site, runtime):
    again = [
        {"calls": [{"tool": "wait_for_text", "input": {"text": "never there", "seconds": 60}}]},
        {"calls": [{"tool": "navigate", "input": {"url": site.url}}]},
        {"calls": [{"tool": "click", "on": {"role": "button", "name": "Accept all"}, "input": {}}]},
        {"calls": [{"tool": "fill", "on": {"role": "textbox", "name": "Plate number"}, "input": {"text": "KILL 1"}}]},
    ]
    cloud.script(*errand(site, "KILL 0", after=again))
    results = []
    for event in runtime.stream({"prompt": "x"}):
        if event["type"] == "STEP_STARTED" and event["stepName"] == "wait_for_text":
            cloud.kill_browsers()
        if event["type"] == "TOOL_CALL_RESULT":
            results.append(event["content"])
    assert any("had died" in result and "Open the address again" in result for result in results), results
    assert {"path": "/check", "fields": {"plate": "KILL 1", "kind": "Car"}} in site.received()
    assert len(cloud.requests("StartBrowserSession")) == 2 and no_browser_is_left(cloud)


def test_run_that_is_stopped_ends_its_browser_session(cloud, site, runtime):
    cloud.script(
        {"calls": [{"tool": "browse", "input": {"goal": "x"}}]},
        {"calls": [{"tool": "navigate", "input": {"url": site.url}}]},
        {"calls": [{"tool": "wait_for_text", "input": {"text": "never there", "seconds": 60}}]})
    for event in runtime.stream({"prompt": "x", "session_id": "stopped"}):
        if event["type"] == "STEP_STARTED" and event["stepName"] == "wait_for_text":
            break
    stopped = runtime.invoke({"control": {"action": "stop"}, "session_id": "stopped"}).json()
    assert stopped["status"] == "stopped"
    assert no_browser_is_left(cloud)
    eventually(runtime.is_healthy, "the return to Healthy")
    record = cloud.requests("PutItem")[-1]["params"]["Item"]
    assert record["status"]["S"] == "stopped"


def test_sigterm_ends_the_browser_session_and_records_the_end(cloud, site):
    container = Container(**settings(cloud, site))
    try:
        cloud.script(
            {"calls": [{"tool": "browse", "input": {"goal": "x"}}]},
            {"calls": [{"tool": "navigate", "input": {"url": site.url}}]},
            {"calls": [{"tool": "wait_for_text", "input": {"text": "never there", "seconds": 60}}]})
        events = container.stream({"prompt": "x"})
        for event in events:
            if event["type"] == "STEP_STARTED" and event["stepName"] == "wait_for_text":
                break
        container.process.send_signal(signal.SIGTERM)
        assert container.process.wait(15) == 0, container.logged
    finally:
        container.stop()
    assert no_browser_is_left(cloud)
    assert cloud.requests("PutItem")[-1]["params"]["Item"]["status"]["S"] == "stopped"


def test_parked_run_finds_its_browser_again_from_another_process(cloud, site):
    first = Container(**settings(cloud, site))
    try:
        cloud.script(*payment(site))
        asked = first.invoke({"prompt": "Pay it.", "session_id": "moves"}).json()
        assert asked["status"] == "interrupted", asked
        first.process.kill()
    finally:
        first.stop()
    assert not no_browser_is_left(cloud)
    second = Container(**settings(cloud, site))
    try:
        cloud.script({"text": "It says thank you."}, {"text": "Paid."})
        answer = {"interruptId": asked["interrupts"][0]["id"], "status": "resolved", "payload": {"approved": True}}
        paid = second.invoke({"resume": [answer], "session_id": "moves"}).json()
        assert (paid["status"], paid["message"]) == ("completed", "Paid."), paid
    finally:
        second.stop()
    assert {"path": "/pay", "fields": {"plate": "WXY 1234", "card": "4242", "code": ""}} in site.received()
    assert len(cloud.requests("StartBrowserSession")) == 1 and no_browser_is_left(cloud)


def recorded(cloud):
    """The run records that were saved, oldest first."""
    items = [entry["params"]["Item"] for entry in cloud.requests("PutItem")]
    return [json.loads(item["record"]["S"]) for item in items if "record" in item]


def test_browser_of_a_killed_process_is_ended_by_the_next_run_of_its_session(cloud, site):
    at_first_sight = []
    page = Page("<title>Here</title>", on_get=lambda: at_first_sight or at_first_sight.extend(recorded(cloud)))
    with page as url:
        first = Container(**settings(cloud, site, AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS=url))
        try:
            cloud.script(
                {"calls": [{"tool": "browse", "input": {"goal": "x"}}]},
                {"calls": [{"tool": "navigate", "input": {"url": url}}]},
                {"calls": [{"tool": "wait_for_text", "input": {"text": "never there", "seconds": 60}}]})
            for event in first.stream({"prompt": "x", "session_id": "left-behind"}):
                if event["type"] == "STEP_STARTED" and event["stepName"] == "wait_for_text":
                    break
            first.process.kill()
        finally:
            first.stop()
    [left] = [browser["sessionId"] for browser in cloud.browsers() if browser["status"] == "READY"]
    browser = {"browser": "aws.browser.v1", "session": left}
    assert at_first_sight[-1].get("browser") == browser, "it is on record before it is used"
    cloud.clear_script()
    cloud.clear_requests()
    second = Container(**settings(cloud, site))
    try:
        cloud.script({"text": "I am back."})
        answer = second.invoke({"prompt": "hello?", "session_id": "left-behind"}).json()
        assert answer["message"] == "I am back."
        assert left in [entry["params"]["sessionId"] for entry in cloud.requests("GetBrowserSession")]
        assert no_browser_is_left(cloud)
        asked = cloud.requests("ConverseStream")[-1]["params"]["messages"]
        assert "outcome is unknown" in str(asked)
    finally:
        second.stop()


# Calling a runtime

ARN = "arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/coordinator-AbCdEf1234"
TOKEN_ARN = "arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/tokens-AbCdEf1234"


@pytest.fixture(scope="module")
def registered(cloud, runtime):
    cloud.register_runtime(ARN, runtime.url)
    cloud.register_runtime(TOKEN_ARN, runtime.url, auth="jwt", tokens=["good-token"])


def agentcore(cloud):
    return boto3.client(
        "bedrock-agentcore", region_name=cloud.region, endpoint_url=cloud.url, aws_access_key_id="AKIAPEERLONGLIVED000",
        aws_secret_access_key="peer-long-lived-secret")


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


def command(cloud, *arguments, **environment):
    chosen = {key: value for key, value in cloud.environment(**environment).items() if value is not None}
    return subprocess.run(
        [BUILD / "ai4ai", *arguments], env=os.environ | chosen, capture_output=True, text=True, timeout=DEADLINE)


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


# Automation in a separate runtime

AUTOMATION = "arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/automation-AbCdEf1234"


def test_remote_automation_does_the_errand_as_if_it_were_here(cloud, site, runtime):
    cloud.register_runtime(AUTOMATION, runtime.url)
    coordinator = Container(**settings(
        cloud, site, AI4AI_BROWSER=None, AI4AI_AUTOMATION_RUNTIME_ARN=AUTOMATION))
    try:
        cloud.script(*errand(site, "FAR 1"))
        headers = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "baggage": "session.id=s",
                   "X-Amzn-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793"}
        prompt = {"prompt": "x", "session_id": "split", "user_id": "aminah"}
        events = list(coordinator.stream(prompt, headers=headers))
        agui.check_order(events)
        assert events[-1]["result"]["message"] == "Your amount due was read."
        assert {"path": "/check", "fields": {"plate": "FAR 1", "kind": "Car"}} in site.received()
        steps = [event["stepName"] for event in events if event["type"] == "STEP_STARTED"]
        assert steps == ["browse", "navigate", "click", "fill", "click"]
        [sent] = cloud.requests("InvokeAgentRuntime")
        assert all(sent["headers"][name.lower()] == value for name, value in headers.items())
        assert len(sent["headers"][SESSION_HEADER.lower()]) >= 33
        saved = [entry["params"]["Item"] for entry in cloud.requests("PutItem")]
        owners = {item["session_id"]["S"]: item["user_id"]["S"] for item in saved if "user_id" in item}
        assert set(owners.values()) == {"aminah"} and len(owners) == 2, "each runtime keeps its own record"
        assert events[-1]["usage"][0]["outputTokens"] > 0
        cloud.script(
            {"calls": [{"tool": "browse", "input": {"goal": "x"}}]}, {"text": "It is out of reach, I am told."})
        cloud.fault("InvokeAgentRuntime", status=403, error="AccessDeniedException", message="no", times=9)
        results = [event["content"] for event in coordinator.events({"prompt": "x"}) if event["type"] == "TOOL_CALL_RESULT"]
        assert "InvokeAgentRuntime" in results[0]
    finally:
        coordinator.stop()


def test_remote_automation_is_called_with_the_persons_own_token(cloud, site, runtime):
    arn = AUTOMATION.replace("automation", "automation_jwt")
    cloud.register_runtime(arn, runtime.url, auth="jwt", tokens=["good-token"])
    coordinator = Container(**settings(
        cloud, site, AI4AI_BROWSER=None, AI4AI_AUTOMATION_RUNTIME_ARN=arn, AI4AI_AUTOMATION_AUTHENTICATION="bearer"))
    try:
        cloud.script(*errand(site, "TOKEN 1"))
        headers = {"Authorization": "Bearer good-token", "X-Amz-Bedrock-AgentCore-Identity-WAT": "wat-1"}
        events = list(coordinator.stream({"prompt": "x"}, headers=headers))
        assert events[-1]["result"]["message"] == "Your amount due was read."
        assert {"path": "/check", "fields": {"plate": "TOKEN 1", "kind": "Car"}} in site.received()
        [sent] = cloud.requests("InvokeAgentRuntime")
        assert all(sent["headers"].get(name.lower()) == value for name, value in headers.items()), sent["headers"]
        cloud.clear_requests()
        cloud.script({"calls": [{"tool": "browse", "input": {"goal": "x"}}]}, {"text": "It takes tokens, I am told."})
        events = coordinator.events({"prompt": "x"})
        results = [event["content"] for event in events if event["type"] == "TOOL_CALL_RESULT"]
        assert "this request came with none" in results[0] and cloud.requests("InvokeAgentRuntime") == []
        assert "good-token" not in coordinator.logged and "wat-1" not in coordinator.logged
    finally:
        coordinator.stop()


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
