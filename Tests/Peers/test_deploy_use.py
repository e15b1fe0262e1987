"""A deployment in use: removing it, its users, and its smoke test."""

import pytest

from cloud import payment, settings
from deployment import ACCOUNT, run_ai4ai, account, aws, deployed, with_backend, users, kept
from system import Container, DemoSite


# Destroy

@pytest.mark.nightly
def test_destroy_keeps_what_people_own(deployed):
    deployed.destroy()
    assert deployed.runtime() is None
    stacks = [each["StackName"] for each in deployed.client("cloudformation").describe_stacks()["Stacks"]]
    assert stacks == ["ai4ai-data"]
    assert "ai4ai-chat-messages" in deployed.client("dynamodb").list_tables()["TableNames"]
    assert len(kept(deployed)) == 1
    again = deployed.deploy("destroy", "--project", "ai4ai").stdout
    assert again.startswith("= stack ai4ai-data: people's accounts and chats stay")


@pytest.mark.nightly
def test_destroy_with_data_leaves_nothing(account, tmp_path):
    account.with_pool(tmp_path)
    account.deployed()
    # Also removes what an earlier destroy has left.
    account.destroy()
    account.deploy("destroy", "--project", "ai4ai", "--with-data")
    assert kept(account) == {}
    assert account.client("cloudformation").describe_stacks()["Stacks"] == []
    assert account.client("dynamodb").list_tables()["TableNames"] == []
    assert account.client("cognito-idp").list_user_pools(MaxResults=10)["UserPools"] == []
    kms = account.client("kms")
    assert [each for each in kms.list_aliases()["Aliases"] if "ai4ai" in each["AliasName"]] == []
    [scheduled] = account.peer.requests("ScheduleKeyDeletion")
    assert scheduled["params"]["PendingWindowInDays"] == 7


def test_destroy_needs_the_projects_name(deployed):
    result = deployed.deploy("destroy", "--project", "other", check=False)
    assert result.returncode != 0 and "Nothing was removed" in result.stderr
    assert deployed.calls() == []


# Users

@pytest.fixture
def people(account, tmp_path):
    account.pool = account.with_pool(tmp_path)
    # Without an image, it deploys everything except for the runtimes.
    account.deploy("apply", check=False)
    return account


def status(account, email):
    cognito = account.client("cognito-idp")
    found = cognito.list_users(UserPoolId=account.pool, Filter=f'email = "{email}"')["Users"]
    return found[0]["UserStatus"] if found else None


def test_only_those_get_in_whom_somebody_has_added_unless_it_is_said_otherwise(account):
    def given():
        stack = account.client("cloudformation").describe_stacks(StackName="ai4ai-data")["Stacks"][0]
        return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}

    account.prepared()
    assert (given()["SignUp"], given()["Localhost"]) == ("closed", "true"), "the page is on the developer's machine"
    account.describe(cognito={"sign_up": "open"})
    account.deploy("apply", check=False)
    assert given()["SignUp"] == "open"


def test_a_page_of_its_own_leaves_no_way_to_sign_in_on_a_laptop(with_backend):
    with_backend.prepared()
    stack = with_backend.client("cloudformation").describe_stacks(StackName="ai4ai-data")["Stacks"][0]
    given = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    assert (given["Localhost"], given["PageOrigin"]) == ("false", "https://chat.example.com")


def test_somebody_is_added_written_to_again_and_removed(people):
    assert "was added" in users(people, "add", "aisha@example.com").stdout
    assert status(people, "aisha@example.com") == "FORCE_CHANGE_PASSWORD"
    assert "already exists" in users(people, "add", "aisha@example.com").stdout
    users(people, "reset", "aisha@example.com")
    users(people, "remove", "aisha@example.com")
    assert status(people, "aisha@example.com") is None


def test_somebody_who_has_signed_in_gets_a_new_password_and_not_a_second_account(people):
    users(people, "add", "aisha@example.com")
    cognito = people.client("cognito-idp")
    cognito.admin_set_user_password(
        UserPoolId=people.pool, Username="aisha@example.com", Password="Long-enough-1!", Permanent=True)
    refused = users(people, "add", "aisha@example.com", check=False)
    assert refused.returncode != 0 and "is there already. A new password: ai4ai users reset" in refused.stderr
    users(people, "reset", "aisha@example.com")
    assert status(people, "aisha@example.com") == "RESET_REQUIRED"


@pytest.mark.parametrize("command", ["reset", "remove"])
def test_somebody_who_is_not_there_is_named(people, command):
    refused = users(people, command, "nobody@example.com", check=False)
    assert refused.returncode != 0 and "Nobody is called nobody@example.com" in refused.stderr


@pytest.mark.parametrize("email", ["aisha", "a b@example.com"])
def test_what_is_no_address_is_refused(people, email):
    refused = users(people, "add", email, check=False)
    assert refused.returncode != 0 and f"'{email}' is not an email address" in refused.stderr


def test_before_the_first_apply_there_is_nobody_to_add(account):
    refused = users(account, "add", "aisha@example.com", check=False)
    assert refused.returncode != 0 and "ai4ai deploy apply" in refused.stderr


# Smoke

@pytest.fixture
def answering(deployed, aws):
    """A deployment whose runtime is a real container."""
    site = DemoSite()
    parts = dict.fromkeys(["AI4AI_STORAGE", "AI4AI_FILES_BUCKET", "AI4AI_MEMORY_ID", "AWS_REGION"])
    container = Container(**settings(aws, site, **parts))
    aws.register_runtime(deployed.runtime()["agentRuntimeArn"], container.url)
    deployed.smoke = lambda **more: deployed.deploy(
        "smoke", "--page", site.url, "--form", f"{site.url}/pay?plate=WXY+1234", **more)
    deployed.site = site
    yield deployed
    aws.clear_script()
    container.stop()
    site.stop()


def test_smoke_tries_all_that_a_person_does_and_sends_nothing(answering, aws):
    aws.script(
        {"text": "The heading is Check your road tax."}, *payment(answering.site), {"text": "It was turned down."},
        {"text": "Nothing was paid."}, {"text": "ok"}, {"text": "Persimmon."})
    report = answering.smoke().stdout
    found = {line.split()[1]: line.split()[0] for line in report.splitlines()[1:]}
    assert found == dict.fromkeys(["ping", "task", "question", "take-over", "answer", "chat", "clean-up"], "ok"), report
    assert "version 2 in ap-southeast-2" in report and "Check your road tax" in report
    assert ACCOUNT not in report and answering.site.received() == []


@pytest.mark.nightly
def test_smoke_names_what_does_not_work_and_goes_on(answering, aws):
    aws.script({"text": "A heading."}, {"text": "I have sent it already."}, {"text": "ok"}, {"text": "Which word?"})
    result = answering.smoke(check=False)
    found = {line.split()[1]: line.split()[0] for line in result.stdout.splitlines()[1:]}
    assert result.returncode != 0
    assert found == {
        "ping": "ok", "task": "ok", "question": "FAILED", "take-over": "FAILED", "answer": "FAILED", "chat": "FAILED",
        "clean-up": "ok"}, result.stdout
    assert "The form was to be asked for before it is sent" in result.stdout


def test_smoke_of_what_is_not_there_says_what_to_do(account):
    result = account.deploy("smoke", check=False)
    assert result.returncode != 0 and "Make it: ai4ai deploy apply" in result.stderr
