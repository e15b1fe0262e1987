"""What people keep between tasks, in DynamoDB with keys of KMS: encrypted for its owner, and gone when it is forgotten."""

import json

import pytest

from cloud import VAULT_KEY, client, prepare, settings
from deployment import ROOT
from system import Container

SECRET = {"kind": "secret", "name": "password", "site": "https://tax.example/login", "value": "hunter2-blue"}


@pytest.fixture(scope="module")
def aws(peer):
    prepare(peer)
    return peer


@pytest.fixture(scope="module")
def container(aws, site):
    container = Container(**settings(aws, site))
    yield container
    container.stop()


def keeping(container, user, **request):
    return container.invoke({"keeping": request, "user_id": user, "session_id": "kept"}).json()


def stored(peer, user, shelf="user"):
    items = client(peer, "dynamodb").query(
        TableName="ai4ai-chat-sessions", KeyConditionExpression="user_id = :owner",
        ExpressionAttributeValues={":owner": {"S": f"vault#{shelf} {user}"}})["Items"]
    return items


def test_secret_is_stored_encrypted_and_belongs_to_its_user(aws, container):
    [item] = keeping(container, "aminah", action="keep", secret=SECRET)["items"]
    assert (item["site"], item["name"]) == ("https://tax.example", "password")
    [row] = stored(aws, "aminah")
    assert len(row["content"]["B"]) > 20 and "hunter2" not in json.dumps(row, default=repr)
    assert keeping(container, "siti", action="list")["items"] == []
    assert keeping(container, "siti", action="forget", id=item["id"])["items"] == []
    assert len(keeping(container, "aminah", action="list")["items"]) == 1


def test_data_key_is_bound_to_its_owner(aws, container):
    keeping(container, "owner", action="keep", secret=SECRET)
    [made] = [each for each in aws.requests("GenerateDataKey")
              if each["params"]["EncryptionContext"] == {"owner": "user owner"}]
    assert made["params"]["KeyId"] == VAULT_KEY


def test_what_is_kept_again_replaces_what_was_there(aws, container):
    versions = set()
    for value in ("one", "two", "three"):
        kept = keeping(container, "again", action="keep", secret={**SECRET, "value": value})
        [row] = stored(aws, "again")
        versions.add(row["version"]["N"])
        assert len(kept["items"]) == 1
    assert len(versions) == 3


def test_item_that_was_changed_in_the_table_is_replaced_and_never_read(aws, container):
    keeping(container, "changed", action="keep", secret=SECRET)
    [row] = stored(aws, "changed")
    row["content"] = {"B": row["content"]["B"][:-1] + b"\0"}
    client(aws, "dynamodb").put_item(TableName="ai4ai-chat-sessions", Item=row)
    kept = keeping(container, "changed", action="keep", secret=SECRET)
    assert kept["status"] == "completed" and stored(aws, "changed")[0]["version"] != row["version"]


def test_key_of_one_user_opens_nothing_of_another(aws, container):
    keeping(container, "one", action="keep", secret=SECRET)
    [row] = stored(aws, "one")
    kms = client(aws, "kms")
    assert kms.decrypt(KeyId=VAULT_KEY, CiphertextBlob=row["key"]["B"], EncryptionContext={"owner": "user one"})["Plaintext"]
    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        kms.decrypt(KeyId=VAULT_KEY, CiphertextBlob=row["key"]["B"], EncryptionContext={"owner": "user two"})


def test_what_is_forgotten_is_gone_from_the_table(aws, container):
    for name in ("one", "two", "three"):
        kept = keeping(container, "gone", action="keep", secret={**SECRET, "name": name})
    left = keeping(container, "gone", action="forget", id=kept["items"][0]["id"])["items"]
    assert len(left) == len(stored(aws, "gone")) == 2
    assert keeping(container, "gone", action="forget_all")["items"] == stored(aws, "gone") == []


def test_recipes_are_kept_in_the_same_way_beside_the_secrets(aws, container):
    def ask(user, **request):
        result = container.invoke({"recipes": request, "user_id": user, "session_id": "kept"}).json()
        return [each["name"] for each in result["recipes"]]

    recipe = (ROOT / "Sources" / "DemoSite" / "Recipes" / "member-points.json").read_text()
    keeping(container, "cook", action="keep", secret=SECRET)
    assert ask("cook", action="put", recipe=recipe) == ["member-points"]
    [row] = stored(aws, "cook", "recipes")
    assert len(row["content"]["B"]) > 500 and "One-time code" not in json.dumps(row, default=repr)
    assert ask("siti", action="list") == [] and ask("siti", action="remove", name="member-points") == []
    keeping(container, "cook", action="forget_all")
    assert ask("cook", action="list") == ["member-points"], "to forget secrets forgets no recipes"
    assert ask("cook", action="remove", name="member-points") == stored(aws, "cook", "recipes") == []


@pytest.mark.parametrize("operation, code, told", [
    ("GenerateDataKey", "AccessDeniedException", "can't be used now"),
    ("GenerateDataKey", "DisabledException", "can't be used now"),
    ("PutItem", "ValidationException", "can't be used now"),
])
def test_service_that_refuses_is_told_without_internals(aws, container, operation, code, told):
    aws.fault(operation, status=400, error=code, message="arn:aws:kms:secret-place")
    failed = keeping(container, "refused", action="keep", secret=SECRET)
    assert failed["status"] == "failed" and told in failed["message"] and "arn:" not in failed["message"]
    aws.clear_faults()
    assert keeping(container, "refused", action="keep", secret=SECRET)["status"] == "completed"


def test_without_a_key_nothing_is_kept_and_that_is_said(aws, site):
    container = Container(**settings(aws, site, AI4AI_VAULT_KEY=None))
    try:
        failed = keeping(container, "aminah", action="keep", secret=SECRET)
        assert failed["status"] == "failed" and "Nothing is kept between tasks here" in failed["message"]
    finally:
        container.stop()
