"""Recipes: a task is done once, saved by one command, and repeated with other values and without a model."""

import http.server
import json
import os
import subprocess
import threading

import pytest

from backend import UNHURRIED
from system import BUILD, DEADLINE, System

TASK = "open {0}, fill Plate number with WXY 1234, click Check, tell me the amount due"


def recipe(directory, *arguments, origin=""):
    environment = os.environ | {
        "AI4AI_STORAGE_DIRECTORY": str(directory), "AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS": origin,
        # There is no model to ask.
        "AI4AI_MODEL": "nobody", "AI4AI_MODEL_URL": "http://127.0.0.1:9/v1"}
    return subprocess.run(
        [BUILD / "ai4ai", "recipe", *arguments], capture_output=True, text=True, timeout=DEADLINE, env=environment)


@pytest.fixture(scope="module")
def system():
    running = System(**UNHURRIED)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def saved(system):
    """The directory with the recipe of the demo task."""
    run = subprocess.run(
        [BUILD / "ai4ai", "invoke", "--url", system.url, "--json", TASK.format(system.demo)], capture_output=True,
        text=True, timeout=DEADLINE, check=True)
    session = json.loads(run.stdout)["session_id"]
    save = recipe(system.directory.name, "save", session, "road-tax", "plate=WXY 1234")
    assert save.returncode == 0, save.stderr
    assert "WXY" not in save.stdout
    return system.directory.name


def test_task_is_repeated_with_another_plate_and_without_a_model(system, saved):
    run = recipe(saved, "run", "road-tax", "plate=ABC 5678", origin=system.demo)
    assert (run.returncode, run.stdout.strip()) == (0, "Amount due: RM 90.00"), run.stderr
    listed = recipe(saved, "list")
    assert listed.stdout.split("\t") == ["road-tax", "127.0.0.1", "plate\n"]


def test_page_with_a_decoy_is_left_alone(saved, system):
    received = []

    class Decoy(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = ("<h1>Road tax</h1><form method=post action=/check><label>Plate number<input name=plate></label>"
                    "<button>Only necessary</button><button>Check</button></form>"
                    "<form method=post action=/other><button>Check</button></form>").encode()
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            received.append(self.path)
            self.do_GET()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Decoy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        origin = f"http://127.0.0.1:{server.server_port}"
        path = os.path.join(saved, "recipes", "road-tax.json")
        with open(path) as file:
            decoy = json.loads(file.read().replace(system.demo, origin)) | {"name": "decoy"}
        # The site has no banner.
        decoy["steps"] = [step for step in decoy["steps"] if step.get("at", {}).get("name") != "Only necessary"]
        with open(os.path.join(saved, "recipes", "decoy.json"), "w") as file:
            json.dump(decoy, file)
        run = recipe(saved, "run", "decoy", "plate=ABC 5678", origin=origin)
        server.shutdown()
    assert run.returncode == 1 and "the page has 2 of button \"Check\"" in run.stdout + run.stderr, run
    assert received == []


@pytest.mark.parametrize("arguments, words", [
    (["run", "nothing"], "There is no recipe 'nothing'. There are: "), (["run", "road-tax"], "needs plate="),
    (["save", "no-session", "x"], "no task of the browser agent"), (["run", "road-tax", "plate"], "is not NAME=VALUE"),
])
def test_what_cannot_be_is_said(saved, arguments, words):
    run = recipe(saved, *arguments)
    assert run.returncode != 0 and words in run.stderr, run.stderr
