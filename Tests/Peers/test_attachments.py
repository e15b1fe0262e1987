"""Files that people attach: uploaded in the ways that clients know, and given to a website byte for byte."""

import base64
import hashlib
import json
import os
import pathlib
import subprocess
import uuid

import pytest
import requests

from backend import check_problem
from system import BUILD, DEADLINE, Container

CARD = b"Aminah binti Ali, 900101-14-5678"


def upload(chats, chat, **how):
    """Uploads a file as the requests library does."""
    return chats.call("POST", f"/api/sessions/{chat}/files", **how)


@pytest.mark.parametrize("how", [
    {"files": {"document": ("../identity card.txt", CARD, "text/html")}, "data": {"note": "mine"}},
    {"params": {"name": "identity card.txt"}, "data": CARD},
    {"params": {"name": "identity card.txt"}, "data": iter([CARD[:5], CARD[5:]])},
], ids=["form", "body", "chunks"])
def test_file_is_kept_and_comes_back_byte_for_byte(chats, how):
    chat = chats.create()
    answer = upload(chats, chat, **how)
    assert answer.status_code == 201, answer.text
    file = answer.json()
    assert file == {
        "id": file["id"], "name": "identity card.txt", "type": "text/plain", "size": len(CARD), "attached": True}
    back = chats.call("GET", f"/api/sessions/{chat}/files/{file['id']}")
    assert back.content == CARD
    assert back.headers["Content-Security-Policy"].startswith("sandbox")


def test_large_file_comes_back_whole(chats):
    content = os.urandom(9_000_001)
    chat = chats.create()
    file = upload(chats, chat, files={"a": ("large.bin", content)}).json()
    back = chats.call("GET", f"/api/sessions/{chat}/files/{file['id']}")
    assert hashlib.sha256(back.content).digest() == hashlib.sha256(content).digest()


@pytest.mark.parametrize("how, status", [
    ({"data": CARD}, 400),
    ({"files": {"a": ("a.txt", b"1"), "b": ("b.txt", b"2")}}, 400),
    ({"files": {"a": (None, "no file")}}, 400),
    ({"data": b"--x\r\nbroken", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 400),
    ({"params": {"name": "large"}, "data": bytes(53_000_000)}, 413),
], ids=["no name", "two files", "no file", "broken form", "too large"])
def test_upload_that_does_not_fit_is_refused_and_nothing_is_kept(chats, how, status):
    chat = chats.create()
    assert upload(chats, chat, **how).status_code == status


def test_uploads_that_fail_leave_their_room(system, chats):
    chat = chats.create()
    for _ in range(3):
        assert upload(chats, chat, files={"a": ("a", bytes(2_000_000)), "b": ("b", b"")}).status_code == 400
    assert not list(pathlib.Path(system.directory.name).glob("files/*/*.part"))


def test_chat_that_is_deleted_during_an_upload_stays_deleted(system, chats):
    chat, before = chats.create(), len(list(pathlib.Path(system.directory.name).glob("files/*")))

    def slowly():
        yield bytes(10)
        assert chats.delete(chat).status_code == 204
        yield bytes(10)

    assert upload(chats, chat, params={"name": "late.txt"}, data=slowly()).status_code == 404
    assert len(list(pathlib.Path(system.directory.name).glob("files/*"))) == before


def test_message_takes_files_along_and_they_reach_the_website(system, chats):
    chat = chats.create()
    file = upload(chats, chat, params={"name": "card.txt"}, data=CARD).json()
    text = (f"open {system.demo}/documents, upload card.txt to Identity card, click Send document, "
            "tell me what we received")
    sent = chats.call("POST", f"/api/sessions/{chat}/messages", json={"text": text, "files": [file["id"]]})
    assert sent.status_code == 202, sent.text
    assert sent.json()["message"]["details"] == {"files": [file]}
    for _ in range(2):
        chats.answer(chat, chats.asked(chat), approved=True)
    digest = hashlib.sha256(CARD).hexdigest()
    assert digest in chats.settled(chat)[-1]["content"]


def test_message_repeated_with_other_files_is_refused(chats):
    chat = chats.create()
    files = [upload(chats, chat, params={"name": "a.txt"}, data=CARD).json()["id"] for _ in range(2)]
    key = {"Idempotency-Key": "one"}
    for ids, status in [(files[:1], 202), (files[:1], 202), (files, 422), ([], 422)]:
        answer = chats.call(
            "POST", f"/api/sessions/{chat}/messages", json={"text": "hello", "files": ids}, headers=key)
        assert answer.status_code == status, answer.text


def test_message_with_a_file_of_another_chat_is_refused(chats):
    one, other = chats.create(), chats.create()
    file = upload(chats, one, params={"name": "a.txt"}, data=CARD).json()["id"]
    answer = chats.call("POST", f"/api/sessions/{other}/messages", json={"text": "hello", "files": [file]})
    check_problem(answer, 404, "no_such_file")


def test_deleted_chat_keeps_no_files(chats):
    chat = chats.create()
    file = upload(chats, chat, params={"name": "a.txt"}, data=CARD).json()["id"]
    chats.call("DELETE", f"/api/sessions/{chat}")
    assert chats.call("GET", f"/api/sessions/{chat}/files/{file}").status_code == 404


# ------------------------------------------------------------------------------------------------------------ the page


def attach(person, *files):
    with person.tab.expect_file_chooser() as chooser:
        person.click("button", "Attach files")
    chooser.value.set_files([
        {"name": name, "mimeType": "text/plain", "buffer": content} for name, content in files])


def send(system, field="Identity card"):
    return (f"open {system.demo}/documents, upload card.txt to {field}, click Send document, "
            "tell me what we received")


def test_person_attaches_a_file_and_it_reaches_the_website(system, chats, person):
    attach(person, ("card.txt", CARD), ("other.txt", b"not this one"))
    person.click("button", "Remove other.txt")
    person.say(send(system))
    person.ref("heading", "card.txt")
    person.sees("“card.txt”")
    person.click("button", "Approve.*")
    person.misses("“card.txt”?")
    person.click("button", "Approve.*")
    person.sees(hashlib.sha256(CARD).hexdigest())
    [said] = [each for each in chats.settled(person.chat) if each["role"] == "user" and each["kind"] == "text"]
    assert [file["name"] for file in said["details"]["files"]] == ["card.txt"]
    # The stored chat shows the file with its message.
    person.reload()
    person.ref("heading", "card.txt")


def drop(person, *files):
    """Drops files on the page as a person does, as far as a script can."""
    person.ref("button", "Attach files")
    person.evaluate(f"""(() => {{
        const dataTransfer = new DataTransfer();
        for (const [name, text] of {[list(file) for file in files]}) dataTransfer.items.add(new File([text], name));
        for (const type of ["dragover", "drop"])
            document.querySelector("#messages").dispatchEvent(
                new DragEvent(type, {{ bubbles: true, cancelable: true, dataTransfer }}));
    }})()""")


def paste(person, *files, text=None):
    person.ref("button", "Attach files")
    person.evaluate(f"""(() => {{
        const clipboardData = new DataTransfer();
        for (const [name, text] of {[list(file) for file in files]}) clipboardData.items.add(new File([text], name));
        if ({json.dumps(text)}) clipboardData.setData("text/plain", {json.dumps(text)});
        document.querySelector("#composer-text").dispatchEvent(
            new ClipboardEvent("paste", {{ bubbles: true, cancelable: true, clipboardData }}));
    }})()""")


def test_files_are_dropped_and_pasted_too(person):
    drop(person, ("one.txt", "1"))
    paste(person, ("two.png", "2"))
    for name in ("one.txt", "two.png"):
        person.ref("button", f"Remove {name}")
    # Office programs put a picture beside the text that is pasted.
    paste(person, ("three.png", "3"), text="words")
    assert not person.has("button", "Remove three.png")


def test_files_that_are_too_many_or_too_large_are_said_at_once_and_the_rest_stays(person):
    person.ref("button", "Attach files")
    person.evaluate("""(() => {
        const input = document.querySelector("#composer input[type=file]");
        const large = new File([], "large.bin");
        Object.defineProperty(large, "size", { value: 60 << 20 });
        Object.defineProperty(input, "files", { value: [large, new File(["1"], "small.txt")], configurable: true });
        input.dispatchEvent(new Event("change"));
    })()""")
    person.sees("large.bin is too large. A file may have 50.0 MB.")
    person.ref("button", "Remove small.txt")
    drop(person, *[(f"{number}.txt", "1") for number in range(25)])
    person.sees("A message may have 20 files.")


def test_message_whose_file_cannot_be_uploaded_stays_with_its_file(system, person):
    person.tab.route("**/files?*", lambda route: route.abort())
    attach(person, ("card.txt", CARD))
    person.say("hello with a file")
    person.ref("button", "Try again")
    person.ref("button", "Remove card.txt")
    assert person.ref("textbox", "Message").input_value() == "hello with a file"
    person.tab.unroute("**/files?*")
    person.press("Enter")
    person.ref("heading", "card.txt")


# --------------------------------------------------------------------------------------------------------- the runtime


def test_command_attaches_files(system, tmp_path):
    large = os.urandom(1 << 20)
    (tmp_path / "card.txt").write_bytes(CARD)
    (tmp_path / "exact.bin").write_bytes(large)
    run = subprocess.run(
        [BUILD / "ai4ai", "invoke", "--url", system.url, "--json", "--file", tmp_path / "card.txt", "--file",
         tmp_path / "exact.bin", f"open {system.demo}, tell me the text in the file"],
        capture_output=True, text=True, timeout=DEADLINE, check=True)
    session = json.loads(run.stdout)["session_id"]
    kept = {path.read_bytes() for path in pathlib.Path(system.directory.name).glob("files/*/*")}
    assert {CARD, large} <= kept and session
    missing = subprocess.run(
        [BUILD / "ai4ai", "invoke", "--url", system.url, "--file", tmp_path / "none.txt", "hello"],
        capture_output=True, text=True, timeout=DEADLINE)
    assert missing.returncode == 1 and "none.txt can't be read" in missing.stderr


def invoke(system, thread, *parts):
    body = {
        "threadId": thread, "runId": f"run-{uuid.uuid4()}", "state": {}, "tools": [], "context": [],
        "forwardedProps": {}, "messages": [{"id": "1", "role": "user", "content": list(parts)}]}
    return requests.post(system.url + "/invocations", json=body, timeout=DEADLINE)


def test_command_attaches_what_comes_from_a_pipe_whole(system, tmp_path):
    (tmp_path / "large.bin").write_bytes(os.urandom(3_000_000))
    before = set(pathlib.Path(system.directory.name).glob("files/*/*.json"))
    subprocess.run(
        ["bash", "-c", f"'{BUILD}/ai4ai' invoke --url {system.url} --file <(cat {tmp_path}/large.bin) hello"],
        capture_output=True, timeout=DEADLINE, check=True)
    [new] = set(pathlib.Path(system.directory.name).glob("files/*/*.json")) - before
    assert new.with_suffix("").read_bytes() == (tmp_path / "large.bin").read_bytes()


def test_ag_ui_request_that_is_repeated_keeps_its_file_once(system):
    thread, run = str(uuid.uuid4()), f"run-{uuid.uuid4()}"
    part = {"type": "document", "source": {"type": "data", "value": base64.b64encode(CARD).decode(), "mimeType": "text/plain"}}
    body = {"threadId": thread, "runId": run, "messages": [
        {"id": "1", "role": "user", "content": [{"type": "text", "text": "hello"}, part]}]}
    for _ in range(3):
        assert requests.post(system.url + "/invocations", json=body, timeout=DEADLINE).ok
    kept = [json.loads(path.read_bytes())["file"]["name"]
            for path in pathlib.Path(system.directory.name).glob(f"files/{thread[:8]}*/*.json")]
    assert kept == ["attachment-1.txt"]


def test_parts_of_an_ag_ui_message_are_files(system):
    thread = str(uuid.uuid4())
    text = {"type": "text", "text": f"open {system.demo}, tell me the text in the file"}
    document = {
        "type": "document", "metadata": {"filename": "card.txt"},
        "source": {"type": "data", "value": base64.b64encode(CARD).decode(), "mimeType": "text/plain"}}
    answer = invoke(system, thread, text, document)
    assert answer.ok and CARD.decode() in answer.text
    [kept] = [path for path in pathlib.Path(system.directory.name).glob("files/*/*.json")
              if json.loads(path.read_bytes())["file"]["size"] == len(CARD)
              and path.parent.name.startswith(thread[:8])] or [None]
    file = {"type": "document", "source": {"type": "file", "value": kept.stem}} if kept else None
    assert file and CARD.decode() in invoke(system, thread, text, file).text


@pytest.mark.parametrize("source", [
    {"type": "url", "value": "http://169.254.169.254/latest"}, {"type": "url", "value": "file:///etc/passwd"},
    {"type": "data", "value": "not Base64!"}, {"type": "other", "value": "x"}, None,
])
def test_part_that_is_no_file_of_the_client_is_refused(system, source):
    answer = invoke(system, str(uuid.uuid4()), {"type": "text", "text": "hi"}, {"type": "image", "source": source})
    assert answer.status_code == 400


@pytest.mark.parametrize("piece", [
    {}, {"id": "../x", "name": "a", "offset": 0, "content": "QQ==", "last": True}, {"id": 1}, "x",
    {"id": str(uuid.uuid4()), "name": "a", "offset": 7, "content": "QQ==", "last": True},
])
def test_malformed_piece_is_refused(system, piece):
    answer = requests.post(
        system.url + "/invocations", json={"put_file": piece, "session_id": str(uuid.uuid4())}, timeout=DEADLINE)
    assert answer.status_code == 400 or answer.json()["code"] == "bad_file_piece"


def test_container_keeps_a_file_of_several_pieces():
    """It links FoundationEssentials only, other than the command."""
    container, session, id = Container(), str(uuid.uuid4()), str(uuid.uuid4())
    try:
        pieces = [b"a" * 1_000_000, b"b" * 17]
        for index, piece in enumerate(pieces):
            kept = container.invoke({"session_id": session, "put_file": {
                "id": id, "name": "long.txt", "offset": 1_000_000 * index, "last": index == 1,
                "content": base64.b64encode(piece).decode()}}).json()
        assert kept["file"]["size"] == 1_000_017, kept
        end = container.invoke({"session_id": session, "file": {"id": id, "offset": 999_999}}).json()
        assert base64.b64decode(end["content"]) == b"a" + b"b" * 17
    finally:
        container.stop()
