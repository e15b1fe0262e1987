"""AgentCore may snapshot a process after its first healthy ping and restore copies of it. Values that must differ
between copies must be generated after that. Here, two processes get the same random bytes until then."""

import contextlib
import socket

import pytest

import shims
from system import Container

DEADLINE = 60
# In a ClientHello (RFC 8446, 4.1.2): after the headers of record and message, and the version.
CLIENT_RANDOM = slice(11, 43)


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    return shims.built("frozen", tmp_path_factory.mktemp("frozen"))


@contextlib.contextmanager
def copy(shim, folder, is_thawed=True, **environment):
    """A process that gets fixed random bytes until after its first healthy ping."""
    frozen = folder / "frozen"
    frozen.touch()
    program = Container(LD_PRELOAD=str(shim), FROZEN=str(frozen), **environment)
    try:
        if is_thawed:
            frozen.unlink()
        yield program
    finally:
        program.stop()


def names_made(program):
    """The identifiers that the process generates in one run: of the run, its session, its messages, calls, and
    results."""
    events = program.events({"prompt": "what can you do?"})
    return {
        event[key] for event in events for key in ("runId", "threadId", "messageId", "toolCallId") if key in event}


@pytest.mark.parametrize("is_thawed", [True, False])
def test_names_are_different_in_each_copy(shim, tmp_path, is_thawed):
    made = []
    for _ in range(2):
        with copy(shim, tmp_path, is_thawed) as program:
            made.append(names_made(program))
    if is_thawed:
        assert not made[0] & made[1]
    else:  # Proves that the shim replaces the random bytes.
        assert made[0] == made[1]
    assert all(len(names) > 1 for names in made)


def client_random(shim, folder):
    """The random bytes of the first TLS connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(DEADLINE)
        url = f"https://127.0.0.1:{server.getsockname()[1]}/v1"
        with copy(shim, folder, AI4AI_MODEL_URL=url, AI4AI_MODEL="any") as program:
            next(program.stream({"prompt": "hello"}))
            connection, _ = server.accept()
            with connection:
                hello = connection.recv(4096)
            program.kill()
    assert hello[0] == 22 and hello[5] == 1, hello
    return hello[CLIENT_RANDOM]


def test_connections_are_encrypted_differently_in_each_copy(shim, tmp_path):
    assert client_random(shim, tmp_path) != client_random(shim, tmp_path)
