"""/ws against clients that violate RFC 6455: each violation gets its close code and affects no other client."""

import struct

import pytest

from agent import Agent
from wire import Connection, close_frame, frame

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10


@pytest.fixture(scope="module")
def agent():
    """One agent for all tests here, which leave no trace in it."""
    agent = Agent()
    yield agent
    agent.stop()


@pytest.fixture
def client(agent):
    with Connection(agent.port) as client:
        assert client.upgrade().status == 101
        yield client


@pytest.mark.parametrize("data", [
    frame(TEXT, b"x", masked=False),
    frame(CLOSE, struct.pack("!H", 1000), masked=False),
    frame(TEXT, b"x", reserved=4),
    frame(3, b"x"), frame(7), frame(11), frame(15),
    frame(CONTINUATION, b"x"),
    frame(TEXT, b"x", final=False) + frame(TEXT, b"x"),
    frame(PING, b"x", final=False),
    frame(PING, b"x" * 126),
    frame(CLOSE, b"\x03"),
    close_frame(1005), close_frame(1006), close_frame(999), close_frame(5000), close_frame(0),
], ids=[
    "unmasked text", "unmasked close", "reserved bit", "opcode 3", "opcode 7", "opcode 11", "opcode 15",
    "continuation of nothing", "message inside another", "fragmented ping", "ping of 126 bytes", "close of one byte",
    "close 1005", "close 1006", "close 999", "close 5000", "close 0",
])
def test_broken_rule_is_closed_with_1002(client, data):
    client.send(data)
    assert client.read_close_code() == 1002
    assert client.is_closed()


@pytest.mark.parametrize("data", [
    frame(TEXT, b"\xff"), frame(TEXT, b"\xc3"), frame(TEXT, b"\xed\xa0\x80"), frame(TEXT, b"\xf4\x90\x80\x80"),
    frame(TEXT, b"\xc3", final=False) + frame(CONTINUATION, b"x"),
    close_frame(1000, b"\xff"),
], ids=["lone byte", "cut character", "surrogate", "beyond Unicode", "cut by a fragment", "close reason"])
def test_text_that_is_not_utf8_is_closed_with_1007(client, data):
    client.send(data)
    assert client.read_close_code() == 1007
    assert client.is_closed()


def test_bad_text_is_refused_before_its_message_ends(client):
    client.send_frame(TEXT, b"\xff", final=False)
    assert client.read_close_code() == 1007


def test_character_may_be_cut_by_fragments(client):
    client.send(frame(TEXT, b"\xf0\x9f", final=False) + frame(CONTINUATION, b"\xa6\x8a"))
    assert client.read_frame() == (TEXT, "🦊".encode())


def test_binary_may_hold_anything(client):
    client.send_frame(BINARY, b"\xff\xc3\x00")
    assert client.read_frame() == (BINARY, b"\xff\xc3\x00")


def test_too_large_a_message_is_closed_with_1009(client):
    client.send(b"\x82\xff" + struct.pack("!Q", 17 * 1024 * 1024) + bytes(4))  # The frame's header is enough.
    assert client.read_close_code() == 1009


def test_too_large_a_fragmented_message_is_closed_with_1009(client):
    try:
        for number in range(18):
            client.send_frame(CONTINUATION if number else BINARY, b"x" * 1024 * 1024, final=False)
    except (BrokenPipeError, ConnectionResetError):
        pass  # The close frame may have arrived already.
    assert client.read_close_code() == 1009


def test_absurd_frame_length_is_refused(client):
    client.send(b"\x82\xff" + b"\xff" * 8 + bytes(4))
    assert client.read_close_code() in (1002, 1009)


def test_ping_amid_fragments_is_answered_at_once(client):
    client.send(frame(TEXT, b"frag", final=False) + frame(PING, b"now"))
    assert client.read_frame() == (PONG, b"now")
    client.send(frame(CONTINUATION, b"mented"))
    assert client.read_frame() == (TEXT, b"fragmented")


def test_unasked_pong_is_ignored(client):
    client.send(frame(PONG, b"x") + frame(TEXT, b"next"))
    assert client.read_frame() == (TEXT, b"next")


def test_nothing_after_a_close_is_answered(client):
    client.send(close_frame(1000) + frame(TEXT, b"late") + frame(PING, b"late"))
    assert client.read_frame() == (CLOSE, struct.pack("!H", 1000))
    assert client.is_closed()


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1011, 3000, 4999])
def test_close_code_of_the_client_is_returned(client, code):
    client.send(close_frame(code, b"why"))
    assert client.read_close_code() == code


def test_fault_of_one_socket_leaves_another_alone(agent, client):
    with Connection(agent.port) as other:
        other.upgrade()
        client.send_frame(3)
        assert client.read_close_code() == 1002
        other.send_frame(TEXT, b"still here")
        assert other.read_frame() == (TEXT, b"still here")


def test_fault_of_a_client_is_no_error_of_the_agent(start_agent):
    agent = start_agent()
    with Connection(agent.port) as client:
        client.upgrade()
        client.send_frame(3)
        assert client.read_close_code() == 1002
    agent.invoke({"prompt": "x"})
    agent.wait_for_log("Invocation completed")
    assert [entry for entry in agent.log if entry["level"] == "error"] == []
