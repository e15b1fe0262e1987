"""Allowances for the rest of a task, on the page."""

import pytest

from backend import UNHURRIED
from system import Page, System


@pytest.fixture(scope="module")
def forum():
    page = Page("<form method=post action=/comments><button>Post comment</button></form>")
    with page as page.url:
        yield page


@pytest.fixture(scope="module")
def system(forum):
    running = System(**UNHURRIED, AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS=forum.url)
    yield running
    running.stop()


def test_what_is_allowed_is_asked_no_more_until_it_is_taken_back(forum, person):
    person.say(
        f"open {forum.url}, click Post comment, click Post comment, ask me for the next word, click Post comment")
    person.click("checkbox", "Don’t ask again on this site during this task: Send something")
    person.click("button", "Approve")
    person.sees("What is the next word?")
    assert len(forum.posts) == 2
    assert "Your answer: Approved, for the rest of this task too" in person.messages("Question of AI4AI")[0]
    person.click("button", "Ask again from now on")
    person.sees("You will be asked again.")
    person.fill("Your answer", "fine")
    person.click("button", "Send answer")
    person.click("button", "Reject")
    person.sees("You declined. Nothing was sent.")
    assert len(forum.posts) == 2
