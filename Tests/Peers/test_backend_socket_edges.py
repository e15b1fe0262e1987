"""Edge cases of the human-in-the-loop WebSocket: who may connect, invalid frames, and how both sides disconnect."""

import contextlib
import json
import pathlib
import signal
import sqlite3
import struct
import uuid

import pytest
import websockets
from websockets.exceptions import InvalidStatus
from websockets.frames import Opcode
from websockets.sync.client import connect

from backend import Backend, Parts, endless, is_end, is_named, of_run, road_tax, texts
from system import DEADLINE, eventually
from wire import Connection, request

MISSING = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
def parts():
    running = Parts()
    yield running
    running.stop()


# ----------------------------------------------------------------------------------------------------- invalid frames


GARBAGE = [
    "", "nonsense", "{", "[]", "3", "null", '"text"', "{}", '{"type":3}', '{"type":"dance"}', '{"type":"hello",',
    '{"type":"interrupt.resolve"}', '{"type":"user.message","text":3}', '{"type":"input.mouse","action":"jump"}',
    '{"event":{"type":"RUN_FINISHED"}}', '{"prompt":"hello"}', "[" * 100_000, '{"type":' * 20_000, b"", b"\x00\xff",
]


@pytest.mark.parametrize("frame", GARBAGE, ids=lambda frame: f"{frame[:30]!r}")
def test_garbage_is_refused_and_harms_nobody_else(chats, frame):
    chat = chats.create()
    with chats.socket(chat) as bystander, chats.socket(chat) as socket:
        bystander.hello()
        socket.hello()
        try:
            socket.connection.send(frame)
            assert socket.until(is_named("notice"))["value"]["code"] != "upstream_lost"
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd.code in (1003, 1007, 1008)
        bystander.pinged()
        assert not [each for each in bystander.heard if each["event"]["type"] != "CUSTOM"]
    assert chats.messages(chat) == []


def test_text_that_is_no_utf8_closes_with_1007(chats):
    with chats.socket(chats.create()) as socket:
        socket.hello()
        socket.connection.send(b'{"type":"\xff"}', text=True)
        assert socket.close_code() == 1007


def test_frame_that_is_too_large_closes_with_1009(chats):
    chat = chats.create()
    with chats.socket(chat) as socket:
        socket.hello()
        try:
            socket.say("x" * 400_000)
        except websockets.ConnectionClosed:
            pass
        assert socket.close_code() == 1009
    with chats.socket(chat) as socket:
        assert socket.hello()["session"]["message_count"] == 0


@pytest.mark.parametrize("chat", [MISSING, "x", "", "..%2F..%2Fapi", "a" * 5000])
def test_chat_that_does_not_exist_is_not_found(chats, chat):
    with pytest.raises(InvalidStatus) as refusal:
        chats.socket(chat)
    assert refusal.value.response.status_code == 404


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"])
def test_foreign_page_is_refused(chats, origin):
    with pytest.raises(InvalidStatus) as refusal:
        chats.socket(chats.create(), origin=origin)
    assert refusal.value.response.status_code == 403


def test_foreign_host_is_refused(system, chats):
    with Connection(system.backend_port) as client:
        client.send(handshake(chats.create(), host="evil.example"))
        assert client.read_response().status == 403


def test_own_page_and_allowed_frontend_are_let_in(system, chats):
    with chats.socket(chats.create(), origin=system.chat) as socket:
        socket.hello()
    backend = Backend(system.url, AI4AI_ALLOWED_ORIGINS="https://app.example")
    try:
        with backend.chats().socket(backend.chats().create(), origin="https://app.example") as socket:
            socket.hello()
    finally:
        backend.stop()


def test_request_that_is_no_handshake_is_told_what_is_there(chats):
    response = chats.call("GET", f"/ws/human-interaction/{chats.create()}")
    assert response.status_code == 426
    assert response.headers["content-type"].startswith("application/problem+json")


def test_client_without_our_subprotocol_is_served_too(system, chats):
    with connect(f"ws{system.chat[4:]}/ws/human-interaction/{chats.create()}", open_timeout=DEADLINE) as socket:
        assert socket.subprotocol is None
        socket.send(json.dumps({"type": "hello", "last_seq": 0}))
        assert json.loads(socket.recv(timeout=DEADLINE))["event"]["name"] == "ready"


# ---------------------------------------------------------------------------------------------------- connections


def handshake(chat, host="127.0.0.1"):
    return request("GET", f"/ws/human-interaction/{chat}", [
        "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: ai4ai.v1"], host=host)


def test_both_sides_may_ping(system, chats):
    chat = chats.create()
    with chats.socket(chat) as socket:
        socket.pinged()
        assert socket.connection.ping(b"one").wait(DEADLINE)
    with Connection(system.backend_port, timeout=60) as client:
        client.send(handshake(chat))
        assert client.read_response().status == 101
        while client.read_frame()[0] != 9:
            pass


def test_clients_that_vanish_harm_nobody(system, chats):
    chat = chats.create()
    with chats.socket(chat) as bystander:
        bystander.hello()
        for _ in range(20):
            client = Connection(system.backend_port)
            client.send(handshake(chat))
            assert client.read_response().status == 101
            client.vanish()
        bystander.say(system.road_tax())
        bystander.until(is_end)
    assert texts(chats.settled(chat), "assistant") == ["Amount due: RM 70.00"]


def test_message_that_fails_ends_its_socket_instead_of_leaving_one_that_only_answers_pings(system):
    backend = Backend(system.url)
    try:
        chat = backend.chats().create()
        with Connection(backend.port, timeout=60) as client:
            client.send(handshake(chat))
            assert client.read_response().status == 101
            # Every 15 seconds, each WebSocket is pinged and its chat is read. The following steps finish before the
            # next time.
            while client.read_frame()[0] != Opcode.PING:
                pass
            remove_unnoticed(backend, chat)
            said = {"type": "user.message", "client_message_id": "key-1", "text": "hello"}
            for sent in (said, {"type": "ping"}):
                client.send_frame(Opcode.TEXT, json.dumps(sent).encode())
            opcode, data = next(heard for heard in iter(client.read_frame, None) if heard[0] != Opcode.TEXT)
        assert opcode == Opcode.CLOSE, "the socket was left open until its chat was read the next time"
        assert struct.unpack("!H", data[:2])[0] == 4404
    finally:
        backend.stop()


def remove_unnoticed(backend, chat):
    """Removes a chat as another process would: nobody in this process is notified."""
    [path] = pathlib.Path(backend.directory.name).rglob("*.sqlite")
    with contextlib.closing(sqlite3.connect(path, timeout=DEADLINE)) as database:
        database.execute("UPDATE session SET removed = 1 WHERE id = ?", [chat])
        database.commit()


def test_too_many_sockets_of_one_person_are_refused(system):
    backend = Backend(system.url, AI4AI_SOCKETS_PER_USER="2")
    try:
        chats = backend.chats()
        chat = chats.create()
        with chats.socket(chat) as one, chats.socket(chat) as two:
            one.hello()
            two.hello()
            with chats.socket(chat) as three:
                assert three.close_code() == 4429

        def is_served():
            with chats.socket(chat) as socket:
                try:
                    return socket.hello()
                except websockets.ConnectionClosed:
                    return None

        eventually(is_served, "the return of the places")
    finally:
        backend.stop()


def test_idle_connection_is_closed_and_an_idle_stream_or_socket_is_not(system):
    backend = Backend(system.url, AI4AI_IDLE_SECONDS="1")
    try:
        chats = backend.chats()
        chat = chats.create()
        with chats.socket(chat) as socket, Connection(backend.port) as stream:
            socket.hello()
            stream.request("GET", f"/api/sessions/{chat}/events", ["Accept: text/event-stream"])
            assert stream.read_head()[0] == 200
            body = request("POST", "/api/sessions", ["Content-Type: application/json"], b'{"title":"Teeth"}')
            for sent in (b"", b"GET /health HT", body[:-1]):
                with Connection(backend.port) as idle:
                    idle.send(sent)
                    assert idle.is_closed()
            socket.pinged()
            chats.send(chat, "hello")
            while b"RUN_FINISHED" not in stream.read_event():
                pass
    finally:
        backend.stop()


def test_run_outlives_the_backend_and_its_socket_goes_on(parts):
    chats, chat = parts.chats, parts.chats.create()
    text = f'open {parts.demo}/slow, wait for "Your number", tell me the number'
    with chats.socket(chat) as first:
        first.hello()
        first.say(text)
        first.until(is_named("browser.navigated"))
        run, number = first.heard[-1]["id"].rsplit(":", 1)
        parts.backend.kill()
        first.close_code()
    parts.backend.restart()
    with chats.socket(chat) as again:
        again.hello(int(number), run_id=run)
        again.until(is_end)
        events, numbers = of_run(again.heard, run)
        assert numbers == list(range(int(number) + 1, int(number) + 1 + len(events)))
        assert "42" in events[-1]["result"]["message"]
    messages = chats.settled(chat)
    assert texts(messages, "user") == [text] and len(texts(messages, "assistant")) == 1
    assert len({each["id"] for each in messages}) == len(messages)


def test_death_of_the_runtime_is_noticed_and_so_is_its_return(parts):
    chats, chat = parts.chats, parts.chats.create()
    with chats.socket(chat) as socket:
        socket.hello()
        socket.say(endless(parts.demo))
        socket.until(is_named("browser.navigated"))
        parts.runtime.kill()
        socket.noticed("upstream_lost")
        socket.pinged()
        parts.runtime.restart()
        socket.noticed("upstream_back")
        chats.settled(chat)
        socket.say(road_tax(parts.demo), f"key-{uuid.uuid4()}")
        run = socket.until(is_named("message.saved"))["value"]["run_id"]
        while not of_run(socket.heard, run)[0] or not is_end(of_run(socket.heard, run)[0][-1]):
            socket.next()
        assert of_run(socket.heard, run)[0][-1]["result"]["message"] == "Amount due: RM 70.00"
    assert "error" in [each["kind"] for each in chats.messages(chat)]


def test_shutdown_closes_sockets_and_streams_and_ends(parts):
    chats, chat = parts.chats, parts.chats.create()
    chats.busy(chat, parts.demo)
    events = chats.events(chat)
    next(events)
    with chats.socket(chat) as socket:
        socket.hello()
        parts.backend.process.send_signal(signal.SIGTERM)
        assert socket.close_code() == 1001
    assert parts.backend.process.wait(15) == 0
    parts.backend.restart()
    chats.stop(chat)
    assert chats.settled(chat)[-1]["role"] == "assistant"
