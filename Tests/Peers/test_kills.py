"""A runtime that dies in the middle of a payment: nothing is done twice, nothing is lost, nothing is left behind.

Kills it at each failpoint, with run records in files and in DynamoDB, and nightly also at random moments.
"""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import random
import re
import time

import boto3
import pytest
import requests

from awspeer.process import Peer
from parking import answer, ask_to_pay, payment, payments
from system import Container, eventually, needs_failpoints

KILLS = int(os.environ.get("KILLS", "30"))
SEED = int(os.environ.get("SEED", time.time_ns() % 1_000_000))


class Files:
    """Run records in files."""

    def environment(self):
        return {}

    def record(self, runtime, session):
        return json.loads(open(f"{runtime.directory.name}/runs/{session}/run.json").read())

    def stop(self):
        pass


class Dynamo:
    """Run records in the fake AWS's DynamoDB, which validates each request."""

    def __init__(self):
        self.peer = Peer()
        self.client = boto3.client(
            "dynamodb", region_name=self.peer.region, endpoint_url=self.peer.url,
            aws_access_key_id="AKIAPEERLONGLIVED000", aws_secret_access_key="peer-long-lived-secret")
        keys = [("session_id", "HASH", "S"), ("timestamp", "RANGE", "N")]
        self.client.create_table(
            TableName="ai4ai-chat-messages", BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind, _ in keys],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, _, kind in keys])

    def environment(self):
        return self.peer.environment(AI4AI_STORAGE="dynamodb")

    def record(self, runtime, session):
        key = {"session_id": {"S": f"run#{session}"}, "timestamp": {"N": "0"}}
        return json.loads(self.client.get_item(TableName="ai4ai-chat-messages", Key=key)["Item"]["record"]["S"])

    def stop(self):
        self.peer.stop()


@pytest.fixture(scope="module")
def stores():
    """One store of each class, created on first use."""
    with contextlib.ExitStack() as stack:
        made = {}

        def store(kind):
            if kind not in made:
                made[kind] = kind()
                stack.callback(made[kind].stop)
            return made[kind]

        yield store


@contextlib.contextmanager
def runtime_with(site, store):
    running = Container(AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS=site.url, **store.environment())
    try:
        yield running
    finally:
        running.stop()


def die_at(runtime, place, payload):
    """Sends a payload that makes the runtime die at this failpoint."""
    with runtime.dying_at(place), pytest.raises(requests.RequestException):
        runtime.invoke(payload)


def tool_blocks(message, kind):
    return [block[kind]["_0"] for block in message["content"] if kind in block]


def check_afterwards(runtime, site, store, session):
    """Starts the runtime again: it has the run, its record is complete, and no browser is left."""
    eventually(lambda: not runtime.browsers(), "the end of the browsers with their runtime")
    runtime.restart()
    told = runtime.invoke({"prompt": "what happened?", "session_id": session}).json()
    assert told["status"] in ("completed", "failed"), told
    record = store.record(runtime, session)
    calls = [each for message in record["transcript"] for each in tool_blocks(message, "toolCall")]
    results = [each for message in record["transcript"] for each in tool_blocks(message, "toolResult")]
    assert [each["id"] for each in calls] == [each["callID"] for each in results]
    assert runtime.invoke({"prompt": f"open {site.url}/slow"}).json()["status"] == "completed"
    eventually(lambda: not runtime.browsers(), "the end of every browser")


# ----------------------------------------------------------------------------------------------------- failpoints

# In the order of a payment with a question: the failpoint, and which of its occurrences. Of the two agents, the
# coordinator comes first.
ASKING = [
    "record-opened", "record-opened 2", "run-begun", "run-begun 2", "file-written-aside 2", "call-begun", "call-begun 3",
    "call-done", "turn-saved", "run-parked", "run-parked 2",
]
# After the approval, with the number of payments made: the click is the second call to begin, and the first to finish.
ANSWERED = [
    ("answer-taken", 0), ("answer-taken 2", 0), ("call-begun", 0), ("call-begun 2", 0), ("call-done", 1),
    ("turn-saved", 1), ("run-ended", 1), ("call-done 2", 1), ("run-ended 2", 1),
]
# The cases of `make test`; the nightly tests run all failpoints with both stores.
SAMPLE = {
    Files: {"run-begun", "file-written-aside 2", "call-begun 3", "run-parked", "answer-taken", "call-done", "run-ended 2"},
    Dynamo: {"run-parked 2", "call-done"},
}


def cases(places):
    """Each failpoint with each store; DynamoDB doesn't write files."""
    for place in places:
        name = place[0] if isinstance(place, tuple) else place
        for kind in (Files, Dynamo):
            if kind is Files or not name.startswith("file-"):
                marks = [] if name in SAMPLE[kind] else [pytest.mark.nightly]
                yield pytest.param(place, kind, id=f"{name}-{kind.__name__.lower()}", marks=marks)


@needs_failpoints
@pytest.mark.parametrize("place, kind", [*cases(ASKING)])
def test_nothing_is_paid_by_a_run_that_dies_before_its_question_is_answered(site, stores, place, kind):
    store, session = stores(kind), f"asking-{place.replace(' ', '-')}"
    card = f"{kind.__name__} {place}"
    with runtime_with(site, store) as runtime:
        die_at(runtime, place, {"prompt": payment(site.url, card), "session_id": session})
        check_afterwards(runtime, site, store, session)
    assert not payments(site, card)


@needs_failpoints
@pytest.mark.parametrize("place, kind", [*cases(ANSWERED)])
def test_what_was_approved_is_paid_at_most_once_by_a_run_that_dies(site, stores, place, kind):
    (place, count), store = place, stores(kind)
    session, card = f"answered-{place.replace(' ', '-')}", f"{kind.__name__} {place}"
    with runtime_with(site, store) as runtime:
        interrupt = ask_to_pay(runtime, session, site.url, card)
        resume = {"resume": [answer(interrupt, approved=True)], "session_id": session}
        die_at(runtime, place, resume)
        assert len(payments(site, card)) == count
        check_afterwards(runtime, site, store, session)
        assert runtime.invoke(resume).json()["code"] == "stale_answer"
    assert len(payments(site, card)) == count


def test_every_failpoint_of_the_runtime_is_reached_by_a_test():
    source = (pathlib.Path(__file__).parents[2] / "Sources/AgentEvents/Failpoint.swift").read_text()
    named = set(re.findall(r'case \w+ = "([a-z-]+)"', source))
    tried = {place.split()[0] for place in [*ASKING, *(place for place, _ in ANSWERED)]}
    # The test below and the tests of the deaths of the backend and of files reach these.
    assert named == tried | {
        "chunks-put", "message-kept", "end-heard", "file-piece-written", "file-content-kept", "object-put", "download-ended",
        "sign-in-read"}


@needs_failpoints
def test_large_record_of_which_only_a_part_was_written_is_as_it_was_before(site, stores):
    store = stores(Dynamo)
    with runtime_with(site, store) as runtime:
        before = runtime.invoke({"prompt": "hello", "session_id": "large"}).json()
        assert before["status"] == "completed"
        die_at(runtime, "chunks-put", {"prompt": "hello " + "x" * 500_000, "session_id": "large"})
        runtime.restart()
        again = runtime.invoke({"prompt": "hello again", "session_id": "large"}).json()
        assert again["status"] == "completed", again
        texts = [block["text"]["_0"] for each in store.record(runtime, "large")["transcript"]
                 for block in each["content"] if "text" in block]
        assert "hello" in texts and "hello again" in texts and not any("xxx" in text for text in texts)


# ---------------------------------------------------------------------------------------------------- random moments


def kill_somewhere(number, site, store):
    """Kills the process of one task at a random moment, and checks what is true afterwards."""
    chance = random.Random(f"{SEED} {number}")
    session, card = f"killed-{number}", f"{type(store).__name__}{number}"
    with runtime_with(site, store) as runtime:
        is_resumed = number % 3 == 0
        if is_resumed:
            interrupt = ask_to_pay(runtime, session, site.url, card)
            payload = {"resume": [answer(interrupt, approved=True)], "session_id": session}
        else:
            payload = {"prompt": payment(site.url, card), "session_id": session}
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            request = pool.submit(lambda: runtime.invoke(payload).json())
            time.sleep(chance.uniform(0, 1.2 if is_resumed else 5))
            runtime.kill()
            with contextlib.suppress(requests.RequestException):
                request.result()
        check_afterwards(runtime, site, store, session)
        if is_resumed:
            assert runtime.invoke(payload).json()["code"] == "stale_answer"
    assert len(payments(site, card)) <= (1 if is_resumed else 0)


@pytest.mark.nightly
@pytest.mark.parametrize("kind", [Files, Dynamo])
def test_process_killed_anywhere_does_nothing_twice_and_leaves_nothing_behind(site, stores, kind):
    print(f"SEED={SEED} KILLS={KILLS}")
    store = stores(kind)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda number: kill_somewhere(number, site, store), range(KILLS)))
