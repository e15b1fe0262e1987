"""The agents' browser on the page: the live view, control with mouse and keyboard, and returning control."""

import pytest

from backend import UNHURRIED, checks, endless, payment, payments
from system import System

# The center of a control of the site, as a fraction of its window; the agents' window has the same aspect ratio.
MIDDLE = """(box => [(box.left + box.width / 2) / innerWidth, (box.top + box.height / 2) / innerHeight])(
    document.querySelector("%s").getBoundingClientRect())"""
PICTURE = """(box => [box.left, box.top, box.width, box.height])(
    document.querySelector("#live canvas").getBoundingClientRect())"""


def places(person, address, *selectors):
    """The positions of controls of a site, from a visit in a separate tab."""
    here = person.tab
    other = person.open_tab(address)
    found = [person.evaluate(MIDDLE % selector) for selector in selectors]
    person.close_tab(other)
    person.switch_to(here)
    return found


def point(person, place):
    """Clicks a position on the live picture."""
    left, top, width, height = person.evaluate(PICTURE)
    person.click_at(left + place[0] * width, top + place[1] * height)


def drawn(person):
    """Whether the picture shows something."""
    return person.evaluate("""(canvas => {
        const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size > 20;
    })(document.querySelector("#live canvas"))""")


def shows_button(person, place):
    """Whether the live picture shows a blue button of the site, at a point left of its center without text."""
    red, _, blue, _ = person.evaluate("""(([x, y]) => {
        const canvas = document.querySelector("#live canvas");
        return [...canvas.getContext("2d").getImageData(x * canvas.width, y * canvas.height, 1, 1).data];
    })([%f, %f])""" % (place[0] - 0.025, place[1]))
    return blue - red > 100


def take_control(person):
    person.click("button", "Take control")
    person.sees("You are in control")
    person.until(lambda: drawn(person), "picture of the browser")


def test_person_takes_over_types_by_hand_and_gives_back(system, chats, person):
    banner, field, check = places(person, system.demo, ".cookies .plain", "#plate", "form button")
    person.say(f"open {system.demo}, ask me for the go-ahead, tell me the amount due")
    person.ref("textbox", "Your answer")
    take_control(person)
    point(person, banner)
    point(person, field)
    person.sees("What you type goes to the page. Esc gives you the keyboard back.")
    person.press("w", "x", "y", "Space", "9", "9", "Backspace", "1", "Enter")
    person.until(lambda: checks(system, "wxy 91"), "form at the site")
    # A user clicks only what they see; between two pages there is nothing to see.
    person.until(lambda: drawn(person) and not shows_button(person, check), "picture of the result")
    person.click("button", "Back")
    person.until(lambda: shows_button(person, check), "picture of the form")
    # Chromium drops what is done on a page before it is first drawn, and shows it a moment earlier. The address is told
    # once the page is there.
    person.until(lambda: not person.evaluate("document.querySelector('.live-old') !== null"), "address of the form")
    point(person, field)
    person.press("Control+a")
    for key in "ABC 5678":
        person.press("Space" if key == " " else key)
    point(person, check)
    person.until(lambda: checks(system, "ABC 5678"), "form at the site")
    person.click("button", "Give back to the agent")
    person.sees("Agent in control")
    person.fill("Your answer", "go ahead")
    person.click("button", "Send answer")
    person.sees("Amount due: RM 90.00")
    person.misses("Working…")
    person.until(lambda: chats.session(person.chat)["run"] is None, "end of the run")
    assert (checks(system, "wxy 91"), checks(system, "ABC 5678")) == (1, 1)


@pytest.mark.nightly
def test_picture_does_nothing_before_control_is_taken(system, chats, person):
    [button] = places(person, f"{system.demo}/pay?plate=WXY+1234", "form button")
    person.say(payment(system.demo, "page by hand"))
    person.ref("button", "Approve payment")
    person.until(lambda: drawn(person), "picture of the browser")
    point(person, button)
    person.sees("Take control first; until then the agent works here.")
    person.click("button", "Reject")
    person.until(lambda: chats.session(person.chat)["run"] is None, "end of the run")
    assert payments(system, "page by hand") == 0


@pytest.mark.nightly
def test_run_at_work_is_taken_over_and_goes_on(system, chats, person):
    person.say(endless(system.demo))
    person.ref("button", "in progress Wait for .*")
    take_control(person)
    assert chats.session(person.chat)["run"]["state"] == "running"
    person.click("button", "Give back to the agent")
    person.misses("Working…")
    assert chats.settled(person.chat)[-1]["role"] == "assistant"


@pytest.mark.nightly
def test_control_outlives_a_reload_of_nobody(system, chats, person):
    """After a reload, the user has to take control again: the old page's control ends automatically."""
    person.say(payment(system.demo, "page lease"))
    person.ref("button", "Approve payment")
    take_control(person)
    person.reload()
    person.ref("button", "Approve payment")
    person.sees("control")
    person.until(lambda: "in control" in person.evaluate("document.querySelector('.live-owner').innerText"), "owner")
    person.click("button", "Reject")
    chats.stop(person.chat)
    chats.settled(person.chat)
    assert payments(system, "page lease") == 0


@pytest.mark.nightly
def test_question_that_nobody_answers_takes_its_picture_with_it(browser):
    hurried = System(AI4AI_QUESTION_SECONDS="10", **UNHURRIED)
    try:
        browser.visit(hurried.chat)
        browser.say(payment(hurried.demo, "4242"))
        browser.sees("This question has expired.")
        browser.sees("The browser was closed.")
        browser.misses("Loading…")
        browser.check_quiet()
    finally:
        hurried.stop()


# Parts of the page alone

def test_touch_works_again_after_control_was_lost_in_the_middle_of_one(person):
    sent = person.evaluate("""(async () => {
        const {BrowserInput} = await import("/assets/browser-input.js");
        const [canvas, keys] = ["canvas", "textarea"].map(name => document.body.appendChild(document.createElement(name)));
        canvas.setPointerCapture = () => {};
        const sent = [];
        const input = new BrowserInput(canvas, keys, {
            send: frame => sent.push(frame.action), placeOf: () => ({x: 1, y: 1}), scale: () => 1,
            onLeave: () => {}, onIdle: () => {}});
        const touch = (type, pointerId) => canvas.dispatchEvent(
            new PointerEvent(type, {pointerId, pointerType: "touch", clientX: 5, clientY: 5}));
        input.setActive(true);
        touch("pointerdown", 1);
        input.setActive(false);
        touch("pointerup", 1);
        input.setActive(true);
        touch("pointerdown", 2);
        touch("pointerup", 2);
        canvas.remove();
        keys.remove();
        return sent;
    })()""")
    assert sent == ["move", "down", "up"]


def test_picture_that_comes_after_the_screen_was_cleared_is_not_shown(person):
    drawn = person.evaluate("""(async () => {
        const {LiveScreen} = await import("/assets/live-screen.js");
        const stage = document.body.appendChild(document.createElement("div"));
        const canvas = stage.appendChild(document.createElement("canvas"));
        const screen = new LiveScreen(canvas, stage);
        const picture = document.createElement("canvas");
        picture.getContext("2d").fillRect(0, 0, 300, 150);
        const jpeg = picture.toDataURL("image/jpeg").split(",")[1];
        const decoded = window.createImageBitmap;
        let go;
        const mayGo = new Promise(done => go = done);
        window.createImageBitmap = async (...of) => { await mayGo; return decoded(...of); };
        screen.show({jpeg, width: 300, height: 150});
        screen.clear();
        go();
        window.createImageBitmap = decoded;
        // One decoding after the other: when this one is there, the first would have been.
        await createImageBitmap(picture);
        await new Promise(done => setTimeout(done));
        const before = screen.isEmpty;
        screen.show({jpeg, width: 300, height: 150});
        while (screen.isEmpty) await new Promise(done => setTimeout(done));
        stage.remove();
        return before;
    })()""")
    assert drawn is True
