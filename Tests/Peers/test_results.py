"""Results in a shape: on the command line, over HTTP, in chats, and on the page, with a scripted model server."""

import json
import re
import subprocess

import pytest

from backend import UNHURRIED, Chats, check_problem, texts
from model_server import Model, calling, saying
from system import BUILD, DEADLINE, System

SCHEMA = {"type": "object", "properties": {"due": {"type": "number"}, "owner": {"type": "string"}}}
FOUND = {"due": 70, "owner": None}
NOTHING = {"value": None, "at": None, "quote": None}


class Clerk(Model):
    """Asks for the plate if the request names none, looks it up, and reads the amount from the page. It invents an owner."""

    site = ""

    def choices(self, request):
        messages, tools = request["messages"], {tool["function"]["name"] for tool in request.get("tools", [])}
        said = "\n".join(str(message.get("content")) for message in messages)
        plate = re.search(r"WXY 1234|ABC 5678", said)
        called = {call["function"]["name"] for message in messages for call in message.get("tool_calls") or []}
        if not tools:
            line = re.search(r"\[(L\d+)\] (.*Amount due.*)", said)
            due = {"value": 70, "at": line[1], "quote": "RM 70.00"} if line else NOTHING
            owner = {"value": "Devi", "at": line[1] if line else None, "quote": "Owner: Devi"}
            return saying(json.dumps({"result": {"due": due, "owner": owner}}))
        if "browse" in tools:
            if not plate:
                asked = "ask_person" in called
                return saying("I can't look it up.") if asked else calling("ask_person", question="Which plate?")
            return saying("It is known now.") if "browse" in called else calling("browse", goal=f"Look up {plate[0]}.")
        if "navigate" in called:
            return saying("Done.")
        return calling("navigate", url=f"{self.site}/result?plate={plate[0].replace(' ', '%20')}")


@pytest.fixture(scope="module")
def model():
    running = Clerk()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def system(model):
    running = System(**UNHURRIED, AI4AI_MODEL_URL=model.url, AI4AI_MODEL="scripted")
    model.site = running.demo
    yield running
    running.stop()


@pytest.fixture
def chats(system):
    return Chats(system.chat)


def check_found(result):
    """The amount stands on the page, and the invented owner is null, with the reason."""
    assert result["value"] == FOUND
    [evidence] = result["evidence"]
    assert evidence["path"] == "/due" and evidence["quote"] == "RM 70.00" and "/result?plate=" in evidence["url"]
    [problem] = result["problems"]
    assert problem["path"] == "/owner" and "quote" in problem["reason"]


def ask(chats, chat, text, result=SCHEMA, key=None):
    return chats.post(chat, text, key, json={"text": text, "result": result})


def result_in(messages):
    return [message for message in messages if message["kind"] == "text"][-1]["details"]["result"]


# --------------------------------------------------------------------------------------------------------- in chats


def test_message_with_a_schema_has_its_result_in_the_answer(chats):
    chat = chats.create()
    assert ask(chats, chat, "What is due for WXY 1234?").status_code == 202
    messages = chats.settled(chat)
    check_found(result_in(messages))
    assert messages[0]["details"] == {"result": SCHEMA}
    # The next message doesn't ask for one.
    chats.send(chat, "Thanks for WXY 1234.")
    assert "result" not in (chats.settled(chat)[-1].get("details") or {})


@pytest.mark.parametrize("is_killed", [False, True])
def test_result_outlives_a_question_and_the_process(system, chats, is_killed):
    chat = chats.create()
    ask(chats, chat, "What is due?")
    question = chats.asked(chat)
    if is_killed:
        system.kill()
        system.restart()
    assert chats.answer(chat, question, answer="WXY 1234").status_code == 202
    check_found(result_in(chats.settled(chat)))


def test_task_that_looks_nothing_up_has_no_values(chats):
    chat = chats.create()
    ask(chats, chat, "What is due?")
    chats.answer(chat, chats.asked(chat), status="cancelled")
    result = result_in(chats.settled(chat))
    assert result["value"] is None and [problem["path"] for problem in result["problems"]] == [""]


def test_schema_that_cannot_be_used_is_refused_before_anything_is_kept(chats):
    chat = chats.create()
    for schema, words in [
        ({"type": "object", "properties": {"a": {"type": "x"}}}, "/a has an unknown type"), ([], "is no object"),
        ({"$ref": "https://example.com"}, "'$ref'"), ({"type": "string", "description": "x" * 20_000}, "16384 bytes"),
    ]:
        problem = check_problem(ask(chats, chat, "WXY 1234", schema), 400, "bad_schema")
        assert words in problem["detail"], problem
    assert chats.messages(chat) == []


def test_message_with_a_schema_never_becomes_a_word_to_a_running_task_or_an_answer(chats):
    chat = chats.create()
    chats.send(chat, "What is due?")
    chats.asked(chat)
    check_problem(ask(chats, chat, "WXY 1234"), 409, "busy")
    assert texts(chats.messages(chat), "user") == ["What is due?"]
    chats.stop(chat)
    assert ask(chats, chat, "WXY 1234").status_code == 202


def test_repeated_message_is_known_by_its_schema_too(chats):
    chat = chats.create()
    first = ask(chats, chat, "What is due for WXY 1234?", key="once").json()
    assert ask(chats, chat, "What is due for WXY 1234?", key="once").json()["run_id"] == first["run_id"]
    chats.settled(chat)
    assert ask(chats, chat, "What is due for WXY 1234?", key="once").json()["message"] == first["message"]
    other = ask(chats, chat, "What is due for WXY 1234?", {"type": "string"}, key="once")
    check_problem(other, 422, "idempotency_mismatch")


def test_page_shows_the_values_with_the_words_that_say_them(system, chats, browser):
    chat = chats.create()
    ask(chats, chat, "What is due for WXY 1234?")
    chats.settled(chat)
    browser.visit(f"{system.chat}/chat/{chat}")
    browser.sees("RM 70.00")
    rows = browser.evaluate(
        "[...document.querySelectorAll('.structured-result tr')].map((row) => [...row.cells].map((cell) => cell.innerText))")
    assert [row[:2] for row in rows] == [["due", "70"], ["owner", "not found"]]
    browser.ref("button", "Copy as JSON")


# ------------------------------------------------------------------------------------------- at the runtime


def test_prompt_over_http_and_ag_ui_client(system):
    prompt = "What is due for WXY 1234?"
    check_found(system.invoke({"prompt": prompt, "result": SCHEMA}).json()["result"])
    message = {"id": "1", "role": "user", "content": prompt}
    run = {
        "threadId": "ag-ui", "runId": "run-of-a-client", "messages": [message], "tools": [], "context": [], "state": {},
        "forwardedProps": {"result": SCHEMA}}
    check_found(system.events(run)[-1]["result"]["result"])
    # The same request has the same result after the process has ended.
    system.kill()
    system.restart()
    check_found(system.events(run)[-1]["result"]["result"])
    refused = system.invoke({"prompt": prompt, "result": {"type": "x"}})
    assert refused.status_code == 400 and "unknown type" in refused.text


def test_task_over_http_has_its_result_in_the_answer(system):
    answer = system.invoke({"automation_task": {"goal": "Look up WXY 1234.", "result": SCHEMA}})
    check_found(answer.json()["result"])


# ------------------------------------------------------------------------------------------- on the command line


def invoke(system, *arguments):
    return subprocess.run(
        [BUILD / "ai4ai", "invoke", "--url", system.url, *arguments], capture_output=True, text=True, timeout=DEADLINE)


@pytest.fixture
def schema(tmp_path):
    path = tmp_path / "schema.json"
    path.write_text(json.dumps(SCHEMA))
    return path


@pytest.mark.parametrize("more", [[], ["--ws"]])
def test_command_prints_the_result(system, schema, tmp_path, more):
    (tmp_path / "note.txt").write_text("The plate is WXY 1234.")
    files = [] if more else ["--file", tmp_path / "note.txt"]
    run = invoke(system, *more, *files, "--schema", schema, "What is due for WXY 1234?")
    assert run.returncode == 0, run.stderr
    check_found(json.loads(run.stdout))
    assert "It is known now." in run.stderr


def test_command_asks_first_and_prints_the_result_after_the_answer(system, schema):
    asked = invoke(system, "--session", "of-a-command", "--schema", schema, "What is due?")
    assert asked.returncode == 0 and "Which plate?" in asked.stdout
    question = re.search(r"--resume (\S+)", asked.stdout)[1]
    run = invoke(system, "--session", "of-a-command", "--resume", question, "--answer", "WXY 1234")
    check_found(json.loads(run.stdout))


def test_schema_that_cannot_be_used_is_said_with_its_place(system, tmp_path):
    for text, words in [("{", "no JSON Schema"), ('{"type": "object", "properties": {"a": {"type": "x"}}}', "/a has an unknown type")]:
        (tmp_path / "schema.json").write_text(text)
        run = invoke(system, "--schema", tmp_path / "schema.json", "What is due?")
        assert run.returncode == 1 and words in run.stderr, run.stderr
