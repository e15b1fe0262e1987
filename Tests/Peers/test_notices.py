"""A program that is told of chats whose users may be away. Its notices are judged by the library of the specification."""

import base64
import http.server
import json
import os
import queue
import subprocess
import threading
import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from backend import Chats
from parking import payment
from system import BUILD, DEADLINE, System

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class Receiver:
    """Takes notices; answers with the next of `statuses`, and then with 204."""

    def __init__(self):
        self.notices, self.statuses = queue.Queue(), []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.notices.put((dict(self.headers), body, time.monotonic()))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/notices"

    def next(self):
        """The next notice, verified."""
        headers, body, _ = self.notices.get(timeout=DEADLINE)
        return headers, Webhook(SECRET).verify(body, {name.lower(): value for name, value in headers.items()})

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="module")
def told(receiver):
    system = System(AI4AI_WEBHOOK_URL=receiver.url, AI4AI_WEBHOOK_SECRET=SECRET, AI4AI_PUBLIC_URL="https://chat.example.com/")
    yield system
    system.stop()


def test_waiting_and_ended_chats_are_told_with_a_link_and_nothing_that_they_say(receiver, told):
    chats = Chats(told.chat)
    chat = chats.create()
    chats.send(chat, payment(told.demo, "4111 secret"))
    headers, waiting = receiver.next()
    data = waiting["data"]
    assert waiting["type"] == "chat.waiting" and data["session_id"] == chat
    assert data["url"] == f"https://chat.example.com/chat/{chat}" and data["expires_at"] > waiting["timestamp"]
    assert data["is_watched"] is False
    assert "4111" not in json.dumps(waiting) and "Pay" not in json.dumps(waiting)
    [question] = [each for each in chats.settled(chat) if each["kind"] == "question"]
    chats.answer(chat, question["details"], approved=False)
    _, ended = receiver.next()
    assert (ended["type"], ended["data"]["end"], ended["data"]["session_id"]) == ("chat.ended", "completed", chat)


def test_notice_that_is_not_taken_is_sent_again_with_the_same_id(receiver, told):
    receiver.statuses = [503, 500]
    chats = Chats(told.chat)
    chat = chats.create()
    chats.send(chat, "hello")
    seen = [receiver.next() for _ in range(3)]
    assert len({headers["webhook-id"] for headers, _ in seen}) == 1
    assert {notice["data"]["session_id"] for _, notice in seen} == {chat}


def test_another_key_does_not_verify_and_a_changed_notice_neither(receiver, told):
    chats = Chats(told.chat)
    chats.send(chats.create(), "hello")
    headers, body, _ = receiver.notices.get(timeout=DEADLINE)
    headers = {name.lower(): value for name, value in headers.items()}
    for secret, content in ((SECRET[:-8] + "AAAAAAA=", body), (SECRET, body.replace(b"chat.ended", b"chat.other"))):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(content, headers)


def test_question_that_will_soon_expire_is_told_unless_it_was_answered(receiver):
    system = System(
        AI4AI_WEBHOOK_URL=receiver.url, AI4AI_WEBHOOK_SECRET=SECRET, AI4AI_QUESTION_SECONDS="12")
    try:
        chats = Chats(system.chat)
        answered, forgotten = chats.create(), chats.create()
        for chat in (answered, forgotten):
            chats.send(chat, payment(system.demo, "page notices"))
        kinds = {answered: [], forgotten: []}
        while kinds[answered].count("chat.waiting") + kinds[forgotten].count("chat.waiting") < 2:
            _, notice = receiver.next()
            kinds[notice["data"]["session_id"]].append(notice["type"])
        chats.stop(answered)
        while "chat.expiring" not in kinds[forgotten]:
            _, notice = receiver.next()
            kinds[notice["data"]["session_id"]].append(notice["type"])
        assert "chat.expiring" not in kinds[answered]
    finally:
        system.stop()


@pytest.mark.parametrize(("url", "secret", "named"), [
    ("http://example.com/hook", SECRET, "AI4AI_WEBHOOK_URL"), ("https://example.com/hook", "", "AI4AI_WEBHOOK_SECRET"),
    ("https://example.com/hook", "whsec_short", "AI4AI_WEBHOOK_SECRET"),
])
def test_unsafe_address_or_weak_key_is_refused_at_the_start(url, secret, named):
    environment = {**os.environ, "AI4AI_WEBHOOK_URL": url, "AI4AI_WEBHOOK_SECRET": secret}
    run = subprocess.run([BUILD / "ai4ai", "backend"], env=environment, capture_output=True, text=True, timeout=DEADLINE)
    assert run.returncode != 0 and named in run.stderr and "whsec_short" not in run.stderr
