"""The runtime's system calls on its files, observed with a shim that can also make them fail."""

import contextlib
import os
import pathlib

import pytest

import shims
from system import Container

PROMPT = {"prompt": "what can you do?", "session_id": "s"}


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    return shims.built("storage", tmp_path_factory.mktemp("storage"))


@contextlib.contextmanager
def runtime(shim, **environment):
    """A runtime, and the folder of the session's record with its real path."""
    program = Container(LD_PRELOAD=str(shim), **environment)
    try:
        yield program, f"{os.path.realpath(program.directory.name)}/runs/{PROMPT['session_id']}"
    finally:
        program.stop()


def test_saved_record_outlasts_a_loss_of_power(shim, tmp_path):
    calls = tmp_path / "calls"
    with runtime(shim, STORAGE_CALLS=str(calls)) as (program, folder):
        program.events(PROMPT)
        told = [line for line in calls.read_text().splitlines() if folder in line]
    # The content first, then its name, then the folder that contains the name.
    save = [f"fsync {folder}/run.json.new", f"rename {folder}/run.json", f"fsync {folder}"]
    assert told and told == save * (len(told) // 3)


def test_lock_that_fails_leaves_no_file_open(shim, tmp_path):
    no_locks = tmp_path / "no-locks"
    no_locks.touch()
    with runtime(shim, NO_LOCKS=str(no_locks)) as (program, folder):
        assert program.events(PROMPT)[-1]["code"] == "storage"
        files = pathlib.Path(f"/proc/{program.process.pid}/fd").iterdir()
        assert not [target for target in map(os.path.realpath, files) if target.startswith(folder)]
