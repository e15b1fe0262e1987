"""The whole on AWS: the backend with its chats in DynamoDB, and the agents behind an ARN."""

import pytest

from backend import Backend
from cloud import settings
from system import Container, eventually

pytestmark = pytest.mark.usefixtures("clean_cloud")
RUNTIME = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/whole-AbCdEf1234"


@pytest.fixture(scope="module")
def runtime(cloud, site):
    running = Container(**settings(cloud, site))
    yield running
    running.stop()


@pytest.fixture
def backend(cloud, runtime):
    cloud.register_runtime(RUNTIME, runtime.url)
    running = Backend(runtime.url, **cloud.environment(AI4AI_CHATS="dynamodb", AI4AI_RUNTIME_ARN=RUNTIME))
    yield running
    running.stop()


def test_backend_that_may_not_call_the_agents_says_so(cloud, backend):
    cloud.fault("InvokeAgentRuntime", status=403, error="AccessDeniedException", message="no", times=9)
    chats = backend.chats()
    chat = chats.create()
    chats.send(chat, "hello")
    assert "isn't allowed to call the agents" in chats.settled(chat)[-1]["content"]
    assert len(cloud.requests("InvokeAgentRuntime")) <= 3, "a refusal is not tried again"


def test_tables_that_take_no_writes_are_not_ready(cloud, backend):
    cloud.fault("PutItem", status=400, error="AccessDeniedException", message="no", times=9)
    response = backend.chats().call("GET", "/health/ready")
    assert response.status_code == 503 and not response.json()["checks"]["store"]["ok"]


def test_little_is_asked_before_the_model_is(cloud, runtime):
    cloud.script({"text": "Hello."}, {"text": "Hello again."})
    runtime.invoke({"prompt": "hi", "user_id": "aminah"})  # The first of a process also asks what its memory is like.
    eventually(lambda: cloud.requests("CreateEvent"), "what the first one leaves in the memory after its answer")
    cloud.clear_requests()
    assert runtime.invoke({"prompt": "hi", "user_id": "aminah"}).json()["message"] == "Hello again."
    asked = [entry["operation"] for entry in cloud.requests()]
    # Whether a session is there, and what its automation has left; then the mark that this one has begun.
    before = asked[:asked.index("ConverseStream")]
    assert sorted(before) == ["GetItem", "GetItem", "PutItem", "RetrieveMemoryRecords"]


def test_agents_are_called_once_for_a_message_however_many_follow_it(cloud, backend):
    chats = backend.chats()
    chat = chats.create()
    cloud.script({"text": "Hello."})
    viewer = chats.events(chat)
    types = [envelope["event"]["type"] for envelope in chats.stream(chat, "hello")]
    assert (types.count("RUN_STARTED"), types.count("RUN_FINISHED")) == (1, 1)
    assert any(envelope["event"]["type"] == "RUN_FINISHED" for envelope in viewer)
    assert len(cloud.requests("InvokeAgentRuntime")) == 1
