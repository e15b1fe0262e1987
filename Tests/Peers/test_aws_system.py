"""The runtime in a simulated AgentCore: models in Bedrock, the browser in AgentCore, run records in DynamoDB, AgentCore
Memory. Every request is signed and validated."""

import concurrent.futures
import json
import signal

import pytest

import agui
from cloud import agentcore, no_browser_is_left, payment, road_tax, settings
from system import DEADLINE, Container, Page, eventually

SESSION_HEADER = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"
MEMORY_FAILED = "The memory failed; the turn goes on"


pytestmark = pytest.mark.usefixtures("clean_cloud")


def test_whole_errand_with_bedrock_browser_dynamodb_and_memory(cloud, site, runtime):
    cloud.script(*road_tax(site))
    session = "s" * 33
    events = list(runtime.stream(
        {"prompt": "What is due for my car?", "user_id": "aminah"}, headers={SESSION_HEADER: session}))
    agui.check_order(events)
    assert events[-1]["result"]["message"] == "Your amount due was read.", events[-1]
    assert {"path": "/check", "fields": {"plate": "WXY 1234", "kind": "Car"}} in site.received()
    assert events[-1]["usage"][0]["inputTokens"] > 0
    assert no_browser_is_left(cloud)
    eventually(lambda: cloud.requests("CreateEvent"), "what is left in the memory after the answer")
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


@pytest.mark.nightly
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
    cloud.script(*road_tax(site, "DROP 1", hold=True))
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

    cloud.script(*road_tax(site, "HAND 1", hold=True))
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


@pytest.mark.nightly
def test_socket_dropped_during_a_look_is_made_again_and_the_look_too(cloud, site, runtime):
    wait = {"calls": [{"tool": "wait_for_text", "input": {"text": "never there", "seconds": 2}}]}
    cloud.script(*road_tax(site, "DROP 2", after=[wait]))
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
    script = road_tax(site, "DROP 3")
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


@pytest.mark.nightly
def test_killed_browser_is_reported_and_a_new_one_is_started(cloud, site, runtime):
    again = [
        {"calls": [{"tool": "wait_for_text", "input": {"text": "never there", "seconds": 60}}]},
        {"calls": [{"tool": "navigate", "input": {"url": site.url}}]},
        {"calls": [{"tool": "click", "on": {"role": "button", "name": "Accept all"}, "input": {}}]},
        {"calls": [{"tool": "fill", "on": {"role": "textbox", "name": "Plate number"}, "input": {"text": "KILL 1"}}]},
    ]
    cloud.script(*road_tax(site, "KILL 0", after=again))
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
