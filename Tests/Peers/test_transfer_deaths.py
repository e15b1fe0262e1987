"""A process that dies while a file or a sign-in is on its way: nothing that was acknowledged is lost, no half file is listed,
and nothing secret is left readable."""

import base64
import hashlib
import json
import os
import pathlib
import uuid

import pytest
import requests

from backend import Parts
from cloud import FILES, client, prepare, settings
from parking import answer
from system import Container, eventually, needs_failpoints

MEGABYTE = 1 << 20
pytestmark = needs_failpoints


@pytest.fixture
def container(site):
    container = Container(AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS=site.url)
    yield container
    container.stop()


def put(container, session, id, content, offset):
    part = content[offset:offset + MEGABYTE]
    return container.invoke({"session_id": session, "put_file": {
        "id": id, "name": "photo.bin", "offset": offset, "content": base64.b64encode(part).decode(),
        "last": offset + MEGABYTE >= len(content)}}).json()


def listed(container):
    """The descriptions of all kept files, each with its whole content beside it."""
    found = {}
    for path in pathlib.Path(container.directory.name).glob("files/*/*.json"):
        file = json.loads(path.read_text())["file"]
        assert path.with_suffix("").stat().st_size == file["size"]
        found[file["id"]] = file
    return found


def leftovers(container):
    """What lies beside the kept files."""
    return [path.name for path in pathlib.Path(container.directory.name).glob("files/*/*")
            if path.suffix != ".json" and not path.with_name(f"{path.name}.json").exists()]


@pytest.mark.parametrize("place, offset", [
    ("file-piece-written", 0), ("file-piece-written", MEGABYTE), ("file-piece-written", 2 * MEGABYTE),
    ("file-content-kept", 2 * MEGABYTE), ("file-written-aside", 2 * MEGABYTE)])
def test_upload_goes_on_at_the_piece_during_which_the_process_died(container, place, offset):
    session, id, content = str(uuid.uuid4()), str(uuid.uuid4()), os.urandom(2 * MEGABYTE + 17)
    for before in range(0, offset, MEGABYTE):
        assert put(container, session, id, content, before)["status"] == "running"
    with container.dying_at(place), pytest.raises(requests.RequestException):
        put(container, session, id, content, offset)
    container.restart()
    assert listed(container) == {}
    for rest in range(offset, len(content), MEGABYTE):
        last = put(container, session, id, content, rest)
    assert last["status"] == "completed", last
    assert container.content(session, last["file"]) == content
    assert list(listed(container)) == [id] and leftovers(container) == []


def test_upload_whose_backend_dies_is_not_listed_and_can_be_sent_again():
    parts = Parts()
    try:
        chat, content = parts.chats.create(), os.urandom(4 * MEGABYTE + 3)
        part = lambda: [path for path in pathlib.Path(parts.runtime.directory.name).glob("files/*/*.part")]

        def body():
            yield content[:3 * MEGABYTE]
            eventually(part, "the first pieces' arrival")
            parts.backend.kill()
            yield content[3 * MEGABYTE:]

        address = f"/api/sessions/{chat}/files"
        with pytest.raises(requests.ConnectionError):
            parts.chats.call("POST", address, params={"name": "photo.bin"}, data=body())
        parts.backend.restart()
        assert parts.chats.ask("GET", address) == {"files": []}
        sent = parts.chats.call("POST", address, params={"name": "photo.bin"}, data=content)
        assert sent.status_code == 201 and parts.chats.ask("GET", address)["files"] == [sent.json()]
        assert parts.chats.call("GET", f"{address}/{sent.json()['id']}").content == content
    finally:
        parts.stop()


def test_upload_to_s3_goes_on_where_the_process_died(peer, site):
    prepare(peer)
    container = Container(**settings(peer, site, AI4AI_MODEL=None, AI4AI_MEMORY_ID=None))
    try:
        session, id, content = str(uuid.uuid4()), str(uuid.uuid4()), os.urandom(1000)
        with container.dying_at("object-put"), pytest.raises(requests.RequestException):
            put(container, session, id, content, 0)
        s3 = client(peer, "s3")
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=FILES).get("Contents", [])]
        assert [key for key in keys if id in key and key.endswith(".json")] == []
        container.restart()
        file = put(container, session, id, content, 0)["file"]
        assert container.content(session, file) == content
        kept = [each for each in s3.list_objects_v2(Bucket=FILES)["Contents"] if id in each["Key"]]
        assert len(kept) == 2
    finally:
        container.stop()


@pytest.mark.parametrize("place", ["download-ended", "file-content-kept"])
def test_download_that_was_not_kept_leaves_nothing_and_can_be_done_again(container, site, place):
    session = str(uuid.uuid4())
    task = {"prompt": f"open {site.url}/result?plate=WXY+1234, click Receipt of 2025, tell me the receipt number in the file",
            "session_id": session}
    with container.dying_at(place), pytest.raises(requests.RequestException):
        container.invoke(task)
    eventually(lambda: not container.browsers(), "the end of the browser with its runtime")
    container.restart()
    assert listed(container) == {}
    done = container.invoke(task).json()
    assert "RT-2025-" in done["message"], done
    [file] = listed(container).values()
    assert file["name"] == "receipt-WXY1234-2025.pdf" and leftovers(container) == []
    receipt = requests.get(f"{site.url}/receipt?plate=WXY+1234&year=2025", timeout=30).content
    assert container.content(session, file) == receipt


# The value of the cookie that the demo site gives for a right password.
HALF = base64.urlsafe_b64encode(hashlib.sha256(b"member-half").digest()).rstrip(b"=")


def holds(container, text):
    """The files of the container that have the text. What Chromium itself wrote goes with its profile."""
    return [path for path in pathlib.Path(container.directory.name).rglob("*") if path.is_file() and text in path.read_bytes()]


def sign_in(container, site, session):
    """Gives the password, and returns the question about the code."""
    asked = container.invoke({
        "prompt": f"open {site.url}/members/sign-in, fill E-mail with aminah@example.com, fill Password with demo-password, "
        "click Sign in, tell me the points", "session_id": session, "user_id": "aminah"}).json()
    while asked["status"] == "interrupted" and asked["interrupts"][0]["reason"] == "confirmation":
        asked = container.invoke({
            "resume": [answer(each, approved=True) for each in asked["interrupts"]], "session_id": session,
            "user_id": "aminah"}).json()
    assert asked["status"] == "interrupted", asked
    [interrupt] = asked["interrupts"]
    assert interrupt["reason"] == "takeover", interrupt
    return interrupt


def kept(container):
    return container.invoke({"keeping": {"action": "list"}, "user_id": "aminah", "session_id": "kept"}).json()["items"]


# The writes while an answer is taken: of both agents' records, of the sign-in, and of the files around them.
WRITES = [pytest.param(f"file-written-aside {number}", marks=[] if number in (3, 4) else [pytest.mark.nightly])
          for number in range(1, 9)]


@pytest.mark.parametrize("place", ["sign-in-read", *WRITES])
def test_sign_in_whose_save_was_cut_off_leaves_no_plaintext_and_is_kept_the_next_time(container, site, place):
    session = str(uuid.uuid4())
    interrupt = sign_in(container, site, session)
    resume = {"resume": [answer(interrupt, stay_signed_in=True)], "session_id": session, "user_id": "aminah"}
    with container.dying_at(place), pytest.raises(requests.RequestException):
        container.invoke(resume)
    eventually(lambda: not container.browsers(), "the end of the browser with its runtime")
    container.restart()
    assert holds(container, HALF) == []
    # Kept as a whole, or not at all.
    assert [item["kind"] for item in kept(container)] in ([], ["sign_in"])
    session = str(uuid.uuid4())
    interrupt = sign_in(container, site, session)
    container.invoke({
        "resume": [answer(interrupt, stay_signed_in=True)], "session_id": session, "user_id": "aminah"})
    assert [(item["kind"], item["site"]) for item in kept(container)] == [("sign_in", "127.0.0.1")]
    eventually(lambda: holds(container, HALF) == [], "the end of the browser's own profile")
