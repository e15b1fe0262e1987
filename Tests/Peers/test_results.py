"""Results in a shape, on the command line and over HTTP, with a scripted model server."""

import json
import subprocess

import pytest
import requests

from backend import UNHURRIED
from system import BUILD, DEADLINE, System
from test_page_hostile import Model

SCHEMA = {"type": "object", "properties": {"due": {"type": "number"}, "owner": {"type": "string"}}}


@pytest.fixture(scope="module")
def model():
    running = Model()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def system(model):
    running = System(**UNHURRIED, AI4AI_MODEL_URL=model.url, AI4AI_MODEL="scripted")
    yield running
    running.stop()


def invoke(system, schema):
    return subprocess.run(
        [BUILD / "ai4ai", "invoke", "--url", system.url, "--schema", schema, "What is due?"], capture_output=True,
        text=True, timeout=DEADLINE)


def test_command_prints_the_result_and_invents_nothing(system, model, tmp_path):
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA))
    leaf = {"value": 70, "at": "L1", "quote": "RM 70.00"}
    model.says(json.dumps({"result": {"due": leaf, "owner": {"value": None, "at": None, "quote": None}}}))
    run = invoke(system, tmp_path / "schema.json")
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    # No page was opened, so nothing says what the model says.
    assert result["value"] == {"due": None, "owner": None} and result["evidence"] == []
    assert [problem["path"] for problem in result["problems"]] == ["/due", "/owner"]


def test_schema_that_cannot_be_used_is_said_with_its_place(system, tmp_path):
    for text, words in [("{", "no JSON Schema"), ('{"type": "object", "properties": {"a": {"type": "x"}}}', "/a has an unknown type")]:
        (tmp_path / "schema.json").write_text(text)
        run = invoke(system, tmp_path / "schema.json")
        assert run.returncode == 1 and words in run.stderr, run.stderr


def test_task_over_http_has_its_result_in_the_answer(system, model):
    model.says(json.dumps({"result": {"due": {}, "owner": {}}}))
    answer = requests.post(
        system.url + "/invocations", json={"automation_task": {"goal": "Find it.", "result": SCHEMA}}, timeout=DEADLINE)
    assert answer.json()["result"]["value"] == {"due": None, "owner": None}
