"""Sessions, against the built system: repeated requests, pictures of steps, live view outside of the runtime, and what
is left of a deleted session."""

import base64
import concurrent.futures
import datetime
import json
import os

import boto3
import pytest
import requests

import agui
from awspeer.process import Peer
from cloud import MEMORY, prepare
from system import Container, DemoSite, System, eventually
from test_parking import AUTOMATION, Socket, Split, answer, ask_to_pay, named, payment, payments

OWNER, OTHERS = {"user_id": "a"}, [{"user_id": "b"}, {}]


@pytest.fixture(scope="module", params=[System, Split], ids=["one process", "two runtimes"])
def system(request):
    running = request.param()
    yield running
    running.stop()


def kept(system, session):
    """A session's files on disk."""
    parts = (system.coordinator, system.automation) if isinstance(system, Split) else (system,)
    roots = [f"{part.directory.name}/runs" for part in parts]
    return [name for root in roots if os.path.exists(root) for name in os.listdir(root) if name.startswith(session)]


def road_tax(site, plate):
    return f"open {site}, fill Plate number with {plate}, click Check, tell me the amount due"


def checked(system, plate):
    return [each for each in system.received() if each["path"] == "/check" and each["fields"]["plate"] == plate]


def agui_input(session, run, text, **more):
    return {
        "threadId": session, "runId": run, "state": {}, "tools": [], "context": [], "forwardedProps": {},
        "messages": [{"id": "1", "role": "user", "content": text}], **more}


def events_of(response):
    return [agui.check(line[6:]) for line in response.text.splitlines() if line.startswith("data: ")]


def control(system, action, session, **more):
    return system.invoke({"control": {"action": action}, "session_id": session, **more}).json()


# -------------------------------------------------------------------------------------------- repeated requests


def test_request_that_comes_again_begins_nothing_and_tells_the_same(system):
    session, before = named("again"), len(checked(system, "ABC 5678"))
    payload = agui_input(session, "run-again", road_tax(system.demo, "ABC 5678"))
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        told = [events_of(response) for response in pool.map(lambda _: system.invoke(payload), range(3))]
    told.append(events_of(system.invoke(payload)))
    agui.check_order(told[0])
    assert told[0][-1]["result"]["message"] == "Amount due: RM 90.00"
    assert all(each == told[0] for each in told)
    assert len(checked(system, "ABC 5678")) == before + 1
    # Another run id is another task.
    system.invoke(agui_input(session, "run-other", road_tax(system.demo, "ABC 5678")))
    assert len(checked(system, "ABC 5678")) == before + 2


def test_request_that_comes_again_while_its_run_waits_gets_the_question(system):
    before = len(payments(system))
    session = named("asked-again")
    payload = agui_input(session, "run-asked", payment(system.demo))
    first, second = (events_of(system.invoke(payload))[-1]["outcome"] for _ in range(2))
    assert first["type"] == "interrupt" and second == first
    approved = agui_input(session, "run-approved", "", resume=[answer(first["interrupts"][0], approved=True)])
    for _ in range(2):
        assert events_of(system.invoke(approved))[-1]["outcome"] == {"type": "success"}
    assert len(payments(system)) == before + 1


def test_request_that_comes_again_after_a_restart_finds_what_came_of_it():
    mine = System()
    try:
        payload = agui_input(named("restarted"), "run-1", mine.road_tax())
        done = events_of(mine.invoke(payload))[-1]["result"]
        mine.kill()
        mine.restart()
        again = events_of(mine.invoke(payload))
        assert again[0]["type"] == "RUN_STARTED" and again[1]["name"] == "resync_required"
        assert again[-1]["result"]["message"] == done["message"]
        assert len(mine.received()) == 0, "the restarted demo site was sent nothing"
    finally:
        mine.stop()


# --------------------------------------------------------------------------------------------------- pictures


def test_pictures_of_an_errand_are_had_by_its_steps(system):
    session = named("pictures")
    events = system.events({"prompt": road_tax(system.demo, "WXY 1234"), "session_id": session})
    steps = [event["toolCallId"] for event in events if event["type"] == "TOOL_CALL_RESULT"]
    found = [system.invoke({"picture": {"id": step}, "session_id": session}).json() for step in steps]
    found = [each for each in found if each["status"] == "completed"]
    jpegs = [base64.b64decode(each["jpeg"]) for each in found]
    assert len(jpegs) >= 3 and all(jpeg.startswith(b"\xff\xd8\xff") for jpeg in jpegs)
    missing = system.invoke({"picture": {"id": "../run"}, "session_id": session}).json()
    assert (missing["status"], missing["code"]) == ("failed", "no_such_picture") and missing["message"]
    with Socket(system) as socket:
        socket.send(picture={"id": found[0]["id"]}, session_id=session)
        assert socket.until(lambda event: event.get("name") == "picture")["value"] == found[0]


@pytest.mark.parametrize(
    "payload", [{"picture": {}}, {"picture": "x"}, {"picture": {"id": 3}}, {"picture": {"id": "x"}}], ids=json.dumps)
def test_picture_of_nothing_is_a_malformed_request(system, payload):
    response = system.invoke(payload)
    assert response.status_code == 400 and response.json()["error"] == "Invalid payload"


# -------------------------------------------------------------------------------------------------- live view


def test_local_browser_has_no_outside_view(system):
    session = named("inside")
    assert control(system, "live_view", session)["code"] == "no_browser"
    ask_to_pay(system, session)
    shown = control(system, "live_view", session)
    assert (shown["status"], shown["code"]) == ("failed", "no_outside_view") and "live_view" not in shown
    control(system, "stop", session)


class Cloud:
    """The browser in AgentCore, and run records and memory on AWS."""

    is_split = False

    def __init__(self):
        self.peer, self.site = Peer(), DemoSite()
        prepare(self.peer)
        self.demo, self.received = self.site.url, self.site.received
        everything = self.peer.environment(
            AI4AI_BROWSER="agentcore", AI4AI_STORAGE="dynamodb", AI4AI_MEMORY_ID=MEMORY,
            AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS=self.site.url)
        self.parts = [Container(**everything)]
        if self.is_split:
            self.peer.register_runtime(AUTOMATION, self.parts[0].url)
            self.parts.append(Container(**everything | {"AI4AI_AUTOMATION_RUNTIME_ARN": AUTOMATION}))
        self.invoke = self.parts[-1].invoke

    def client(self, service):
        return boto3.client(
            service, region_name=self.peer.region, endpoint_url=self.peer.url,
            aws_access_key_id="AKIAPEERLONGLIVED000", aws_secret_access_key="peer-long-lived-secret")

    def browsers(self):
        return [browser for browser in self.peer.browsers() if browser["status"] == "READY"]

    def records(self, session):
        items = self.client("dynamodb").scan(TableName="ai4ai-chat-messages", ConsistentRead=True)["Items"]
        return [item for item in items if session in item["session_id"]["S"]]

    def remembered(self, session, user):
        return self.client("bedrock-agentcore").list_events(memoryId=MEMORY, actorId=user, sessionId=session)["events"]

    def stop(self):
        for part in (*self.parts, self.site, self.peer):
            part.stop()


class SplitCloud(Cloud):
    is_split = True


@pytest.fixture(scope="module", params=[Cloud, pytest.param(SplitCloud, marks=pytest.mark.nightly)], ids=["one process", "two runtimes"])
def cloud(request):
    running = request.param()
    yield running
    running.stop()


def test_browser_of_agentcore_is_watched_at_an_address_of_its_own(cloud):
    session = named("watched")
    asked = cloud.invoke({"prompt": payment(cloud.demo), "session_id": session} | OWNER).json()
    assert asked["status"] == "interrupted", asked
    for other in OTHERS:
        assert control(cloud, "live_view", session, **other)["code"] == "forbidden"
    shown = control(cloud, "live_view", session, **OWNER)
    view = shown["live_view"]
    assert shown["status"] == "completed" and view["viewport"] == {"width": 1280, "height": 900}
    assert "X-Amz-Expires=300" in view["url"]
    left = datetime.datetime.fromisoformat(view["expires_at"]) - datetime.datetime.now(datetime.UTC)
    assert 240 < left.total_seconds() <= 300
    [browser] = cloud.browsers()
    assert browser["sessionId"] in requests.get(view["url"], timeout=10).text
    control(cloud, "stop", session, **OWNER)
    assert control(cloud, "live_view", session, **OWNER)["code"] == "no_browser"


# ---------------------------------------------------------------------------------------------------- deletion


def test_forgotten_session_leaves_nothing_in_the_cloud(cloud):
    session, other = named("cloudy"), named("another")
    for each in (session, other):
        done = cloud.invoke({"prompt": "hello", "session_id": each} | OWNER).json()
        assert done["status"] == "completed", done
        eventually(lambda: cloud.remembered(each, OWNER["user_id"]), "what was said")
    asked = cloud.invoke({"prompt": payment(cloud.demo), "session_id": session} | OWNER).json()
    assert asked["status"] == "interrupted" and cloud.browsers()
    assert len(cloud.records(session)) >= 2
    assert control(cloud, "forget", session, user_id="b")["code"] == "forbidden"
    for _ in range(2):
        assert control(cloud, "forget", session, **OWNER)["status"] == "completed"
    assert not cloud.browsers()
    assert cloud.records(session) == [] and cloud.remembered(session, OWNER["user_id"]) == []
    assert cloud.records(other) and cloud.remembered(other, OWNER["user_id"])


def test_memory_that_does_not_forget_is_told_and_asked_again(cloud):
    session = named("stubborn")
    cloud.invoke({"prompt": "hello", "session_id": session} | OWNER)
    eventually(lambda: cloud.remembered(session, OWNER["user_id"]), "what was said")
    cloud.peer.fault("DeleteEvent", status=403, error="AccessDeniedException", message="no")
    failed = control(cloud, "forget", session, **OWNER)
    assert (failed["status"], failed["code"]) == ("failed", "memory") and "DeleteEvent" in failed["message"]
    assert control(cloud, "forget", session, **OWNER)["status"] == "completed"
    assert cloud.remembered(session, OWNER["user_id"]) == [] and cloud.records(session) == []


def test_session_that_waits_is_forgotten_with_its_browser(system):
    session, before = named("forgotten"), len(payments(system))
    interrupt = ask_to_pay(system, session)
    assert len(kept(system, session)) == 2 and system.browsers()
    assert control(system, "forget", session)["status"] == "completed"
    assert kept(system, session) == []
    eventually(lambda: not system.browsers(), "the end of the browser")
    for attach in ({}, {"run_id": "run-1"}):
        gone = system.invoke({"attach": attach, "session_id": session}).json()
        assert (gone["status"], gone["code"]) == ("failed", "no_such_run" if attach else "stale_answer")
    resume = {"resume": [answer(interrupt, approved=True)], "session_id": session}
    assert system.invoke(resume).json()["code"] == "stale_answer"
    assert len(payments(system)) == before


def test_session_at_work_is_stopped_and_forgotten(system):
    session = named("working")
    payload = {"prompt": f"open {system.demo}/slow, wait for nonsense", "session_id": session}
    response = system.invoke(payload, headers={"Accept": "text/event-stream"}, stream=True)
    events = (agui.check(line[6:]) for line in response.iter_lines(decode_unicode=True) if line.startswith("data: "))
    for event in events:
        if event.get("name") == "browser.navigated":
            break
    assert control(system, "forget", session)["status"] == "completed"
    assert list(events)[-1]["outcome"] == {"type": "cancelled"}
    assert kept(system, session) == []
    eventually(system.is_healthy, "the return to Healthy")


def test_session_that_is_not_there_is_forgotten_already(system):
    for _ in range(2):
        assert control(system, "forget", named("never"))["status"] == "completed"
    assert kept(system, named("never")) == []


def test_socket_tells_that_its_session_is_forgotten(system):
    session = named("socket-forgets")
    system.invoke({"prompt": "hello", "session_id": session})
    with Socket(system) as socket:
        socket.send(control={"action": "forget"}, session_id=session)
        socket.until(lambda event: event.get("name") == "session.forgotten")
    assert kept(system, session) == []


@pytest.mark.parametrize(
    "payload",
    [{"control": {"action": "forget"}}, {"control": {"action": "live_view"}}, {"picture": {"id": "call-1"}},
     agui_input("", "run-owned", "hello")],
    ids=["forget", "live view", "picture", "request that comes again"])
def test_session_of_somebody_else_is_closed_to_each_form(system, payload):
    session = named("owned")
    mine = agui_input(session, "run-owned", "hello", **OWNER)
    assert events_of(system.invoke(mine))[-1]["type"] == "RUN_FINISHED"
    theirs = payload | {"session_id": session} | ({"threadId": session} if "threadId" in payload else {})
    for other in OTHERS:
        response = system.invoke(theirs | other)
        refused = events_of(response)[-1] if "threadId" in payload else response.json()
        assert refused["code"] == "forbidden", refused
    assert kept(system, session)
