"""/ws as its clients see it: messages, closing, subprotocols, and the handshake at any point of a connection."""

import asyncio

import pytest
import websockets
from websockets.exceptions import InvalidStatus
from websockets.frames import Opcode
from websockets.sync.client import connect

from agent import DEADLINE, eventually
from wire import Connection, close_frame, frame, handshake, request

SESSION = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"
BEARER = "base64UrlBearerAuthorization"


def open_socket(agent, **options):
    return connect(f"ws://127.0.0.1:{agent.port}/ws", open_timeout=DEADLINE, max_size=None, **options)


def close_code_of(socket):
    """The next close code from the server, ignoring data."""
    with pytest.raises(websockets.ConnectionClosed) as closed:
        while True:
            socket.recv(DEADLINE)
    return closed.value.rcvd and closed.value.rcvd.code


@pytest.mark.parametrize("message", [
    "text", "", "naïve 猫 🦊", b"\x00\xff", b"",
    "x" * 125, "x" * 126, "x" * 65_535, "x" * 65_536, b"\xff" * 1_000_000,
], ids=lambda message: f"{type(message).__name__} of {len(message)}")
def test_message_comes_back_as_it_was(agent, message):
    with open_socket(agent) as socket:
        socket.send(message)
        assert socket.recv(DEADLINE) == message


def test_many_messages_keep_their_order(agent):
    async def run():
        async with websockets.connect(f"ws://127.0.0.1:{agent.port}/ws") as socket:
            async def send():
                for number in range(2000):
                    await socket.send(str(number))

            sending = asyncio.create_task(send())
            received = [await socket.recv() for _ in range(2000)]
            await sending
            return received

    received = asyncio.run(asyncio.wait_for(run(), 2 * DEADLINE))
    assert received == [str(number) for number in range(2000)]


def test_many_sockets_are_served_at_once(agent):
    async def one(number):
        async with websockets.connect(f"ws://127.0.0.1:{agent.port}/ws", open_timeout=DEADLINE) as socket:
            for turn in range(20):
                await socket.send(f"{number}:{turn}")
                assert await socket.recv() == f"{number}:{turn}"

    async def run():
        await asyncio.gather(*(one(number) for number in range(100)))

    asyncio.run(asyncio.wait_for(run(), 2 * DEADLINE))


@pytest.mark.parametrize("pieces", [["frag", "men", "", "ted"], [b"\x00", b"\xff"], ["na\u00ef", "ve"]], ids=repr)
def test_fragments_arrive_as_one_message(agent, pieces):
    with open_socket(agent) as socket:
        socket.send(pieces)
        assert socket.recv(DEADLINE) == pieces[0][:0].join(pieces)


def test_ping_is_answered_with_its_own_data(agent):
    with open_socket(agent) as socket:
        assert socket.ping(b"one").wait(DEADLINE)
        assert socket.ping(b"").wait(DEADLINE)


def test_close_of_the_client_is_answered(agent):
    with Connection(agent.port) as client:
        client.upgrade()
        client.send(close_frame(1000, b"done"))
        assert client.read_close_code() == 1000
        assert client.is_closed()


def test_close_without_code_is_answered(agent):
    with Connection(agent.port) as client:
        client.upgrade()
        client.send_frame(8)
        assert client.read_frame()[0] == 8


def test_without_a_handler_the_socket_is_closed_with_1011(start_agent):
    with open_socket(start_agent(NO_WEBSOCKET="1")) as socket:
        assert close_code_of(socket) == 1011


def test_failing_handler_closes_with_1011_and_is_logged_with_its_session(agent):
    with open_socket(agent, additional_headers={SESSION: "session-of-this-socket"}) as socket:
        socket.send("fail")
        assert close_code_of(socket) == 1011
    entry = agent.wait_for_log("failed")
    assert (entry["level"], "session-of-this-socket" in entry.values()) == ("error", True)


def test_failing_handler_leaves_other_sockets_alone(agent):
    with open_socket(agent) as staying, open_socket(agent) as failing:
        failing.send("fail")
        close_code_of(failing)
        staying.send("still here")
        assert staying.recv(DEADLINE) == "still here"


def test_client_that_drops_the_connection_leaves_nothing(agent):
    before = agent.open_sockets
    clients = [Connection(agent.port) for _ in range(20)]
    for number, client in enumerate(clients):
        client.upgrade()
        client.send_frame(2, b"x" * (1_000_000 if number % 2 else 1))
    for client in clients:
        client.vanish()
    agent.wait_for_status("Healthy")
    eventually(lambda: agent.open_sockets <= before)


@pytest.mark.parametrize("leave", ["close", "reset"])
@pytest.mark.parametrize("size", [1, 1_000_000], ids=["idle", "amid an answer"])
def test_client_that_drops_the_connection_is_no_error_of_the_agent(agent, leave, size):
    before = agent.open_sockets
    client = Connection(agent.port)
    client.upgrade()
    client.send_frame(2, b"x" * size)
    client.read_exactly(2)
    client.vanish() if leave == "reset" else client.socket.close()
    eventually(lambda: agent.open_sockets <= before)
    agent.invoke({"prompt": "x"})
    agent.wait_for_log("Invocation completed")
    assert [entry for entry in agent.log if entry["level"] == "error"] == []


def test_socket_whose_client_never_reads_takes_little_memory(agent):
    before = agent.resident_bytes
    with Connection(agent.port, timeout=1, receive_buffer=4096) as client:
        client.upgrade()
        sent = 0
        try:
            while sent < 400_000_000:
                client.send_frame(2, b"x" * 1_000_000)
                sent += 1_000_000
        except TimeoutError:
            pass  # The server has stopped reading, as it should.
        assert agent.resident_bytes - before < 100_000_000
        assert sent < 400_000_000
        assert agent.ping().status_code == 200


def test_pings_whose_answers_nobody_reads_take_little_memory(agent):
    with Connection(agent.port, timeout=1, receive_buffer=4096) as client:
        client.upgrade()
        before = agent.resident_bytes
        try:
            for _ in range(100):
                client.send(frame(9, b"x" * 100) * 1000)
        except TimeoutError:
            pass  # The server has stopped reading, as it should.
        agent.wait_until_still()
        assert agent.resident_bytes - before < 15_000_000


# The handshake


def test_bearer_subprotocol_is_echoed_without_the_token(agent):
    with open_socket(agent, subprotocols=[f"{BEARER}.c2VjcmV0", BEARER]) as socket:
        assert socket.subprotocol == BEARER


def test_token_subprotocol_alone_is_not_echoed(agent):
    with Connection(agent.port) as client:
        response = client.upgrade([f"Sec-WebSocket-Protocol: {BEARER}.c2VjcmV0"])
    assert (response.status, response.headers.get("sec-websocket-protocol")) == (101, None)


def test_no_extension_is_agreed_that_was_not_offered(agent):
    with Connection(agent.port) as client:
        response = client.upgrade()
    assert response.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455, section 1.3
    assert "sec-websocket-extensions" not in response.headers


def test_query_of_the_handshake_is_allowed(agent):
    with connect(f"ws://127.0.0.1:{agent.port}/ws?qualifier=DEFAULT") as socket:
        socket.send("x")
        assert socket.recv(DEADLINE) == "x"


@pytest.mark.parametrize("before", [0, 1, 4])
def test_upgrade_may_be_a_later_request_of_a_connection(agent, before):
    with Connection(agent.port) as client:
        for number in range(before):
            client.invoke({"prompt": "x"}) if number % 2 else client.request("GET", "/ping")
            assert client.read_response().status == 200
        assert client.upgrade().status == 101
        client.send_frame(1, b"hello")
        assert client.read_frame() == (Opcode.TEXT, b"hello")


def test_upgrade_pipelined_behind_an_invocation_waits_for_its_answer(agent):
    with Connection(agent.port) as client:
        client.send(request("POST", "/invocations", body=b'{"prompt":"x","delay":100}') + handshake())
        assert client.read_response().json() == {"message": "x"}
        assert client.read_response().status == 101
        client.send_frame(1, b"hello")
        assert client.read_frame() == (Opcode.TEXT, b"hello")


@pytest.mark.parametrize("old, new", [
    (b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Version: 8"), (b"Sec-WebSocket-Version: 13\r\n", b""),
    (b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", b""), (b"Connection: Upgrade\r\n", b""),
    (b"Upgrade: websocket\r\n", b""), (b"GET /ws", b"POST /ws"),
], ids=repr)
def test_wrong_handshake_is_a_json_error(agent, old, new):
    with Connection(agent.port) as client:
        client.send(handshake().replace(old, new))
        response = client.read_response()
    assert 400 <= response.status < 500
    assert "error" in response.json()


def test_wrong_version_is_told_the_right_one(agent):
    with Connection(agent.port) as client:
        client.send(handshake().replace(b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Version: 8"))
        assert client.read_response().headers.get("sec-websocket-version") == "13"  # RFC 6455, section 4.2.2


def test_offer_of_a_websocket_elsewhere_is_answered_as_http(agent):
    with pytest.raises(InvalidStatus) as refusal:
        connect(f"ws://127.0.0.1:{agent.port}/chat", open_timeout=DEADLINE)
    assert refusal.value.response.status_code == 404


# Clients that disappear without closing

def test_client_that_answers_no_ping_is_left(start_agent):
    agent = start_agent(IDLE_MS=200)
    with Connection(agent.port) as client:
        assert client.upgrade().status == 101
        assert client.read_frame()[0] == Opcode.PING
        assert client.is_closed()


def test_quiet_client_that_answers_pings_stays(start_agent):
    agent = start_agent(IDLE_MS=50)
    with open_socket(agent) as socket:
        # The client answers pings automatically, in its own thread.
        with pytest.raises(TimeoutError):
            socket.recv(1)
        socket.send("still here")
        assert socket.recv(DEADLINE) == "still here"
