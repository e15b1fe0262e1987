"""The page for users of screen readers, for keyboard-only use, and for low vision: no violation of WCAG at level A or
AA."""

import pytest

from access import DESK, PHONE, be_on, check_access
from backend import lasting, payment, question


def test_new_chat_and_settings(person):
    person.sees("What can I do for you?")
    check_access(person)
    person.click("button", "Local user: profile and settings")
    person.ref("radio", "Bahasa Melayu")
    check_access(person, [DESK])
    person.click("button", "Keyboard shortcuts")
    person.sees("New line")
    check_access(person)


@pytest.mark.nightly
def test_finished_errand_and_what_it_opens(system, person):
    person.say(system.road_tax())
    person.sees("Amount due: RM 70.00")
    person.misses("Working…")
    person.click("button", "done Open .*")
    person.ref("button", "Enlarge the picture: The page after: Open .*")
    check_access(person)
    person.click("button", "Enlarge the picture: The page after: Open .*")
    person.ref("button", "Close the picture")
    check_access(person)
    person.press("Escape")
    person.click("button", "Options for .*")
    person.ref("menuitem", "Delete")
    check_access(person, [DESK])
    person.click("menuitem", "Delete")
    person.ref("button", "Undo")
    check_access(person)


def test_chats_in_the_drawer_of_a_phone(person):
    be_on(person, PHONE)
    person.click("button", "Chats")
    person.ref("searchbox", "Search chats")
    check_access(person, [PHONE])


@pytest.mark.nightly
def test_run_at_work_and_its_live_browser(system, person):
    person.say(lasting(system.demo))
    person.ref("button", "in progress Wait for .*")
    check_access(person)
    person.click("button", "Take control")
    person.sees("You are in control")
    check_access(person)
    person.click("button", "Give back to the agent")
    person.click("button", "Options for .*")
    person.click("menuitem", "Delete")
    person.sees("Delete this chat?")
    check_access(person)
    person.press("Escape")
    person.click("button", r"Stop \(Esc\)")
    person.sees("The task was stopped.")
    check_access(person)


@pytest.mark.nightly
def test_question(system, person):
    person.say(question(system.demo))
    person.ref("textbox", "Your answer")
    person.click("button", "Send answer")
    person.sees("Please fill this in.")
    check_access(person)


def test_approval_and_its_answer(system, person):
    person.say(payment(system.demo, "page access"))
    person.ref("button", "Approve payment")
    check_access(person)
    person.click("button", "Edit")
    person.ref("textbox", "Card number")
    check_access(person)
    person.click("button", "Reject")
    person.until(lambda: "Your answer: Rejected" in person.messages("Question of AI4AI")[0], "answer on the card")
    check_access(person)
