"""GET /ping: two fields, a time that changes only with the status, and a response that nothing delays."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import requests
from websockets.sync.client import connect

from agent import DEADLINE, eventually
from wire import Connection

ENDLESS = {"events": 1000, "delay": 3_600_000}


def test_answer_holds_exactly_status_and_integer_time(agent):
    response = agent.ping()
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
    body = response.json()
    assert body.keys() == {"status", "time_of_last_update"}
    assert body["status"] == "Healthy"
    assert type(body["time_of_last_update"]) is int


def test_first_time_is_when_the_process_started(agent):
    answered = time.time()
    assert int(agent.started) <= agent.ping().json()["time_of_last_update"] <= answered


@pytest.mark.parametrize("mode", ["idle", "busy"])
def test_time_stands_still_while_the_status_does(agent, mode):
    with Connection(agent.port) as client:
        if mode == "busy":
            client.invoke(ENDLESS)
            agent.wait_for_status("HealthyBusy")
        first = agent.ping().content
        assert set(agent.pings_for(seconds=1.1)) == {first}


def test_time_moves_with_each_change_of_status(agent):
    idle = agent.ping().json()["time_of_last_update"]
    eventually(lambda: time.time() >= idle + 1)
    with Connection(agent.port) as client:
        client.invoke(ENDLESS)
        busy = agent.wait_for_status("HealthyBusy")["time_of_last_update"]
        assert busy > idle
        eventually(lambda: time.time() >= busy + 1)
    assert agent.wait_for_status("Healthy")["time_of_last_update"] > busy


@pytest.mark.parametrize("payload", [{"delay": 3_600_000}, ENDLESS], ids=["invocation", "stream"])
def test_is_busy_until_the_request_ends(agent, payload):
    with Connection(agent.port) as client:
        client.invoke(payload)
        agent.wait_for_status("HealthyBusy")
    agent.wait_for_status("Healthy")


def test_is_healthy_again_when_the_background_task_ends(agent):
    assert agent.invoke({"background": 500, "prompt": "started"}).json() == {"message": "started"}
    agent.wait_for_status("Healthy")


def test_is_busy_while_a_background_task_outlives_its_connection(agent):
    before = agent.open_sockets
    with Connection(agent.port) as client:
        client.invoke({"background": 3_600_000})
        client.read_response()
    eventually(lambda: agent.open_sockets <= before)
    assert agent.status == "HealthyBusy"


def test_is_busy_while_a_websocket_turn_runs(agent):
    with Connection(agent.port, receive_buffer=4096) as client:
        assert client.upgrade().status == 101
        client.send_frame(2, b"x" * 15_000_000)  # The echo fits in no socket buffer, so the turn lasts.
        agent.wait_for_status("HealthyBusy")


def test_is_not_busy_for_an_idle_open_websocket(agent):
    with connect(f"ws://127.0.0.1:{agent.port}/ws") as socket:
        socket.send("turn")
        assert socket.recv(DEADLINE) == "turn"
        agent.wait_for_status("Healthy")
        assert socket.ping().wait(DEADLINE)


def test_stays_busy_until_the_last_of_several_invocations_ends(agent):
    with ExitStack() as stack:
        clients = [stack.enter_context(Connection(agent.port)) for _ in range(3)]
        for client in clients:
            client.invoke(ENDLESS)
            client.read_head()
        agent.wait_for_status("HealthyBusy")
        since = agent.ping().json()
        for client in clients[:-1]:
            client.vanish()
        eventually(lambda: agent.count_log("cancelled") == 2)
        assert agent.ping().json() == since


def test_custom_status_is_reported(start_agent):
    start_agent(PING="busy").wait_for_status("HealthyBusy")


def test_custom_status_keeps_its_time_over_invocations(start_agent):
    agent = start_agent(PING="busy")
    agent.wait_for_status("HealthyBusy")
    first = agent.ping().json()
    agent.invoke({"prompt": "x"})
    eventually(lambda: time.time() >= first["time_of_last_update"] + 2)
    assert agent.ping().json() == first


@pytest.mark.parametrize("ping", ["fail", "slow"])
def test_automatic_status_holds_when_the_custom_one_is_failing_or_late(start_agent, ping):
    agent = start_agent(PING=ping)
    agent.wait_for_status("Healthy")
    with Connection(agent.port) as client:
        client.invoke(ENDLESS)
        agent.wait_for_status("HealthyBusy")
    agent.wait_for_status("Healthy")


def test_failing_custom_status_does_not_move_the_time(start_agent):
    agent = start_agent(PING="fail")
    first = agent.ping().content
    agent.wait_for_log("ping handler failed")
    assert set(agent.pings_for(seconds=1.1)) == {first}


def test_slow_custom_status_delays_no_answer(start_agent):
    agent = start_agent(PING="slow")
    for _ in range(20):
        assert agent.ping().elapsed.total_seconds() < 1


@pytest.mark.parametrize("client", ["keep-alive", "new connections", "Connection: close"])
def test_is_answered_while_agent_code_blocks_every_thread(agent, client):
    session = requests.Session()
    get = {
        "keep-alive": lambda: session.get(agent.url + "/ping", timeout=DEADLINE),
        "new connections": agent.ping,
        "Connection: close": lambda: agent.ping(headers={"Connection": "close"}),
    }[client]
    times = []
    with ExitStack() as stack:
        for _ in range(2 * os.cpu_count() + 1):
            stack.enter_context(Connection(agent.port)).invoke({"block": 300})
        agent.wait_for_status("HealthyBusy")
        while (answer := get()).json()["status"] == "HealthyBusy":
            times.append(answer.elapsed.total_seconds())
    assert max(times) < 2, f"{len(times)} pings"  # The platform pings every two seconds.


def test_head_and_query_are_understood(agent):
    with Connection(agent.port) as client:
        client.request("HEAD", "/ping")
        head = client.read_response("HEAD")
        client.request("GET", "/ping?from=balancer")
        assert (head.status, client.read_response().status) == (200, 200)


@pytest.mark.parametrize("path", ["/ping", "/invocations", "/nowhere"])
def test_head_has_no_body(agent, path):
    with Connection(agent.port) as client:
        client.request("HEAD", path, {"Connection": "close"})
        assert client.read_to_end().endswith(b"\r\n\r\n")


def test_concurrent_pings_agree(agent):
    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(lambda _: agent.ping().content, range(200)))
    assert len(answers) == 1
