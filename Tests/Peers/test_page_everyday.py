"""The page where people stumble: a new thought while a question waits, several windows, other scripts, paper, and mistyped
addresses."""

import os
import re

import pytest

from backend import UNHURRIED, Chats, check_problem, payment, payments, texts
from model_server import Model
from page import DevTools
from system import System
from test_page_live import places, point, take_control


def until_waiting(chats, person):
    """Waits until the chat, too, knows of a question that the page shows: it learns of it on another way."""
    person.until(lambda: chats.session(person.chat)["run"]["state"] == "waiting", "waiting run")


def test_what_is_written_while_a_question_waits_goes_nowhere_unsaid(system, chats, person):
    person.say(payment(system.demo, "page unsaid"))
    person.ref("button", "Approve payment")
    waiting = person.chat
    until_waiting(chats, person)
    person.say(system.road_tax("ABC 5678"))
    person.sees("Is this for the task that waits?")
    assert person.evaluate("document.activeElement.textContent") == "Yes, tell it"
    assert chats.session(waiting)["run"]["state"] == "waiting"
    person.click("button", "No, start a new task")
    person.sees("Amount due: RM 90.00")
    assert person.chat != waiting and chats.session(waiting)["run"]["state"] == "waiting"
    assert payments(system, "page unsaid") == 0


def test_note_to_a_task_that_waits_neither_approves_nor_declines(system, chats, person):
    person.say(payment(system.demo, "page note"))
    person.ref("button", "Approve payment")
    person.fill("Message", "Is it the right plate?")
    person.click("button", "Yes, tell it")
    person.sees('You have not decided; nothing was done. You said: "Is it the right plate?".')
    assert payments(system, "page note") == 0


def test_held_or_repeated_key_answers_no_question_what_a_text_is_for(system, chats, person):
    person.say(payment(system.demo, "page held"))
    person.ref("button", "Approve payment")
    until_waiting(chats, person)
    person.fill("Message", "no")
    for _ in range(5):
        person.tab.keyboard.down("Enter")
    person.tab.keyboard.up("Enter")
    person.sees("Is this for the task that waits?")
    person.fill("Message", "")
    # What was said before, written again.
    person.press("ArrowUp", "Enter")
    person.sees("Is this for the task that waits?")
    person.press("Escape")
    person.fill("Message", "a thought")
    # Leaving the question is no stop.
    person.press("Escape")
    assert chats.session(person.chat)["run"]["state"] == "waiting"
    assert texts(chats.messages(person.chat), "user") == [payment(system.demo, "page held")]


def test_message_written_before_a_question_does_not_answer_it(system, chats, person):
    person.say(payment(system.demo, "page before"))
    person.ref("button", "Approve payment")
    # The page may know of the question a moment earlier than the chat.
    person.until(lambda: chats.session(person.chat)["run"]["state"] == "waiting", "waiting run")
    waiting = chats.session(person.chat)["run"]["id"]
    for about in ["", "another"]:
        refused = chats.post(person.chat, "no", json={"text": "no", "about": about})
        check_problem(refused, 409, "question_came")
    # As a page that was offline sends it.
    person.evaluate(f"""sessionStorage.setItem("ai4ai.outbox.{person.chat}", JSON.stringify(
        [{{ id: "before-the-question", text: "no", at: new Date().toISOString(), about: "" }}]))""")
    person.reload()
    person.sees("A question came up before this was sent.")
    assert person.evaluate("document.querySelector('#composer-text').value") == "no"
    assert chats.session(person.chat)["run"]["id"] == waiting
    assert chats.post(person.chat, "no", json={"text": "no", "about": waiting}).ok
    person.sees("You declined. Nothing was paid.")


def test_new_task_that_cannot_be_sent_is_given_back(system, chats, person):
    person.say(payment(system.demo, "page given back"))
    person.ref("button", "Approve payment")
    person.fill("Message", "another task")
    person.tools.call("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)
    person.click("button", "No, start a new task")
    person.until(
        lambda: person.evaluate("document.querySelector('#composer-text').value") == "another task", "the text again")
    person.tools.call("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1)


def test_escape_in_an_answer_leaves_the_field_and_not_the_task(system, chats, person):
    person.say(f"open {system.demo}, ask me for the town, tell me the amount due")
    person.type("Your answer", "Ip")
    until_waiting(chats, person)
    person.press("Escape")
    assert person.evaluate("document.activeElement === document.body")
    assert chats.session(person.chat)["run"]["state"] == "waiting"
    person.press("Escape")
    person.sees("The task was stopped.")


def test_control_in_one_window_is_told_in_the_other_and_stays(system, person):
    person.say(payment(system.demo, "page windows"))
    person.ref("button", "Approve payment")
    first = person.tab
    second = person.open_tab(person.address)
    person.ref("button", "Approve payment")
    person.switch_to(first)
    take_control(person)
    person.switch_to(second)
    person.sees("Another window is in control")
    assert person.ref("button", "Take control").is_disabled()
    person.switch_to(first)
    person.click("button", "Give back to the agent")
    person.switch_to(second)
    person.sees("Agent in control")
    person.close_tab(second)
    person.switch_to(first)
    person.click("button", "Reject")


def test_address_follows_what_the_person_does(system, chats, person):
    [link] = places(person, f"{system.demo}/offices", "header a[href='/sign-in']")
    person.say(f"open {system.demo}/offices, ask me for the go-ahead, tell me the opening hours")
    person.ref("textbox", "Your answer")
    take_control(person)
    point(person, link)
    person.until(lambda: "/sign-in" in person.evaluate("document.querySelector('.live-address').innerText"), "new address")
    person.misses("last known address")
    chats.stop(person.chat)


@pytest.mark.nightly
def test_expired_question_says_so_everywhere_also_after_a_reload_and_offers_to_start_again(browser):
    hurried = System(AI4AI_QUESTION_SECONDS="10", **UNHURRIED)
    try:
        browser.visit(hurried.chat)
        browser.say(payment(hurried.demo, "4242"))
        for _ in range(2):
            browser.sees("This question has expired.")
            browser.misses("Waiting for you")
            browser.misses("Take control")
            hint = "document.querySelector('#composer-text').placeholder"
            browser.until(lambda: browser.evaluate(hint) == "Describe a task", "message box for a new task")
            assert not browser.has("button", "Approve payment")
            browser.reload()
        browser.click("button", "Start the task again")
        browser.ref("button", "Approve payment")
        browser.check_quiet()
    finally:
        hurried.stop()


def test_steps_show_their_picture_first_and_the_technical_part_on_demand(system, person):
    person.say(system.road_tax())
    person.sees("Amount due: RM 70.00")
    person.click("button", "done Open .*")
    # The step's content is made when it is first shown.
    first = "document.querySelector('.step[open] .step-body')?.firstElementChild"
    person.until(lambda: person.evaluate(f"{first}?.querySelector('img') != null"), "picture")
    assert not person.evaluate("document.querySelector('.step[open] .step-result').checkVisibility()")
    person.click("button", "Technical details")
    assert person.evaluate("document.querySelector('.step[open] .step-result').checkVisibility()")


def test_finished_task_says_where_it_was_done_and_is_replayed_step_by_step(system, person):
    person.say(system.road_tax())
    person.sees("Amount due: RM 70.00")
    facts = "document.querySelector('.result-facts')?.innerText ?? ''"
    person.until(lambda: "Done" in person.evaluate(facts), "outcome")
    assert system.demo.removeprefix("http://") in person.evaluate(facts)
    assert re.search(r"\d s\b", person.evaluate(facts))
    person.click("button", "Replay")
    title = "document.querySelector('.replay-title')?.textContent ?? ''"
    person.until(lambda: person.evaluate(title).startswith("1 of "), "replay")
    assert "Open" in person.evaluate(title)
    shown = "(image => image.complete && image.naturalWidth > 100)(document.querySelector('.replay img'))"
    person.until(lambda: person.evaluate(shown), "picture")
    person.click("button", "Next step")
    assert person.evaluate(title).startswith("2 of ")
    # Text that is filled in has no picture of its own.
    person.until(lambda: person.evaluate(shown), "picture of the step before")
    person.ref("slider", "Step").press("End")
    assert person.evaluate("document.querySelector('.replay-after').disabled")
    person.tab.keyboard.press("Escape")
    person.until(lambda: person.evaluate("document.querySelector('.replay') === null"), "end of the replay")


def test_step_that_ends_under_the_pointer_is_expanded(system, person):
    person.say(f'open {system.demo}/slow, wait for "Your number", tell me the number')
    box = person.ref("button", "in progress Wait for .*").bounding_box()
    person.tab.mouse.move(box["x"] + 40, box["y"] + box["height"] / 2)
    person.tab.mouse.down()
    person.ref("button", "done Wait for .*")
    person.tab.mouse.up()
    person.until(lambda: person.evaluate("document.querySelector('.step[open] .step-body') !== null"), "expanded step")


def test_newest_messages_are_one_press_away(system, chats, person):
    for number in range(12):
        person.say(f"hello {number}")
        person.until(lambda: len(person.messages("AI4AI")) == number + 1, "answer")
    end = "(s => s.scrollHeight - s.scrollTop - s.clientHeight)(document.querySelector('#scroller'))"
    assert not person.has("button", "Newest messages")
    person.evaluate("document.querySelector('#scroller').scrollTop = 0")
    person.click("button", "Newest messages")
    person.until(lambda: person.evaluate(end) < 2, "end of the messages")
    person.until(lambda: not person.has("button", "Newest messages"), "end of the button")


def test_writing_from_right_to_left_is_laid_out_so(person):
    person.say("مرحبا، كم رسوم الطريق؟")
    person.until(lambda: person.messages("AI4AI"), "answer")
    assert person.evaluate("getComputedStyle(document.querySelector('.bubble')).direction") == "rtl"
    person.until(lambda: person.evaluate(
        "getComputedStyle(document.querySelector('.chat-link[aria-current] .chat-name')).direction") == "rtl", "title")
    # The answer's first words arrive before it is laid out.
    person.until(lambda: person.evaluate(
        "[...document.querySelectorAll('.markdown p')].map((each) => getComputedStyle(each).direction)[0]") == "ltr", "answer")


def test_chat_is_printed_whole_and_without_its_buttons(system, person):
    person.say(system.road_tax())
    person.sees("Amount due: RM 70.00")
    person.misses("Working…")
    person.tools.call("Emulation.setEmulatedMedia", media="print")
    shown = person.evaluate("""[["#messages", true], ["#composer", false], ["#sidebar", false], ["#live", false]].filter(
        ([place, isShown]) => document.querySelector(place).checkVisibility() !== isShown).map(([place]) => place)""")
    cut = person.evaluate("getComputedStyle(document.querySelector('#scroller')).overflow")
    person.tools.call("Emulation.setEmulatedMedia", media="")
    assert shown == [] and cut == "visible"


@pytest.mark.parametrize("path", ["nope", "chat/", "settings/privacy"])
def test_address_of_nothing_is_a_page(system, chats, person, path):
    answer = chats.call("GET", f"/{path}", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert answer.status_code == 404 and "text/html" in answer.headers["Content-Type"]
    assert chats.call("GET", f"/{path}").headers["Content-Type"] == "application/problem+json"
    person.go(f"{system.chat}/{path}")
    person.sees("There is nothing at this address.")
    person.sees("What can I do for you?")


def test_page_is_sent_compressed_and_once(system, chats):
    page = chats.call("GET", "/").text
    for path in re.findall(r'(?:src|href|content)="(/assets/[^"]+)"', page):
        response = chats.call("GET", path, headers={"Accept-Encoding": "gzip"})
        assert "immutable" in response.headers["Cache-Control"], path
        again = chats.call("GET", path, headers={"If-None-Match": response.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        for other in ["gzip;q=0", "xgzip", "identity"]:
            plain = chats.call("GET", path, headers={"Accept-Encoding": other}, stream=True)
            assert "Content-Encoding" not in plain.headers, other
    # The same file under its plain address isn't kept without asking.
    assert chats.call("GET", "/assets/app.js").headers["Cache-Control"] == "no-cache"


def test_first_visit_takes_few_requests_and_a_reload_almost_nothing(system, chats, person):
    if "/main.js" not in chats.call("GET", "/").text:
        assert not os.environ.get("CI"), "the page isn't bundled"
        pytest.skip("esbuild is missing, so the page is served as plain modules")
    context = person.browser.new_context()  # Its cache is empty.
    tab = context.new_page()
    tools = DevTools(tab)

    def transfer(load):
        tools.heard.clear()
        load()
        tab.get_by_text("What can I do for you?").wait_for()
        tab.wait_for_load_state("networkidle")
        lists = {each["requestId"] for each in tools.events("Network.responseReceived") if "/api/sessions" in each["response"]["url"]}
        finished = tools.events("Network.loadingFinished")
        # The list is as long as there are chats.
        sizes = [each["encodedDataLength"] for each in finished if each["requestId"] not in lists]
        return len(finished), sum(sizes)

    first, again = transfer(lambda: tab.goto(system.chat)), transfer(tab.reload)
    context.close()
    assert first[0] <= 12 and first[1] <= 80_000, first
    assert again[1] <= 5_000, again


@pytest.fixture(scope="module")
def model():
    running = Model()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def asking(model):
    running = System(**UNHURRIED, AI4AI_MODEL_URL=model.url, AI4AI_MODEL="scripted")
    yield running
    running.stop()


@pytest.mark.parametrize("count", [3, 9])
def test_choices_may_be_answered_with_something_else(model, asking, browser, count):
    choices = [f"Town {number}" for number in range(count)]
    model.says("Noted.", {"question": "Which town?", "choices": choices})
    browser.visit(asking.chat)
    browser.say("hello")
    browser.sees("Which town?")
    if count == 3:
        browser.click("button", "Other…")
    else:
        browser.click("button", "Send( answer)?")
        browser.sees("Choose one, or write another answer.")
    browser.fill("Another answer", "Ipoh")
    browser.click("button", "Send( answer)?")
    browser.sees("Noted.")
    chats = Chats(asking.chat)
    [answer] = [each for each in chats.settled(browser.chat) if each["kind"] == "answer"]
    assert answer["details"]["payload"] == {"other": "Ipoh"}
    browser.check_quiet()


# Stands in for the system's notifications, which a headless browser doesn't show.
NOTICES = """
window.notices = [];
window.Notification = class extends EventTarget {
    static permission = "granted";
    static requestPermission = async () => "granted";
    constructor(title, options) { super(); window.notices.push(this); Object.assign(this, { title, ...options }); }
    close() {}
};
Object.defineProperty(document, "hidden", { get: () => window.isAway ?? false, configurable: true });
"""


def test_person_who_is_away_is_notified_of_questions_and_ends_if_they_want(system, chats, person):
    person.context.add_init_script(NOTICES)
    person.reload()
    person.say(system.road_tax())
    person.sees("Amount due: RM 70.00")
    # The answer is shown before the task has ended.
    chats.settled(person.chat)
    person.until(lambda: not person.has("button", r"Stop \(Esc\)"), "end")
    assert person.evaluate("notices.length") == 0
    person.click("button", "Local user: profile and settings")
    person.check("checkbox", "Notify me when a chat waits for me or its task ends, while this page is open")
    person.press("Escape")
    person.evaluate("window.isAway = true")
    person.say(payment(system.demo, "page notices"))
    person.until(lambda: person.evaluate("notices.length") == 1, "notice of the question")
    assert person.evaluate("notices[0].title").startswith("Waiting for you: ")
    person.click("button", "Reject")
    person.until(lambda: person.evaluate("notices.length") == 2, "notice of the end")
    assert person.evaluate("notices[1].title").startswith("Ended: ")


def test_person_is_notified_of_chats_that_are_not_open_and_the_title_counts_them(system, chats, person):
    person.context.add_init_script(NOTICES)
    person.reload()
    person.click("button", "Local user: profile and settings")
    person.check("checkbox", "Notify me when a chat waits for me or its task ends, while this page is open")
    person.press("Escape")
    person.say(payment(system.demo, "page elsewhere"))
    person.until(lambda: person.has("button", r"Stop \(Esc\)"), "start")
    other = person.chat
    person.click("link", "New chat")
    person.evaluate("window.isAway = true")
    # Coming back to the window is one of the moments at which the list is loaded again.
    look = "(document.dispatchEvent(new Event('visibilitychange')), notices.length)"
    person.until(lambda: person.evaluate(look) == 1, "notice of the other chat's question")
    assert person.evaluate("notices[0].title").startswith("Waiting for you: ")
    # Chats of other tests may wait, too.
    person.until(lambda: re.match(r"\(\d+\) ", person.evaluate("document.title")), "number in the title")
    person.evaluate("notices[0].dispatchEvent(new Event('click'))")
    person.ref("button", "Approve payment")
    assert person.chat == other
    person.until(lambda: person.evaluate("document.title").startswith("(Waiting for you) "), "sign in the title")
    chats.stop(other)
