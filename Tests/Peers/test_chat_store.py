"""Chats in DynamoDB: the rules of all chat stores, on tables with and without faults."""

import os
import re
import subprocess

import pytest

from system import BUILD

TESTS = BUILD.parent / "debug/ai4aiPackageTests.xctest"  # Release builds contain no tests.
DEADLINE = 1200
# The only words in expressions besides placeholders: any plain name might be a reserved word.
WORDS = {"AND", "OR", "SET", "REMOVE", "BETWEEN", "attribute_exists", "attribute_not_exists", "contains"}
ALWAYS = 1_000_000

FAULTS = {
    "throttled": [
        ("GetItem", {"error": "ProvisionedThroughputExceededException"}), ("Query", {"error": "ThrottlingException"}),
        ("TransactWriteItems", {"error": "RequestLimitExceeded"}),
        ("TransactWriteItems", {"reason": "ProvisionedThroughputExceeded"}), ("UpdateItem", {"status": 503}),
        ("PutItem", {"error": "InternalServerError", "status": 500}), ("DeleteItem", {"error": "ThrottlingException"}),
        ("BatchWriteItem", {"unprocessed": True, "every": 1}),
    ],
    "in the way": [
        ("TransactWriteItems", {"reason": "TransactionConflict"}),
        *((name, {"error": "TransactionConflictException"}) for name in ("UpdateItem", "PutItem", "DeleteItem")),
    ],
    # The conflicting item no longer exists when the store looks for it.
    "refused for nothing": [
        ("TransactWriteItems", {"reason": "ConditionalCheckFailed"}),
        *((name, {"error": "ConditionalCheckFailedException"}) for name in ("UpdateItem", "PutItem")),
    ],
    "lost": [
        *((name, {"drop": True}) for name in ("GetItem", "Query")),
        # Far enough apart that they don't hit all three attempts of one request when two processes alternate.
        ("TransactWriteItems", {"drop": True, "every": 13}), ("TransactWriteItems", {"drop": True, "after": True, "every": 6}),
        *((name, {"drop": True, "after": True}) for name in ("UpdateItem", "PutItem", "DeleteItem", "BatchWriteItem")),
    ],
}


@pytest.fixture(autouse=True)
def clean(peer):
    peer.clear_requests()
    yield
    peer.clear_faults()


def keeps_the_rules(peer, *chosen):
    """Runs the chat store tests against the fake AWS, sequentially, because it can't handle many requests at once."""
    command = [TESTS, "--testing-library", "swift-testing", "--no-parallel", "--skip", "SQLite", *chosen]
    result = subprocess.run(
        command, env=os.environ | peer.environment(AI4AI_TEST_DYNAMODB=peer.url), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=DEADLINE)
    assert result.returncode == 0, "\n".join(
        line for line in result.stdout.splitlines() if " recorded " in line or "rror" in line) or result.stdout[-4000:]
    assert re.search(r"run with [1-9]\d* tests", result.stdout), result.stdout[-4000:]


def suites(*names):
    return "--filter", rf"^ChatStoreTests\.({'|'.join(names)})/"


ALL = "--filter", "^ChatStoreTests\\."


def expressions(value):
    """All expressions in a request."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name.endswith("Expression"):
                yield item
            elif name not in ("Item", "Key"):
                yield from expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from expressions(item)


def check_requests(peer):
    """No request contains a plain name or allows an eventually consistent read."""
    requests = [entry for entry in peer.requests() if entry["service"] == "dynamodb"]
    used = {text for entry in requests for text in expressions(entry["params"])}
    plain = {word for text in used for word in re.findall(r"(?<![#:\w])\w+", text)}
    assert used and plain <= WORDS
    reads = [entry["params"] for entry in requests if entry["operation"] in ("GetItem", "Query")]
    assert reads and all(params["ConsistentRead"] for params in reads)
    refused = {entry["error"] for entry in requests if entry["error"]}
    assert not refused, "the front door refused what DynamoDB would refuse"
    return len(requests)


def strike(peer, faults):
    for number, (operation, fault) in enumerate(faults):
        peer.fault(f"DynamoDB.{operation}", **{"times": ALWAYS, "every": 4 + number % 3, **fault})


def check_struck(peer, faults):
    struck = {entry["operation"] for entry in peer.requests() if entry["error"]}
    expected = {operation for operation, fault in faults if "unprocessed" not in fault}
    assert "TransactWriteItems" in struck and struck <= expected


def test_store_keeps_the_rules_and_names_nothing_plainly(peer):
    keeps_the_rules(peer, *suites("SessionTests", "RemovalTests"))
    assert check_requests(peer) > 100


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_store_keeps_the_rules_whatever_becomes_of_its_requests(peer, faults):
    strike(peer, faults)
    keeps_the_rules(peer, *suites("RunTests"))
    check_struck(peer, faults)


@pytest.mark.nightly
def test_store_keeps_all_rules_and_names_nothing_plainly(peer):
    keeps_the_rules(peer, *ALL)
    assert check_requests(peer) > 1000


@pytest.mark.nightly
@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_store_keeps_all_rules_whatever_becomes_of_its_requests(peer, faults):
    strike(peer, faults)
    # Many messages take long, and don't find more than a few do.
    keeps_the_rules(peer, *ALL, "--skip", "manyMessages", "--skip", "PagingTests", "--skip", "OwnershipTests")
    check_struck(peer, faults)
