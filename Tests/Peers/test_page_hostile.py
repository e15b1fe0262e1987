"""The page with a hostile model: what the model writes is shown, does nothing, and breaks no layout."""

import pytest

from access import DESK, PHONE, be_on
from backend import UNHURRIED
from model_server import Model
from nightly import sampled
from system import System

BAD = "window.isBad=true"
MARKUP = [
    f"<img src=x onerror='{BAD}'>", f"<script>{BAD}</script>", f"<svg onload='{BAD}'></svg>",
    "<iframe srcdoc='<script>parent.isBad=true</script>'></iframe>", f"<a href='javascript:{BAD}'>link</a>",
    "<style>body { display: none }</style>", "<base href='https://bad.example/'>",
    "<form action='https://bad.example/'><button>Go</button></form>", f"<details open ontoggle='{BAD}'>",
    f"<textarea autofocus onfocus='{BAD}'>", f"<math><mtext><img src=x onerror='{BAD}'></mtext></math>",
]
LINKS = [
    f"[one](javascript:{BAD})", f"[two](JaVaScRiPt:{BAD})", f"[three](&#106;avascript:{BAD})",
    f"[four](data:text/html,<script>{BAD}</script>)", "[five](vbscript:x)", "[six](//bad.example/)",
    "[seven](file:///etc/passwd)", f"![eight](javascript:{BAD})", f"<javascript:{BAD}>",
    f'[nine](https://good.example/ "x\\" onmouseover=\\"{BAD}")', f"[ten]\n\n[ten]: javascript:{BAD}",
    "![eleven](https://track.example/pixel.png)", "https://good.example/?a=1&b=2", "aisha@example.com",
]
ALIVE = "img, script, iframe, svg[onload], style, base, form, math, textarea, details, [onerror], [onmouseover]"
COLUMNS = 60
TABLE = "\n".join(
    ["|" + "Column with a long head|" * COLUMNS, "|" + "---|" * COLUMNS, *["|" + "value|" * COLUMNS] * 100])
# Characters that change the direction of text, so that it's read as something else.
TURNS = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
ANSWER = "[...document.querySelectorAll('#messages article .markdown')].at(-1)"


@pytest.fixture(scope="module")
def model():
    running = Model()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def system(model):
    running = System(**UNHURRIED, AI4AI_MODEL_URL=model.url, AI4AI_MODEL="hostile")
    yield running
    running.stop()


@pytest.fixture
def person(system, browser):
    browser.visit(system.chat)
    yield browser
    assert browser.evaluate("window.isBad ?? false") is False
    browser.check_quiet()


def read(person, words):
    """Sends a message, and waits for the whole answer, which contains this text."""
    person.say("hello")
    person.until(lambda: words in (person.evaluate(f"{ANSWER}?.innerText") or ""), words)
    person.misses("Working…")


def check_layout(person):
    """Fails if something makes the page wider than its window, on a desktop or a phone."""
    for screen in (DESK, PHONE):
        be_on(person, screen)
        wide, room = person.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
        assert wide <= room, f"{wide} px on {screen or 'a desk'}, which has {room} px"
        inside = person.evaluate("(room => [room.scrollWidth, room.clientWidth])(document.querySelector('#scroller'))")
        assert inside[0] <= inside[1], f"messages on {screen or 'a desk'}: {inside}"
    be_on(person, DESK)


def test_markup_in_an_answer_is_text(model, person):
    model.says("\n\n".join([*(f"Before {each} after\n\n- {each}" for each in MARKUP), "The end."]))
    read(person, "The end.")
    shown = person.evaluate(f"{ANSWER}.innerText")
    assert [each for each in MARKUP if shown.count(f"Before {each} after") != 1 or shown.count(each) < 2] == []
    assert person.evaluate(f"{ANSWER}.querySelectorAll('{ALIVE}').length") == 0


def test_single_tildes_are_text_and_two_strike_out(model, person):
    model.says("Takes 20~30 minutes, or ~1 hour, ~~RM 90~~ RM 70.\n\nThe end.")
    read(person, "The end.")
    assert "Takes 20~30 minutes, or ~1 hour, RM 90 RM 70." in person.evaluate(f"{ANSWER}.innerText")
    assert person.evaluate(f"[...{ANSWER}.querySelectorAll('del')].map((each) => each.innerText)") == ["RM 90"]


def test_links_in_an_answer_lead_only_to_the_web_and_to_mail(model, person):
    model.says("\n\n".join([*LINKS, "The end."]))
    read(person, "The end.")
    assert person.evaluate(f"{ANSWER}.querySelectorAll('{ALIVE}').length") == 0
    links = person.evaluate(f"[...{ANSWER}.querySelectorAll('a')].map((each) => [each.href, each.rel, each.target])")
    assert {href for href, _, _ in links} == {
        "https://good.example/", "https://track.example/pixel.png", "https://good.example/?a=1&b=2",
        "mailto:aisha@example.com"}
    assert all(set(rel.split()) >= {"noopener", "noreferrer"} and target == "_blank" for _, rel, target in links)


@pytest.mark.nightly
def test_huge_table_scrolls_in_its_own_box(model, person):
    model.says(f"{TABLE}\n\nThe end.", size=2000)
    read(person, "The end.")
    assert person.evaluate(f"{ANSWER}.querySelectorAll('tr').length") == 101
    assert person.evaluate(f"(box => box.scrollWidth > box.clientWidth)({ANSWER}.querySelector('.table-box'))")
    check_layout(person)


@pytest.mark.parametrize("sign", sampled(["*_[`", "x", "[a](", "> ", "\u0e01"], 5, ascii))
def test_line_of_a_hundred_kilobytes_neither_hangs_nor_widens_the_page(model, person, sign):
    model.says(f"{sign * (100_000 // len(sign.encode()))}\n\nThe end.", size=5000)
    read(person, "The end.")
    check_layout(person)


def test_signs_that_turn_the_writing_do_not_reach_beyond_their_line(model, person):
    model.says(f"{TURNS}Amount: RM 1.00\n\nThe end.")
    read(person, "The end.")
    first, last = person.evaluate(f"""((words) => [0, words.length - 1].map((place) => {{
        const range = document.createRange();
        range.setStart(words, place);
        range.setEnd(words, place + 1);
        return range.getBoundingClientRect().left;
    }}))([...{ANSWER}.querySelectorAll("p")].at(-1).firstChild)""")
    assert first < last
    check_layout(person)


def test_question_and_its_choices_are_text(model, person):
    question = f"Your{TURNS} plate? {MARKUP[0]} **bold** {LINKS[0]} {'w' * 2000}"
    model.says("The end.", {"question": question, "choices": [MARKUP[0], "y" * 500]})
    person.say("hello")
    person.sees("Your plate?")
    card = "document.querySelector('#messages .card')"
    shown = person.evaluate(f"{card}.innerText")
    assert MARKUP[0] in shown and "**bold**" in shown and LINKS[0] in shown and not set(TURNS) & set(shown)
    assert person.evaluate(f"{card}.querySelectorAll('a, {ALIVE}').length") == 0
    check_layout(person)
    person.click("button", "y+…?")
    person.until(lambda: "The end." in (person.evaluate(f"{ANSWER}?.innerText") or ""), "the end")
    check_layout(person)
