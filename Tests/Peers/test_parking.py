"""Runs that wait for the user: parked, answered, followed, stopped, killed; against the built system."""

import concurrent.futures
import json
import pathlib
import random
import subprocess

import pytest
from websockets.sync.client import connect

import agui
from awspeer.process import Peer
from parking import answer, ask_to_pay, named, payment, payments
from backend import question
from system import BUILD, DEADLINE, Container, DemoSite, System, eventually

AUTOMATION = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/automation-AbCdEf1234"


class Split:
    """The coordinator and the automation agent in separate runtimes, which communicate through AgentCore."""

    def __init__(self):
        self.peer, self.site = Peer(), DemoSite()
        self.demo, self.received = self.site.url, self.site.received
        self.automation = Container(AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS=self.site.url)
        self.peer.register_runtime(AUTOMATION, self.automation.url)
        self.coordinator = Container(**self.peer.environment(AI4AI_AUTOMATION_RUNTIME_ARN=AUTOMATION))
        self.port, self.url = self.coordinator.port, self.coordinator.url
        self.invoke, self.events = self.coordinator.invoke, self.coordinator.events
        self.is_healthy, self.browsers = self.coordinator.is_healthy, self.automation.browsers

    def stop(self):
        for part in (self.coordinator, self.automation, self.site, self.peer):
            part.stop()


# `make test` covers two runtimes in the session tests; here they run nightly.
@pytest.fixture(
    scope="module", params=[System, pytest.param(Split, marks=pytest.mark.nightly)], ids=["one process", "two runtimes"])
def system(request):
    running = request.param()
    yield running
    running.stop()


def test_payment_waits_for_the_person_and_holds_no_request(system):
    before = len(payments(system))
    interrupt = ask_to_pay(system, named("parks"))
    assert interrupt["reason"] == "confirmation"
    assert "Pay RM 70.00" in interrupt["message"] and system.demo in interrupt["message"]
    assert interrupt["metadata"]["kind"] == "pay" and interrupt["metadata"]["fingerprint"]
    assert ["Card number", "4111"] in interrupt["metadata"]["fields"]
    assert ["Security code", "123"] not in interrupt["metadata"]["fields"]
    eventually(system.is_healthy, "the return to Healthy")
    assert len(payments(system)) == before
    system.invoke({"control": {"action": "stop"}, "session_id": named("parks")})


def test_question_is_an_ag_ui_interrupt(system):
    events = system.events({"prompt": payment(system.demo), "session_id": named("agui")})
    agui.check_order(events)
    assert events[-1]["outcome"]["type"] == "interrupt"
    [interrupt] = events[-1]["outcome"]["interrupts"]
    resumed = {
        "threadId": named("agui"), "runId": "run-resumed", "state": {}, "tools": [], "context": [], "forwardedProps": {},
        "messages": [], "resume": [answer(interrupt, approved=False, comment="too dear")],
    }
    again = [agui.check(line[6:]) for line in system.invoke(resumed).text.splitlines() if line.startswith("data: ")]
    agui.check_order(again)
    assert again[0]["runId"] == "run-resumed"
    assert "too dear" in again[-1]["result"]["message"]


def test_approved_payment_is_made_once(system):
    before = len(payments(system))
    interrupt = ask_to_pay(system, named("approved"))
    resumed = system.invoke({"resume": [answer(interrupt, approved=True)], "session_id": named("approved")}).json()
    assert resumed["status"] == "completed" and "Your payment was received" in resumed["message"]
    assert [each["fields"]["card"] for each in payments(system)[before:]] == ["4111"]
    again = system.invoke({"resume": [answer(interrupt, approved=True)], "session_id": named("approved")}).json()
    assert (again["status"], again["code"]) == ("failed", "stale_answer")
    assert len(payments(system)) == before + 1
    eventually(lambda: not system.browsers(), "the end of the browser")


@pytest.mark.parametrize(
    "resume, code",
    [
        (lambda i: [{"interruptId": "int-other", "status": "resolved"}], "stale_answer"),
        (lambda i: [answer(i, approved="yes")], "unfit_answer"),
        (lambda i: [answer(i)], "unfit_answer"),
    ],
    ids=["unknown question", "wrong type", "missing member"])
def test_answer_that_does_not_fit_is_refused_and_loses_nothing(system, resume, code):
    before = len(payments(system))
    session = named(f"unfit-{random.randrange(10**9)}")
    interrupt = ask_to_pay(system, session)
    refused = system.invoke({"resume": resume(interrupt), "session_id": session}).json()
    assert (refused["status"], refused["code"]) == ("failed", code), refused
    good = system.invoke({"resume": [answer(interrupt, approved=True)], "session_id": session}).json()
    assert good["status"] == "completed", good
    assert len(payments(system)) == before + 1


def test_answer_of_somebody_else_is_refused(system):
    asked = system.invoke({"prompt": payment(system.demo), "session_id": named("hers"), "user_id": "a"}).json()
    resume = {"resume": [answer(asked["interrupts"][0], approved=True)], "session_id": named("hers")}
    for user in ({"user_id": "b"}, {}):
        assert system.invoke(resume | user).json()["code"] == "forbidden"
        assert system.invoke({"attach": {}, "session_id": named("hers")} | user).json()["code"] == "forbidden"
        stop = {"control": {"action": "stop"}, "session_id": named("hers")}
        assert system.invoke(stop | user).json()["code"] == "forbidden"
    assert system.invoke({"control": {"action": "stop"}, "session_id": named("hers"), "user_id": "a"}).json()["status"] == "stopped"


def test_of_two_answers_at_once_one_counts(system):
    before = len(payments(system))
    interrupt = ask_to_pay(system, named("twice"))
    resume = {"resume": [answer(interrupt, approved=True)], "session_id": named("twice")}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: system.invoke(resume).json(), range(2)))
    assert sorted(each["status"] for each in answers) == ["completed", "failed"]
    assert len(payments(system)) == before + 1


def test_message_instead_of_an_answer_approves_nothing(system):
    before = len(payments(system))
    ask_to_pay(system, named("talks"))
    talked = system.invoke({"prompt": "wait, what does it cost?", "session_id": named("talks")}).json()
    assert talked["status"] == "completed" and "wait, what does it cost?" in talked["message"]
    assert len(payments(system)) == before


def test_check_only_in_the_request_is_a_wall(system):
    before = len(payments(system))
    # The offline model doesn't understand prohibitions, so the automation agent gets them with its task.
    task = {"goal": payment(system.demo), "forbidden": ["pay"]}
    refused = system.invoke({"automation_task": task, "session_id": named("wall")}).json()
    assert refused["status"] == "completed" and "does not allow this (pay)" in refused["message"]
    assert len(payments(system)) == before


def test_task_without_the_coordinator_parks_and_resumes_too(system):
    before = len(payments(system))
    asked = system.invoke({"automation_task": {"goal": payment(system.demo)}, "session_id": named("alone")}).json()
    resume = {"resume": [answer(asked["interrupts"][0], approved=True)], "session_id": named("alone")}
    assert system.invoke(resume).json()["status"] == "completed"
    assert len(payments(system)) == before + 1


def test_follower_gets_what_it_missed_and_what_comes(system):
    payload = {"prompt": f"open {system.demo}/slow, wait for \"Your number\", tell me the number", "session_id": named("follow")}
    response = system.invoke(payload, headers={"Accept": "text/event-stream"}, stream=True)
    seen = []
    for line in response.iter_lines(decode_unicode=True):
        if line.startswith("id: "):
            seen.append(line.removeprefix("id: "))
        if "browser.navigated" in line:
            break
    response.close()
    run, last = seen[-1].rsplit(":", 1)
    attach = {"attach": {"run_id": run, "last_seq": int(last)}, "session_id": named("follow")}
    text = system.invoke(attach, headers={"Accept": "text/event-stream"}).text
    ids = [line.removeprefix("id: ") for line in text.splitlines() if line.startswith("id: ")]
    assert ids[0] == f"{run}:{int(last) + 1}" and len(ids) == len(set(ids))
    assert "42" in system.invoke(attach).json()["message"]


@pytest.mark.nightly
def test_run_of_another_process_is_told_as_far_as_it_is_known(system):
    mine = System()
    try:
        done = mine.invoke({"prompt": mine.road_tax(), "session_id": named("old")}).json()
        interrupt = ask_to_pay(mine, named("waiting"))
        mine.kill()
        mine.restart()
        events = mine.events({"attach": {"last_seq": 3}, "session_id": named("old")})
        assert events[0]["type"] == "RUN_STARTED" and events[1]["name"] == "resync_required"
        assert events[-1]["result"]["message"] == done["message"]
        again = mine.invoke({"attach": {}, "session_id": named("waiting")}).json()
        assert [each["id"] for each in again["interrupts"]] == [interrupt["id"]]
    finally:
        mine.stop()


def record(system, session):
    """The stored record of a session's automation."""
    return pathlib.Path(system.directory.name, "runs", f"{session}%23automation", "run.json").read_text()


def remembered(system, session):
    """Waits until the session's record says where its browser is, encrypted."""
    eventually(lambda: "browserMemory" in record(system, session), "the browser in the record")
    assert '"cookies"' not in record(system, session).split("browserMemory")[1]


def test_approval_after_a_restart_is_asked_again_because_the_form_is_empty():
    mine = System()
    try:
        interrupt = ask_to_pay(mine, named("moved"))
        remembered(mine, named("moved"))
        mine.kill()
        mine.restart()
        resumed = mine.invoke({"resume": [answer(interrupt, approved=True)], "session_id": named("moved")}).json()
        # The local browser ended with its process, and what was typed with it. Another one opens the page.
        assert resumed["status"] == "interrupted" and resumed["interrupts"][0]["id"] != interrupt["id"]
        assert payments(mine) == []
        mine.invoke({"control": {"action": "stop"}, "session_id": named("moved")})
        assert not mine.browsers()
    finally:
        mine.stop()


def test_answer_after_a_restart_goes_on_at_the_same_page():
    mine = System()
    try:
        task = {"prompt": question(mine.demo), "session_id": named("later")}
        [interrupt] = mine.invoke(task).json()["interrupts"]
        remembered(mine, named("later"))
        mine.kill()
        mine.restart()
        resumed = mine.invoke({"resume": [answer(interrupt, answer="WXY 1234")], "session_id": named("later")}).json()
        assert resumed["status"] == "completed" and "RM 70.00" in resumed["message"], resumed
        assert "browserMemory" not in record(mine, named("later"))
    finally:
        mine.stop()


@pytest.mark.nightly
def test_question_that_nobody_answers_ends_in_a_safe_stop():
    mine = System(AI4AI_QUESTION_SECONDS="10")
    try:
        interrupt = ask_to_pay(mine, named("late"))
        eventually(lambda: not mine.browsers(), "the end of the browser")
        late = mine.invoke({"resume": [answer(interrupt, approved=True)], "session_id": named("late")}).json()
        assert (late["status"], late["code"]) == ("failed", "expired")
        assert payments(mine) == []
        assert mine.invoke({"prompt": mine.road_tax(), "session_id": named("late")}).json()["message"] == "Amount due: RM 70.00"
    finally:
        mine.stop()


def test_commands_answer_follow_stop_and_show_a_run():
    mine = System()

    def run(*arguments):
        return subprocess.run(
            [BUILD / "ai4ai", *arguments], env=mine.environment, capture_output=True, text=True, timeout=DEADLINE)

    def invoke(*arguments):
        return run("invoke", "--url", mine.url, "--session", "by hand", *arguments)

    try:
        asked = invoke(payment(mine.demo))
        assert asked.returncode == 0 and "May I click" in asked.stdout, asked
        interrupt = asked.stdout.split("--resume ")[1].split()[0]
        assert "May I click" in run("timeline", "by hand").stdout
        paid = invoke("--resume", interrupt, "--answer", "yes")
        assert "Your payment was received" in paid.stdout, paid
        assert "Your payment was received" in invoke("--attach", "newest").stdout
        again = invoke("--resume", interrupt, "--answer", "yes")
        assert again.returncode == 1 and "isn't waiting for an answer" in again.stderr
        assert json.loads(invoke("--control", "stop").stdout)["status"] == "stopped"
        page = f"{mine.directory.name}/run.html"
        assert run("timeline", "by hand", "--html", page).returncode == 0
        assert "data:image/jpeg;base64," in open(page).read() and "<script" not in open(page).read()
        unknown = run("timeline", "nobody")
        assert unknown.returncode == 1 and mine.directory.name in unknown.stderr
    finally:
        mine.stop()


def test_sigterm_ends_the_browser_of_a_parked_run():
    mine = System()
    ask_to_pay(mine, named("parked"))
    assert mine.browsers()
    mine.stop()
    assert not mine.browsers()


# ---------------------------------------------------------------------------------------------------- WebSockets


class Socket:
    def __init__(self, system):
        self.address = f"ws://127.0.0.1:{system.port}/ws"

    def send(self, **frame):
        self.connection.send(json.dumps(frame))

    def until(self, check):
        """The next event that matches."""
        seen = []
        while True:
            try:
                event = json.loads(self.connection.recv(timeout=DEADLINE))["event"]
            except TimeoutError as error:
                raise AssertionError(f"nothing more came; before: {seen}") from error
            agui.check(json.dumps(event))
            seen.append(event.get("name") or event["type"])
            if check(event):
                return event

    def __enter__(self):
        self.connection = connect(self.address, max_size=None).__enter__()
        return self

    def __exit__(self, *reason):
        self.connection.__exit__(*reason)


def test_socket_carries_question_and_answer(system):
    before = len(payments(system))
    with Socket(system) as socket:
        socket.send(type="user.message", text=payment(system.demo), session_id=named("socket"))
        finished = socket.until(lambda event: event["type"] == "RUN_FINISHED")
        [interrupt] = finished["outcome"]["interrupts"]
        socket.send(type="interrupt.resolve", **answer(interrupt, approved=True))
        finished = socket.until(lambda event: event["type"] == "RUN_FINISHED")
    assert finished["outcome"]["type"] == "success"
    assert len(payments(system)) == before + 1


def test_person_takes_the_browser_over_works_in_it_and_gives_it_back(system):
    interrupt = ask_to_pay(system, named("taken"))
    with Socket(system) as socket:
        socket.send(type="hello", session_id=named("taken"), frames=True)
        frame = socket.until(lambda event: event.get("name") == "browser.frame")["value"]
        assert frame["jpeg"].startswith("/9j/") and frame["width"] > 0
        socket.send(type="input.navigate", url=f"{system.demo}/sign-in")
        assert socket.until(lambda event: event.get("name") == "notice")["value"]["code"] == "control_denied"
        socket.send(type="control.take")
        state = socket.until(lambda event: event.get("name") == "control.changed" and "control_id" in event["value"])
        assert state["value"]["owner"] == "person"
        denied = system.invoke({"control": {"action": "take"}, "session_id": named("taken")}).json()
        assert denied["code"] == "control_denied"
        socket.send(type="input.navigate", url=f"{system.demo}/pay?plate=ABC+5678")
        socket.send(type="control.release")
        socket.until(lambda event: event.get("name") == "control.changed" and event["value"]["owner"] == "agent")
    before = len(payments(system))
    resumed = system.invoke({"resume": [answer(interrupt, approved=True)], "session_id": named("taken")}).json()
    # The approval was for another page, so the agent asks again, or reports that the page is gone.
    assert resumed["status"] in ("interrupted", "completed")
    assert len(payments(system)) == before
    system.invoke({"control": {"action": "stop"}, "session_id": named("taken")})


def test_stop_ends_a_run_within_a_second_also_by_socket(system):
    with Socket(system) as socket:
        socket.send(type="user.message", text=f"open {system.demo}/slow, wait for nonsense", session_id=named("stopped"))
        socket.until(lambda event: event.get("name") == "browser.navigated")
        socket.send(type="run.stop")
        assert socket.until(lambda event: event["type"] == "RUN_FINISHED")["outcome"]["type"] == "cancelled"
