"""Compares the roles of `deploy/foundation.yaml` with the calls that agents and backend make when everything is used:
they have exactly the permissions that they need."""

import contextlib
import json
import pathlib
import re
import uuid

import pytest
import requests

from awspeer.process import Peer
from backend import Backend, Chats
from cloud import client, payment, prepare, road_tax, settings
from policies import actions, resources_of, statements
from system import Container, DemoSite, Page

# Permissions that AgentCore uses with the role, not our code.
OF_THE_PLATFORM = {"PlatformPolicy"}
# A permission that CloudWatch checks in addition to the request's own.
BESIDE = {"xray:PutSpansForIndexing"}
RUNTIME = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/whole-AbCdEf1234"
AUTOMATION = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/automation-AbCdEf1234"
KEYS = {"agents": "ASIAPEERAGENTS000000", "backend": "ASIAPEERBACKEND00000"}


# Permissions

def allowed():
    """The permissions of the agents and of the backend."""
    resources = resources_of("foundation")
    agents = {
        action for name, each in resources.items()
        if each["Type"] == "AWS::IAM::ManagedPolicy" and name not in OF_THE_PLATFORM
        for action in statements(each["Properties"]["PolicyDocument"])}
    backend = {
        action for policy in resources["BackendRole"]["Properties"]["Policies"]
        for action in statements(policy["PolicyDocument"])}
    return {"agents": agents, "backend": backend}


# Calls

@contextlib.contextmanager
def stopped(program):
    try:
        yield program
    finally:
        program.stop()


def agents_use_everything(peer, site, keys):
    """Runs a task, one that parks and continues in another process, one that is cut off, live view, memory, deletion,
    and automation in a separate runtime."""
    observed = {"AGENT_OBSERVABILITY_ENABLED": "true"}
    with stopped(Container(**settings(peer, site, **keys, **observed))) as container:
        peer.script(*road_tax(site))
        # The message is larger than a DynamoDB item may be, and models that don't stream are supported.
        prompt = {"prompt": "x" * 500_000, "user_id": "aminah", "session_id": "one"}
        peer.fault(
            "ConverseStream", status=400, error="ValidationException",
            message="The model doesn't support tool use in streaming mode.")
        assert container.invoke(prompt).json()["status"] == "completed"
        with_memory = {"prompt": "forget", "user_id": "aminah", "session_id": "four"}
        peer.script({"calls": [{"tool": "list_memories", "input": {}}]}, {"text": "Listed."})
        assert container.invoke(with_memory).json()["message"] == "Listed."
        told = json.dumps(peer.requests("Converse")[-1]["params"]["messages"])
        known = re.search(r"mem-[\w-]+", told)[0]
        peer.script({"calls": [{"tool": "forget", "input": {"id": known}}]}, {"text": "Forgotten."})
        assert container.invoke(with_memory).json()["message"] == "Forgotten."
        secret = {"kind": "secret", "name": "password", "site": site.url, "value": "hunter2-blue"}
        # The second time, the one that is replaced is opened first.
        for request in [{"action": "keep", "secret": secret}] * 2 + [{"action": "forget", "id": "x"}]:
            kept = container.invoke({"keeping": request, "user_id": "aminah", "session_id": "kept"}).json()
            assert kept["status"] == "completed" and len(kept["items"]) == 1, kept
        piece = {"id": str(uuid.uuid4()), "name": "a.txt", "offset": 0, "content": "YQ==", "last": True}
        file = {"put_file": piece, "user_id": "aminah", "session_id": "one"}
        assert container.invoke(file).json()["status"] == "completed"
        forgotten = {"keeping": {"action": "forget_all"}, "user_id": "aminah", "session_id": "kept"}
        assert container.invoke(forgotten).json()["items"] == []
        peer.script(*payment(site))
        asked = container.invoke({"prompt": "pay", "user_id": "aminah", "session_id": "two"}).json()
        assert asked["status"] == "interrupted", asked
        shown = container.invoke({"control": {"action": "live_view"}, "user_id": "aminah", "session_id": "two"}).json()
        assert requests.get(shown["live_view"]["url"], timeout=60).ok, shown
        left = {"goal": "x"}, {"url": site.url}, {"text": "never there", "seconds": 60}
        tools = "browse", "navigate", "wait_for_text"
        peer.script(*({"calls": [{"tool": tool, "input": input}]} for tool, input in zip(tools, left)))
        for event in container.stream({"prompt": "x", "user_id": "aminah", "session_id": "three"}):
            if event["type"] == "STEP_STARTED" and event["stepName"] == "wait_for_text":
                break
        container.kill()
        peer.clear_script()
    with stopped(Container(**settings(peer, site, **keys))) as container:
        read = {"file": {"id": piece["id"], "offset": 0, "count": 9}, "user_id": "aminah", "session_id": "one"}
        assert container.invoke(read).json()["content"] == "YQ=="
        peer.script({"text": "It says thank you."}, {"text": "Paid."})
        answer = {"interruptId": asked["interrupts"][0]["id"], "status": "resolved", "payload": {"approved": True}}
        paid = container.invoke({"resume": [answer], "user_id": "aminah", "session_id": "two"}).json()
        assert paid["status"] == "completed", paid
        peer.script({"text": "I am back."})
        container.invoke({"prompt": "hello?", "user_id": "aminah", "session_id": "three"})
        for session in ("one", "two", "three"):
            container.invoke({"control": {"action": "forget"}, "user_id": "aminah", "session_id": session})
        peer.register_runtime(AUTOMATION, container.url)
        apart = settings(peer, site, AI4AI_BROWSER=None, AI4AI_AUTOMATION_RUNTIME_ARN=AUTOMATION, **keys)
        with stopped(Container(**apart)) as coordinator:
            peer.script(*road_tax(site, "FAR 1"))
            assert coordinator.invoke({"prompt": "x", "session_id": "far"}).json()["status"] == "completed"
            coordinator.invoke({"control": {"action": "forget"}, "session_id": "far"})


def a_secret_is_used(peer, keys):
    client(peer, "secretsmanager").create_secret(Name="model", SecretString="hidden")
    with Page("not a model") as url:
        environment = peer.environment(
            AI4AI_MODEL_URL=f"{url}/v1", AI4AI_MODEL="m", AI4AI_MODEL_API_KEY="secretsmanager:model", **keys)
        with stopped(Container(**environment)) as container:
            assert container.invoke({"prompt": "x"}).json()["status"] == "failed"


def backend_uses_everything(peer, site, keys, agents):
    """Creates, reads, renames, uses (over HTTP and WebSocket), stops, and removes a chat."""
    with stopped(Container(**settings(peer, site, **agents))) as container:
        peer.register_runtime(RUNTIME, container.url)
        environment = peer.environment(AI4AI_CHATS="dynamodb", AI4AI_RUNTIME_ARN=RUNTIME, **keys)
        with stopped(Backend(container.url, **environment)) as backend:
            chats = Chats(backend.url)
            chat = chats.create()
            peer.script(*road_tax(site, "CHAT 1"))
            chats.send(chat, "What is due?")
            chats.settled(chat)
            chats.ask("PATCH", f"/api/sessions/{chat}", json={"title": "Road tax"})
            assert [each["id"] for each in chats.sessions()["sessions"]] == [chat]
            assert chats.messages(chat)
            peer.script({"text": "Once more."})
            with chats.socket(chat) as socket:
                socket.hello()
                socket.say("again")
                socket.rested()
            chats.delete(chat)


@pytest.fixture(scope="module")
def seen():
    """The requests of the agents and of the backend."""
    peer = Peer()
    site = DemoSite()
    keys = {
        who: {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": f"{who}-secret", "AWS_SESSION_TOKEN": f"{who}-token"}
        for who, key in KEYS.items()}
    try:
        prepare(peer)
        for who, key in KEYS.items():
            peer.add_credentials(key, f"{who}-secret", f"{who}-token")
        agents_use_everything(peer, site, keys["agents"])
        a_secret_is_used(peer, keys["agents"])
        backend_uses_everything(peer, site, keys["backend"], keys["agents"])
        requests_ = peer.requests()
    finally:
        site.stop()
        peer.stop()
    return requests_


@pytest.fixture(scope="module")
def made(seen):
    """The permissions that each caller needed."""
    return {
        who: {action for entry in seen if entry["signer"] == key for action in actions(entry)}
        for who, key in KEYS.items()}


@pytest.mark.parametrize("who", KEYS)
def test_nothing_that_is_done_is_forbidden(made, who):
    assert made[who] - allowed()[who] == set()


@pytest.mark.parametrize("who", KEYS)
def test_nothing_is_allowed_that_is_never_done(made, who):
    assert allowed()[who] - made[who] - BESIDE == set()


def test_what_the_sources_name_may_be_done():
    """Also covers operations that no test reaches, because it searches the sources."""
    sources = pathlib.Path(__file__).parents[2] / "Sources"
    named = {
        "bedrock-agentcore": r'"([A-Z]\w+)",\s*of: \.agentCore\b',
        "dynamodb": r'\bcall\(\s*"([A-Z]\w+)"',
    }
    # A prefix that addresses are built from, and an operation without its own permission.
    beside = {"Connect", "TransactWriteItems"}
    wanted = {
        f"{service}:{name}"
        for files in ("AWSClient/Services/DynamoTable.swift", "AgentCoreServices/**/*.swift", "Backend/**/*.swift",
                      "RuntimeApp/**/*.swift", "ChatStore/**/*.swift")
        for path in sources.glob(files)
        for service, pattern in named.items() for name in re.findall(pattern, path.read_text()) if name not in beside}
    assert len(wanted) > 8, wanted
    granted = allowed()
    assert wanted - granted["agents"] - granted["backend"] == set()


PARTITION = {"ai4ai-chat-sessions": "user_id", "ai4ai-chat-messages": "session_id"}


def partitions(params):
    """The partition keys in a request of DynamoDB."""
    for table, changes in params.get("RequestItems", {}).items():
        for change in changes:
            for each in change.values():
                yield from partitions({"TableName": table, **each})
    for place in ("Key", "Item"):
        if place in params:
            yield params[place][PARTITION[params["TableName"]]]["S"]
    values = params.get("ExpressionAttributeValues", {}) if "KeyConditionExpression" in params else {}
    yield from (values[name]["S"] for name in (":partition",) if name in values)


def test_agents_reach_runs_and_no_message_of_people(seen):
    [runs] = [
        each for each in resources_of("foundation")["AgentPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        if each["Sid"] == "Runs"]
    [vault] = [
        each for each in resources_of("foundation")["BrowserPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        if each["Sid"] == "Vault"]
    assert vault["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["vault#*"]}}
    assert runs["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["run#*"]}}
    touched = {
        key for entry in seen if entry["signer"] == KEYS["agents"] and entry["service"] == "dynamodb"
        for key in partitions(entry["params"])}
    assert touched and all(key.startswith(("run#", "vault#")) for key in touched), touched


def roles():
    """The project's roles, by name."""
    return {
        f"{template}.{name}": each["Properties"] for template in ("foundation", "backend")
        for name, each in resources_of(template).items() if each["Type"] == "AWS::IAM::Role"}


def test_every_role_has_the_boundary_and_is_given_nothing_beyond_it():
    stack = resources_of("deployer")
    boundary = stack["Boundary"]["Properties"]
    for name, role in roles().items():
        assert role["PermissionsBoundary"].endswith(f":policy/{boundary['ManagedPolicyName']}"), name
    given = {
        action for template in ("foundation", "backend") for each in resources_of(template).values()
        for document in documents(each) for action in statements(document)}
    assert given - set(statements(boundary["PolicyDocument"])) == set()


def documents(resource):
    properties = resource.get("Properties", {})
    if resource["Type"] == "AWS::IAM::ManagedPolicy":
        yield properties["PolicyDocument"]
    for policy in properties.get("Policies", []) if resource["Type"] == "AWS::IAM::Role" else []:
        yield policy["PolicyDocument"]


# Actions that create a role or extend its permissions. Nobody may remove the boundary.
GIVING = {
    "iam:CreateRole", "iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy",
    "iam:PutRolePermissionsBoundary"}


def test_the_deployer_gives_roles_nothing_beyond_the_boundary_and_cannot_move_it():
    stack = resources_of("deployer")
    for name in ("Deployer", "Stacks"):
        for statement in stack[name]["Properties"]["PolicyDocument"]["Statement"]:
            given = set(statements({"Statement": [statement]}))
            assert "iam:DeleteRolePermissionsBoundary" not in given and not {a for a in given if a.endswith("*")}
            if given & GIVING:
                assert statement["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": "Boundary"}}, statement
    # The names of policies that the deployer may change begin with the project's name.
    for name in ("Boundary", "Deployer", "Stacks"):
        assert not stack[name]["Properties"]["ManagedPolicyName"].startswith("${Project}"), name
