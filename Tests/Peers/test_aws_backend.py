"""The whole system on AWS: the backend with its chats in DynamoDB, and the agents behind an ARN."""

import concurrent.futures

import pytest

from backend import Backend, check_problem
from cloud import settings
from cognito import Cognito
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
    runtime.invoke({"prompt": "hi", "user_id": "aminah"})  # A process's first run also reads the memory's description.
    eventually(lambda: cloud.requests("CreateEvent"), "what the first one leaves in the memory after its answer")
    cloud.clear_requests()
    assert runtime.invoke({"prompt": "hi", "user_id": "aminah"}).json()["message"] == "Hello again."
    asked = [entry["operation"] for entry in cloud.requests()]
    # Reads both records of the session, then writes the start of this run, searches the memory, and lists the recipes.
    before = asked[:asked.index("ConverseStream")]
    assert sorted(before) == ["GetItem", "GetItem", "PutItem", "Query", "RetrieveMemoryRecords"]


def test_agents_are_called_once_for_a_message_however_many_follow_it(cloud, backend):
    chats = backend.chats()
    chat = chats.create()
    cloud.script({"text": "Hello."})
    viewer = chats.events(chat)
    types = [envelope["event"]["type"] for envelope in chats.stream(chat, "hello")]
    assert (types.count("RUN_STARTED"), types.count("RUN_FINISHED")) == (1, 1)
    assert any(envelope["event"]["type"] == "RUN_FINISHED" for envelope in viewer)
    assert len(cloud.requests("InvokeAgentRuntime")) == 1


@pytest.mark.parametrize("is_first", [True, False], ids=["first turn of a session", "later turn"])
def test_at_most_two_rounds_of_calls_come_before_the_model_is_asked(cloud, runtime, is_first):
    cloud.script(*[{"text": "Hello."}] * 3)
    prompt, session = {"prompt": "hi", "user_id": "aminah"}, f"rounds-{is_first}"
    # A process's first turn also reads the memory's description.
    for session_id in ("rounds-before", *([] if is_first else [session])):
        cloud.clear_requests()
        runtime.invoke({**prompt, "session_id": session_id})
        eventually(lambda: cloud.requests("CreateEvent"), "what is left in the memory after the answer")
    cloud.clear_requests()
    for operation in ("GetItem", "Query", "BatchGetItem", "PutItem", "UpdateItem", "RetrieveMemoryRecords", "GetMemory"):
        cloud.fault(operation, hold=True, times=1000)

    def asked_after(count):
        """The calls after the first `count`."""
        return sorted(entry["operation"] for entry in cloud.requests()[count:])

    with concurrent.futures.ThreadPoolExecutor() as pool:
        answer = pool.submit(runtime.invoke, {**prompt, "session_id": session})
        try:
            count = 0
            for calls in (["GetItem"] * 2, ["PutItem", "Query", "RetrieveMemoryRecords"]):
                # A call that comes after the release would be held for good.
                eventually(lambda: asked_after(count) == calls, f"{calls} side by side")
                count += len(calls)
                cloud.release_calls()
            eventually(lambda: cloud.requests("ConverseStream"), "the question to the model after two rounds")
        finally:
            cloud.clear_faults()
        assert answer.result().json()["message"] == "Hello."


# Access errors that are reported as such, also for requests other than messages

def test_stop_that_the_backend_may_not_ask_for_is_told_as_a_lack_of_permission(cloud, backend):
    cloud.fault("InvokeAgentRuntime", status=403, error="AccessDeniedException", message="no", times=9)
    chats = backend.chats()
    problem = check_problem(chats.stop(chats.create()), 502, "runtime_unreachable")
    assert "isn't allowed to call the agents" in problem["detail"] and "permissions" in problem["detail"]
    eventually(lambda: "InvokeAgentRuntime" in backend.logged, "the reason in the administrator's log")


def test_runtime_that_takes_no_token_of_the_person_asks_them_to_sign_in(cloud, runtime):
    arn = RUNTIME.replace("whole", "tokens")
    cloud.register_runtime(arn, runtime.url, auth="jwt", tokens=["another"])
    pool = Cognito("http://127.0.0.1:3000")
    backend = Backend(runtime.url, **pool.environment, **cloud.environment(
        AI4AI_RUNTIME_ARN=arn, AI4AI_RUNTIME_AUTHENTICATION="bearer"))
    try:
        chats = backend.chats(pool.mint())
        chat = chats.create()
        chats.send(chat, "hello")
        told = chats.settled(chat)[-1]
        assert told["kind"] == "error" and "did not accept your sign-in" in told["content"], told
        assert len(cloud.requests("InvokeAgentRuntime")) <= 3, "a refusal is not tried again"
    finally:
        backend.stop()
        pool.stop()


def test_browser_that_the_backend_may_not_reach_is_told_as_a_lack_of_permission(cloud, backend):
    cloud.fault(
        "InvokeAgentRuntimeWithWebSocketStream", status=403, error="AccessDeniedException", message="no", times=1000)
    chats = backend.chats()
    with chats.socket(chats.create()) as socket:
        socket.hello()
        socket.send(type="control.take")
        assert "isn't allowed to call the agents" in socket.noticed("runtime_unreachable")["message"]
