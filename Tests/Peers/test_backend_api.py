"""The backend's API: what it rejects and how, its lists, and its description of itself."""

import contextlib
import json
import os
import pathlib
import sqlite3
import subprocess

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from backend import Backend, check_problem, question, texts
from system import BUILD, DEADLINE, free_port

MISSING = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
def start_backend(system):
    started = []

    def start(runtime=system.url, **environment):
        started.append(Backend(runtime, **environment))
        return started[-1]

    yield start
    for backend in started:
        backend.stop()


@pytest.fixture(scope="module")
def document(chats):
    return chats.ask("GET", "/api/openapi.json")


def check_shape(document, name, value):
    Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": document["components"]}).validate(value)


# ------------------------------------------------------------------------------------------------- rejected requests


@pytest.mark.parametrize("text", ["x" * 32769, "é" * 16385], ids=["letters", "letters of two bytes"])
def test_text_that_is_too_long_is_refused_by_name(chats, text):
    chat = chats.create()
    assert "text" in check_problem(chats.post(chat, text), 413, "too_large")["detail"]
    assert chats.messages(chat) == []


def test_longest_text_is_taken_as_it_is(chats):
    chat, text = chats.create(), "\"\\\n\u2028🦊" + "é" * 16376
    assert len(text.encode()) == 32762
    chats.send(chat, text + "x" * 6)
    assert texts(chats.settled(chat), "user") == [text + "x" * 6]


@pytest.mark.parametrize(
    "body", [{"text": ""}, {"text": " \n\t"}, {}, {"text": None}, {"text": 3}, {"text": ["x"]}], ids=json.dumps)
def test_message_without_words_is_refused_by_name(chats, body):
    chat = chats.create()
    response = chats.call("POST", f"/api/sessions/{chat}/messages", json=body)
    assert "text" in check_problem(response, 400)["detail"]
    assert chats.messages(chat) == []


@pytest.mark.parametrize("title", ["x" * 201, "é" * 201])
def test_title_that_is_too_long_is_refused_by_name(chats, title):
    chat = chats.create()
    for method, path in (("POST", "/api/sessions"), ("PATCH", f"/api/sessions/{chat}")):
        response = chats.call(method, path, json={"title": title, "version": 1})
        assert "title" in check_problem(response, 400)["detail"]
    nameless = chats.call("PATCH", f"/api/sessions/{chat}", json={"title": " ", "version": 1})
    assert "title" in check_problem(nameless, 400)["detail"]
    assert chats.session(chats.create(title=title[:200]))["title"] == title[:200]


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"nonsense", b"[]", b'"text"', b"null", b'{"text":"\xff"}', b"[" * 100_000, b'{"text":' * 30_000],
    ids=["nothing", "half", "no JSON", "list", "text", "null", "no UTF-8", "deep list", "deep object"])
def test_body_that_is_no_fitting_json_is_refused(chats, data):
    chat = chats.create()
    headers = {"Content-Type": "application/json"}
    check_problem(chats.call("POST", f"/api/sessions/{chat}/messages", data=data, headers=headers), 400)
    assert chats.messages(chat) == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_body_of_another_kind_is_refused(chats, kind):
    """Such as forms of foreign pages, which browsers send without a preflight request."""
    chat = chats.create()
    response = chats.call(
        "POST", f"/api/sessions/{chat}/messages", data=b'{"text":"hello"}', headers={"Content-Type": kind})
    check_problem(response, 415)
    assert chats.messages(chat) == []


def test_body_that_is_too_large_is_refused(chats):
    chat = chats.create()
    path, headers = f"/api/sessions/{chat}/messages", {"Content-Type": "application/json"}
    large = json.dumps({"text": "hello", "more": "x" * 1_000_000}).encode()
    check_problem(chats.call("POST", path, data=large, headers=headers), 413, "too_large")
    # In chunks, so that the length isn't known in advance.
    pieces = (large[start:start + 50_000] for start in range(0, len(large), 50_000))
    check_problem(chats.call("POST", path, data=pieces, headers=headers), 413, "too_large")
    assert chats.messages(chat) == []


@pytest.mark.parametrize("key", ["", "x" * 101, "é", "tab\tin"], ids=["empty", "long", "not ASCII", "not printable"])
def test_key_that_is_none_is_refused(chats, key):
    chat = chats.create()
    headers = {"Idempotency-Key": key.encode("latin-1")}
    assert "Idempotency-Key" in check_problem(chats.post(chat, "hello", headers=headers), 400)["detail"]
    assert chats.messages(chat) == []


@pytest.mark.parametrize("method, path", [
    ("GET", "/api/nothing"), ("GET", "/nothing"), ("POST", "/api/sessions/x/y/z"), ("GET", "/assets/nothing.js"),
    ("GET", "/assets/lib/nothing.js"), ("GET", "/ws/nothing"), ("GET", "/api"), ("GET", "/api/sessions//messages"),
])
def test_address_of_nothing_is_a_problem(chats, method, path):
    check_problem(chats.call(method, path), 404)


@pytest.mark.parametrize("method, path", [
    ("PUT", "/api/sessions"), ("DELETE", "/api/sessions"), ("POST", f"/api/sessions/{MISSING}"), ("POST", "/api/me"),
    ("GET", f"/api/sessions/{MISSING}/stop"), ("DELETE", f"/api/sessions/{MISSING}/messages"), ("POST", "/health"),
    ("POST", "/"),
])
def test_wrong_method_is_a_problem(chats, method, path):
    check_problem(chats.call(method, path), 405)


@pytest.mark.parametrize("chat", [MISSING, "x", "0" * 36, "x" * 36, "%00" * 36, "é" * 18, "..%2F" * 8, "a" * 5000])
def test_chat_that_does_not_exist_is_not_found(chats, chat):
    for method, path, body in (
        ("GET", "", None), ("PATCH", "", {"title": "x", "version": 1}), ("GET", "/messages", None),
        ("POST", "/messages", {"text": "hello"}), ("GET", "/events", None), ("POST", "/stop", None),
        ("POST", "/interrupts/int-1", {"status": "cancelled"}), ("POST", "/browser/control", {"action": "take"}),
        ("POST", "/browser/live-view", None), ("GET", "/pictures/x", None),
    ):
        check_problem(chats.call(method, f"/api/sessions/{chat}{path}", json=body), 404)


def test_answer_to_no_question_is_stale(chats):
    chat = chats.create()
    check_problem(chats.answer(chat, {"id": "int-nothing"}, answer="x"), 409, "stale_answer")
    bad = chats.call("POST", f"/api/sessions/{chat}/interrupts/int-x", json={"status": "perhaps"})
    assert "status" in check_problem(bad, 400)["detail"]
    assert chats.session(chat)["run"] is None


def test_too_many_requests_and_messages_are_held_back(start_backend):
    chats = start_backend(AI4AI_MESSAGES_PER_MINUTE="2", AI4AI_REQUESTS_PER_MINUTE="30").chats()
    chat = chats.create()
    answers = [chats.post(chat, f"hello {number}") for number in range(3)]
    assert [answer.status_code for answer in answers[:2]] == [202, 202]
    check_problem(answers[2], 429, "rate_limited")
    assert 0 < int(answers[2].headers["retry-after"]) <= 60
    answers = [chats.call("GET", "/api/me") for _ in range(40)]
    refused = [answer for answer in answers if answer.status_code != 200]
    check_problem(refused[-1], 429, "rate_limited")
    assert int(refused[-1].headers["retry-after"]) > 0
    assert chats.call("GET", "/health").status_code == 200


# ------------------------------------------------------------------------------------------------------------- lists


def test_list_of_chats_comes_in_pages_newest_first(chats):
    made = [chats.create(title=f"Paging {number}") for number in range(5)]
    chats.create(title="Another")
    version = chats.session(made[1])["version"]
    chats.ask("PATCH", f"/api/sessions/{made[1]}", json={"title": "Paging again", "version": version})
    found, cursor, sizes = [], {}, []
    while cursor is not None:
        page = chats.sessions(q="pAGING", limit=2, **cursor)
        found += [each["id"] for each in page["sessions"]]
        sizes.append(len(page["sessions"]))
        cursor = {"cursor": page["next_cursor"]} if "next_cursor" in page else None
    assert found == [made[1], made[4], made[3], made[2], made[0]] and sizes == [2, 2, 1]
    assert [each["id"] for each in chats.sessions(q="paging again")["sessions"]] == [made[1]]
    assert chats.sessions(q="no such title %_")["sessions"] == []


def test_messages_come_in_pages_newest_last(chats):
    chat = chats.create()
    for number in range(4):
        chats.send(chat, f"hello {number}")
        chats.settled(chat)
    pages, before = [], {}
    while before is not None:
        page = chats.page(chat, limit=3, **before)
        pages.insert(0, page["messages"])
        before = {"before": page["previous_cursor"]} if "previous_cursor" in page else None
    assert [len(page) for page in pages] == [2, 3, 3]
    assert [message for page in pages for message in page] == chats.messages(chat)


def test_cursor_serves_its_own_list_only(chats):
    chat, other = chats.create(title="Cursor"), chats.create(title="Cursor")
    for each in (chat, other):
        chats.send(each, "hello")
        chats.settled(each)
    listing = chats.sessions(q="cursor", limit=1)["next_cursor"]
    within = chats.page(chat, limit=1)["previous_cursor"]
    middle = len(listing) // 2
    changed = [listing[:at] + ("A" if listing[at] != "A" else "B") + listing[at + 1:] for at in (0, middle, -5)]
    for cursor in (*changed, listing[1:], within, "", "x", "." * 100, "eyJ4IjoxfQ", "x" * 5000):
        check_problem(chats.call("GET", "/api/sessions", params={"q": "cursor", "cursor": cursor}), 400)
    check_problem(chats.call("GET", "/api/sessions", params={"q": "curso", "cursor": listing}), 400)
    check_problem(chats.call("GET", f"/api/sessions/{other}/messages", params={"before": within}), 400)
    check_problem(chats.call("GET", f"/api/sessions/{chat}/messages", params={"before": listing}), 400)
    assert chats.sessions(q="cursor", limit=1, cursor=listing)["sessions"]


@pytest.mark.parametrize("limit", ["0", "-1", "101", "1.5", "x", "", "9" * 30])
def test_limit_that_is_none_is_refused_by_name(chats, limit):
    assert "limit" in check_problem(chats.call("GET", "/api/sessions", params={"limit": limit}), 400)["detail"]


# ----------------------------------------------------------------------------------------------------- the API itself


def test_local_mode_says_so(system, chats, document):
    config = chats.ask("GET", "/api/config")
    assert (config["mode"], config["demo_site"]) == ("local", system.demo) and "sign_in" not in config
    assert config["limits"] == {
        "message_bytes": 32768, "title_characters": 200, "file_bytes": 50 << 20, "message_files": 20}
    version = subprocess.run([BUILD / "ai4ai", "version"], capture_output=True, text=True, timeout=DEADLINE).stdout
    assert config["version"] == version.strip()
    assert chats.ask("GET", "/api/me") == {"id": "local", "name": "Local user", "mode": "local"}


def test_page_is_told_which_model_answers_where_the_backend_knows(start_backend):
    known = start_backend(AI4AI_MODEL="bedrock/amazon.nova-pro-v1:0").chats()
    assert known.ask("GET", "/api/config")["model"] == "bedrock/amazon.nova-pro-v1:0"
    assert "model" not in start_backend().chats().ask("GET", "/api/config")


def test_health_tells_what_is_missing(system, chats, document, start_backend):
    ready = chats.ask("GET", "/health/ready")
    check_shape(document, "Readiness", ready)
    assert ready["status"] == "ready" and ready["checks"]["store"]["ok"] and ready["checks"]["runtime"]["ok"]
    alone = start_backend(f"http://127.0.0.1:{free_port()}").chats()
    assert alone.ask("GET", "/health") == {"status": "ok"}
    response = alone.call("GET", "/health/ready")
    assert response.status_code == 503 and response.json()["status"] == "not_ready"
    check_shape(document, "Readiness", response.json())
    assert (response.json()["checks"]["store"]["ok"], response.json()["checks"]["runtime"]["ok"]) == (True, False)
    check_problem(alone.stop(alone.create()), 502, "runtime_unreachable")


def test_store_that_takes_no_writes_is_not_ready(system, start_backend):
    backend = start_backend(system.url)
    [path] = pathlib.Path(backend.directory.name).rglob("*.sqlite")
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON secret BEGIN SELECT RAISE(ABORT, 'full'); END")
        database.commit()
    response = backend.chats().call("GET", "/health/ready")
    assert response.status_code == 503 and not response.json()["checks"]["store"]["ok"]


@pytest.mark.parametrize("settings, words", [
    ({"AI4AI_BACKEND_HOST": "0.0.0.0"}, ["AI4AI_BACKEND_HOST", "AI4AI_COGNITO_POOL_ID"]),
    ({"AI4AI_BACKEND_HOST": "::"}, ["AI4AI_BACKEND_HOST"]),
    ({"AI4AI_CHATS": "paper"}, ["AI4AI_CHATS", "paper", "sqlite"]),
    ({"AI4AI_COGNITO_POOL_ID": "nonsense"}, ["AI4AI_COGNITO_POOL_ID", "nonsense"]),
    ({"AI4AI_COGNITO_POOL_ID": "ap-southeast-2_AbCdEfGhI"}, ["AI4AI_COGNITO_CLIENT_IDS"]),
    ({"AI4AI_MESSAGES_PER_MINUTE": "0"}, ["AI4AI_MESSAGES_PER_MINUTE"]),
], ids=["every address", "every address of IPv6", "chats", "pool", "clients", "limit"])
def test_bad_setting_keeps_it_from_starting(tmp_path, settings, words):
    run = subprocess.run(
        [BUILD / "ai4ai", "backend", "--port", str(free_port())], capture_output=True, text=True, timeout=DEADLINE,
        env=os.environ | {"AI4AI_STORAGE_DIRECTORY": str(tmp_path)} | settings)
    assert run.returncode != 0 and all(word in run.stdout + run.stderr for word in words), run


def test_openapi_document_is_valid_and_its_shapes_are_those_of_the_answers(system, chats, document):
    validate(document)
    chat = chats.create()
    sent = chats.send(chat, question(system.demo))
    messages = chats.settled(chat)
    control = f"/api/sessions/{chat}/browser/control"
    taken = chats.ask("POST", control, json={"action": "take"})
    released = chats.ask("POST", control, json={"action": "release", "control_id": taken["control_id"]})
    for name, value in (
        ("Session", chats.session(chat)), ("SentMessage", sent), ("MessagePage", chats.page(chat, limit=1)),
        ("SessionPage", chats.sessions(limit=1)), ("Config", chats.ask("GET", "/api/config")),
        ("Me", chats.ask("GET", "/api/me")), ("Health", chats.ask("GET", "/health")),
        ("Interrupt", messages[-1]["details"]), ("Problem", chats.call("GET", f"/api/sessions/{MISSING}").json()),
        ("Steps", next(each["details"] for each in messages if each["kind"] == "steps")),
        ("ControlState", taken), ("ControlState", released),
        ("AnswerTaken", chats.answer(chat, messages[-1]["details"], answer="WXY 1234").json()),
    ):
        check_shape(document, name, value)
    secret = {"name": "password", "site": "https://tax.example/login", "value": "hunter2-blue"}
    check_shape(document, "NewSecret", secret)
    kept = chats.ask("POST", "/api/kept", json=secret)
    check_shape(document, "Kept", kept)
    assert kept["items"][0]["site"] == "https://tax.example" and "hunter2" not in str(kept)
    for message in chats.settled(chat):
        check_shape(document, "Message", message)
    done = chats.create()
    chats.send(done, system.road_tax())
    chats.settled(done)
    recipes = chats.ask("POST", f"/api/sessions/{done}/recipe", json={"name": "shape", "values": {"plate": "WXY 1234"}})
    check_shape(document, "Recipes", recipes)
    check_shape(document, "RecipeRun", chats.ask(
        "POST", "/api/recipes/shape/runs", json={"values": {"plate": "ABC 5678"}, "session_id": done}))
    check_shape(document, "Stopped", chats.stop(chat).json())


def test_each_route_of_the_openapi_document_is_there(system, chats, document):
    chat = chats.create()
    chats.send(chat, system.road_tax())
    [steps] = [each["details"]["steps"] for each in chats.settled(chat) if each["kind"] == "steps"]
    answers = (chats.call("GET", f"/api/sessions/{chat}/pictures/{step['id']}") for step in steps)
    picture = next(step["id"] for step, answer in zip(steps, answers) if answer.ok)
    chats.send(chat, f"open {system.demo}/receipt?plate=WXY1234, then tell me the amount paid in the file")
    file = next(each["details"]["id"] for each in chats.settled(chat) if each["kind"] == "file")
    chats.send(chat, system.road_tax())
    chats.settled(chat)
    recipe = chats.ask("POST", f"/api/sessions/{chat}/recipe", json={"name": "known"})["recipe"]
    names = {"/assets/{name}": "app.js", "/assets/lib/{name}": "marked.js", "/assets/v/{version}/{name}": "app.js",
             "/assets/v/{version}/lib/{name}": "marked.js"}
    bodies = {"NewSession": {}, "SessionChange": {"title": "x", "version": 1}, "NewMessage": {"text": "hello"},
              "Answer": {"status": "cancelled"}, "ControlRequest": {"action": "take"},
              "NewRecipe": {"recipe": recipe}, "RecipeName": {"name": "again"}, "NewRecipeRun": {"session_id": chat},
              "NewModel": {"setting": "nobody/nothing"},
              "NewSecret": {"name": "password", "site": "tax.example", "value": "x"}}
    routes = [
        (method.upper(), path, operation) for path, item in document["paths"].items() if not path.startswith("/ws/")
        for method, operation in item.items() if method != "parameters"]
    for method, path, operation in sorted(routes, key=lambda route: (route[0] == "DELETE", -len(route[1]))):
        content = operation.get("requestBody", {}).get("content", {"": {"schema": {"$ref": ""}}})
        body = bodies.get(next(iter(content.values()))["schema"].get("$ref", "").rpartition("/")[2])
        real = path.format(id=chat, interruptId="int-x", toolCallId=picture, file=file, version="x", item="x", fact="x",
                           recipe="known",
                           name=names.get(path))
        with chats.call(method, real, json=body, stream=True) as response:
            assert response.status_code not in (404, 405) and str(response.status_code) in operation["responses"], (
                method, path, response.status_code)
