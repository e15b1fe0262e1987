"""Checks of the image that an engine has built, where there is an engine: what it says of itself, and how it runs.
Run by `make built-image-check`; CONTAINER_ENGINE is docker or podman, PLATFORM what it was built for."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
import requests

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "Peers"))
from agent import eventually  # noqa: E402
from ports import free_port  # noqa: E402

ENGINE = os.environ.get("CONTAINER_ENGINE", "docker")
PLATFORM = os.environ.get("PLATFORM", "linux/arm64")
IMAGE = "ai4ai/runtime"
# Unpacked; compressed it is a third.
MOST_BYTES = 90_000_000
DEADLINE = 60


def engine(*arguments):
    return subprocess.run([ENGINE, *arguments], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def image():
    return json.loads(engine("image", "inspect", IMAGE))[0]


@pytest.fixture(scope="module")
def container():
    """One that may do nothing and write nowhere but in /tmp."""
    port = free_port()
    name = f"ai4ai-check-{port}"
    process = subprocess.Popen([
        ENGINE, "run", "--rm", "--name", name, "--network", "host", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "all",
        "--security-opt", "no-new-privileges", "--env", f"AI4AI_PORT={port}", IMAGE])
    yield f"http://127.0.0.1:{port}", name, process
    process.terminate()
    assert process.wait(DEADLINE) == 0


def ping(url):
    try:
        return requests.get(f"{url}/ping", timeout=DEADLINE).json()
    except requests.ConnectionError:
        return None


def test_it_is_for_its_platform(image):
    assert f"{image['Os']}/{image['Architecture']}" == PLATFORM


def test_it_is_small_and_has_few_layers(image):
    assert image["Size"] <= MOST_BYTES and len(image["RootFS"]["Layers"]) <= 2


def test_it_says_how_it_is_run(image):
    config = image["Config"]
    assert config["User"] == "1000:1000" and list(config["ExposedPorts"]) == ["8080/tcp"]
    assert config["Entrypoint"] == ["/usr/bin/ai4ai-runtime"] and not config.get("Cmd")
    assert image.get("StopSignal", config.get("StopSignal")) in ("SIGTERM", "15")
    assert (config.get("Healthcheck") or image.get("Healthcheck"))["Test"][1:] == ["/usr/bin/ai4ai-runtime", "healthcheck"]
    assert not [variable for variable in config["Env"] if "KEY" in variable or "SECRET" in variable]


def test_it_answers_its_platform_and_is_found_healthy(container):
    url, name, process = container
    assert eventually(lambda: process.poll() is None and ping(url), DEADLINE)["status"] == "Healthy"
    engine("exec", name, "/usr/bin/ai4ai-runtime", "healthcheck")


def test_it_answers_a_prompt(container):
    url, _, _ = container
    answer = requests.post(f"{url}/invocations", json={"prompt": "hello"}, timeout=DEADLINE)
    assert answer.json()["status"] == "completed", answer.text
