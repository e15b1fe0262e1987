"""A user's whole way on the page: the first visit, a practice task, a model of their own, tasks with a question, with
payments, with a take-over, one that is stopped, a file, and the end of it all."""

import io
import json
import tarfile

import pytest

from application_model import Model, ModelServer
from application_tasks import Step, click, fill, visit
from backend import UNHURRIED, Chats, payments
from system import System
from test_page_chats import choose
from test_page_live import take_control

CARDS = {"approved": "4111 1111 1111 1111", "declined": "5500 0000 0000 0004"}


def checking():
    return [
        visit("/"), click("button", "Only necessary"), fill("textbox", "Plate number", "WXY 1234"),
        click("button", "Check"),
    ]


def paying(card):
    return [visit("/pay?plate=WXY+1234"), fill("textbox", "Card number", card), click("button", "Pay RM 70.00")]


# What the user says, what the model does in the browser, and what it says at the end.
TASKS = {
    "How much is the tax of my car?": (
        [
            Step("ask_person", {"question": "Which number plate has it?"}), *checking(),
        ], "It is RM 70.00."),
    "Pay it with my card": (paying(CARDS["approved"]), "It is paid."),
    "Pay it with the other card": (paying(CARDS["declined"]), "I did not pay."),
    "Let me do it": (
        [visit("/offices"), Step("hand_over", {"request": "Please choose an office."}), Step("snapshot", {})],
        "Thank you."),
    "Wait for my number": ([visit("/slow"), Step("wait_for_text", {"text": "nonsense", "seconds": 60})], ""),
    "Get me the receipt of 2025": (
        [
            *checking(), click("link", "Receipt of 2025"),
        ], "Here is the receipt."),
}


class Played(Model):
    """Plays the tasks; it also passes the trial of a model that is connected."""

    def __init__(self, origin):
        super().__init__()
        self.site, self.answer = origin, ""

    def choice(self, request):
        names = {tool["function"]["name"] for tool in request.get("tools", [])}
        if names == {"report_ready"}:
            return ModelServer.call(self, "report_ready", {})
        last = request["messages"][-1]
        if last["role"] == "user" and self.is_coordinator(request):
            said = next((task for task in TASKS if task in last["content"]), None)
            if said is None:
                return self.say("At your service.")
            steps, self.answer = TASKS[said]
            self.play(steps, self.site)
        return super().choice(request)

    def end(self, ending):
        # A task that failed says why.
        return super().end(self.answer if ending == "done" else ending)


@pytest.fixture
def own_system():
    running = System(**UNHURRIED)
    yield running
    running.stop()


def connect(person, model):
    person.click("button", "Connect a model")
    person.click("button", "Another model, with a key or an address")
    person.tab.get_by_label("Who offers it").select_option("other")
    person.fill("Address of the server", model.url)
    person.fill("Name of the model", "played")
    person.click("button", "Try and use")
    person.sees("played works and answers from now on.")
    # The live view of the first task has a button of this name, too.
    person.tab.get_by_role("dialog").get_by_role("button", name="Close").click()
    person.misses("Practice mode")


@pytest.mark.parametrize("screen", [(1280, 900), (390, 844)], ids=["desktop", "phone"])
def test_whole_way_of_a_user(own_system, browser, screen, tmp_path):
    system, person, chats = own_system, browser, Chats(own_system.chat)
    person.visit(system.chat)
    width, height = screen
    person.tab.set_viewport_size({"width": width, "height": height})
    is_phone = width < 600

    # The first minute: a task on the practice site, without a model.
    person.sees("Practice mode")
    person.click("button", "Check road tax .*")
    person.sees("The road tax of WXY 1234 is RM 70.00.")
    chats.settled(person.chat)

    with Played(system.demo) as model:
        connect(person, model)
        person.click("link", "New chat")
        person.sees("What can I do for you?")

        person.say("How much is the tax of my car?")
        person.fill("Your answer", "WXY 1234")
        person.click("button", "Send answer")
        person.sees("It is RM 70.00.")
        chat = person.chat
        chats.settled(chat)

        person.say("Pay it with my card")
        approve = person.ref("button", "Approve payment")
        # What is decided, and how, is in sight at once.
        for control in (approve, person.ref("button", "Reject")):
            box = control.bounding_box()
            assert 0 <= box["y"] and box["y"] + box["height"] <= height
        person.sees("RM 70.00")
        approve.click()
        person.sees("It is paid.")
        assert payments(system, CARDS["approved"]) == 1
        chats.settled(chat)

        person.say("Pay it with the other card")
        person.click("button", "Reject")
        person.sees("Your answer: Rejected")
        person.sees("declined by you")
        person.sees("I did not pay.")
        assert payments(system, CARDS["declined"]) == 0
        chats.settled(chat)

        person.say("Let me do it")
        person.sees("Please choose an office.")
        take_control(person)
        person.click("button", "I am done")
        person.sees("Thank you.")
        chats.settled(chat)

        person.say("Wait for my number")
        person.until(lambda: "Wait for" in person.shown(), "wait")
        person.click("button", r"Stop \(Esc\)")
        person.sees("The task was stopped.")
        chats.settled(chat)

        person.say("Get me the receipt of 2025")
        person.sees("Here is the receipt.")
        chats.settled(chat)
        with person.tab.expect_download() as download:
            person.click("button", "Save")
        assert open(download.value.path(), "rb").read().startswith(b"%PDF")

    # The result of a task, and how it came about.
    person.until(lambda: person.evaluate("document.querySelectorAll('.result-facts').length") > 2, "results")
    replay = person.tab.get_by_role("button", name="Replay").filter(visible=True).last
    replay.scroll_into_view_if_needed()
    replay.click()
    person.until(lambda: person.evaluate("document.querySelector('.replay img')?.naturalWidth > 200"), "picture")
    person.tab.keyboard.press("Escape")
    person.until(lambda: person.evaluate("document.querySelector('.replay') === null"), "end of the replay")

    # Everything is the user's, to take away and to delete.
    if is_phone:
        person.click("button", "Chats")
    choose(person, "Your data")
    with person.tab.expect_download() as download:
        person.click("button", "Export everything")
    packed = tarfile.open(fileobj=io.BytesIO(open(download.value.path(), "rb").read()))
    kinds = [message["kind"] for message in json.load(packed.extractfile(f"chats/{chat}.json"))["messages"]]
    assert {"text", "steps", "question", "answer", "notice", "file"} <= set(kinds)
    person.click("button", "Delete everything")
    person.tab.get_by_role("alertdialog").last.get_by_role("button", name="Delete everything").click()
    person.sees("Everything is deleted.")
    assert chats.sessions()["sessions"] == []
    person.check_quiet()
