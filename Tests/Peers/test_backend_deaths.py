"""Chats when processes die: an acknowledged message is stored exactly once, and every run ends."""

import collections
import concurrent.futures
import contextlib
import random
import threading
import uuid

import pytest
import requests

from backend import Backend, Parts, checks, endless, is_named, question, road_tax, texts
from system import eventually, needs_failpoints


@pytest.fixture(scope="module")
def all_parts():
    running = Parts()
    yield running
    running.stop()


@pytest.fixture
def parts(all_parts):
    for part in (all_parts.runtime, all_parts.backend):
        if part.process.poll() is not None:
            part.restart()
    return all_parts


@pytest.mark.parametrize("is_over", [False, True], ids=["while it is at work", "after its end"])
def test_run_outlives_the_backend_and_is_told_once(parts, is_over):
    chats, chat, plate = parts.chats, parts.chats.create(), f"DIE {int(is_over)}"
    text = road_tax(parts.demo, plate).replace(
        "tell me the amount due", f'open {parts.demo}/slow, wait for "Your number", tell me the number')
    with contextlib.closing(chats.stream(chat, text)) as events:
        for envelope in events:
            if is_named("browser.navigated")(envelope["event"]) and "/slow" in envelope["event"]["value"]["url"]:
                break
        parts.backend.kill()
    if is_over:
        eventually(parts.runtime.is_healthy, "the end of the run")
    parts.backend.restart()
    messages = chats.settled(chat)
    assert texts(messages, "user") == [text] and len(texts(messages, "assistant")) == 1
    assert "42" in texts(messages, "assistant")[0] and "error" not in [each["kind"] for each in messages]
    assert checks(parts, plate) == 1 and chats.messages(chat) == messages


@pytest.mark.nightly
def test_question_outlives_the_backend(parts):
    chats, chat = parts.chats, parts.chats.create()
    asked = chats.asked(chat, question(parts.demo))
    parts.backend.kill()
    parts.backend.restart()
    assert chats.session(chat)["run"]["state"] == "waiting"
    assert chats.answer(chat, asked, answer="WXY 1234").status_code == 202
    assert texts(chats.settled(chat), "assistant") == ["Amount due: RM 70.00"]


def test_death_of_the_runtime_is_told_and_the_chat_goes_on(parts):
    chats, chat = parts.chats, parts.chats.create()
    chats.send(chat, endless(parts.demo))
    with contextlib.closing(chats.events(chat)) as events:
        next(each for each in events if each["event"].get("stepName") == "wait_for_text")
    parts.runtime.kill()
    parts.runtime.restart()
    messages = chats.settled(chat)
    last = messages[-1]
    assert (last["kind"], last["details"]["code"]) == ("error", "interrupted") and "has ended" in last["content"]
    # What was done before is still told, once.
    [steps] = [each["details"]["steps"] for each in messages if each["kind"] == "steps"]
    assert (steps[0]["name"], steps[0]["status"]) == ("navigate", "done")
    assert len({step["id"] for step in steps}) == len(steps)
    chats.send(chat, road_tax(parts.demo))
    assert texts(chats.settled(chat), "assistant")[-1] == "Amount due: RM 70.00"
    eventually(lambda: not parts.runtime.browsers(), "the end of every browser")


def test_message_to_a_runtime_that_is_away_is_done_when_it_is_back(parts):
    chats, chat = parts.chats, parts.chats.create()
    parts.runtime.kill()
    try:
        sent = chats.post(chat, road_tax(parts.demo, "AWAY 1"))
        assert sent.status_code == 202 and texts(chats.messages(chat), "user")
    finally:
        parts.runtime.restart()
    assert texts(chats.settled(chat), "assistant")
    assert checks(parts, "AWAY 1") == 1


@needs_failpoints
@pytest.mark.parametrize("place, plate", [("message-kept", "KEP 1"), ("end-heard", "END 1")])
def test_message_is_answered_once_wherever_the_backend_dies(parts, place, plate):
    chats, chat = parts.chats, parts.chats.create()
    text = road_tax(parts.demo, plate)
    with parts.backend.dying_at(place), contextlib.suppress(requests.RequestException):
        chats.post(chat, text)
    parts.backend.restart()
    messages = chats.settled(chat)
    assert texts(messages, "user") == [text] and len(texts(messages, "assistant")) == 1
    assert checks(parts, plate) == 1 and chats.messages(chat) == messages


def test_every_acknowledged_message_survives_a_kill_once(parts):
    chats, chance = parts.chats, random.Random(6)
    places = [chats.create() for _ in range(20)]
    wanted = [(chance.choice(places), f"hello {number}", f"key-{number}") for number in range(200)]
    acknowledged, enough = [], threading.Event()
    limit = chance.randrange(40, 140)

    def send(message):
        try:
            if chats.post(*message).ok:
                acknowledged.append(message)
        except requests.RequestException:
            pass
        if len(acknowledged) >= limit:
            enough.set()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        sending = [pool.submit(send, message) for message in wanted]
        assert enough.wait(120), len(acknowledged)
        parts.backend.kill()
        concurrent.futures.wait(sending)
    assert len(acknowledged) < len(wanted)
    parts.backend.restart()

    def kept():
        return collections.Counter(
            (chat, text) for chat in places for text in texts(chats.messages(chat), "user"))

    stored = kept()
    assert max(stored.values()) == 1
    assert {(chat, text) for chat, text, _ in acknowledged} <= set(stored)
    # A client that got no response sends its message again.
    for message in wanted:
        chats.send(*message)
    assert kept() == {(chat, text): 1 for chat, text, _ in wanted}
    for chat in places:
        messages = chats.settled(chat)
        assert not texts(messages, "user") or messages[-1]["role"] == "assistant", (chat, messages[-1])
        assert len({each["id"] for each in messages}) == len(messages)


@pytest.mark.nightly
def test_chats_of_two_backends_with_one_store_are_the_same(parts):
    """As behind a load balancer: one process starts a run, another one reports it."""
    other = Backend(parts.runtime.url, AI4AI_STORAGE_DIRECTORY=parts.backend.directory.name)
    try:
        first, second = parts.chats, other.chats()
        chat, key = first.create(), str(uuid.uuid4())
        text = road_tax(parts.demo, "BOTH 1")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda n: (first, second)[n % 2].send(chat, text, key), range(8)))
        assert len({answer["message"]["id"] for answer in answers}) == 1
        assert texts(first.settled(chat), "user") == texts(second.settled(chat), "user") == [text]
        assert first.messages(chat) == second.messages(chat) and checks(parts, "BOTH 1") == 1
    finally:
        other.stop()
