"""Recipes repeated many times, and while their runtime dies: the answers stay right, memory stays flat, and nothing is done
twice."""

import concurrent.futures
import json
import os
import pathlib
import statistics
import time

import pytest

from parking import answer, named
from system import Container, needs_failpoints
from test_kills import die_at

RECIPES = pathlib.Path(__file__).parents[2] / "Sources/DemoSite/Recipes"
REPEATS = int(os.environ.get("REPEATS", "200"))
CARD = "4111111111111111"


def shipped(name, site):
    """A recipe of the demo site, as the user's own."""
    host = site.url.removeprefix("http://").partition(":")[0]
    text = (RECIPES / f"{name}.json").read_text()
    return text.replace("https://demo.example", site.url).replace("demo.example", host)


@pytest.fixture(scope="module")
def runtime(site):
    running = Container(AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS=site.url)
    for name in ("road-tax-price", "pay-road-tax"):
        kept = running.invoke({"session_id": named("recipes"), "recipes": {"action": "put", "recipe": shipped(name, site)}})
        assert kept.json()["status"] == "completed", kept.text
    yield running
    running.stop()


def task(name, **values):
    return {"automation_task": {"goal": "Repeat it.", "recipe": {"name": name, "values": values}}}


def memory(runtime):
    """What the runtime's process uses, in MB."""
    status = pathlib.Path(f"/proc/{runtime.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@pytest.mark.nightly
@pytest.mark.timeout(1200)
def test_two_hundred_repeats_with_twenty_plates_are_right_and_leave_the_memory_flat(runtime, capsys):
    def repeat(number):
        plate = number % 20 + 1
        told = runtime.invoke({"session_id": named(f"repeat-{number}"), **task("road-tax-price", plate=f"DEMO {plate}")})
        assert told.json()["message"] == f"The road tax of DEMO {plate} is RM {50 + plate}.00.", told.text
        usage = told.json().get("usage", {})
        assert usage.get("inputTokens", 0) + usage.get("outputTokens", 0) == 0
        return told.json()["seconds"]

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        seconds = list(pool.map(repeat, range(40)))
        before = memory(runtime)
        seconds += pool.map(repeat, range(40, REPEATS))
    after = memory(runtime)
    with capsys.disabled():
        print(f"\n{REPEATS} repeats: {statistics.median(seconds):.2f} s each; {before:.0f} MB after 40, {after:.0f} MB after all")
    assert after < before * 1.15 + 4


def test_a_step_of_a_recipe_costs_no_more_than_what_its_page_takes(runtime, capsys):
    """Prints the time between the steps, which is ours; no time decides."""
    times, ours, last = [], [], None
    for event in runtime.stream({"session_id": named("overhead"), **task("road-tax-price", plate="DEMO 7")}):
        now = time.monotonic()
        if event["type"] == "STEP_STARTED" and last:
            ours.append(now - last)
        if event["type"] == "STEP_FINISHED":
            last = now
        times.append(now)
    with capsys.disabled():
        print(f"\nbetween the steps of a recipe: {statistics.median(ours) * 1000:.1f} ms, at most {max(ours) * 1000:.1f} ms")
    assert len(ours) >= 4


def to_the_approval(runtime, session, site):
    """Repeats a payment up to its last question."""
    told = runtime.invoke({"session_id": session, **task("pay-road-tax", plate="WXY 1234")}).json()
    for payload in ({"card-number": CARD}, {"approved": True}, {"security-code": "123"}):
        [interrupt] = told["interrupts"]
        told = runtime.invoke({
            "session_id": session, "agent": "automation", "resume": [answer(interrupt, **payload)]}).json()
    [interrupt] = told["interrupts"]
    assert "RM 70.00" in json.dumps(interrupt) and CARD not in json.dumps(interrupt), interrupt
    return interrupt


# The failpoint after the approval, and the number of payments made by then.
PLACES = [("answer-taken", 0), ("call-begun", 0), ("call-done", 1), ("turn-saved", 1), ("run-ended", 1)]


@needs_failpoints
@pytest.mark.parametrize(
    "place, count",
    [pytest.param(*each, marks=[] if each[0] in ("call-begun", "call-done") else [pytest.mark.nightly]) for each in PLACES])
def test_repeated_payment_is_made_at_most_once_by_a_run_that_dies(site, place, count):
    runtime = Container(AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS=site.url)
    try:
        put = {"action": "put", "recipe": shipped("pay-road-tax", site)}
        assert runtime.invoke({"session_id": named("put"), "recipes": put}).json()["status"] == "completed"
        paid = len([each for each in site.received() if each["path"] == "/pay"])
        session = named(f"dies-{place}")
        interrupt = to_the_approval(runtime, session, site)
        resume = {"session_id": session, "agent": "automation", "resume": [answer(interrupt, approved=True)]}
        die_at(runtime, place, resume)
        runtime.restart()
        assert runtime.invoke(resume).json()["status"] == "failed"
        assert runtime.invoke({"session_id": session, "prompt": "what happened?"}).json()["status"] == "completed"
        assert len([each for each in site.received() if each["path"] == "/pay"]) - paid == count
        # It was begun, so nothing says that it went well.
        [recipe] = runtime.invoke({"session_id": named("list"), "recipes": {"action": "list"}}).json()["recipes"]
        assert recipe["state"] in ("draft", "tried")
    finally:
        runtime.stop()


def test_repeated_payment_asks_again_each_time_and_proves_itself(runtime, site):
    paid = len([each for each in site.received() if each["path"] == "/pay"])
    for time_ in range(2):
        session = named(f"pays-{time_}")
        interrupt = to_the_approval(runtime, session, site)
        told = runtime.invoke({
            "session_id": session, "agent": "automation", "resume": [answer(interrupt, approved=True)]}).json()
        assert told["message"] == "The road tax of WXY 1234 is paid.", told
    sent = [each["fields"] for each in site.received() if each["path"] == "/pay"][paid:]
    assert [each["card"] for each in sent] == [CARD] * 2
    assert CARD not in json.dumps(runtime.invoke(
        {"session_id": named("get"), "recipes": {"action": "get", "name": "pay-road-tax"}}).json())
