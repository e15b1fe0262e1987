"""Chats in DynamoDB: the rules of all stores, on tables that behave and on tables that do not."""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]
SWIFT = os.environ.get("SWIFT", "swift")
DEADLINE = 1200
# What an expression may consist of beside placeholders: any plain name might be a reserved word.
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
    # What stood in the way is gone when it is looked for.
    "refused for nothing": [
        ("TransactWriteItems", {"reason": "ConditionalCheckFailed"}),
        *((name, {"error": "ConditionalCheckFailedException"}) for name in ("UpdateItem", "PutItem")),
    ],
    "lost": [
        *((name, {"drop": True}) for name in ("GetItem", "Query")),
        # Far enough apart that they do not strike all three tries of one request when two processes take turns.
        ("TransactWriteItems", {"drop": True, "every": 13}), ("TransactWriteItems", {"drop": True, "after": True, "every": 6}),
        *((name, {"drop": True, "after": True}) for name in ("UpdateItem", "PutItem", "DeleteItem", "BatchWriteItem")),
    ],
}


@pytest.fixture(autouse=True)
def clean(peer):
    peer.clear_requests()
    yield
    peer.clear_faults()


def keeps_the_rules(peer, *more):
    """Runs the tests of stores against the peer. One by one, as it does not take many requests at once."""
    command = [
        SWIFT, "test", "--skip-build", "--no-parallel", "--filter", "ConversationsTests", "--skip", "SQLite", *more]
    result = subprocess.run(
        command, cwd=ROOT, env=os.environ | peer.environment(AI4AI_TEST_DYNAMODB=peer.url), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=DEADLINE)
    assert result.returncode == 0, "\n".join(
        line for line in result.stdout.splitlines() if " recorded " in line or "rror" in line) or result.stdout[-4000:]


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


def test_store_keeps_the_rules_and_names_nothing_plainly(peer):
    keeps_the_rules(peer)
    requests = [entry for entry in peer.requests() if entry["service"] == "dynamodb"]
    assert len(requests) > 1000
    used = {text for entry in requests for text in expressions(entry["params"])}
    plain = {word for text in used for word in re.findall(r"(?<![#:\w])\w+", text)}
    assert used and plain <= WORDS
    # Nobody may be shown what was true a moment ago.
    reads = [entry["params"] for entry in requests if entry["operation"] in ("GetItem", "Query")]
    assert all(params["ConsistentRead"] for params in reads)
    refused = {entry["error"] for entry in requests if entry["error"]}
    assert not refused, "the front door refused what DynamoDB would refuse"


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_store_keeps_the_rules_whatever_becomes_of_its_requests(peer, faults):
    for number, (operation, fault) in enumerate(faults):
        peer.fault(f"DynamoDB.{operation}", **{"times": ALWAYS, "every": 4 + number % 3, **fault})
    # Many messages take long, and find nothing then that fewer do not.
    keeps_the_rules(peer, "--skip", "manyMessages", "--skip", "PagingTests", "--skip", "OwnershipTests")
    struck = {entry["operation"] for entry in peer.requests() if entry["error"]}
    expected = {operation for operation, fault in faults if "unprocessed" not in fault}
    assert "TransactWriteItems" in struck and struck <= expected
