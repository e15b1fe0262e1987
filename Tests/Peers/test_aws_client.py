"""Our AWS client: what it sends, what it retries, and how it reports errors."""

import json

import pytest

from probe import Refused

TABLE = "ai4ai-chat-messages"


@pytest.fixture(autouse=True)
def clean(peer):
    peer.clear_requests()
    yield
    peer.clear_faults()
    peer.clock(0)


@pytest.fixture(scope="module")
def table(peer):
    """The table of chat messages, created by botocore through the same fake AWS."""
    boto(peer, "dynamodb").create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "session_id", "KeyType": "HASH"}, {"AttributeName": "timestamp", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "session_id", "AttributeType": "S"}, {"AttributeName": "timestamp", "AttributeType": "N"}])
    return TABLE


def boto(peer, service):
    import boto3

    return boto3.client(
        service, region_name=peer.region, endpoint_url=peer.url, aws_access_key_id="AKIAPEERLONGLIVED000",
        aws_secret_access_key="peer-long-lived-secret")


def attempts(peer, operation):
    return len(peer.requests(operation))


# Credentials that are rejected

@pytest.mark.parametrize(
    "change, code, remedy",
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "badCredentials", "Check AWS_SECRET_ACCESS_KEY"),
        ({"AWS_SESSION_TOKEN": ""}, "badCredentials", "Set AWS_SESSION_TOKEN"),
        ({"AWS_SESSION_TOKEN": "other"}, "badCredentials", "session token is not the one"),
        ({"AWS_ACCESS_KEY_ID": "AKIAUNKNOWN000000000", "AWS_SESSION_TOKEN": ""}, "badCredentials", "The key is unknown"),
        (
            {"AWS_ACCESS_KEY_ID": "ASIAPEEREXPIRED00000", "AWS_SECRET_ACCESS_KEY": "peer-expired-secret",
             "AWS_SESSION_TOKEN": "peer-expired-token"},
            "expiredCredentials", "Sign in again",
        ),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SESSION_TOKEN": ""}, "noCredentials", "set AWS_ACCESS_KEY_ID"),
        ({"AWS_SECRET_ACCESS_KEY": ""}, "noCredentials", "AWS_SECRET_ACCESS_KEY is not"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, "invalidInput", "Set AWS_REGION"),
    ],
)
@pytest.mark.parametrize("call", [
    {"do": "identity"}, {"do": "dynamodb", "operation": "ListTables"}, {"do": "browser", "operation": "list"}],
    ids=["query", "json", "rest-json"])
def test_refused_credentials_are_reported_with_a_remedy(peer, start_probe, change, code, remedy, call):
    probe = start_probe(**change)
    with pytest.raises(Refused, match=remedy) as refused:
        probe(**call)
    assert refused.value.code == code
    for secret in ("peer-temporary-secret", "peer-session-token", "peer-expired-secret", "peer-expired-token", "wrong"):
        assert secret not in str(refused.value)


@pytest.mark.parametrize("fault, remedy", [
    ({"status": 403, "error": "InvalidSignatureException",
      "message": "Credential should be scoped to a valid region, not 'us-east-1'."}, "Check AWS_REGION"),
    ({"status": 400, "error": "ThrottlingException"}, "quota"),
], ids=["another region", "throttled"])
def test_refusal_is_reported_with_what_helps(peer, probe, fault, remedy):
    peer.fault("DynamoDB.ListTables", times=9, **fault)
    with pytest.raises(Refused, match=remedy):
        probe("dynamodb", operation="ListTables")


@pytest.mark.parametrize("offset", [-3600, 86400])
def test_clock_that_is_off_is_noticed_and_worked_around(peer, probe, offset):
    peer.clock(offset)
    probe("dynamodb", operation="ListTables")
    assert attempts(peer, "ListTables") == 2
    assert abs(probe("clock") - offset) < 5
    probe("dynamodb", operation="ListTables")
    assert attempts(peer, "ListTables") == 3, "the correction is kept"
    # After the clock is set right, the client uses it again.
    peer.clock(0)
    probe("dynamodb", operation="ListTables")
    assert probe("clock") == 0


# Retries

@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500, "error": "InternalServerError"}, {"status": 503, "error": "ServiceUnavailable"},
        {"status": 400, "error": "ThrottlingException"}, {"status": 400, "error": "ProvisionedThroughputExceededException"},
        {"status": 409, "error": "RetryableConflictException"}, {"drop": True},
    ],
    ids=lambda fault: fault.get("error", "dropped"))
def test_passing_failure_is_tried_again(peer, probe, fault):
    peer.fault("DynamoDB.ListTables", times=2, **fault)
    assert "TableNames" in probe("dynamodb", operation="ListTables")
    assert attempts(peer, "ListTables") == 3


@pytest.mark.parametrize("error", ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"])
def test_lasting_failure_is_not_tried_again_and_keeps_its_request_id(peer, probe, error):
    peer.fault("DynamoDB.ListTables", times=5, status=400, error=error, message="no way")
    with pytest.raises(Refused, match="no way") as refused:
        probe("dynamodb", operation="ListTables")
    assert refused.value.type == error and refused.value.request_id
    assert attempts(peer, "ListTables") == 1


def test_retries_end(peer, probe):
    peer.fault("DynamoDB.ListTables", times=50, status=500, error="InternalServerError")
    with pytest.raises(Refused) as refused:
        probe("dynamodb", operation="ListTables")
    assert refused.value.code == "serverFailure" and attempts(peer, "ListTables") == 4


def test_service_that_asks_to_wait_is_given_the_time(peer, probe):
    import time

    peer.fault("DynamoDB.ListTables", status=503, error="ServiceUnavailable", headers={"Retry-After": "1"})
    start = time.monotonic()
    probe("dynamodb", operation="ListTables")
    assert time.monotonic() - start >= 1


def test_connection_is_used_again(peer, probe):
    for _ in range(5):
        probe("dynamodb", operation="ListTables")
    assert len({entry["connection"] for entry in peer.requests()}) == 1


def test_unreachable_service_is_reported_with_its_host(start_probe):
    probe = start_probe(AWS_ENDPOINT_URL="http://127.0.0.1:1")
    with pytest.raises(Refused, match="127.0.0.1:1 cannot be reached") as refused:
        probe("identity")
    assert refused.value.code == "unreachable"


def test_endpoint_of_one_service_wins_over_the_general_one(peer, start_probe):
    probe = start_probe(AWS_ENDPOINT_URL="http://127.0.0.1:1", AWS_ENDPOINT_URL_STS=peer.url)
    assert probe("identity").startswith("arn:aws:")


# Services

def test_identity_names_who_we_are(probe):
    assert probe("identity").startswith("arn:aws:")


def test_dynamodb_round_trip_and_failed_condition(probe, table):
    item = {"session_id": {"S": "ü"}, "timestamp": {"N": "1764000000000000001"}, "text": {"S": "日本\n\"x\""}}
    probe("dynamodb", operation="PutItem", input={"TableName": table, "Item": item})
    key = {"session_id": item["session_id"], "timestamp": item["timestamp"]}
    assert probe("dynamodb", operation="GetItem", input={"TableName": table, "Key": key})["Item"] == item
    with pytest.raises(Refused) as refused:
        probe("dynamodb", operation="PutItem", input={
            "TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(session_id)"})
    assert refused.value.code == "conditionFailed"


def test_secret_is_read_whole_and_by_its_member(peer, probe):
    boto(peer, "secretsmanager").create_secret(Name="model/key", SecretString=json.dumps({"key": "s3cr3t", "n": 1}))
    assert json.loads(probe("secret", id="model/key"))["key"] == "s3cr3t"
    assert probe("secret", id="model/key", key="key") == "s3cr3t"
    with pytest.raises(Refused, match="no JSON object with the text 'n'") as refused:
        probe("secret", id="model/key", key="n")
    assert "s3cr3t" not in str(refused.value)
    with pytest.raises(Refused) as missing:
        probe("secret", id="nothing")
    assert missing.value.code == "notFound"


# Run records

def test_run_record_survives_and_fences_the_older_writer(probe, table):
    first = probe("runs", session="s1", add="hello")
    second = probe("runs", session="s1", add="again")
    assert [message["content"][0]["text"]["_0"] for message in second["transcript"]] == ["hello", "again"]
    assert second["leaseEpoch"] == first["leaseEpoch"] + 1
    with pytest.raises(Refused, match="taken over by another process"):
        probe("runs", session="s1", record=first, add="too late")
    assert len(probe("runs", session="s1")["transcript"]) == 2


def test_save_whose_answer_was_lost_is_no_conflict(peer, probe, table):
    first = probe("runs", session="lost-answer", add="hello")
    peer.fault("PutItem", drop=True, after=True)
    saved = probe("runs", session="lost-answer", record=first, add="again")
    assert saved["version"] == first["version"] + 1
    assert len(probe("runs", session="lost-answer")["transcript"]) == 2
    assert len(peer.requests("PutItem")) == 5


@pytest.mark.parametrize("size", [299_000, 320_000, 1_500_000])
def test_large_run_record_is_kept_in_parts_and_leaves_none_behind(peer, probe, table, size):
    session = f"large-{size}"
    text = "ü" * (size // 2)
    record = probe("runs", session=session, add=text)
    # A stale writer with another large record changes nothing.
    stale = dict(record)
    record = probe("runs", session=session, add="more")
    with pytest.raises(Refused):
        probe("runs", session=session, record=stale, add="x" * size)
    again = probe("runs", session=session)
    assert [message["content"][0]["text"]["_0"] for message in again["transcript"]] == [text, "more"]
    items = boto(peer, "dynamodb").query(
        TableName=table, KeyConditionExpression="session_id = :s", ProjectionExpression="kind",
        ExpressionAttributeValues={":s": {"S": f"run#{session}"}})["Items"]
    parts = [item for item in items if item["kind"]["S"] == "run_chunk"]
    assert len(items) - len(parts) == 1
    assert (len(parts) == 0) == (size < 300_000) and len(parts) <= size // 300_000 + 1


def test_removed_run_record_leaves_nothing_and_its_writer_behind(peer, probe, table):
    record = probe("runs", session="removed", add="x" * 320_000)
    probe("runs", session="removed#automation", add="another record")
    # Also removes what killed writers have left behind.
    dynamo, key = boto(peer, "dynamodb"), {"S": "run#removed"}
    for number in range(60):
        dynamo.put_item(TableName=table, Item={"session_id": key, "timestamp": {"N": str(9_000_000 + number)}})
    peer.fault("BatchWriteItem", unprocessed=True, times=2)
    for _ in range(2):
        assert probe("runs", session="removed", operation="remove")
    left = dynamo.query(
        TableName=table, KeyConditionExpression="session_id = :s", ExpressionAttributeValues={":s": key})["Items"]
    assert left == []
    with pytest.raises(Refused, match="taken over by another process"):
        probe("runs", session="removed", record=record, add="too late")
    assert len(probe("runs", session="removed#automation")["transcript"]) == 1


def test_table_that_takes_no_removals_is_told(peer, probe, table):
    probe("runs", session="stuck", add="hello")
    peer.fault("BatchWriteItem", status=403, error="AccessDeniedException", message="no")
    with pytest.raises(Refused, match="Query and BatchWriteItem"):
        probe("runs", session="stuck", operation="remove")


def test_missing_table_is_named_with_what_to_do(peer, start_probe):
    probe = start_probe()
    peer.fault("GetItem", status=400, error="ResourceNotFoundException", message="Requested resource not found")
    with pytest.raises(Refused, match="ai4ai tables create"):
        probe("runs", session="x")
