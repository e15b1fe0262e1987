"""The whole system as clients see it: the runtime with its agents, a real Chromium, and the demo site."""

import json
import os
import signal
import subprocess

import pytest
import requests
from websockets.sync.client import connect

import agui
from system import BUILD, DEADLINE, System, eventually, free_port

@pytest.fixture(scope="module")
def system():
    running = System()
    yield running
    running.stop()


def test_readme_errand_answers_json_and_the_site_received_it(system):
    answer = system.invoke({"prompt": system.road_tax()}).json()
    assert (answer["status"], answer["message"]) == ("completed", "Amount due: RM 70.00")
    assert answer["session_id"] and answer["run_id"]
    assert {"path": "/check", "fields": {"plate": "WXY 1234", "kind": "Car"}} in system.received()


def test_stream_shows_every_step_in_valid_ag_ui_events(system):
    events = system.events({"prompt": system.road_tax("ABC 5678"), "session_id": "stream"})
    agui.check_order(events)
    steps = [event["stepName"] for event in events if event["type"] == "STEP_STARTED"]
    assert steps[:2] == ["browse", "navigate"] and steps.count("click") >= 2 and {"fill", "read_page"} <= set(steps)
    assert events[-1]["result"]["message"] == "Amount due: RM 90.00"


def test_ag_ui_input_is_answered_with_events_without_asking_for_them(system):
    payload = {
        "threadId": "thread", "runId": "run-1", "state": {}, "tools": [], "context": [], "forwardedProps": {},
        "messages": [{"id": "1", "role": "user", "content": "hello"}],
    }
    response = system.invoke(payload)
    events = [agui.check(line[6:]) for line in response.text.splitlines() if line.startswith("data: ")]
    agui.check_order(events)
    assert (events[0]["threadId"], events[0]["runId"]) == ("thread", "run-1")
    assert "id: run-1:1\n" in response.text


def test_automation_task_works_without_the_coordinator(system):
    task = {"goal": "tell me the state", "start_url": f"{system.demo}/slow", "max_steps": 5}
    answer = system.invoke({"automation_task": task}).json()
    assert answer["status"] == "completed", answer


def test_automation_task_keeps_to_its_domains(system):
    task = {"goal": f"open {system.demo}, read the page", "allowed_domains": ["example.com"]}
    assert "allowed domains" in system.invoke({"automation_task": task}).json()["message"]


def test_session_header_wins_over_the_body(system):
    headers = {"X-Amzn-Bedrock-AgentCore-Runtime-Session-Id": "from-header"}
    answer = system.invoke({"prompt": "hello", "session_id": "from-body"}, headers=headers).json()
    assert answer["session_id"] == "from-header"


def test_events_name_the_clients_own_thread(system):
    headers = {"X-Amzn-Bedrock-AgentCore-Runtime-Session-Id": "another-name"}
    message = {"id": "1", "role": "user", "content": "hello"}
    events = list(system.stream({"threadId": "its-thread", "runId": "run-2", "messages": [message]}, headers=headers))
    assert (events[0]["threadId"], events[-1]["threadId"]) == ("its-thread", "its-thread")
    assert events[-1]["result"]["session_id"] == "another-name"


def test_conversation_goes_on_in_its_session(system):
    first = system.invoke({"prompt": "tell me the headline", "session_id": "talk"}).json()
    assert first["message"].endswith("Which address should I open for that?")
    second = system.invoke({"prompt": f"{system.demo}/offices", "session_id": "talk"}).json()
    assert "headline" in second["message"]


def test_session_of_another_user_is_refused_as_an_answer(system):
    system.invoke({"prompt": "hello", "session_id": "mine", "user_id": "a"})
    answer = system.invoke({"prompt": "hello", "session_id": "mine", "user_id": "b"})
    assert (answer.status_code, answer.json()["code"]) == (200, "forbidden")


@pytest.mark.parametrize(
    "payload",
    [{}, {"prompt": ""}, {"prompt": "  "}, {"prompt": 3}, {"prompt": ["x"]}, [], {"automation_task": {}},
     {"automation_task": {"goal": ""}}, {"messages": [], "threadId": "t", "runId": "r"}],
    ids=json.dumps,
)
def test_malformed_payload_is_refused_with_its_reason(system, payload):
    response = system.invoke(payload)
    assert response.status_code == 400
    assert response.json()["error"] == "Invalid payload" and response.json()["details"]


def test_metadata_address_is_not_reached(system):
    answer = system.invoke({"prompt": "open http://169.254.169.254/latest/meta-data/, read the page"}).json()
    assert "private network" in answer["message"]


def test_runtime_itself_is_not_reached_by_its_browser(system):
    answer = system.invoke({"prompt": f"open {system.url}/ping, read the page"}).json()
    assert "private network" in answer["message"]


def test_socket_carries_a_run_as_envelopes(system):
    with connect(f"ws://127.0.0.1:{system.port}/ws") as socket:
        for run in ("run-a", "run-b"):
            message = {"id": "1", "role": "user", "content": "hello"}
            socket.send(json.dumps({"threadId": "t", "runId": run, "messages": [message]}))
            events = []
            while not events or events[-1]["type"] not in ("RUN_FINISHED", "RUN_ERROR"):
                envelope = json.loads(socket.recv(timeout=DEADLINE))
                assert envelope["id"] == f"{run}:{len(events) + 1}"
                events.append(agui.check(json.dumps(envelope["event"])))
            agui.check_order(events)


def test_run_outlives_the_client_that_leaves_and_ends_when_it_is_stopped(system):
    payload = {"prompt": f"open {system.demo}/slow, wait for nonsense", "session_id": "left"}
    response = system.invoke(payload, headers={"Accept": "text/event-stream"}, stream=True)
    for line in response.iter_lines(decode_unicode=True):
        if "browser.navigated" in line:
            break
    response.close()
    assert system.browsers()
    assert requests.get(f"{system.url}/ping", timeout=DEADLINE).json()["status"] == "HealthyBusy"
    stopped = system.invoke({"control": {"action": "stop"}, "session_id": "left"}).json()
    assert stopped["status"] == "stopped"
    eventually(lambda: not system.browsers(), "the end of the browser")
    eventually(system.is_healthy, "the return to Healthy")
    events = system.events({"attach": {}, "session_id": "left"})
    assert events[-1]["outcome"] == {"type": "cancelled"}


def test_killed_browser_is_told_to_the_agent_and_not_fatal(system):
    response = system.invoke(
        {"prompt": f"open {system.demo}/slow, wait for nonsense, tell me the state"},
        headers={"Accept": "text/event-stream"}, stream=True)
    events = []
    for line in response.iter_lines(decode_unicode=True):
        if "browser.navigated" in line:
            for process in system.browsers():
                os.kill(process, signal.SIGKILL)
        if line.startswith("data: "):
            events.append(agui.check(line.removeprefix("data: ")))
    agui.check_order(events)
    assert any(word in events[-1]["result"]["message"] for word in ("Chromium", "browser had died", "tab t1"))
    assert system.invoke({"prompt": system.road_tax()}).json()["message"] == "Amount due: RM 70.00"


def test_what_a_killed_process_left_is_reaped_at_the_next_start():
    first = System()
    response = first.invoke(
        {"prompt": f"open {first.demo}/slow, wait for nonsense"}, headers={"Accept": "text/event-stream"}, stream=True)
    for line in response.iter_lines(decode_unicode=True):
        if "browser.navigated" in line:
            break
    # A browser ends with its process unless it hangs.
    left = first.browsers()
    assert left
    for process in left:
        os.kill(process, signal.SIGSTOP)
    first.process.kill()
    first.process.wait()
    # Every start of a browser removes orphaned ones; here with the same temporary directory.
    subprocess.run(
        [BUILD / "ai4ai", "browse", "open http://127.0.0.1:1/"],
        env=os.environ | {"TMPDIR": first.directory.name}, capture_output=True, timeout=DEADLINE, check=True)
    eventually(lambda: not first.browsers(), "the end of the left browser")
    first.directory.cleanup()


def test_sigterm_ends_everything_also_with_a_browser_at_work():
    running = System()
    response = running.invoke(
        {"prompt": f"open {running.demo}/slow, wait for nonsense"}, headers={"Accept": "text/event-stream"}, stream=True)
    for line in response.iter_lines(decode_unicode=True):
        if "browser.navigated" in line:
            break
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(15) == 0
    assert not running.browsers()
    running.directory.cleanup()


def test_commands_say_what_to_do_when_they_cannot():
    def run(*arguments, **environment):
        return subprocess.run(
            [BUILD / arguments[0], *arguments[1:]], env=os.environ | environment, capture_output=True, text=True,
            timeout=DEADLINE)

    assert "AI4AI_PORT is 'x'" in run("ai4ai-runtime", AI4AI_PORT="x").stderr
    assert run("ai4ai-runtime", "healthcheck", AI4AI_PORT=str(free_port())).returncode == 1
    assert "'dance' is no command" in run("ai4ai-runtime", "dance").stderr
    unreachable = run("ai4ai", "invoke", "--url", f"http://127.0.0.1:{free_port()}", "hello")
    assert unreachable.returncode != 0 and "ai4ai up" in unreachable.stderr
    assert "AI4AI_CHROMIUM is '/no/such'" in run("ai4ai", "browse", "open example.com", AI4AI_CHROMIUM="/no/such").stdout
    assert run("ai4ai", "version").stdout.strip()


def test_healthcheck_succeeds_beside_a_healthy_runtime(system):
    check = subprocess.run(
        [BUILD / "ai4ai-runtime", "healthcheck"], env=os.environ | {"AI4AI_PORT": str(system.port)}, timeout=DEADLINE)
    assert check.returncode == 0
