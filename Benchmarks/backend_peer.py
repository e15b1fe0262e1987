"""The peer: the backend's list, messages, and sockets in FastAPI, with the same tables and equally durable commits."""

import asyncio
import contextlib
import json
import os
import sqlite3
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import uvicorn
from fastapi import FastAPI, Header, HTTPException, WebSocket
from pydantic import BaseModel

USER = "local"


class Session(BaseModel):
    id: str
    title: str
    created_at: int
    updated_at: int
    preview: str
    message_count: int
    version: int
    run: str | None


class Sessions(BaseModel):
    sessions: list[Session]


class Words(BaseModel):
    text: str


class Message(BaseModel):
    id: str
    role: str
    content: str
    run_id: str


class Sent(BaseModel):
    message: Message
    run_id: str


def connect():
    database = sqlite3.connect(os.environ["CHATS"], isolation_level=None, check_same_thread=False, timeout=10)
    database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    database.row_factory = sqlite3.Row
    return database


reading, writing = connect(), connect()
# Commits wait for the disk in a thread of their own, so that nothing else has to wait.
writer = ThreadPoolExecutor(1)
runs = set()


@contextlib.asynccontextmanager
async def lifespan(app):
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as app.state.client:
        yield


app = FastAPI(lifespan=lifespan)


def append(session, message, run):
    """Stores a message and the chat's current run. Returns whether the chat exists."""
    writing.execute("BEGIN IMMEDIATE")
    with writing:
        now = time.time_ns()
        changed = writing.execute(
            "UPDATE session SET run = ?, preview = ?, updated_at = ?, last_message_at = max(last_message_at + 1, ?), "
            "message_count = message_count + 1 WHERE id = ? AND owner = ? AND NOT removed RETURNING last_message_at",
            (run, message.content[:80], now, now, session, USER)).fetchone()
        if changed:
            writing.execute(
                "INSERT INTO message (session_id, time, id, role, kind, content, run_id) "
                "VALUES (?, ?, ?, ?, 'text', ?, ?)",
                (session, changed[0], message.id, message.role, message.content, message.run_id))
        return bool(changed)


async def keep(*arguments):
    return await asyncio.get_running_loop().run_in_executor(writer, append, *arguments)


async def follow(session, run, text):
    """Invokes the runtime and stores its answer."""
    body = {"threadId": session, "runId": run, "messages": [{"id": "1", "role": "user", "content": text}],
            "session_id": session, "user_id": USER}
    answer = ""
    async with app.state.client.post(f"{os.environ['RUNTIME']}/invocations", json=body) as response:
        async for line in response.content:
            if line.startswith(b"data: "):
                event = json.loads(line[6:])
                answer += event.get("delta", "") if event["type"] == "TEXT_MESSAGE_CONTENT" else ""
    await keep(session, Message(id=f"{run}:0", role="assistant", content=answer, run_id=run), None)


@app.get("/health")
async def health():
    return {"status": "ok"}


# `async def`, because such short reads are faster on the event loop than in FastAPI's threads.
@app.get("/api/sessions")
async def sessions(limit: int = 30, q: str = "") -> Sessions:
    found = reading.execute(
        "SELECT * FROM session WHERE owner = ? AND NOT removed AND (? = '' OR instr(folded_title, ?) > 0) "
        "ORDER BY updated_at DESC, id LIMIT ?", (USER, q, q.lower(), limit))
    return Sessions(sessions=[Session(**row) for row in found])


@app.post("/api/sessions/{session}/messages", status_code=202)
async def send(session: str, words: Words, idempotency_key: str = Header()) -> Sent:
    message = Message(id=idempotency_key, role="user", content=words.text, run_id=f"run-{uuid.uuid4()}")
    if not await keep(session, message, json.dumps({"id": message.run_id, "state": "running"})):
        raise HTTPException(404)
    task = asyncio.create_task(follow(session, message.run_id, words.text))
    runs.add(task)
    task.add_done_callback(runs.discard)
    return Sent(message=message, run_id=message.run_id)


@app.websocket("/ws/human-interaction/{session}")
async def human(socket: WebSocket, session: str):
    found = reading.execute("SELECT * FROM session WHERE id = ? AND owner = ?", (session, USER)).fetchone()
    if not found:
        return await socket.close(4404)
    await socket.accept(subprotocol="ai4ai.v1")
    ready = {"session": Session(**found).model_dump(), "heartbeat_seconds": 15}
    await socket.send_json({"event": {"type": "CUSTOM", "name": "ready", "value": ready}})
    async for text in socket.iter_text():
        if json.loads(text)["type"] == "ping":
            await socket.send_json({"event": {"type": "CUSTOM", "name": "pong", "value": {}}})


if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(os.environ["PORT"]), access_log=False, ws_ping_interval=15,
        ws_per_message_deflate=False)
