"""The human-in-the-loop WebSocket as clients see it: it sends the agents' events, and receives messages and input from
the user."""

import base64

import pytest

import agui
from backend import (
    UNHURRIED, Backend, endless, is_end, is_named, is_type, of_run, payment, payments, question, texts)
from system import Page, System, eventually

# Two controls that fill the window, so that a click at a fixed position hits them.
FORM = """<!doctype html><title>Form</title><form action="/sent"><input name="words" aria-label="Words"
style="position:fixed;left:0;top:0;width:100%;height:50%"><button
style="position:fixed;left:0;top:50%;width:100%;height:50%">Send</button></form>"""


@pytest.fixture(scope="module")
def form():
    page = Page(FORM)
    with page as page.url:
        yield page


@pytest.fixture(scope="module")
def system(form):
    running = System(**UNHURRIED, AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS=form.url)
    yield running
    running.stop()


# ------------------------------------------------------------------------------------------------------------ events


def test_errand_goes_over_the_socket(system, chats):
    chat = chats.create()
    with chats.socket(chat) as socket:
        assert socket.connection.subprotocol == "ai4ai.v1"
        ready = socket.hello()
        assert ready["session"] == chats.session(chat) and ready["heartbeat_seconds"] == 15
        socket.say(system.road_tax(), "key-1")
        saved = socket.until(is_named("message.saved"))["value"]
        assert saved["message"]["content"] == system.road_tax() and not saved["is_steering"]
        socket.until(is_end)
        socket.rested()
        events, numbers = of_run(socket.heard, saved["run_id"])
        agui.check_order(events)
        assert numbers == list(range(1, len(events) + 1))
        assert events[-1]["result"]["message"] == "Amount due: RM 70.00"
        # Sent again, as after a lost connection.
        socket.say(system.road_tax(), "key-1")
        again = socket.until(is_named("message.saved"))["value"]
        assert (again["message"], again["run_id"]) == (saved["message"], saved["run_id"])
        socket.pinged()
    assert texts(chats.messages(chat), "user") == [system.road_tax()]


def test_two_sockets_on_one_chat_see_the_same_run(system, chats):
    chat = chats.create()
    with chats.socket(chat) as one, chats.socket(chat) as other:
        one.hello()
        other.hello()
        one.say(system.road_tax())
        run = one.until(is_named("message.saved"))["value"]["run_id"]
        for socket in (one, other):
            socket.until(is_end)
        assert of_run(one.heard, run) == of_run(other.heard, run)
        assert of_run(one.heard, run)[1][0] == 1


def test_runs_that_begin_elsewhere_are_seen_whole(chats):
    chat = chats.create()
    with chats.socket(chat) as socket:
        socket.hello()
        socket.pinged()
        for number in range(10):
            run = chats.send(chat, f"hello {number}")["run_id"]
            while not of_run(socket.heard, run)[0] or not is_end(of_run(socket.heard, run)[0][-1]):
                socket.next()
            events, numbers = of_run(socket.heard, run)
            agui.check_order(events)
            assert numbers == list(range(1, len(events) + 1))
            chats.settled(chat)


def test_socket_that_comes_back_gets_exactly_what_it_missed(system, chats):
    chat = chats.create()
    with chats.socket(chat) as first:
        first.hello()
        first.say(endless(system.demo))
        first.until(is_named("browser.navigated"))
        run, number = first.heard[-1]["id"].rsplit(":", 1)
    last = int(number)
    with chats.socket(chat) as again, chats.socket(chat) as late:
        again.hello(last, run_id=run)
        late.hello()
        late.until(is_type("RUN_STARTED"))
        again.send(type="run.stop")
        assert again.until(is_end)["outcome"] == {"type": "cancelled"}
        late.until(is_end)
        missed, numbers = of_run(again.heard, run)
        assert numbers == list(range(last + 1, last + 1 + len(missed)))
        whole, numbers = of_run(late.heard, run)
        assert numbers == list(range(1, last + 1 + len(missed))) and whole[last:] == missed
        assert whole[:last] == of_run(first.heard, run)[0]


def test_waiting_run_is_shown_with_its_question(system, chats):
    chat = chats.create()
    asked = chats.asked(chat, question(system.demo))
    with chats.socket(chat) as socket:
        assert socket.hello()["session"]["run"]["state"] == "waiting"
        assert socket.until(is_end)["outcome"]["interrupts"] == [asked]
    chats.stop(chat)


def test_pictures_are_switched_on_and_off_and_no_event_comes_twice(system, chats):
    chat = chats.create()
    asked = chats.asked(chat, question(system.demo))
    with chats.socket(chat) as socket:
        socket.hello(frames=True)
        socket.until(is_named("browser.frame"))
        socket.send(type="hello", last_seq=0, frames=False)
        socket.send(type="control.take")
        socket.until(lambda event: is_named("control.changed")(event) and "control_id" in event["value"])
        quiet = len(socket.heard)
        socket.send(type="input.navigate", url=f"{system.demo}/offices")
        socket.send(type="control.release")
        socket.until(lambda event: is_named("control.changed")(event) and event["value"]["owner"] == "agent")
        assert not [each for each in socket.heard[quiet:] if is_named("browser.frame")(each["event"])]
        socket.send(type="hello", last_seq=0, frames=True)
        socket.until(is_named("browser.frame"))
        socket.send(type="interrupt.resolve", interruptId=asked["id"], status="cancelled")
        socket.rested()
        identifiers = [each["id"] for each in socket.heard if "id" in each]
        assert len(identifiers) == len(set(identifiers))


# ----------------------------------------------------------------------------------------- frames from the client


def test_question_is_answered_over_the_socket(system, chats):
    chat = chats.create()
    with chats.socket(chat) as socket:
        socket.hello()
        socket.say(question(system.demo))
        asked = socket.asked()
        answer = {"type": "interrupt.resolve", "interruptId": asked["id"], "status": "resolved"}
        socket.send(**answer, payload={"answer": 7})
        assert "answer" in socket.noticed("unfit_answer")["message"]
        socket.send(**answer, payload={"answer": "WXY 1234"})
        assert socket.until(is_end)["result"]["message"] == "Amount due: RM 70.00"
        socket.rested()
        socket.send(**answer, payload={"answer": "WXY 1234"})
        socket.noticed("stale_answer")
    kinds = [each["kind"] for each in chats.settled(chat)]
    assert kinds.count("question") == kinds.count("answer") == 1


@pytest.mark.parametrize("approved", [True, False], ids=["approved", "rejected"])
def test_payment_is_decided_over_the_socket(system, chats, approved):
    chat, card = chats.create(), f"socket {approved}"
    with chats.socket(chat) as socket:
        socket.hello()
        socket.say(payment(system.demo, card))
        asked = socket.asked()
        assert asked["reason"] == "confirmation" and payments(system, card) == 0
        socket.send(
            type="interrupt.resolve", interruptId=asked["id"], status="resolved", payload={"approved": approved})
        assert socket.until(is_end)["outcome"]["type"] == "success"
    assert payments(system, card) == int(approved)


def test_stop_goes_over_the_socket(system, chats):
    chat = chats.create()
    chats.busy(chat, system.demo)
    with chats.socket(chat) as socket:
        socket.hello()
        socket.send(type="run.stop")
        assert socket.until(is_end)["outcome"] == {"type": "cancelled"}
        socket.rested()
    assert chats.messages(chat)[-1]["kind"] == "notice"


def test_person_takes_the_page_types_clicks_and_gives_it_back(system, chats, form):
    chat = chats.create()
    asked = chats.asked(chat, f"open {form.url}, ask me for the town, tell me the page")
    with chats.socket(chat) as socket, chats.socket(chat) as other:
        socket.hello(frames=True)
        other.hello()
        frame = socket.until(is_named("browser.frame"))["value"]
        assert base64.b64decode(frame["jpeg"]).startswith(b"\xff\xd8\xff") and frame["tab"]
        middle, high, low = frame["width"] / 2, frame["height"] / 4, frame["height"] * 3 / 4

        def click(socket, y):
            for action in ("move", "down", "up"):
                socket.send(type="input.mouse", action=action, x=middle, y=y, button="left", clicks=1)

        # Input is rejected without control of the browser.
        click(socket, low)
        socket.noticed("control_denied")
        socket.send(type="control.take")
        taken = socket.until(lambda event: is_named("control.changed")(event) and "control_id" in event["value"])
        assert taken["value"]["owner"] == "person" and taken["value"]["lease_seconds"] > 0
        other.until(lambda event: is_named("control.changed")(event) and event["value"]["owner"] == "person")
        other.send(type="control.take")
        other.noticed("control_denied")
        click(other, low)
        other.noticed("control_denied")
        assert "/sent" not in "".join(form.paths)

        click(socket, high)
        socket.send(type="input.text", text="naïve 🦊")
        socket.send(type="input.key", key="Control+a")
        socket.send(type="input.text", text="hand made")
        socket.send(type="input.key", key="!")
        socket.send(type="control.renew")
        click(socket, low)
        eventually(lambda: "/sent?words=hand+made%21" in form.paths, "the form's arrival")
        socket.send(type="input.tab", tab="t999")
        socket.noticed("input_failed")
        socket.send(type="control.release")
        for each in (socket, other):
            each.until(lambda event: is_named("control.changed")(event) and event["value"]["owner"] == "agent")
        socket.send(
            type="interrupt.resolve", interruptId=asked["id"], status="resolved", payload={"answer": "Ipoh"})
        assert socket.until(is_end)["outcome"]["type"] == "success"


def test_words_are_kept_in_the_order_in_which_they_were_said(chats):
    chat = chats.create()
    with chats.socket(chat) as socket:
        socket.hello()
        said = [f"hello {number}" for number in range(30)]
        for text in said:
            socket.say(text)
        for _ in said:
            socket.until(is_named("message.saved"))
    assert texts(chats.settled(chat), "user") == said


def test_control_without_a_browser_is_noticed_and_nothing_else(chats):
    chat = chats.create()
    with chats.socket(chat) as socket:
        socket.hello()
        socket.send(type="control.take")
        socket.noticed("no_browser")
        socket.pinged()
        assert not [each for each in socket.heard if each["event"]["type"] != "CUSTOM"]


def test_finished_run_is_not_told_again_by_a_look_at_the_browser(chats):
    chat = chats.create()
    chats.send(chat, "hello")
    chats.settled(chat)
    with chats.socket(chat) as socket:
        socket.hello()
        socket.send(type="control.take")
        socket.noticed("no_browser")
        socket.pinged()
        assert not [each for each in socket.heard if is_type("RUN_STARTED", "RUN_ERROR")(each["event"])]


def test_words_that_are_none_are_noticed(chats):
    chat = chats.create()
    with chats.socket(chat) as socket:
        socket.hello()
        socket.say("x" * 32769)
        assert "text" in socket.noticed("too_large")["message"]
        socket.say(" \n")
        socket.until(is_named("notice"))
        socket.say("hello", "x" * 101)
        socket.until(is_named("notice"))
        socket.send(type="user.message", text="hello without a name")
        socket.until(is_named("notice"))
        socket.pinged()
    assert chats.messages(chat) == []


def test_too_many_messages_are_noticed_and_not_kept(system):
    backend = Backend(system.url, AI4AI_MESSAGES_PER_MINUTE="2")
    try:
        chats = backend.chats()
        chat = chats.create()
        with chats.socket(chat) as socket:
            socket.hello()
            for number in range(2):
                socket.say(f"hello {number}")
                socket.until(is_named("message.saved"))
            socket.say("hello 2")
            socket.noticed("rate_limited")
        assert texts(chats.settled(chat), "user") == ["hello 0", "hello 1"]
    finally:
        backend.stop()
