"""Chats as clients see them: tasks, idempotency keys, names, deletion, and events, over HTTP only."""

import concurrent.futures
import contextlib
import pathlib

import agui
from backend import check_problem, checks, is_end, is_named, of_run, texts
from system import eventually


def files_of(system, chat):
    """The files that the runtime keeps for a chat."""
    return list(pathlib.Path(system.directory.name, "runs").glob(f"*{chat}*"))


# ----------------------------------------------------------------------------------------------------------- tasks


def test_errand_streams_its_run_and_stands_in_the_chat(system, chats):
    chat = chats.create()
    heard = list(chats.stream(chat, system.road_tax()))
    saved, changed = heard[0]["event"], heard[-1]["event"]
    assert saved["name"] == "message.saved" and "id" not in heard[0]
    assert (saved["value"]["message"]["content"], saved["value"]["is_steering"]) == (system.road_tax(), False)
    assert changed["name"] == "chat.changed" and changed["value"]["session"]["run"] is None
    run = saved["value"]["run_id"]
    events, numbers = of_run(heard, run)
    agui.check_order(events)
    assert numbers == list(range(1, len(heard) - 1))
    assert events[-1]["result"]["message"] == "Amount due: RM 70.00"
    assert {"path": "/check", "fields": {"plate": "WXY 1234", "kind": "Car"}} in system.received()

    messages = chats.messages(chat)
    assert texts(messages, "user") == [system.road_tax()] and texts(messages, "assistant") == ["Amount due: RM 70.00"]
    assert (messages[0]["role"], messages[-1]["kind"]) == ("user", "text")
    assert {each.get("run_id") for each in messages} == {run}
    assert len({each["id"] for each in messages}) == len(messages)
    times = [int(each["time"]) for each in messages]
    assert times == sorted(times) and len(set(times)) == len(times)
    session = chats.session(chat)
    assert session["message_count"] == len(messages) and session["preview"] == "Amount due: RM 70.00"
    # Addresses are left out of titles.
    assert session["title"].startswith("Fill Plate number with WXY 1234, click Check")


def test_steps_stand_in_the_chat_with_pictures(system, chats):
    chat = chats.create()
    chats.send(chat, system.road_tax())
    steps = [step for each in chats.settled(chat) if each["kind"] == "steps" for step in each["details"]["steps"]]
    assert {"navigate", "fill", "click"} <= {step["name"] for step in steps}
    filled = [step for step in steps if step["name"] == "fill"]
    assert all(step["id"] and step["status"] == "done" and step["address"].startswith("http") for step in filled)
    assert {"textbox"} == {step["elements"]["ref"]["role"] for step in filled}
    answers = [chats.call("GET", f"/api/sessions/{chat}/pictures/{step['id']}") for step in steps]
    pictures = [answer for answer in answers if answer.status_code == 200]
    assert pictures and all(answer.content.startswith(b"\xff\xd8\xff") for answer in pictures)
    assert {answer.headers["content-type"] for answer in pictures} == {"image/jpeg"}
    assert {answer.headers["vary"] for answer in pictures} == {"Authorization"}
    for answer in answers:
        if answer not in pictures:
            check_problem(answer, 404)
    check_problem(chats.call("GET", f"/api/sessions/{chat}/pictures/nothing"), 404)
    check_problem(chats.call("GET", f"/api/sessions/{chat}/pictures/..%2F..%2Frun.json"), 404)


def test_message_is_answered_at_once_without_a_stream(system, chats):
    chat = chats.create()
    response = chats.post(chat, system.road_tax("ABC 5678"))
    assert response.status_code == 202, response.text
    sent = response.json()
    assert (sent["message"]["role"], sent["message"]["kind"], sent["is_steering"]) == ("user", "text", False)
    assert chats.session(chat)["run"] == {"id": sent["run_id"], "state": "running"}
    assert texts(chats.settled(chat), "assistant") == ["Amount due: RM 90.00"]


def test_conversation_goes_on_in_its_chat(system, chats):
    chat = chats.create()
    chats.send(chat, "tell me the headline")
    [asked] = texts(chats.settled(chat), "assistant")
    assert asked.endswith("Which address should I open for that?")
    chats.send(chat, f"{system.demo}/offices")
    assert "headline" in texts(chats.settled(chat), "assistant")[1]


def test_run_goes_on_when_its_client_leaves(system, chats):
    chat = chats.create()
    with contextlib.closing(chats.stream(chat, system.road_tax())) as events:
        assert next(events)["event"]["name"] == "message.saved"
    assert texts(chats.settled(chat), "assistant") == ["Amount due: RM 70.00"]


def test_message_to_agents_at_work_steers_them(system, chats):
    chat = chats.create()
    run, _ = chats.busy(chat, system.demo)
    steering = chats.send(chat, "hello")
    assert (steering["is_steering"], steering["run_id"]) == (True, run)
    chats.stop(chat)
    messages = chats.settled(chat)
    assert texts(messages, "user")[1:] == ["hello"]
    assert {each.get("run_id") for each in messages} == {run}


# ----------------------------------------------------------------------------------------------------- idempotency


def test_many_posts_with_one_key_are_one_message_and_one_errand(system, chats):
    chat, text = chats.create(), system.road_tax("KEY 1")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: chats.post(chat, text, "one-key"), range(8)))
    assert {answer.status_code for answer in answers} <= {200, 202}
    assert len({answer.json()["message"]["id"] for answer in answers}) == 1
    assert len({answer.json()["run_id"] for answer in answers}) == 1
    assert texts(chats.settled(chat), "user") == [text]
    again = chats.send(chat, text, "one-key")
    assert again["message"] == chats.messages(chat)[0]
    assert chats.session(chat)["run"] is None and checks(system, "KEY 1") == 1


def test_repeated_key_attaches_to_its_run(system, chats):
    chat, text = chats.create(), system.road_tax("KEY 2")
    with contextlib.closing(chats.stream(chat, text, "key")) as first:
        run = next(first)["event"]["value"]["run_id"]
        heard = list(chats.stream(chat, text, "key"))
        assert heard[0]["event"]["value"]["run_id"] == run and is_end(of_run(heard, run)[0][-1])
    over = list(chats.stream(chat, text, "key"))
    assert over[0]["event"]["value"] == heard[0]["event"]["value"] and is_named("chat.changed")(over[-1]["event"])
    assert checks(system, "KEY 2") == 1


def test_short_run_is_streamed_whole_too(chats):
    chat = chats.create()
    for number in range(20):
        heard = list(chats.stream(chat, f"hello {number}"))
        events, numbers = of_run(heard, heard[0]["event"]["value"]["run_id"])
        agui.check_order(events)
        assert numbers == list(range(1, len(heard) - 1))


def test_key_of_another_text_is_refused(chats):
    chat = chats.create()
    chats.send(chat, "hello", "key")
    check_problem(chats.post(chat, "hello there", "key"), 422, "idempotency_mismatch")
    assert texts(chats.settled(chat), "user") == ["hello"]
    # Another chat doesn't share the key.
    other = chats.create()
    chats.send(other, "hello there", "key")
    assert texts(chats.settled(other), "user") == ["hello there"]


def test_messages_without_a_key_are_messages_of_their_own(chats):
    chat = chats.create()
    sent = []
    for _ in range(2):
        sent.append(chats.send(chat, "hello")["message"]["id"])
        chats.settled(chat)
    assert texts(chats.messages(chat), "user") == ["hello", "hello"] and len(set(sent)) == 2


# ------------------------------------------------------------------------------------------------ rename and delete


def test_rename_by_two_tabs_keeps_the_first(chats):
    chat = chats.create(title="One")
    version = chats.session(chat)["version"]
    renamed = chats.ask("PATCH", f"/api/sessions/{chat}", json={"title": "Two", "version": version})
    assert (renamed["title"], renamed["version"] > version) == ("Two", True)
    late = chats.call("PATCH", f"/api/sessions/{chat}", json={"title": "Three", "version": version})
    assert check_problem(late, 409, "conflict")["current"] == renamed == chats.session(chat)
    again = chats.ask("PATCH", f"/api/sessions/{chat}", json={"title": "Three", "version": renamed["version"]})
    assert again["title"] == "Three"


def test_title_that_was_given_is_not_taken_from_the_first_message(chats):
    chat = chats.create(title="Mine")
    chats.send(chat, "hello")
    chats.settled(chat)
    assert chats.session(chat)["title"] == "Mine"


def test_deleted_chat_leaves_nothing_behind(system, chats):
    chat, other = chats.create(), chats.create()
    for each in (chat, other):
        chats.send(each, system.road_tax(f"DEL {each[-6:]}"))
        chats.settled(each)
    assert files_of(system, chat) and files_of(system, other)
    assert chats.delete(chat).status_code == 204
    for method, path in (("GET", ""), ("GET", "/messages"), ("POST", "/stop"), ("GET", "/events")):
        check_problem(chats.call(method, f"/api/sessions/{chat}{path}"), 404)
    check_problem(chats.post(chat, "hello"), 404)
    check_problem(chats.call("PATCH", f"/api/sessions/{chat}", json={"title": "x", "version": 1}), 404)
    assert chat not in [each["id"] for each in chats.sessions(limit=100)["sessions"]]
    assert files_of(system, chat) == []
    for folder in ("runs", "memory"):
        for path in pathlib.Path(system.directory.name, folder).rglob("*"):
            assert not path.is_file() or f"DEL {chat[-6:]}".encode() not in path.read_bytes(), path
    assert chats.delete(chat).status_code == 204
    assert texts(chats.messages(other), "user") and files_of(system, other)


def test_chat_that_is_deleted_at_work_stays_deleted(system, chats):
    chat, others = chats.create(), set(system.browsers())
    chats.busy(chat, system.demo)
    assert chats.delete(chat).status_code == 204
    eventually(lambda: set(system.browsers()) <= others, "the end of the browser")
    check_problem(chats.call("GET", f"/api/sessions/{chat}"), 404)
    assert files_of(system, chat) == []


# ------------------------------------------------------------------------------------------------------------ events


def test_follower_gets_what_it_missed_and_every_later_run(system, chats):
    chat = chats.create()
    run, last = chats.busy(chat, system.demo)
    with contextlib.closing(chats.events(chat, f"{run}:{last}")) as events:
        heard = [next(events)]
        chats.stop(chat)
        while not is_named("chat.changed")(heard[-1]["event"]):
            heard.append(next(events))
        told, numbers = of_run(heard, run)
        assert numbers == list(range(last + 1, last + 1 + len(told))) and told[-1]["outcome"] == {"type": "cancelled"}
        for number in range(10):
            later, heard = chats.send(chat, f"hello {number}")["run_id"], []
            while not (told := of_run(heard, later)[0]) or not is_end(told[-1]):
                heard.append(next(events))
            assert of_run(heard, later)[1] == list(range(1, len(told) + 1))
            chats.settled(chat)


def test_follower_of_a_run_at_work_begins_at_its_beginning(system, chats):
    chat = chats.create()
    run, last = chats.busy(chat, system.demo)
    with contextlib.closing(chats.events(chat)) as events:
        heard = [next(events) for _ in range(last)]
    assert of_run(heard, run)[1] == list(range(1, last + 1))
    chats.stop(chat)


def test_quiet_stream_is_kept_alive(chats):
    chat = chats.create()
    response = chats.call("GET", f"/api/sessions/{chat}/events", stream=True)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert next(line for line in response.iter_lines() if line).startswith(b":")
    response.close()
