"""What people keep between tasks, in files: killed at a save, corrupt, without its key, and on a disk that takes nothing."""

import os
import pathlib
import subprocess

import pytest
import requests

from system import BUILD, DEADLINE, Container, needs_failpoints

SECRET = {"kind": "secret", "name": "password", "site": "https://tax.example", "value": "hunter2-blue"}


@pytest.fixture
def container():
    container = Container()
    yield container
    container.stop()


def keeping(container, user="aminah", **request):
    return container.invoke({"keeping": request, "user_id": user, "session_id": "kept"}).json()


def names(container):
    return [item["name"] for item in keeping(container, action="list")["items"]]


def files(container, ending):
    return list(pathlib.Path(container.directory.name, "vault").rglob(f"*{ending}"))


def holds(container, text):
    """Whether any file of the container's directory has the text."""
    return any(text in path.read_bytes() for path in pathlib.Path(container.directory.name).rglob("*") if path.is_file())


@needs_failpoints
def test_kill_in_the_middle_of_keeping_loses_nothing_that_was_acknowledged_and_leaves_no_plaintext(container):
    assert keeping(container, action="keep", secret={**SECRET, "name": "first"})["status"] == "completed"
    for name in ("second", "first"):
        with container.dying_at("file-written-aside"), pytest.raises(requests.RequestException):
            keeping(container, action="keep", secret={**SECRET, "name": name})
        container.restart()
        assert names(container) == ["first"] and not holds(container, b"hunter2")
    assert keeping(container, action="keep", secret={**SECRET, "name": "second"})["status"] == "completed"
    assert names(container) == ["first", "second"]
    assert keeping(container, action="forget_all")["items"] == []
    assert files(container, ".json") == files(container, ".new") == []


def test_file_that_is_broken_costs_only_itself(container):
    for name in ("one", "two"):
        keeping(container, action="keep", secret={**SECRET, "name": name})
    files(container, ".json")[0].write_text("{")
    assert len(names(container)) == 1
    assert keeping(container, action="forget_all")["items"] == [] and files(container, ".json") == []


def test_lost_key_is_told_and_what_is_kept_again_works(container):
    keeping(container, action="keep", secret=SECRET)
    pathlib.Path(container.directory.name, "vault.key").unlink()
    assert keeping(container, action="keep", secret=SECRET)["status"] == "completed"
    pathlib.Path(container.directory.name, "vault.key").write_bytes(b"short")
    failed = keeping(container, action="keep", secret=SECRET)
    assert failed["code"] == "vault_unusable" and "vault.key" not in failed["message"]
    # Tasks go on.
    assert container.invoke({"prompt": "hello", "user_id": "aminah"}).json()["status"] == "completed"


@pytest.mark.parametrize("user", ["x" * 300, "../other", "é" * 60, "AMINAH", "a\nb"])
def test_users_are_kept_apart_whatever_their_names(container, user):
    keeping(container, action="keep", secret=SECRET)
    assert keeping(container, user, action="list")["items"] == []
    assert keeping(container, user, action="keep", secret={**SECRET, "name": "theirs"})["status"] == "completed"
    assert keeping(container, user, action="forget_all")["items"] == []
    assert names(container) == ["password"]


def command(directory, *arguments, value=None, check=True):
    result = subprocess.run(
        [BUILD / "ai4ai", "kept", *arguments], input=value, text=True, capture_output=True, timeout=DEADLINE,
        env=os.environ | {"AI4AI_STORAGE_DIRECTORY": str(directory)})
    assert not check or result.returncode == 0, result.stderr
    return result.stdout if check else result.stderr


def test_commands_keep_list_and_forget_without_showing_a_value(tmp_path):
    assert command(tmp_path) == "Nothing is kept.\n"
    added = command(tmp_path, "add", "https://tax.example/login", "password", value="hunter2-blue\n")
    assert "https://tax.example  secret password  (not used yet)" in added
    listed = command(tmp_path, "list")
    assert listed == added and "hunter2" not in listed
    assert command(tmp_path, "list", "--user", "somebody") == "Nothing is kept.\n"
    assert "no address of a website" in command(tmp_path, "add", "ftp://x", "a", value="b\n", check=False)
    assert "Standard input is empty" in command(tmp_path, "add", "x.example", "a", value="", check=False)
    assert command(tmp_path, "forget", listed.split()[0]) == "Nothing is kept.\n"
    assert "pass --all" in command(tmp_path, "forget", check=False)
