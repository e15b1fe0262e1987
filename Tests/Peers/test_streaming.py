"""POST /invocations with a stream: exact event framing, sent immediately, and errors as the last event."""

import json

import pytest

from agent import eventually
from wire import Connection


def events_of(body):
    """The values of a stream's events; fails unless every event is exactly one `data: {json}` and a blank line."""
    assert body == b"" or body.endswith(b"\n\n")
    values = []
    for event in body.split(b"\n\n")[:-1]:
        if event == b": keep-alive":
            continue
        assert event.startswith(b"data: ") and event.count(b"\n") == 0, event
        data = event[len(b"data: "):].decode("utf-8")
        value = json.loads(data)
        assert json.dumps(value, ensure_ascii=False, separators=(",", ":")) == data, "not compact"
        values.append(value)
    return values


WORD = {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "word "}
FAILURE = {"error": "asked to fail", "error_type": "AskedToFail", "message": "An error occurred during streaming"}


def test_stream_is_an_event_stream(agent):
    response = agent.invoke({"events": 1})
    assert response.status_code == 200
    assert response.headers["Content-Type"].split(";")[0] == "text/event-stream"


def test_each_value_is_one_compact_data_line_and_a_blank_one(agent):
    assert events_of(agent.invoke({"events": 3}).content) == [WORD] * 3


@pytest.mark.parametrize("accept", [None, "application/json", "text/html", "*/*", "text/event-stream"])
def test_stream_needs_no_accept_header(agent, accept):
    response = agent.invoke({"events": 2}, headers={"Accept": accept})
    assert events_of(response.content) == [WORD] * 2


def test_events_that_are_ready_at_once_never_come_after_the_end(agent):
    with Connection(agent.port) as client:
        for _ in range(400):
            client.invoke({"events": 1})
            assert events_of(client.read_response().body) == [WORD]


def test_quiet_stream_is_kept_alive(start_agent):
    agent = start_agent(KEEP_ALIVE_MS=50)
    with Connection(agent.port) as client:
        client.invoke({"events": 2, "delay": 700})
        body = client.read_response().body
    assert events_of(body) == [WORD] * 2
    assert body.count(b": keep-alive\n\n") >= 2


def test_stream_without_events_is_empty(agent):
    response = agent.invoke({"events": 0})
    assert (response.status_code, response.content) == (200, b"")


def test_event_arrives_before_the_next_one_is_made(agent):
    with Connection(agent.port) as client:
        client.invoke({"events": 1000, "delay": 500})  # Would be complete only after 500 seconds.
        client.read_head()
        for _ in range(2):
            assert events_of(client.read_event()) == [WORD]


def test_events_reach_a_client_library_one_by_one(agent):
    with agent.invoke({"events": 1000, "delay": 100}, stream=True) as response:
        lines = response.iter_lines()
        assert [next(lines) for _ in range(4)][1::2] == [b"", b""]


def test_head_arrives_before_the_first_event_is_made(agent):
    with Connection(agent.port) as client:
        client.invoke({"events": 1, "delay": 3_600_000})
        assert client.read_head()[0] == 200


def test_event_of_ten_megabytes_arrives_whole(agent):
    [event] = events_of(agent.invoke({"events": 1, "size": 10_000_000}).content)
    assert len(event["delta"]) == 10_000_000


@pytest.mark.parametrize("made", [0, 1, 4])
def test_failure_is_the_last_event_after_those_made_before(agent, made):
    response = agent.invoke({"events": 5, "failAfter": made})
    assert response.status_code == 200
    assert events_of(response.content) == [WORD] * made + [FAILURE]


def test_failed_stream_ends_properly_and_its_connection_serves_on(agent):
    with Connection(agent.port) as client:
        client.invoke({"events": 5, "failAfter": 1})
        assert client.read_response().complete
        client.invoke({"prompt": "next"})
        assert client.read_response().json() == {"message": "next"}


def test_error_before_the_stream_has_a_status_of_its_own(agent):
    assert agent.invoke({"events": 5, "status": 422}).status_code == 422


def test_stream_to_an_http_1_0_client_is_not_chunked(agent):
    with Connection(agent.port, timeout=5) as client:
        body = b'{"events":2}'
        client.send(b"POST /invocations HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        status, headers = client.read_head()
        assert (status, headers.get("transfer-encoding")) == (200, None)  # RFC 9112, section 6.1
        assert events_of(client.read_to_end()) == [WORD] * 2


# Clients that disconnect


@pytest.mark.parametrize("leave", ["close", "reset"])
@pytest.mark.parametrize("payload", [
    {"delay": 3_600_000}, {"events": 9, "delay": 3_600_000}, {"events": 1_000_000, "delay": 1},
    {"events": 1_000_000, "size": 10_000},
], ids=["invocation", "parked stream", "running stream", "held back stream"])
def test_work_of_a_client_that_goes_away_is_cancelled(agent, payload, leave):
    client = Connection(agent.port)
    client.invoke(payload)
    agent.wait_for_status("HealthyBusy")
    client.vanish() if leave == "reset" else client.socket.close()
    agent.wait_for_status("Healthy", within=10)  # It should take a second.
    agent.wait_for_log("cancelled", within=5)


def test_other_streams_go_on_when_a_client_goes_away(agent):
    with Connection(agent.port) as staying, Connection(agent.port) as leaving:
        staying.invoke({"events": 150, "delay": 5})
        staying.read_head()
        leaving.invoke({"events": 150, "delay": 5})
        leaving.read_head()
        leaving.read_event()
        leaving.vanish()
        agent.wait_for_log("cancelled")
        for _ in range(150):
            staying.read_event()


def test_client_that_goes_away_amid_its_body_leaves_nothing(agent):
    before = agent.open_sockets
    client = Connection(agent.port)
    client.send(b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{")
    eventually(lambda: agent.open_sockets > before)
    client.vanish()
    eventually(lambda: agent.open_sockets <= before)


def test_client_that_goes_away_amid_its_body_is_no_error_of_the_agent(agent):
    before = agent.open_sockets
    client = Connection(agent.port)
    client.send(b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{")
    eventually(lambda: agent.open_sockets > before)
    client.vanish()
    agent.wait_for_log("Invocation")
    assert [entry for entry in agent.log if entry["level"] in ("error", "critical")] == []


def test_pipelined_request_of_a_client_that_went_away_is_not_left_running(agent):
    client = Connection(agent.port)
    client.invoke({"delay": 3_600_000})
    client.invoke({"delay": 3_600_000})
    agent.wait_for_status("HealthyBusy")
    client.vanish()
    agent.wait_for_log("cancelled")
    agent.wait_for_status("Healthy")


# Clients that don't read


def test_stream_that_nobody_reads_is_held_back(agent):
    with Connection(agent.port) as client:
        client.invoke({"events": 10_000_000, "size": 10_000})  # 100 GB
        agent.wait_for_status("HealthyBusy")
        agent.wait_until_still()


def test_streams_that_nobody_reads_take_little_memory(agent):
    agent.invoke({"events": 1000, "size": 10_000})
    before = agent.resident_bytes
    clients = [Connection(agent.port, receive_buffer=4096) for _ in range(20)]
    for client in clients:
        client.invoke({"events": 10_000_000, "size": 10_000})
    agent.wait_for_status("HealthyBusy")
    agent.wait_until_still()
    growth = agent.resident_bytes - before
    for client in clients:
        client.vanish()
    assert growth < 100_000_000


def test_stream_that_nobody_reads_holds_back_no_other(agent):
    with Connection(agent.port, receive_buffer=4096) as silent:
        silent.invoke({"events": 10_000_000, "size": 10_000})
        agent.wait_for_status("HealthyBusy")
        assert len(events_of(agent.invoke({"events": 2000, "size": 1000}).content)) == 2000


def test_slow_reader_gets_everything_in_the_end(agent):
    with Connection(agent.port) as slow:
        slow.invoke({"events": 1500, "size": 10_000})
        agent.wait_for_status("HealthyBusy")
        agent.wait_until_still()
        response = slow.read_response()
    assert response.complete and len(events_of(response.body)) == 1500
