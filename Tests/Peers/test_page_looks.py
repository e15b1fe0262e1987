"""The page on a phone, in dark mode, in Bahasa Malaysia, and with hostile text."""

import html
import json
import re

import pytest

from access import DESK, PHONE, be_on, prefer
from backend import UNHURRIED, payment
from system import Page, System

ILL = [
    "<img src=x onerror=bad()>", "<script>bad()</script>", "[words](javascript:bad())",
    "![picture](https://track.example/a.png)",
    '<a href="javascript:bad()">link</a>', "<iframe srcdoc='<script>parent.bad()</script>'></iframe>",
    "<svg onload=bad()>",
    "[mine](https://site.example/?a=1)", "| a | b |", "\u202egnp.exe", "x" * 3000,
]
PAY = "Pay RM 1.00 <img src=x onerror=bad()> \u202e00.99 MR"
HOSTILE = (
    f"<meta charset=utf-8><title>{html.escape(ILL[0])}</title><p>Answer: {html.escape(' '.join(ILL))}</p>"
    f"<form><button>{html.escape(PAY)}</button></form>")
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
# The page's texts in English and in Malay; for plurals, the form for other numbers.
DICTIONARIES = """Promise.all(["i18n", "i18n-run"].map((part) => Promise.all(["en", "ms"].map(
    (tag) => import(`/assets/${part}-${tag}.js`))))).then((parts) => parts.flatMap(([en, ms]) => Object.keys(
    en.default).map((key) => [en, ms].map((words) => words.default[key].other ?? words.default[key]))))"""
# Visible text and text for screen readers.
SHOWN = """[...document.querySelectorAll("body *")].filter((each) => each.checkVisibility()).flatMap((each) => [
    ...["aria-label", "title", "placeholder"].map((name) => each.getAttribute(name)),
    ...[...each.childNodes].filter(({nodeType}) => nodeType === Node.TEXT_NODE).map(({data}) => data.trim()),
]).filter(Boolean)"""


@pytest.fixture(scope="module")
def site():
    with Page(HOSTILE) as address:
        yield address


@pytest.fixture(scope="module")
def system(site):
    running = System(**UNHURRIED, AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS=site)
    yield running
    running.stop()


@pytest.fixture
def phone(person):
    be_on(person, PHONE)
    return person


def fits(person):
    """Whether nothing is wider than the window."""
    return person.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def english_left(person):
    """The English texts on the page that have a Malay translation."""
    shown, left = person.evaluate(SHOWN), []
    for english, malay in person.evaluate(DICTIONARIES):
        form = re.sub(r"\\{\w+\\}", ".+", re.escape(english))
        if english != malay and re.search("[A-Za-z]{3}", form):
            left += [words for words in shown if re.fullmatch(form, words)]
    return left


def in_sight(person, selector):
    return person.evaluate(
        "(box => box.height > 0 && box.top >= 0 && box.bottom <= innerHeight && box.right <= innerWidth)"
        f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())")


# -------------------------------------------------------------------------------------------------------------- phone


def test_errand_on_a_phone(system, phone):
    phone.say(payment(system.demo, "page phone"))
    phone.ref("button", "Approve payment")
    # The decision has the room: what it is about, and how to decide. The browser is one touch away.
    assert fits(phone) and all(in_sight(phone, place) for place in (".composer textarea", ".card-gist .site", ".amount"))
    assert not in_sight(phone, "#live canvas")
    phone.click("button", "Show the browser")
    phone.until(lambda: in_sight(phone, "#live canvas"), "browser")
    phone.click("button", "Hide the browser")
    phone.click("button", "Approve payment")
    phone.sees("Your payment was received")
    assert fits(phone)


@pytest.mark.parametrize(
    "width, height", [pytest.param(1280, 800, marks=pytest.mark.nightly), (390, 844), (640, 400)],
    ids=["desk", "phone", "200 %"])
def test_decision_is_on_the_screen_whatever_its_size(system, person, width, height):
    be_on(person, (width, height))
    try:
        person.say(payment(system.demo, f"page {width}"))
        for name in ("Approve payment", "Reject"):
            # Checks the point that a finger would touch: an element on top of the button would be found there.
            person.ref("button", name)
            place = f"[...document.querySelectorAll('.card-buttons .button')].find((one) => one.textContent === '{name}')"
            person.until(lambda: person.evaluate(f"""(() => {{
                const button = {place}, box = button.getBoundingClientRect()
                return box.bottom <= innerHeight && document.elementFromPoint(box.x + 9, box.y + 9) === button
            }})()"""), f"{name} on the screen")
        person.click("button", "Reject")
        person.sees("You declined. Nothing was paid.")
    finally:
        be_on(person, DESK)


def test_chats_of_a_phone_are_in_a_drawer(system, phone):
    phone.say("hello")
    phone.sees("Hello. This is practice mode")
    chat = phone.address
    phone.click("link", "New chat")
    phone.sees("What can I do for you?")
    phone.until(lambda: phone.evaluate("document.querySelector('#scroller').scrollTop") == 0, "beginning of the chat")
    phone.click("button", "Chats")
    phone.click("link", "hello.*")
    phone.until(lambda: phone.address == chat, "chat that was chosen")
    phone.until(lambda: not phone.has("searchbox", "Search chats"), "end of the drawer")
    assert fits(phone)


@pytest.mark.nightly
def test_everything_to_touch_on_a_phone_is_large_enough(system, phone):
    phone.say(payment(system.demo, "page touch"))
    phone.ref("button", "Approve payment")
    # WCAG 2.2, 2.5.8: 24 by 24 CSS pixels, except for links in a sentence.
    small = phone.evaluate("""[...document.querySelectorAll("button, summary, input, select, textarea, a")]
        .filter((each) => each.checkVisibility({visibilityProperty: true, opacityProperty: true}) && !each.closest("p"))
        .map((each) => [each, each.getBoundingClientRect()])
        .filter(([, box]) => box.width > 1 && (box.width < 24 || box.height < 24))
        .map(([each, box]) => `${each.outerHTML.slice(0, 100)} ${box.width}x${box.height}`)""")
    assert small == []
    phone.click("button", "Reject")


# -------------------------------------------------------------------------------------------------------------- colors


def test_colours_follow_the_system_until_the_person_chooses(person):
    prefer(person, "light")
    light = person.evaluate(BACKGROUND)
    prefer(person, "dark")
    dark = person.evaluate(BACKGROUND)
    assert light != dark
    person.click("button", "Local user: profile and settings")
    person.check("radio", "Light")
    person.until(lambda: person.evaluate(BACKGROUND) == light, "light colours")
    person.reload()
    person.sees("What can I do for you?")
    assert person.evaluate(BACKGROUND) == light


# ------------------------------------------------------------------------------------------------------------ language


def test_every_word_is_there_in_both_languages(person):
    missing = person.evaluate("""Promise.all(["i18n", "i18n-run"].map(async (part) => {
        const [en, ms] = await Promise.all(["en", "ms"].map((tag) => import(`/assets/${part}-${tag}.js`)));
        const names = (words) => Object.entries(words.default).map(
            ([key, text]) => key + " " + [...new Set(JSON.stringify(text).match(/{\\w+}/g))].sort());
        const both = [names(en), names(ms)].map((each) => new Set(each));
        return [...both[0].symmetricDifference(both[1])];
    })).then((parts) => parts.flat())""")
    assert missing == []


@pytest.mark.nightly
def test_page_in_bahasa_malaysia(system, person):
    person.click("button", "Local user: profile and settings")
    person.check("radio", "Bahasa Melayu")
    person.until(lambda: person.evaluate("document.documentElement.lang") == "ms", "Malay")
    person.reload()
    person.sees("Apa yang boleh saya bantu?")
    person.fill("Mesej", system.road_tax())
    person.press("Enter")
    person.sees("Amount due: RM 70.00")
    person.until(lambda: [author for author, _ in person.messages()][0] == "Anda", "Malay words for who speaks")
    assert english_left(person) == []
    person.click("button", "Pengguna setempat: .*")
    person.ref("radio", "English")
    assert english_left(person) == []


# -------------------------------------------------------------------------------------------------------- hostile text


@pytest.mark.nightly
def test_words_of_a_hostile_page_are_shown_and_do_nothing(system, site, person):
    person.evaluate("window.bad = () => { window.isBad = true; }")
    person.say(f"open {site}, tell me the answer")
    person.sees("<img src=x onerror=bad()>")
    person.misses("Working…")
    answer = "[...document.querySelectorAll('#messages article')].at(-1)"
    alive = "img, script, iframe, svg[onload], [onerror], style"
    assert person.evaluate(f"{answer}.querySelectorAll('{alive}').length") == 0
    links = person.evaluate(f"[...{answer}.querySelectorAll('a')].map((link) => [link.href, link.rel, link.target])")
    assert links and all(
        href.startswith("http") and set(rel.split()) >= {"noopener", "noreferrer"} for href, rel, _ in links)
    for screen in (DESK, PHONE):
        be_on(person, screen)
        assert fits(person)
    assert person.evaluate("window.isBad ?? false") is False


@pytest.mark.nightly
def test_card_shows_what_a_hostile_page_calls_its_button_as_text_in_one_direction(system, site, person):
    person.evaluate("window.bad = () => { window.isBad = true; }")
    person.say(f"open {site}, click Pay RM 1.00")
    person.ref("button", "Approve payment")
    card = "document.querySelector('#messages .card')"
    assert PAY.replace("\u202e", "") in person.evaluate(f"{card}.innerText")
    assert person.evaluate(f"{card}.querySelectorAll('img').length") == 0
    assert fits(person) and person.evaluate("window.isBad ?? false") is False
    person.click("button", "Reject")
    person.misses("Working…")


def test_words_of_the_person_are_no_markup(person):
    person.evaluate("window.bad = () => { window.isBad = true; }")
    person.say("**hello** <img src=x onerror=bad()>")
    person.sees("**hello** <img src=x onerror=bad()>")
    person.misses("Working…")
    assert person.evaluate("window.isBad ?? false") is False
