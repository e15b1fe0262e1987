"""The page on a phone while a browser is in use: the chat and the composer have enough room, whatever is open."""

import pytest

from access import DESK, PHONE, be_on
from backend import lasting, payment, question

# A phone with an open keyboard, and the smallest phones in portrait orientation, with and without it.
KEYBOARD, SMALL, SMALL_KEYBOARD = (390, 500), (320, 568), (320, 480)
# The visible and touchable part of an element, in pixels of its height.
SEEN = """(selector => {
    const box = document.querySelector(selector).getBoundingClientRect();
    return Math.min(box.bottom, innerHeight) - Math.max(box.top, 0);
})"""
WIDTHS = "[document.scrollingElement.scrollWidth, innerWidth]"
LINE = 24
# A desktop window at 200 % zoom.
ENLARGED = (640, 400)
CAN_TAKE = "document.querySelector('.live-controls .primary:enabled')?.checkVisibility() ?? false"


@pytest.fixture
def phone(person):
    be_on(person, PHONE)
    return person


def owner(person):
    """Who controls the browser, according to the page."""
    return person.evaluate("document.querySelector('#live').dataset.owner")


def seen(person, selector):
    return person.evaluate(f"{SEEN}('{selector}')")


def whole(person, selector):
    """Whether the whole element is in the window."""
    return seen(person, selector) >= person.evaluate(f"document.querySelector('{selector}').offsetHeight") - 1


def reject(person):
    person.click("button", "Reject")
    person.misses("Working…")


def test_composer_and_chat_stay_beside_the_browser_on_every_phone(system, phone):
    phone.say(payment(system.demo, "page phones"))
    phone.ref("button", "Approve payment")
    for screen in (PHONE, KEYBOARD, SMALL, SMALL_KEYBOARD):
        be_on(phone, screen)
        wide, room = phone.evaluate(WIDTHS)
        assert wide <= room, screen
        assert whole(phone, ".composer-box"), screen
        assert seen(phone, "#scroller") >= 4 * LINE, screen
    be_on(phone, PHONE)
    reject(phone)


@pytest.mark.nightly
def test_all_of_the_browser_can_be_reached_with_ones_hands_in_it(system, phone):
    phone.say(payment(system.demo, "page hands"))
    phone.ref("button", "Approve payment")
    # It's folded while a question waits.
    phone.click("button", "Show the browser")
    phone.click("button", "Take control")
    phone.sees("You are in control")
    for screen in (PHONE, KEYBOARD, SMALL_KEYBOARD):
        be_on(phone, screen)
        assert whole(phone, ".composer-box"), screen
        phone.evaluate("document.querySelector('.live-more summary').scrollIntoView({block: 'nearest'})")
        top, bottom, end = phone.evaluate("""((more, live) => [more.top, more.bottom, live.bottom])(
            ...[".live-more summary", "#live"].map((each) => document.querySelector(each).getBoundingClientRect()))""")
        assert 0 <= top and bottom <= end + 1, screen
    be_on(phone, PHONE)
    phone.click("button", "Give back to the agent")
    phone.ref("button", "Take control")
    reject(phone)


def test_browser_is_offered_only_once_it_can_be_taken_in_hand(system, phone):
    phone.say(lasting(system.demo))
    phone.until(lambda: phone.evaluate(CAN_TAKE), "offer to take control")
    phone.click("button", "Take control")
    phone.until(lambda: owner(phone) == "you", "control")
    phone.click("button", "Give back to the agent")
    # The announcement in between names both owners, so it doesn't show who has control now.
    phone.until(lambda: owner(phone) == "agent", "end of the control")
    # The interrupted action may have ended the task already.
    phone.press("Escape")
    phone.misses("Working…")


@pytest.mark.nightly
def test_browser_makes_room_while_an_answer_is_written(system, phone):
    phone.say(question(system.demo))
    phone.ref("textbox", "Your answer")
    phone.click("button", "Show the browser")
    be_on(phone, KEYBOARD)
    before = seen(phone, "#scroller")
    phone.click("textbox", "Your answer")
    phone.until(lambda: seen(phone, "#scroller") > before + 4 * LINE, "room for the answer")
    assert seen(phone, ".card textarea, .card input") >= LINE
    be_on(phone, PHONE)
    phone.fill("Your answer", "WXY 1234")
    phone.click("button", "Send answer")
    phone.sees("Amount due: RM 70.00")
    phone.misses("Working…")


def check_room(person, state):
    """Fails unless several lines of the chat and the whole composer are in the enlarged window."""
    be_on(person, ENLARGED)
    wide, room = person.evaluate(WIDTHS)
    assert wide <= room, state
    person.until(lambda: seen(person, "#scroller") >= 4 * LINE, f"room for messages {state}")
    assert whole(person, ".composer-box"), state


@pytest.mark.nightly
def test_messages_keep_room_at_200_percent_while_one_is_in_control(system, person):
    person.say(lasting(system.demo))
    person.until(lambda: person.evaluate(CAN_TAKE), "offer to take control")
    person.click("button", "Take control")
    person.until(lambda: owner(person) == "you", "control")
    check_room(person, "during a take-over")
    person.click("button", "Give back to the agent")
    person.until(lambda: owner(person) == "agent", "end of the control")
    be_on(person, DESK)
    person.press("Escape")
    person.misses("Working…")


@pytest.mark.parametrize("is_taken", [pytest.param(False, marks=pytest.mark.nightly), True], ids=["agent in control", "you in control"])
def test_messages_keep_room_at_200_percent_while_a_question_waits_for_text(system, person, is_taken):
    person.say(question(system.demo))
    person.ref("textbox", "Your answer")
    if is_taken:
        person.click("button", "Take control")
        person.until(lambda: owner(person) == "you", "control")
    check_room(person, "beside a question")
    person.click("textbox", "Your answer")
    check_room(person, "while an answer is written")
    assert seen(person, ".card textarea, .card input") >= LINE
    be_on(person, DESK)
    person.fill("Your answer", "WXY 1234")
    person.click("button", "Send answer")
    person.sees("Amount due: RM 70.00")
    person.misses("Working…")


@pytest.mark.parametrize("screen", [KEYBOARD, pytest.param(ENLARGED, marks=pytest.mark.nightly)], ids=["phone with its keyboard", "200 %"])
def test_answer_is_sent_by_its_button_where_there_is_little_room(system, person, screen):
    person.say(question(system.demo))
    person.ref("textbox", "Your answer")
    be_on(person, screen)
    person.click("textbox", "Your answer")
    person.fill("Your answer", "WXY 1234")
    # The button must stay under the pointer when the field loses focus.
    person.click("button", "Send answer")
    be_on(person, DESK)
    person.sees("Amount due: RM 70.00")
    person.misses("Working…")


@pytest.mark.nightly
def test_hidden_browser_leaves_its_name_and_the_way_back(system, phone):
    phone.say(payment(system.demo, "page hidden"))
    phone.ref("button", "Approve payment")
    phone.click("button", "Show the browser")
    phone.click("button", "Hide the browser")
    phone.ref("button", "Show the browser")
    assert seen(phone, "#live") <= 64
    assert phone.evaluate("document.querySelector('#live h2').checkVisibility()")
    corner = phone.evaluate("innerWidth - [...document.querySelectorAll('.live-head button')].at(-1)"
                            ".getBoundingClientRect().right")
    assert 0 <= corner < LINE
    phone.click("button", "Show the browser")
    phone.until(lambda: seen(phone, "#live canvas") > LINE, "picture of the browser")
    reject(phone)
