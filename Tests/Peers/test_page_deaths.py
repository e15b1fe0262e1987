"""The page when backend or runtime die: it says so, recovers automatically, and neither loses nor duplicates a
message."""

import pytest

from backend import Parts, checks, lasting, road_tax
from nightly import sampled

LOST = "The connection was lost. Your messages are kept and sent when it’s back."
WXY, ABC = "WXY 1234", "ABC 5678"
WAIT = "Wait for “Your number”"


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


@pytest.fixture
def person(parts, browser):
    browser.visit(parts.backend.url)
    yield browser
    browser.check_quiet()


def greet(person):
    """Starts a chat; returns its id."""
    person.say("hello")
    person.sees("Hello. This is practice mode")
    person.misses("Working…")
    return person.chat


def test_run_goes_on_when_the_backend_dies_and_the_page_tells_its_end_once(parts, person):
    person.evaluate("void (globalThis.isSamePage = true)")
    person.say(', '.join([f'open {parts.demo}/slow, wait for "Your number"'] * 2) + ", tell me the number")
    person.ref("button", "in progress Wait for .*")
    parts.backend.kill()
    person.sees(LOST)
    parts.backend.restart()
    person.misses(LOST)
    person.sees("Your number is 42")
    person.misses("Working…")
    assert len(parts.chats.settled(person.chat)) == 3
    person.until(lambda: [author for author, _ in person.messages()] == ["You", "Steps of AI4AI", "AI4AI"], "end")
    [steps] = person.messages("Steps of AI4AI")
    visit = [f"Open {parts.demo.removeprefix('http://')}/slow", WAIT]
    assert [line for line in steps.splitlines() if line in {*visit, "Read the page"}] == [*visit * 2, "Read the page"]
    assert "in progress" not in steps and person.evaluate("globalThis.isSamePage")


@pytest.mark.parametrize("is_reloaded", sampled([True, False], 2, lambda reloaded: "also after a reload" if reloaded else ""))
def test_words_that_are_said_while_the_backend_is_away_arrive_once(parts, person, is_reloaded):
    chat, before, text = greet(person), checks(parts, ABC), road_tax(parts.demo, ABC)
    parts.backend.kill()
    person.sees(LOST)
    person.say(text)
    person.sees("Sending…")
    parts.backend.restart()
    if is_reloaded:
        person.reload()
    person.sees("Amount due: RM 90.00")
    person.misses("Sending…")
    said = [each["content"] for each in parts.chats.settled(chat) if each["role"] == "user"]
    assert said == person.messages("You") == ["hello", text] and checks(parts, ABC) == before + 1


@pytest.mark.nightly
def test_run_whose_runtime_dies_ends_in_an_honest_account_and_the_chat_goes_on(parts, person):
    person.say(lasting(parts.demo))
    person.ref("button", "in progress .*")
    parts.runtime.kill()
    parts.runtime.restart()
    person.sees("Its last step may or may not have gone through.")
    assert parts.chats.settled(person.chat)[-1]["details"]["code"] == "interrupted"
    before = checks(parts, WXY)
    person.say(road_tax(parts.demo, WXY))
    person.sees("Amount due: RM 70.00")
    assert checks(parts, WXY) == before + 1
