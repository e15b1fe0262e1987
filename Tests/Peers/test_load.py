"""Load: streams stay complete, pings are answered, and disconnected clients leave nothing behind."""

import asyncio
import json
import threading
import time
from contextlib import contextmanager

import pytest
import requests

from agent import Agent, eventually
from wire import Connection

EVENTS = 1000
pytestmark = pytest.mark.serial
END = b"\r\n0\r\n\r\n"


async def open_stream(port, payload):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps(payload).encode()
    writer.write(b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), head
    return reader, writer


async def count_events(port, payload):
    """The number of events until the end of a stream; `None` if it was cut off."""
    reader, writer = await open_stream(port, payload)
    count, tail = 0, b"\r\n"
    while data := await reader.read(1 << 18):
        count += (tail[-5:] + data).count(b"data: ")
        if END in tail + data:
            break
        tail = (tail + data)[1 - len(END):]
    writer.close()
    return count if data else None


async def ping_until(done, port, times):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while not done.is_set():
        times.append(time.monotonic())
        writer.write(b"GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
        times[-1] = time.monotonic() - times[-1]
        await asyncio.sleep(0.05)  # The interval of the pings.
    writer.close()


def whole(count):
    """The full size, which takes long."""
    return pytest.param(count, marks=pytest.mark.nightly)


@pytest.fixture(scope="module", params=[50, whole(200)])
def load(request):
    """The event counts of many concurrent streams of 1,000 events each, and the durations of pings in the meantime."""
    agent = Agent()
    times = []

    async def run():
        done = asyncio.Event()
        pinging = asyncio.create_task(ping_until(done, agent.port, times))
        streams = [count_events(agent.port, {"events": EVENTS, "size": 40}) for _ in range(request.param)]
        counts = await asyncio.gather(*streams)
        done.set()
        await pinging
        return counts

    try:
        yield asyncio.run(asyncio.wait_for(run(), 120)), times, request.param
    finally:
        agent.stop()


def test_many_streams_of_1000_events_all_complete(load):
    counts, _, streams = load
    assert counts == [EVENTS] * streams


def test_ping_is_answered_beside_many_streams(load):
    assert max(load[1]) < 2  # The platform pings every two seconds.


@contextmanager
def reading_as_fast_as_it_comes(agent, payload):
    """A client that reads a stream in its own thread; yields a function that returns the number of bytes received."""
    with Connection(agent.port) as client:
        client.invoke(payload)
        client.read_head()
        count, has_ended = 0, threading.Event()

        def read():
            nonlocal count
            while not has_ended.is_set() and (data := client.socket.recv(1 << 18)):
                count += len(data)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            yield lambda: count
        finally:
            # A socket that another thread still reads from would stay open after it is closed.
            has_ended.set()
            reader.join()
        client.vanish()


def test_ping_is_answered_beside_a_stream_made_as_fast_as_can_be(agent):
    with reading_as_fast_as_it_comes(agent, {"events": 100_000_000}) as bytes_read:
        while bytes_read() < 1_000_000:
            assert requests.get(agent.url + "/ping", timeout=5).elapsed.total_seconds() < 2
        assert agent.status == "HealthyBusy"


def test_stream_made_as_fast_as_can_be_takes_little_memory(agent):
    before = agent.resident_bytes
    with reading_as_fast_as_it_comes(agent, {"events": 100_000_000}) as bytes_read:
        eventually(lambda: bytes_read() > 5_000_000, within=60)
        assert agent.resident_bytes - before < 40_000_000


def test_stream_made_as_fast_as_can_be_is_cancelled_when_its_client_goes_away(agent):
    with reading_as_fast_as_it_comes(agent, {"events": 100_000_000}) as bytes_read:
        eventually(lambda: bytes_read() > 1_000_000, within=60)
    assert requests.get(agent.url + "/ping", timeout=10).ok
    agent.wait_for_status("Healthy", within=10)  # It should take a second.


@pytest.mark.parametrize("count", [100, whole(500)])
def test_clients_that_vanish_mid_stream_leave_nothing(agent, count):
    agent.invoke({"prompt": "warm"})
    before = agent.open_sockets

    async def run():
        payload = {"events": 100_000, "delay": 500}
        streams = await asyncio.gather(*(open_stream(agent.port, payload) for _ in range(count)))
        assert agent.open_sockets >= count
        for _, writer in streams:
            writer.transport.abort()

    asyncio.run(asyncio.wait_for(run(), 60))
    agent.wait_for_status("Healthy")
    eventually(lambda: agent.open_sockets <= before)
    assert agent.invoke({"prompt": "next"}).json() == {"message": "next"}


@pytest.mark.parametrize("count", [20, whole(100)])
def test_abandoned_streams_give_their_memory_back(agent, count):
    async def abandon():
        payload = {"events": 100_000, "size": 1000, "delay": 20}
        streams = await asyncio.gather(*(open_stream(agent.port, payload) for _ in range(count)))
        for _, writer in streams:
            writer.transport.abort()

    def round_of_abandoning():
        asyncio.run(asyncio.wait_for(abandon(), 60))
        agent.wait_for_status("Healthy")
        return agent.resident_bytes

    first = max(round_of_abandoning() for _ in range(3))
    assert max(round_of_abandoning() for _ in range(5)) < first + 30_000_000
