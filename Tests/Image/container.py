"""The image's program, started as an engine starts it."""

import os
import pathlib
import subprocess
import sys
import time

import requests

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "Peers"))
from ports import free_port  # noqa: E402

ROOT = pathlib.Path(os.environ["IMAGE_ROOT"])
IN_IMAGE = pathlib.Path(__file__).with_name("in-image.sh")
DEADLINE = 60


def start(port, *arguments, around=(), **environment):
    """Starts it; `around` is a command that watches it."""
    return subprocess.Popen(
        [*around, IN_IMAGE, "/usr/bin/ai4ai-runtime", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, env={
            "PATH": os.environ["PATH"], "IMAGE_ROOT": str(ROOT), "DOCKER_CONTAINER": "1", "HOME": "/tmp",
            "AI4AI_STORAGE_DIRECTORY": "/tmp/ai4ai", "AI4AI_PORT": str(port), **environment})


def start_with_input(*arguments):
    """Starts one of its commands that reads its input."""
    return subprocess.Popen(
        [IN_IMAGE, "/usr/bin/ai4ai-runtime", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env={"PATH": os.environ["PATH"], "IMAGE_ROOT": str(ROOT)})


def wait_until_healthy(process, port):
    end = time.monotonic() + DEADLINE
    while True:
        try:
            return requests.get(f"http://127.0.0.1:{port}/ping", timeout=DEADLINE)
        except requests.ConnectionError:
            assert process.poll() is None and time.monotonic() < end, "the container did not start"
            time.sleep(0.05)
