"""Recipes: a task is done once, saved by one command, and repeated with other values and without a model."""

import http.server
import json
import os
import pathlib
import subprocess
import threading

import jsonschema
import pytest

from backend import UNHURRIED
from system import BUILD, DEADLINE, System

ROOT = pathlib.Path(__file__).parents[2]
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
    assert "road-tax\ttried\t127.0.0.1\tplate\n" in listed.stdout


def test_page_with_a_decoy_is_left_alone(saved, system, tmp_path):
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
        decoy = json.loads(recipe(saved, "show", "road-tax").stdout.replace(system.demo, origin)) | {"name": "decoy"}
        # The site has no banner.
        decoy["steps"] = [step for step in decoy["steps"] if step.get("at", {}).get("name") != "Only necessary"]
        for step in decoy["steps"]:
            step.pop("then", None)
        path = tmp_path / "decoy.json"
        path.write_text(json.dumps(decoy))
        assert recipe(saved, "import", path).returncode == 0
        run = recipe(saved, "run", "decoy", "plate=ABC 5678", origin=origin)
        server.shutdown()
    assert run.returncode == 1 and "the page has 2 of button \"Check\"" in run.stdout + run.stderr, run
    assert received == []


@pytest.mark.parametrize("arguments, words", [
    (["run", "nothing"], "There is no recipe 'nothing'. There are: "), (["run", "road-tax"], "needs plate="),
    (["run", "road-tax", "plate=my car"], "doesn't fit"), (["promote", "road-tax"], "no suggestion"),
    (["rollback", "road-tax"], "never changed"), (["import", "/nothing"], "can't be read"),
    (["test", "road-tax"], "no recipe of the demo site"),
    (["save", "no-session", "x"], "no task of the browser agent"), (["run", "road-tax", "plate"], "is not NAME=VALUE"),
])
def test_what_cannot_be_is_said(saved, arguments, words):
    run = recipe(saved, *arguments)
    assert run.returncode != 0 and words in run.stderr, run.stderr


def test_recipe_is_exported_compared_imported_and_deleted(saved, tmp_path):
    file = tmp_path / "mine.json"
    assert recipe(saved, "export", "road-tax", file).returncode == 0
    assert recipe(saved, "export", "road-tax", file).returncode != 0, "a file is never overwritten"
    assert recipe(saved, "diff", "road-tax", file).returncode == 0
    file.write_text(file.read_text().replace("Amount due", "Amount"))
    differences = recipe(saved, "diff", "road-tax", file)
    assert differences.returncode == 1 and "- " in differences.stdout and '+ ' in differences.stdout
    file.write_text(file.read_text().replace('"road-tax"', '"mine"'))
    assert recipe(saved, "import", file).stdout == "Kept as mine\n"
    file.write_text(file.read_text().replace('"do" : "fill"', '"do" : "fly"'))
    wrong = recipe(saved, "import", file)
    assert wrong.returncode != 0 and "mine.json:" in wrong.stderr
    assert recipe(saved, "rm", "mine").returncode == 0
    assert "mine" not in recipe(saved, "list").stdout


def test_recipes_lie_encrypted(saved):
    kept = [path for path in pathlib.Path(saved).rglob("*") if path.is_file() and "vault" in str(path)]
    assert kept and not any(b"Plate number" in path.read_bytes() for path in kept)


def test_published_schema_fits_what_is_recorded_and_what_is_shipped(saved):
    schema = json.loads((ROOT / "docs" / "recipe.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    shipped = [json.loads(path.read_text()) for path in (ROOT / "Sources" / "DemoSite" / "Recipes").glob("*.json")]
    assert len(shipped) > 10
    for each in [json.loads(recipe(saved, "show", "road-tax").stdout)] + shipped:
        validator.validate(each)
    for change in ({"steps": []}, {"recipe": 7}, {"extra": 1}, {"name": "../x"}, {"sites": ["https://x"]}):
        assert not validator.is_valid(shipped[0] | change), change
