"""The files of chats in S3: they outlive the process that kept them, and are gone with their session."""

import base64
import hashlib
import os
import uuid

import pytest

from cloud import FILES, client, prepare, settings
from system import Container

PIECE = 1 << 20


@pytest.fixture(scope="module")
def aws(peer):
    prepare(peer)
    return peer


@pytest.fixture
def container(aws, site):
    container = Container(**settings(aws, site))
    yield container
    container.stop()


def stored(aws, suffix=""):
    s3 = client(aws, "s3")
    found = s3.list_objects_v2(Bucket=FILES).get("Contents", [])
    return {each["Key"]: s3.get_object(Bucket=FILES, Key=each["Key"])["Body"].read() for each in found
            if each["Key"].endswith(suffix)}


def put(container, session, content, name="letter.txt", id=None, begin=0):
    """Attaches a file in pieces; returns the last answer."""
    id = id or str(uuid.uuid4())
    for offset in range(begin, max(len(content), 1), PIECE):
        part = content[offset:offset + PIECE]
        answer = container.invoke({"session_id": session, "user_id": "aminah", "put_file": {
            "id": id, "name": name, "offset": offset, "content": base64.b64encode(part).decode(),
            "last": offset + PIECE >= len(content)}}).json()
    return answer


def test_attached_file_outlives_the_process_that_took_it(aws, site):
    content, session = os.urandom(3 * PIECE + 17), str(uuid.uuid4())
    first = Container(**settings(aws, site))
    answer = put(first, session, content, "photo.bin")
    assert answer["status"] == "completed", (answer, first.logged[-1500:])
    file = answer["file"]
    first.kill()
    [kept] = stored(aws, file["id"]).values()
    assert hashlib.sha256(kept).digest() == hashlib.sha256(content).digest()
    second = Container(**settings(aws, site))
    try:
        assert second.content(session, file, user_id="aminah") == content
        # Names stay unique among all files of the session, wherever they were kept.
        assert put(second, session, b"x", "photo.bin")["file"]["name"] == "photo (2).bin"
    finally:
        second.stop()


def test_files_are_gone_with_their_session(aws, container):
    session, other = str(uuid.uuid4()), str(uuid.uuid4())
    gone, kept = put(container, session, b"one")["file"], put(container, other, b"two")["file"]
    forgotten = container.invoke({"session_id": session, "user_id": "aminah", "control": {"action": "forget"}}).json()
    assert forgotten["status"] == "completed", forgotten
    assert stored(aws, gone["id"]) == {} and stored(aws, f"{gone['id']}.json") == {}
    assert list(stored(aws, kept["id"]).values()) == [b"two"]


def test_removed_file_is_gone_from_the_bucket_and_other_processes(aws, site, container):
    session = str(uuid.uuid4())
    gone, kept = put(container, session, b"one", "a.txt")["file"], put(container, session, b"two", "b.txt")["file"]
    def ask(container, **request):
        return container.invoke({"session_id": session, "user_id": "aminah", "file": request}).json()
    aws.fault("DeleteObject", status=403, error="AccessDenied", message="no", times=1)
    assert ask(container, action="remove", id=gone["id"])["code"] == "files_unusable"
    assert container.content(session, gone, user_id="aminah") == b"one"
    assert ask(container, action="remove", id=gone["id"])["status"] == "completed"
    assert stored(aws, gone["id"]) == {} and stored(aws, f"{gone['id']}.json") == {}
    second = Container(**settings(aws, site))
    try:
        assert ask(second, action="list")["files"] == [kept]
        assert ask(second, action="remove", id=gone["id"])["code"] == "no_such_file"
        # One whose content is not on this machine.
        assert ask(second, action="remove", id=kept["id"])["status"] == "completed"
        assert stored(aws, kept["id"]) == {}
    finally:
        second.stop()


def test_file_that_cannot_be_stored_is_not_kept_and_the_last_piece_can_be_repeated(aws, container):
    session, id = str(uuid.uuid4()), str(uuid.uuid4())
    aws.fault("PutObject", status=403, error="AccessDenied", message="arn:aws:s3:::secret-place", times=1)
    failed = put(container, session, b"once", id=id)
    assert (failed["status"], failed["code"]) == ("failed", "files_unusable")
    assert "secret-place" not in failed["message"] and stored(aws, id) == {}
    assert put(container, session, b"once", id=id)["status"] == "completed"
    assert list(stored(aws, id).values()) == [b"once"]


def test_file_that_was_refused_is_gone_when_the_upload_is_abandoned(aws, container):
    session, id = str(uuid.uuid4()), str(uuid.uuid4())
    aws.fault("PutObject", status=403, error="AccessDenied", message="no", times=1)
    assert put(container, session, b"never", id=id)["status"] == "failed"
    container.invoke({"session_id": session, "user_id": "aminah", "put_file": {
        "id": id, "name": "letter.txt", "offset": 0, "content": "", "last": False, "abandoned": True}})
    assert stored(aws, id) == {}
    assert put(container, session, b"other")["file"]["name"] == "letter.txt"


def test_repeated_piece_of_a_kept_file_is_harmless_also_in_another_process(aws, site):
    session, id = str(uuid.uuid4()), str(uuid.uuid4())
    first = Container(**settings(aws, site))
    assert put(first, session, b"once", id=id)["status"] == "completed"
    first.kill()
    second = Container(**settings(aws, site))
    try:
        aws.clear_requests()
        again = put(second, session, b"once", id=id)
        assert (again["status"], again["file"]["id"]) == ("completed", id)
        assert not aws.requests("PutObject")
    finally:
        second.stop()


def test_bucket_out_of_reach_is_said_and_deletes_nothing_silently(aws, container):
    session = str(uuid.uuid4())
    file = put(container, session, b"content")["file"]
    aws.fault("ListObjectsV2", status=403, error="AccessDenied", message="no", times=1)
    forgotten = container.invoke({"session_id": session, "user_id": "aminah", "control": {"action": "forget"}}).json()
    assert forgotten["status"] == "failed"
    assert list(stored(aws, file["id"]).values()) == [b"content"]
    again = container.invoke({"session_id": session, "user_id": "aminah", "control": {"action": "forget"}}).json()
    assert again["status"] == "completed" and stored(aws, file["id"]) == {}


def test_file_of_another_user_is_refused(aws, container):
    session = str(uuid.uuid4())
    file = put(container, session, b"mine")["file"]
    answer = container.invoke({"session_id": session, "user_id": "eve", "file": {
        "id": file["id"], "offset": 0, "count": 10}}).json()
    assert answer["code"] == "forbidden" and "content" not in answer
