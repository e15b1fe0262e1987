"""Questions in a chat, the user's answers, stop, and takeover, over HTTP only."""

import concurrent.futures
import pathlib

import pytest

from backend import Parts, check_problem, payment, payments, question, texts
from system import eventually


# ------------------------------------------------------------------------------------------ questions and approvals


def test_question_waits_in_the_chat_and_its_answer_is_used(system, chats):
    chat = chats.create()
    asked = chats.asked(chat, question(system.demo))
    assert asked["reason"] == "input_required" and asked["message"] == "What is the plate number?"
    assert asked["responseSchema"]["properties"]["answer"]["type"] == "string"
    taken = chats.answer(chat, asked, answer="WXY 1234")
    assert taken.status_code == 202 and taken.json()["run_id"]
    messages = chats.settled(chat)
    assert texts(messages, "assistant") == ["Amount due: RM 70.00"] and chats.session(chat)["run"] is None
    [told] = [each for each in messages if each["kind"] == "answer"]
    assert told["role"] == "user" and "WXY 1234" in told["content"]
    assert told["details"] == {"interruptId": asked["id"], "status": "resolved", "payload": {"answer": "WXY 1234"}}
    assert [each["kind"] for each in messages].index("question") < [each["kind"] for each in messages].index("answer")


def test_answer_that_does_not_fit_leaves_the_question_open(system, chats):
    chat = chats.create()
    asked = chats.asked(chat, question(system.demo))
    before = chats.messages(chat)
    check_problem(chats.answer(chat, asked, answer=7), 422, "unfit_answer")
    check_problem(chats.answer(chat, asked), 422, "unfit_answer")
    assert chats.messages(chat) == before and chats.session(chat)["run"]["state"] == "waiting"
    assert chats.answer(chat, asked, answer="ABC 5678").status_code == 202
    assert texts(chats.settled(chat), "assistant") == ["Amount due: RM 90.00"]


def test_second_answer_is_stale_and_hides_no_later_question(system, chats):
    chat = chats.create()
    two = f"open {system.demo}, ask me for the town, ask me for the plate number, tell me the page"
    first = chats.asked(chat, two)
    chats.answer(chat, first, answer="Ipoh")
    second = chats.asked(chat)
    assert second["id"] != first["id"]
    check_problem(chats.answer(chat, first, answer="Ipoh"), 409, "stale_answer")
    assert chats.session(chat)["run"]["state"] == "waiting"
    assert chats.answer(chat, second, answer="WXY 1234").status_code == 202
    assert chats.settled(chat)[-1]["role"] == "assistant" and chats.session(chat)["run"] is None


def test_of_two_answers_at_once_one_counts(system, chats):
    chat = chats.create()
    asked = chats.asked(chat, payment(system.demo, "twice"))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: chats.answer(chat, asked, approved=True).status_code, range(2)))
    assert answers.count(202) == 1 and set(answers) <= {202, 409, 422}
    assert "Your payment was received" in texts(chats.settled(chat), "assistant")[-1]
    assert payments(system, "twice") == 1


def test_approved_payment_is_made_once(system, chats):
    chat = chats.create()
    asked = chats.asked(chat, payment(system.demo, "approved"))
    assert asked["reason"] == "confirmation" and asked["metadata"]["kind"] == "pay"
    assert payments(system, "approved") == 0
    assert chats.answer(chat, asked, approved=True).status_code == 202
    assert "Your payment was received" in texts(chats.settled(chat), "assistant")[-1]
    check_problem(chats.answer(chat, asked, approved=True), 409, "stale_answer")
    chats.settled(chat)
    assert payments(system, "approved") == 1


@pytest.mark.parametrize(
    "status, payload", [("resolved", {"approved": False, "comment": "too dear"}), ("cancelled", {})],
    ids=["rejected", "cancelled"])
def test_rejected_payment_is_not_made(system, chats, status, payload):
    chat, card, others = chats.create(), f"rejected {status}", set(system.browsers())
    asked = chats.asked(chat, payment(system.demo, card))
    assert chats.answer(chat, asked, status, **payload).status_code == 202
    told = chats.settled(chat)[-1]
    assert (told["role"], told["kind"]) == ("assistant", "text")
    assert payload.get("comment", "") in told["content"]
    assert payments(system, card) == 0
    eventually(lambda: set(system.browsers()) <= others, "the end of the browser")


def test_message_instead_of_an_answer_approves_nothing(system, chats):
    chat = chats.create()
    asked = chats.asked(chat, payment(system.demo, "talked"))
    chats.send(chat, "wait, what does it cost?")
    assert texts(chats.settled(chat), "assistant")
    assert payments(system, "talked") == 0
    check_problem(chats.answer(chat, asked, approved=True), 409, "stale_answer")
    assert payments(system, "talked") == 0


@pytest.fixture
def parts():
    running = Parts()
    yield running
    running.stop()


def test_secret_answer_reaches_the_site_and_no_chat(parts):
    chats = parts.chats
    chat = chats.create()
    secret = {"input_required": {"password": "demo-password"}, "confirmation": {"approved": True}, "takeover": {}}
    chats.send(chat, (
        f"open {parts.demo}/sign-in, fill E-mail with aminah@example.com, ask me for the password, "
        "fill Password with the answer, click Sign in, tell me the summons amount"))
    for _ in range(5):
        last = chats.settled(chat)[-1]
        if last["kind"] != "question":
            break
        assert chats.answer(chat, last["details"], **secret[last["details"]["reason"]]).status_code == 202
    assert last["content"] == "Summons amount: RM 150.00", last
    fields = {"email": "aminah@example.com", "password": "demo-password"}
    assert {"path": "/sign-in", "fields": fields} in parts.received()
    answers = [each for each in chats.messages(chat) if each["kind"] == "answer"]
    assert any("payload" not in each["details"] for each in answers)
    for path in pathlib.Path(parts.backend.directory.name).rglob("*"):
        assert not path.is_file() or b"demo-password" not in path.read_bytes(), path


# ------------------------------------------------------------------------------------------------ stop and control


def test_stop_ends_the_run_and_stands_in_the_chat(system, chats):
    chat, others = chats.create(), set(system.browsers())
    chats.busy(chat, system.demo)
    stopped = chats.stop(chat)
    assert (stopped.status_code, stopped.json()) == (202, {"status": "stopped"})
    last = chats.settled(chat)[-1]
    assert (last["role"], last["kind"], last["details"]) == ("assistant", "notice", {"code": "stopped"})
    assert chats.session(chat)["run"] is None
    eventually(lambda: set(system.browsers()) <= others, "the end of the browser")
    chats.send(chat, system.road_tax())
    assert texts(chats.settled(chat), "assistant")[-1] == "Amount due: RM 70.00"


def test_stop_ends_a_run_that_waits(system, chats):
    chat = chats.create()
    asked = chats.asked(chat, payment(system.demo, "stopped"))
    assert chats.stop(chat).status_code == 202
    assert chats.settled(chat)[-1]["kind"] == "notice" and chats.session(chat)["run"] is None
    check_problem(chats.answer(chat, asked, approved=True), 409, "stale_answer")
    assert payments(system, "stopped") == 0


def test_stop_of_a_quiet_chat_changes_nothing(chats):
    chat = chats.create()
    before = chats.session(chat)
    assert chats.stop(chat).status_code == 202
    assert chats.session(chat) == before and chats.messages(chat) == []


def test_browser_is_taken_renewed_and_given_back(system, chats):
    chat = chats.create()

    def control(**body):
        return chats.call("POST", f"/api/sessions/{chat}/browser/control", json=body)

    check_problem(control(action="take"), 409, "no_browser")
    check_problem(chats.call("POST", f"/api/sessions/{chat}/browser/live-view"), 409)
    chats.asked(chat, question(system.demo))
    taken = control(action="take").json()
    assert taken["owner"] == "person" and taken["lease_seconds"] > 0
    check_problem(control(action="take"), 409, "control_denied")
    assert control(action="renew", control_id=taken["control_id"]).json()["owner"] == "person"
    check_problem(control(action="release", control_id=taken["control_id"] + 1), 409, "control_denied")
    assert control(action="release", control_id=taken["control_id"]).json()["owner"] == "agent"
    check_problem(chats.call("POST", f"/api/sessions/{chat}/browser/live-view"), 409, "no_outside_view")
    check_problem(control(action="dance"), 400)
    chats.stop(chat)
