"""The page in the states that people meet. Each state fits its window and reports no error; with `PICTURES=DIRECTORY`, a
picture of each is kept there. `make contact-sheet` puts them on one sheet, to be looked at."""

import base64
import dataclasses
import os
import pathlib
import typing

import pytest

from access import DESK, PHONE, be_on, prefer
from backend import lasting, payment, question
from test_page_kept import open_kept
from test_page_recipes import open_recipes

pytestmark = [pytest.mark.nightly]
PICTURES = os.environ.get("PICTURES")
# A desktop window at 200 % zoom.
ENLARGED = (640, 450)
TOO_WIDE = """[...document.querySelectorAll("html, #scroller, #live, dialog[open]")].filter(
    (each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.id || each.localName)"""
STATES = {}


@dataclasses.dataclass
class State:
    name: str
    reach: typing.Callable
    screen: tuple | None = DESK
    scheme: str = "light"


def state(name, *, screen=DESK, scheme="light"):
    """Registers how a state is reached."""
    def register(reach):
        STATES[name] = State(name, reach, screen, scheme)
        return reach
    return register


@state("first visit")
@state("first visit on a phone", screen=PHONE)
@state("first visit in the dark", scheme="dark")
@state("first visit enlarged", screen=ENLARGED)
def first_visit(person, system):
    person.sees("What can I do for you?")


@state("first visit in Malay")
def malay(person, system):
    person.click("button", "Local user: profile and settings")
    person.check("radio", "Bahasa Melayu")
    person.press("Escape")
    person.sees("Apa yang boleh saya bantu?")


@state("working")
@state("working on a phone", screen=PHONE)
def working(person, system):
    person.say(lasting(system.demo))
    person.until(lambda: person.evaluate("document.querySelector('#live').innerText.includes('slow')"), "live view")


@state("payment")
@state("payment on a phone", screen=PHONE)
@state("payment in the dark", scheme="dark")
@state("payment enlarged", screen=ENLARGED)
def asked_to_pay(person, system):
    person.say(payment(system.demo, "4111 1111 1111 1111"))
    person.ref("button", "Approve payment")


@state("paid")
def paid(person, system):
    asked_to_pay(person, system)
    person.click("button", "Approve payment")
    person.sees("Thank you")
    person.misses("Working…")


@state("declined")
def declined(person, system):
    asked_to_pay(person, system)
    person.click("button", "Reject")
    person.sees("You declined. Nothing was paid.")
    person.misses("Working…")


@state("question")
@state("question on a phone", screen=PHONE)
def asked(person, system):
    person.say(question(system.demo))
    person.ref("textbox", "Your answer")


@state("in control")
@state("in control on a phone", screen=PHONE)
def in_control(person, system):
    asked(person, system)
    if not person.has("button", "Take control"):
        person.click("button", "Show the browser")
    person.click("button", "Take control")
    person.ref("button", "Give back to the agent")


@state("answer")
@state("answer on a phone", screen=PHONE)
def answered(person, system):
    person.say(system.road_tax())
    person.sees("Amount due: RM 70.00")
    person.misses("Working…")


@state("receipt")
@state("receipt on a phone", screen=PHONE)
def receipt(person, system):
    person.say(f"open {system.demo}, fill Plate number with WXY 1234, click Check, click Receipt of 2025, "
               "tell me the receipt number in the file")
    person.sees("RT-2025-")
    person.misses("Working…")


@state("steps")
def steps(person, system):
    answered(person, system)
    person.tab.locator("#messages details details summary").first.click()
    person.sees("Technical details")


@state("replay")
def replay(person, system):
    answered(person, system)
    person.click("button", "Replay")
    person.until(lambda: person.evaluate("document.querySelector('dialog img')?.naturalWidth > 200"), "picture")


@state("stopped")
def stopped(person, system):
    working(person, system)
    person.click("button", r"Stop \(Esc\)")
    person.sees("The task was stopped.")


@state("messages that can't be loaded")
def cut_off(person, system):
    person.tab.route("**/messages*", lambda route: route.abort())
    person.say("hello")
    person.sees("The server cannot be reached")


@state("models")
def models(person, system):
    person.click("button", "Connect a model")
    person.sees("Now: practice mode")


@state("recipes")
def recipes(person, system):
    open_recipes(person)
    person.tab.locator("dialog[open]").wait_for()


@state("sign-ins and secrets")
def kept(person, system):
    open_kept(person)
    person.tab.locator("dialog[open]").wait_for()


@state("settings")
@state("settings on a phone", screen=PHONE)
def settings(person, system):
    if not person.has("button", "Local user: profile and settings"):
        person.click("button", "Chats")
    person.click("button", "Local user: profile and settings")
    person.ref("radio", "English")


@state("chats on a phone", screen=PHONE)
def drawer(person, system):
    person.click("button", "Chats")
    person.ref("link", "New chat")


@state("search without a result")
def search(person, system):
    person.fill("Search chats", "nothing like this", role="searchbox")
    person.sees("No chats found.")


@state("attached file")
def attached(person, system):
    person.tab.locator("#composer input[type=file]").set_input_files(
        {"name": "identity card.txt", "mimeType": "text/plain", "buffer": b"Aminah binti Ali"})
    person.ref("button", "Remove identity card.txt")


@state("address of nothing")
def nothing(person, system):
    person.go(f"{system.chat}/nope")
    person.sees("There is nothing at this address.")


@pytest.mark.parametrize("each", STATES.values(), ids=STATES.keys())
def test_state_fits_its_window(system, chats, person, each):
    screen = each.screen
    if screen == ENLARGED:
        width, height = ENLARGED
        person.tools.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=False)
    else:
        be_on(person, screen)
    prefer(person, each.scheme)
    try:
        each.reach(person, system)
        if PICTURES:
            # Playwright's own screenshots would undo the emulated window.
            picture = person.tools.call("Page.captureScreenshot")["data"]
            (pathlib.Path(PICTURES) / f"{each.name}.png").write_bytes(base64.b64decode(picture))
        assert person.evaluate(TOO_WIDE) == []
    finally:
        be_on(person, DESK)
        prefer(person)
        for chat in chats.sessions()["sessions"]:
            chats.delete(chat["id"])
