"""Recipes over the backend: a task is saved, repeated in a chat, changed, and deleted."""

import json

import pytest

from backend import road_tax


@pytest.fixture
def done(system, chats):
    """A chat in which the road tax was looked up."""
    chat = chats.create()
    chats.send(chat, road_tax(system.demo))
    chats.settled(chat)
    return chat


def last(chats, chat):
    return chats.settled(chat)[-1]["content"]


def test_task_is_saved_and_repeated_in_the_same_chat_and_in_a_new_one(chats, done):
    saved = chats.call("POST", f"/api/sessions/{done}/recipe", json={"name": "tax", "values": {"plate": "WXY 1234"}})
    assert saved.status_code == 201 and "WXY" not in saved.json()["recipe"]
    [summary] = [each for each in saved.json()["recipes"] if each["name"] == "tax"]
    assert summary["state"] == "draft" and [each["name"] for each in summary["parameters"]] == ["plate"]

    run = chats.call("POST", "/api/recipes/tax/runs", json={"values": {"plate": "abc5678"}, "session_id": done})
    assert run.status_code == 202 and run.json()["session_id"] == done
    # It is new, so the user is asked once.
    question = chats.settled(done)[-1]
    assert question["kind"] == "question" and "tax" in question["content"]
    chats.answer(done, question["details"], answer="Use it")
    assert last(chats, done) == "Amount due: RM 90.00"

    other = chats.ask("POST", "/api/recipes/tax/runs", json={"values": {"plate": "WXY 1234"}})["session_id"]
    assert other != done
    chats.answer(other, chats.settled(other)[-1]["details"], answer="Use it")
    assert last(chats, other) == "Amount due: RM 70.00"
    [summary] = [each for each in chats.ask("GET", "/api/recipes")["recipes"] if each["name"] == "tax"]
    assert summary["state"] == "tried" and summary["last_run_went_well"] and summary["seconds"] > 0


def test_repeated_request_with_its_key_begins_one_run(chats, done):
    chats.call("POST", f"/api/sessions/{done}/recipe", json={"name": "once", "values": {"plate": "WXY 1234"}})
    chat = chats.create()
    body = {"values": {"plate": "ABC 5678"}, "session_id": chat}
    keys = {"headers": {"Idempotency-Key": "once-1"}}
    first, second = (chats.ask("POST", "/api/recipes/once/runs", json=body, **keys) for _ in range(2))
    assert first["run_id"] == second["run_id"]
    chats.settled(chat)
    assert [each["kind"] for each in chats.page(chat)["messages"]].count("question") == 1


def test_missing_value_is_asked_for_and_the_agent_can_be_chosen_instead(chats, done):
    chats.call("POST", f"/api/sessions/{done}/recipe", json={"name": "asks", "values": {"plate": "WXY 1234"}})
    chat = chats.ask("POST", "/api/recipes/asks/runs", json={})["session_id"]
    question = chats.settled(chat)[-1]["details"]
    assert list(question["responseSchema"]["properties"]) == ["plate"]
    chats.answer(chat, question, plate="ABC 5678")
    # It is new, so the user is asked whether to use it, too.
    chats.answer(chat, chats.settled(chat)[-1]["details"], answer="Use it")
    assert last(chats, chat) == "Amount due: RM 90.00"
    chat = chats.ask("POST", "/api/recipes/asks/runs", json={"values": {"plate": "ABC 5678"}})["session_id"]
    chats.answer(chat, chats.settled(chat)[-1]["details"], answer="Let the agent do it")
    assert "does not want the recipe" in last(chats, chat)


@pytest.mark.parametrize("change, status, words", [
    (lambda text: "{", 400, "recipe:1:"), (lambda text: text.replace('"click"', '"jump"'), 400, "doesn't fit"),
    (lambda text: text.replace("127.0.0.1:", "elsewhere.example:", 1), 400, "among"),
    (lambda text: text.replace('"recipe" : 2', '"recipe" : 99'), 400, "newer"),
])
def test_recipe_that_is_wrong_is_refused_with_its_line(chats, done, change, status, words):
    name = "edited-" + words.strip(":").replace("'", "")[:5].strip()
    text = chats.ask("POST", f"/api/sessions/{done}/recipe", json={"name": name})["recipe"]
    answer = chats.call("PUT", f"/api/recipes/{name}", json={"recipe": change(text)})
    assert answer.status_code == status and words in answer.json()["detail"], answer.text
    assert chats.ask("GET", f"/api/recipes/{name}")["recipe"] == text


def test_name_in_the_text_and_in_the_address_are_one_and_none_is_overwritten(chats, done):
    text = chats.ask("POST", f"/api/sessions/{done}/recipe", json={"name": "named"})["recipe"]
    other = chats.call("PUT", "/api/recipes/other", json={"recipe": text})
    assert other.status_code == 400 and "named" in other.json()["detail"]
    again = chats.call("POST", f"/api/sessions/{done}/recipe", json={"name": "named"})
    assert again.status_code == 409 and again.json()["code"] == "recipe_exists"


def test_repeated_request_without_a_chat_means_one_chat(chats, done):
    chats.call("POST", f"/api/sessions/{done}/recipe", json={"name": "twice", "values": {"plate": "WXY 1234"}})
    keys = {"headers": {"Idempotency-Key": "twice-1"}}
    first, second = (
        chats.ask("POST", "/api/recipes/twice/runs", json={"values": {"plate": "ABC 5678"}}, **keys) for _ in range(2))
    assert first == second
    other = chats.ask("POST", "/api/recipes/twice/runs", json={"values": {"plate": "ABC 5678"}})
    assert other["session_id"] != first["session_id"]


def test_change_while_it_waits_does_not_concern_it(chats, done):
    text = chats.ask("POST", f"/api/sessions/{done}/recipe", json={"name": "pinned", "values": {"plate": "WXY 1234"}})["recipe"]
    chat = chats.ask("POST", "/api/recipes/pinned/runs", json={"values": {"plate": "ABC 5678"}})["session_id"]
    question = chats.settled(chat)[-1]["details"]
    shorter = json.loads(text)
    shorter["steps"] = shorter["steps"][:2]
    chats.ask("PUT", "/api/recipes/pinned", json={"recipe": json.dumps(shorter)})
    chats.answer(chat, question, answer="Use it")
    assert chats.settled(chat)[-1]["role"] == "assistant"


def test_recipe_is_edited_taken_back_and_deleted(chats, done):
    text = chats.ask("POST", f"/api/sessions/{done}/recipe", json={"name": "mine"})["recipe"]
    edited = json.loads(text) | {"say": {"en": "It is {{Amount due}}."}}
    assert "It is" in chats.ask("PUT", "/api/recipes/mine", json={"recipe": json.dumps(edited)})["recipe"]
    assert chats.ask("POST", "/api/recipes/mine/rollback")["recipe"] == text
    assert chats.call("POST", "/api/recipes/mine/promote").json()["code"] == "nothing_to_change"
    left = chats.ask("DELETE", "/api/recipes/mine")["recipes"]
    assert "mine" not in [each["name"] for each in left]
    assert chats.call("GET", "/api/recipes/mine").status_code == 404
    assert chats.call("POST", "/api/recipes/mine/runs", json={}).status_code == 404


def test_chat_without_a_task_cannot_be_saved(chats):
    answer = chats.call("POST", f"/api/sessions/{chats.create()}/recipe", json={"name": "nothing"})
    assert answer.status_code == 409 and answer.json()["code"] == "unrepeatable"
