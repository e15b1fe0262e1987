"""The page, driven by our own browser library as agents do: a whole task, and a question with its answer."""

import pytest

from backend import question
from browse import Browser
from system import DEADLINE


@pytest.fixture(scope="module")
def browser():
    running = Browser()
    yield running
    assert running.close() == 0


@pytest.fixture
def page(system, browser):
    browser("navigate", url=system.chat)
    browser("waitFor", text="What can I do for you?", seconds=DEADLINE)
    return browser


def say(page, text):
    page("fill", ref=page.find("textbox", "Message"), text=text)
    page("press", key="Enter")


def test_errand_is_done(system, page):
    say(page, system.road_tax("WXY 1234"))
    page("waitFor", text="Amount due: RM 70.00", seconds=DEADLINE)


@pytest.mark.nightly
def test_question_is_answered(system, page):
    say(page, question(system.demo))
    page("waitFor", text="Send answer", seconds=DEADLINE)
    page("fill", ref=page.find("textbox", "Your answer"), text="ABC 5678")
    page("click", ref=page.find("button", "Send answer"))
    page("waitFor", text="Amount due: RM 90.00", seconds=DEADLINE)
