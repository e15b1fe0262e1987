"""SIGTERM: runs may finish, waiting clients are notified, and the process ends before the platform kills it."""

import signal
import subprocess
import time
from contextlib import ExitStack

import pytest

from agent import BINARY, eventually
from wire import Connection

GRACE = 15  # The seconds between SIGTERM and SIGKILL, as the platform documents them.


def seconds_to_end(agent):
    started = time.monotonic()
    agent.wait(GRACE)
    return time.monotonic() - started


def test_idle_agent_ends_with_success(agent):
    agent.ping()
    agent.terminate()
    assert agent.wait(GRACE) == 0


def test_interrupt_ends_it_too(agent):
    agent.process.send_signal(signal.SIGINT)
    assert agent.wait(GRACE) == 0


def test_idle_keep_alive_connections_do_not_hold_it_up(start_agent):
    agent = start_agent(DRAIN_SECONDS=60)
    with Connection(agent.port) as client, Connection(agent.port):
        client.request("GET", "/ping")
        client.read_response()
        agent.terminate()
        assert agent.wait(GRACE) == 0


def test_running_invocation_completes(agent):
    with Connection(agent.port) as client:
        client.invoke({"prompt": "finished", "delay": 800})
        agent.wait_for_status("HealthyBusy")
        agent.terminate()
        assert client.read_response().json() == {"message": "finished"}
    assert agent.wait(GRACE) == 0


def test_running_stream_completes(agent):
    with Connection(agent.port) as client:
        client.invoke({"events": 20, "delay": 50})
        client.read_head()
        client.read_event()
        agent.terminate()
        for _ in range(19):
            client.read_event()
        assert client.read_until(b"\r\n\r\n") == b"0\r\n\r\n"
    assert agent.wait(GRACE) == 0


def test_no_new_connection_is_taken_while_the_last_invocation_runs(agent):
    with Connection(agent.port) as client:
        client.invoke({"delay": 3_600_000})
        agent.wait_for_status("HealthyBusy")
        agent.terminate()

        def is_refused():
            try:
                Connection(agent.port).socket.close()
            except ConnectionRefusedError:
                return True

        eventually(is_refused, within=5)
        assert agent.process.poll() is None


def test_work_beyond_the_drain_time_is_cancelled(start_agent):
    agent = start_agent(DRAIN_SECONDS=1)
    with Connection(agent.port) as client:
        client.invoke({"delay": 3_600_000})
        agent.wait_for_status("HealthyBusy")
        agent.terminate()
        assert agent.wait(GRACE) == 0
    agent.wait_for_log("cancelled")


def test_stream_cut_by_the_drain_does_not_look_complete(start_agent):
    agent = start_agent(DRAIN_SECONDS=1)
    with Connection(agent.port) as client:
        client.invoke({"events": 100_000, "delay": 20})
        agent.wait_for_status("HealthyBusy")
        agent.terminate()
        response = client.read_response()
    assert not response.complete or b'"error"' in response.body, response.body[-200:]


def test_background_task_is_cancelled(agent):
    agent.invoke({"background": 3_600_000})
    agent.terminate()
    assert agent.wait(GRACE) == 0
    agent.wait_for_log("Background task was cancelled")


@pytest.mark.parametrize("drain", [1, 60])
def test_open_websockets_are_closed_with_1001(start_agent, drain):
    agent = start_agent(DRAIN_SECONDS=drain)
    with Connection(agent.port) as used, Connection(agent.port) as fresh:
        for client in (used, fresh):
            assert client.upgrade().status == 101
        used.send_frame(1, b"turn")
        used.read_frame()
        agent.terminate()
        for client in (used, fresh):
            assert client.read_close_code() == 1001
            client.send_frame(8, b"\x03\xe9")
            assert client.is_closed()
    assert agent.wait(GRACE) == 0


def test_websocket_that_never_answers_the_close_does_not_hold_it_up(agent):
    with Connection(agent.port) as client:
        client.upgrade()
        agent.terminate()
        assert seconds_to_end(agent) < GRACE


def test_client_that_never_reads_does_not_hold_it_up(start_agent):
    agent = start_agent(DRAIN_SECONDS=1)
    with Connection(agent.port, receive_buffer=4096) as client:
        client.invoke({"events": 1_000_000, "size": 10_000})
        agent.wait_for_status("HealthyBusy")
        agent.terminate()
        assert seconds_to_end(agent) < GRACE


def test_half_sent_request_does_not_hold_it_up(start_agent):
    agent = start_agent(DRAIN_SECONDS=1)
    before = agent.open_sockets
    with Connection(agent.port) as head, Connection(agent.port) as body:
        head.send(b"POST /invocations HTTP/1.1\r\nHost: loc")
        body.send(b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{")
        eventually(lambda: agent.open_sockets == before + 2)
        agent.terminate()
        assert seconds_to_end(agent) < GRACE


def test_blocked_agent_threads_do_not_hold_it_up(start_agent):
    agent = start_agent(DRAIN_SECONDS=1)
    clients = [Connection(agent.port) for _ in range(4)]
    for client in clients:
        client.invoke({"block": 60_000})
    agent.wait_for_status("HealthyBusy")
    agent.terminate()
    assert seconds_to_end(agent) < GRACE
    for client in clients:
        client.socket.close()


def test_blocked_thread_that_comes_back_lets_its_invocation_complete(agent):
    with Connection(agent.port) as client:
        client.invoke({"prompt": "finished", "block": 1000})
        agent.wait_for_status("HealthyBusy")
        agent.terminate()
        assert client.read_response().json() == {"message": "finished"}
    assert agent.wait(GRACE) == 0


def test_slow_custom_ping_does_not_hold_it_up(start_agent):
    agent = start_agent(PING="slow", DRAIN_SECONDS=60)
    agent.ping()
    agent.terminate()
    assert agent.wait(GRACE) == 0


def test_last_lines_are_logged_before_the_end(agent):
    with Connection(agent.port) as client:
        client.invoke({"prompt": "x", "delay": 300}, ["x-amzn-requestid: the-last"])
        agent.wait_for_status("HealthyBusy")
        agent.terminate()
        client.read_response()
    agent.wait(GRACE)
    assert agent.wait_for_log("Invocation completed", request_id="the-last")


def test_port_in_use_is_told_and_ends_with_failure(agent):
    other = subprocess.run([BINARY], env={"PORT": str(agent.port)}, capture_output=True, text=True, timeout=GRACE)
    assert other.returncode != 0
    assert "in use" in (other.stdout + other.stderr).lower(), other.stderr


def test_many_running_invocations_all_complete(agent):
    with ExitStack() as stack:
        clients = [stack.enter_context(Connection(agent.port)) for _ in range(20)]
        for number, client in enumerate(clients):
            client.invoke({"prompt": str(number), "delay": 1500})
        # What was sent before these, to whichever event loop, has been read when they are answered.
        for _ in range(10):
            agent.ping()
        agent.terminate()
        assert [client.read_response().json()["message"] for client in clients] == [str(n) for n in range(20)]


def test_stream_whose_reader_has_stalled_does_not_hold_it_up(start_agent):
    agent = start_agent(DRAIN_SECONDS=1)
    with Connection(agent.port, receive_buffer=4096) as client:
        client.invoke({"events": 10_000_000, "size": 1000})
        client.read_head()
        agent.wait_for_status("HealthyBusy")
        agent.terminate()
        assert agent.wait(10) == 0
