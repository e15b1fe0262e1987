"""Compares the backend with the same routes in FastAPI: open sockets, stored messages, and lists of many chats.

Both use a runtime that answers immediately, and store chats in SQLite on the same disk, synced at each commit.
"""

import asyncio
import contextlib
import http.client
import json
import pathlib
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from websockets.asyncio.client import connect

ROOT = pathlib.Path(__file__).parents[1]
HERE = pathlib.Path(__file__).parent
RUNTIME = [sys.executable, str(HERE / "backend_runtime.py")]
PEER = [str(ROOT / ".build/backend-peer/bin/python"), str(HERE / "backend_peer.py")]
CHATS = 5000
SOCKETS = 1000
CLIENTS = 16
CHATS_WRITTEN_TO = 50
SECONDS = 5
# Seconds; long enough for a heartbeat on every socket.
IDLE = 20
TEXT = "Please look up the plate number and tell me what there is to pay, and until when. " * 3


class Side:
    """One of the two servers, with its own database."""

    def __init__(self, server, command, runtime, folder):
        self.server, self.command, self.path = server, command, folder / "chats.sqlite"
        limits = ("AI4AI_REQUESTS_PER_MINUTE", "AI4AI_MESSAGES_PER_MINUTE", "AI4AI_SOCKETS_PER_USER")
        self.environment = dict.fromkeys(limits, "1000000") | {
            "AI4AI_CHATS": "sqlite", "AI4AI_STORAGE_DIRECTORY": str(folder), "AI4AI_RUNTIME_URL": runtime,
            "CHATS": str(self.path), "RUNTIME": runtime,
        }

    def start(self):
        return self.server(self.command, health="/health", **self.environment)

    def query(self, sql):
        """Reads rows from the database while the server is running."""
        with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)) as database:
            return database.execute(sql).fetchall()


def at_once(port, each):
    """Runs the same function in all clients in parallel, each with its own connection, and returns all results."""

    def client(number):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            return list(each(connection, number))

    with ThreadPoolExecutor(CLIENTS) as pool:
        return [result for results in pool.map(client, range(CLIENTS)) for result in results]


def post(connection, path, status, body, **headers):
    headers = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", path, json.dumps(body).encode(), headers)
    response = connection.getresponse()
    answer = response.read()
    assert response.status == status, f"{response.status} {answer}"
    return json.loads(answer)


def seed(port):
    """Creates chats and returns their IDs."""

    def make(connection, number):
        for count in range(number, CHATS, CLIENTS):
            title = f"Compound {count:05} of plate WXY {count % 97:04}"
            yield post(connection, "/api/sessions", 201, {"title": title})["id"]

    return at_once(port, make)


# ---------------------------------------------------------------------------------------------------------- sockets


async def hold(server, chats):
    """Returns the peak memory in MB while sockets are opened and idle."""
    gate = asyncio.Semaphore(32)

    async def ask(client, frame, name):
        await client.send(json.dumps(frame))
        while True:
            event = json.loads(await asyncio.wait_for(client.recv(), 60))["event"]
            if event.get("name") == name:
                return

    async def open_one(chat):
        async with gate:
            client = await connect(
                f"ws://127.0.0.1:{server.port}/ws/human-interaction/{chat}", subprotocols=["ai4ai.v1"],
                compression=None, ping_interval=None, open_timeout=60)
            await ask(client, {"type": "hello", "last_seq": 0, "frames": False}, "ready")
            await ask(client, {"type": "ping"}, "pong")
            return client

    clients = await asyncio.gather(*map(open_one, chats))
    opened = server.memory()
    await asyncio.sleep(IDLE)
    held = server.memory()
    await asyncio.gather(*(ask(client, {"type": "ping"}, "pong") for client in clients))
    most = max(opened, held, server.memory())
    await asyncio.gather(*(client.close() for client in clients))
    return most


def bench_sockets(sides, chats, line):
    idle, held = [], []
    for side in sides:
        with side.start() as server:
            idle.append(server.memory())
            held.append(asyncio.run(hold(server, chats[:SOCKETS])))
    line("memory idle", *idle, "MB")
    line(f"memory, {SOCKETS:,} sockets open", *held, "MB")


# ------------------------------------------------------------------------------------------------------------- lists


def bench_lists(servers, line, wrk, rounds):
    for name, path in (
        (f"list of 30, {CHATS:,} chats, 4 conn", "/api/sessions?limit=30"),
        ("search in them, 4 conn", "/api/sessions?limit=30&q=0420"),
    ):
        results = [[wrk(server, path, 4) for server in servers] for _ in range(rounds)]
        rate, p50, p99 = (
            [statistics.median(result[side][i] for result in results) for side in (0, 1)] for i in range(3))
        line(name, *rate, "req/s", more_is_better=True)
        line("  p50", *p50, "ms")
        line("  p99", *p99, "ms")


# ---------------------------------------------------------------------------------------------------------- messages


def say(port, chats):
    """Returns the messages that were accepted with 202, as chat and ID, and their rate per second."""
    began = time.perf_counter()

    def client(connection, number):
        while time.perf_counter() < began + SECONDS:
            for chat in chats[number:] + chats[:number]:
                key = str(uuid.uuid4())
                post(connection, f"/api/sessions/{chat}/messages", 202, {"text": TEXT}, Idempotency_Key=key)
                yield chat, key
                if time.perf_counter() > began + SECONDS:
                    return

    said = at_once(port, client)
    return said, len(said) / (time.perf_counter() - began)


def answers(side, kinds="'text'"):
    return side.query(f"SELECT count(*) FROM message WHERE role = 'assistant' AND kind IN ({kinds})")[0][0]


def settle(side, count):
    """Waits until there are `count` answers or failures, for at most 30 seconds."""
    deadline = time.monotonic() + 30
    while answers(side, "'text', 'error'") < count and time.monotonic() < deadline:
        time.sleep(0.05)


def bench_messages(sides, servers, chats, line, rounds):
    said = ([], [])
    rates = ([], [])
    answered = ([], [])
    for _ in range(rounds):
        for index, (side, server) in enumerate(zip(sides, servers)):
            began, before = time.perf_counter(), len(said[index])
            keys, rate = say(server.port, chats[:CHATS_WRITTEN_TO])
            said[index].extend(keys)
            rates[index].append(rate)
            settle(side, len(said[index]))
            answered[index].append((len(said[index]) - before) / (time.perf_counter() - began))
    name = f"messages kept, {CLIENTS} conn, {CHATS_WRITTEN_TO} chats"
    line(name, *map(statistics.median, rates), "msg/s", more_is_better=True)
    line("  until they are answered, too", *map(statistics.median, answered), "msg/s", more_is_better=True)
    kept = [set(side.query("SELECT session_id, id FROM message WHERE role = 'user'")) for side in sides]
    counts = {
        "  said": list(map(len, said)),
        "  lost": [len(set(keys) - there) for keys, there in zip(said, kept)],
        "  without an answer": [len(keys) - answers(side) for keys, side in zip(said, sides)],
    }
    for name, (ours, theirs) in counts.items():
        print(f"  {name:<42}{ours:>12,}{theirs:>12,}", flush=True)
    line("memory after load", *(server.memory() for server in servers), "MB")


def bench(server, backend, line, wrk, rounds):
    """`server` starts a program, `line` prints a comparison, and `wrk` measures requests; run.py defines all three."""
    print("\nBackend                                             ours     FastAPI")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # On the disk, for realistic commit times; the directory for temporary files is often in memory.
    with tempfile.TemporaryDirectory(dir=ROOT / ".build", prefix="backend-bench-") as folder, server(
        RUNTIME) as runtime, contextlib.ExitStack() as stack:
        folders = [pathlib.Path(folder) / name for name in ("ours", "theirs")]
        for each in folders:
            each.mkdir()
        sides = [Side(server, command, runtime.address, each) for command, each in zip((backend, PEER), folders)]
        with sides[0].start() as ours:
            chats = seed(ours.port)
        with contextlib.closing(sqlite3.connect(sides[0].path)) as source, contextlib.closing(
            sqlite3.connect(sides[1].path)) as copy:
            source.backup(copy)
        bench_sockets(sides, chats, line)
        servers = [stack.enter_context(side.start()) for side in sides]
        bench_lists(servers, line, wrk, rounds)
        bench_messages(sides, servers, chats, line, rounds)
