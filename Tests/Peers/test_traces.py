"""A run's traces, metrics, and logs, read with a third-party collector and decoder."""

import json
import os
import signal
import socket
import time

import pytest

from cloud import MODEL, payment, road_tax, settings
from collector import Collector, tree
from system import DEADLINE, Container, Page, eventually

NAME = MODEL.removeprefix("bedrock/")
CHAT = (f"chat {NAME}", [])
AUTOMATION = "arn:aws:bedrock-agentcore:us-west-2:123456789012:runtime/automation-AbCdEf1234"
# Long enough for a session id of AgentCore, and therefore the same in both runtimes.
FAR = "far-" + "1" * 36
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
# As AgentCore sets them.
ATTRIBUTES = {
    "service.name": "errands.DEFAULT", "aws.service.type": "gen_ai_agent",
    "aws.log.group.names": "/aws/bedrock-agentcore/runtimes/errands-AbCdEf1234-DEFAULT"}
ON_AGENTCORE = {
    "AGENT_OBSERVABILITY_ENABLED": "true",
    "OTEL_RESOURCE_ATTRIBUTES": ",".join(f"{key}={value}" for key, value in ATTRIBUTES.items()),
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", "OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_TIMEOUT": "5000",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "x-aws-log-group=/aws/bedrock-agentcore/runtimes/e,x-aws-log-stream=spans"}


pytestmark = pytest.mark.usefixtures("clean_cloud")


@pytest.fixture(scope="module")
def collector():
    with Collector() as running:
        yield running


@pytest.fixture
def start(cloud, site):
    """Starts containers, and stops them all."""
    containers = []

    def start(**more):
        containers.append(Container(**settings(cloud, site, **more)))
        return containers[-1]

    yield start
    for container in containers:
        container.stop()


@pytest.fixture(scope="module")
def runtime(cloud, site, collector):
    """A runtime that exports to the collector."""
    running = Container(**settings(
        cloud, site, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_EXPORTER_OTLP_HEADERS="x-key=a%20key",
        OTEL_RESOURCE_ATTRIBUTES=ON_AGENTCORE["OTEL_RESOURCE_ATTRIBUTES"]))
    yield running
    running.stop()


def ask(container, collector, prompt="hello", headers=None, **more):
    """Performs a run and returns its spans."""
    before = sum(span.name == "invoke_agent coordinator" for span in collector.spans)
    answer = container.invoke({"prompt": prompt, **more}, headers=headers or {})
    assert answer.json()["status"] in ("completed", "interrupted"), answer.text
    return collector.run(number=before + 1)


@pytest.fixture(scope="module")
def task_spans(cloud, site, runtime, collector):
    cloud.script(*road_tax(site))
    return ask(runtime, collector, "What is due for WXY 1234?", session_id="errand-1")


# The tree of spans

def test_run_is_a_tree_of_agents_with_their_turns_and_tools(task_spans):
    automation = [CHAT, ("execute_tool navigate", []), CHAT, ("execute_tool click", []), CHAT, ("execute_tool fill", []),
                  CHAT, ("execute_tool click", []), CHAT]
    assert tree(task_spans) == [("invoke_agent coordinator", [
        CHAT, ("execute_tool browse", [("invoke_agent automation", automation)]), CHAT])]


def test_every_span_carries_the_one_session(task_spans):
    assert {span.attributes.get("session.id") for span in task_spans} == {"errand-1"}


def test_every_span_says_whose_it_is(task_spans):
    assert {span.scope for span in task_spans} == {"opentelemetry.instrumentation.ai4ai"}
    assert all(span.resource == ATTRIBUTES for span in task_spans)


def test_spans_lie_within_the_one_that_they_are_below_of(task_spans):
    by_id = {span.id: span for span in task_spans}
    assert len(by_id) == len(task_spans)
    for span in task_spans:
        above = by_id.get(span.parent, span)
        assert above.start <= span.start <= span.end <= above.end


def test_turns_of_the_model_say_which_and_how_much(task_spans):
    turn = next(span for span in task_spans if span.name.startswith("chat"))
    assert turn.kind == "client" and not turn.is_failed
    told = dict(turn.attributes)
    assert told.pop("gen_ai.usage.input_tokens") > 0 and told.pop("gen_ai.usage.output_tokens") > 0
    told.pop("gen_ai.usage.cache_read.input_tokens", None), told.pop("gen_ai.usage.cache_creation.input_tokens", None)
    assert told == {
        "session.id": "errand-1", "gen_ai.operation.name": "chat", "gen_ai.provider.name": "aws.bedrock",
        "gen_ai.request.model": NAME, "gen_ai.response.finish_reasons": ["tool_call"]}


def test_agents_and_tools_say_which_they_are(task_spans):
    agent, tool = (
        next(span for span in task_spans if span.name == name).attributes
        for name in ("invoke_agent automation", "execute_tool fill"))
    assert agent["gen_ai.operation.name"] == "invoke_agent" and agent["gen_ai.agent.name"] == "automation"
    assert agent["gen_ai.conversation.id"] == "errand-1" and agent["ai4ai.outcome"] == "completed"
    assert tool["gen_ai.operation.name"] == "execute_tool" and tool["gen_ai.tool.name"] == "fill"
    assert tool["gen_ai.tool.call.id"] and tool["gen_ai.tool.type"] == "function"


def test_nothing_that_was_said_is_told(task_spans):
    everything = str([(span.name, span.attributes, span.events) for span in task_spans])
    assert "WXY 1234" not in everything and "amount" not in everything.lower()


def test_collector_gets_the_headers_that_it_wants(task_spans, collector):
    sent = collector.headers[-1]
    assert sent["x-key"] == "a key" and sent["content-type"] == "application/x-protobuf"


# Traces that callers have started

@pytest.mark.parametrize("headers", [
    {"traceparent": f"00-{TRACE}-{PARENT}-00"},
    {"X-Amzn-Trace-Id": f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={PARENT};Sampled=0"},
    {"traceparent": f"00-{TRACE}-{PARENT}-01", "X-Amzn-Trace-Id": f"Root=1-{'a' * 8}-{'b' * 24};Parent={'c' * 16};Sampled=1"},
], ids=["w3c", "xray", "both"])
def test_run_goes_on_with_the_trace_of_its_request(cloud, runtime, collector, headers):
    cloud.script({"text": "Hello."})
    found = ask(runtime, collector, headers=headers)
    agent = next(span for span in found if span.name == "invoke_agent coordinator")
    assert (agent.trace, agent.parent) == (TRACE, PARENT)


@pytest.mark.parametrize("header", [
    "", "00", f"00-{TRACE}-{PARENT}", f"ff-{TRACE}-{PARENT}-01", f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE}-{'0' * 16}-01",
    f"00-{TRACE[:-1]}g-{PARENT}-01", f"00-{TRACE}-{PARENT}-01-more", "00-ٰ-ٰ-01".encode()])
def test_header_that_is_no_trace_begins_a_new_one(cloud, runtime, collector, header):
    cloud.script({"text": "Hello."})
    found = ask(runtime, collector, headers={"traceparent": header})
    assert [span.parent for span in found if span.name == "invoke_agent coordinator"] == [""]
    assert found[0].trace != TRACE


def test_automation_apart_is_in_the_same_trace(cloud, site, collector, start):
    telling = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    automation = start(OTEL_SERVICE_NAME="automation", **telling)
    cloud.register_runtime(AUTOMATION, automation.url)
    coordinator = start(
        AI4AI_BROWSER=None, AI4AI_AUTOMATION_RUNTIME_ARN=AUTOMATION, OTEL_SERVICE_NAME="coordinator", **telling)
    cloud.script(*road_tax(site, "FAR 1"))
    root = ask(coordinator, collector, session_id=FAR)[0]
    eventually(
        lambda: any(span.trace == root.trace and span.name == "invoke_agent automation" for span in collector.spans),
        "the other runtime's spans")
    found = [span for span in collector.spans if span.trace == root.trace]
    [(_, below)] = tree(found)
    browse = next(inner for name, inner in below if name == "execute_tool browse")
    assert [name for name, _ in browse] == ["invoke_agent automation"]
    assert {span.resource["service.name"] for span in found} == {"coordinator", "automation"}
    assert {span.attributes["session.id"] for span in found} == {FAR}


# Failures and interruptions

def test_failed_tool_is_marked_by_its_kind_alone(cloud, site, runtime, collector):
    cloud.script(
        {"calls": [{"tool": "browse", "input": {"goal": "read"}}]},
        {"calls": [{"tool": "navigate", "input": {"url": f"{cloud.url}/secret-path"}}]},
        {"text": "It was refused."}, {"text": "Refused."})
    found = ask(runtime, collector)
    tool = next(span for span in found if span.name == "execute_tool navigate")
    assert tool.is_failed and tool.attributes["error.type"] == "BrowserError"
    assert "secret-path" not in str(found)


def test_failed_model_is_marked(cloud, runtime, collector):
    cloud.fault("ConverseStream", status=403, error="AccessDeniedException", message="no", times=9)
    assert runtime.invoke({"prompt": "hello", "session_id": "refused-1"}).json()["status"] == "failed"

    def spans():
        found = [span for span in collector.spans if span.attributes.get("session.id") == "refused-1"]
        # An agent's own span is the last one to end.
        return found if any(span.name == "invoke_agent coordinator" for span in found) else None

    found = eventually(spans, "the spans")
    assert {(span.name, span.attributes.get("error.type")) for span in found if span.is_failed} == {
        (CHAT[0], "refused"), ("invoke_agent coordinator", "refused")}


def test_question_to_a_person_is_no_failure(cloud, site, runtime, collector):
    cloud.script(*payment(site))
    found = ask(runtime, collector, session_id="asked-1")
    assert not [span.name for span in found if span.is_failed]
    assert {span.attributes["ai4ai.outcome"] for span in found if span.name.startswith("invoke_agent")} == {"interrupted"}


# Message content, only if it's turned on

def test_content_is_told_where_that_is_asked_for(cloud, site, collector, start):
    container = start(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT="true")
    cloud.script(*road_tax(site))
    found = ask(container, collector, "What is due for WXY 1234?")
    first = next(span for span in sorted(found, key=lambda span: span.start) if span.name == CHAT[0])
    said = json.loads(first.attributes["gen_ai.input.messages"])
    assert said[-1]["role"] == "user" and said[-1]["parts"][-1] == {"type": "text", "content": "What is due for WXY 1234?"}
    answered = json.loads(first.attributes["gen_ai.output.messages"])
    assert answered[0]["role"] == "assistant" and answered[0]["parts"][-1]["name"] == "browse"
    assert json.loads(first.attributes["gen_ai.system_instructions"])[0]["type"] == "text"
    fill = next(span for span in found if span.name == "execute_tool fill")
    assert json.loads(fill.attributes["gen_ai.tool.call.arguments"])["text"] == "WXY 1234"
    assert "Plate number" in json.loads(fill.attributes["gen_ai.tool.call.result"])


def test_content_that_is_too_long_for_a_span_is_shortened(cloud, collector, start):
    container = start(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT="true")
    cloud.script({"text": "é" * 300_000})
    found = ask(container, collector, "€" * 300_000)
    turn = next(span for span in found if span.name == CHAT[0])
    assert len(str(turn.attributes).encode()) < 100_000
    assert json.loads(turn.attributes["gen_ai.input.messages"])[-1]["parts"][0]["content"].startswith("€€€")


# On AgentCore

def test_spans_go_to_cloudwatch_signed_and_with_its_headers(cloud, start):
    container = start(**ON_AGENTCORE)
    cloud.script({"text": "Hello."})
    container.invoke({"prompt": "hi", "session_id": "signed-1"})
    sent = eventually(lambda: cloud.requests("PutSpans"), "the spans")
    assert {entry["error"] for entry in sent} == {None}
    assert sent[0]["headers"]["x-aws-log-group"] == "/aws/bedrock-agentcore/runtimes/e"
    assert sent[0]["headers"]["x-aws-log-stream"] == "spans"
    names = [
        span["name"] for entry in sent for resource in entry["params"]["resourceSpans"]
        for scope in resource["scopeSpans"] for span in scope["spans"]]
    assert sorted(names) == sorted([CHAT[0], "invoke_agent coordinator"])


def lines(container):
    return [json.loads(line) for line in container.logged.splitlines()]


def test_metrics_are_lines_that_cloudwatch_reads(cloud, start):
    container = start(**ON_AGENTCORE)
    cloud.script({"text": "Hello."})
    container.invoke({"prompt": "hi"})
    # The metric that is written last, in alphabetical order.
    eventually(lambda: sum("gen_ai.client.token.usage" in line for line in lines(container)) == 2, "the metrics")
    metrics = [line for line in lines(container) if "_aws" in line]
    values = {}
    for line in metrics:
        [directive] = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "bedrock-agentcore"
        assert abs(line["_aws"]["Timestamp"] - time.time() * 1000) < 60_000
        [dimensions] = directive["Dimensions"]
        assert dimensions[0] == "service.name" and all(isinstance(line[name], str) for name in dimensions)
        assert line["service.name"] == "errands.DEFAULT"
        [metric] = directive["Metrics"]
        assert 0 < len(line[metric["Name"]]) <= 100
        key = metric["Name"], metric["Unit"], *(line[name] for name in dimensions[1:])
        values[key] = line[metric["Name"]]
    assert values["ai4ai.runs", "Count", "completed"] == [1]
    assert values["gen_ai.client.token.usage", "None", "input", NAME][0] > 0
    assert values["gen_ai.client.operation.duration", "Milliseconds", "chat", NAME][0] > 0
    assert values["gen_ai.client.operation.duration", "Milliseconds", "invoke_agent", "coordinator"][0] > 0


def test_lines_of_the_log_name_their_trace(cloud, start):
    container = start(**ON_AGENTCORE)
    cloud.fault("ConverseStream", status=403, error="AccessDeniedException", message="no", times=9)
    container.invoke({"prompt": "hi", "session_id": "logged-1"}, headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
    [line] = eventually(
        lambda: [line for line in lines(container) if line.get("message") == "A run failed"], "the line")
    assert (line["trace_id"], line["session_id"]) == (TRACE, "logged-1")


def test_spans_are_out_before_the_session_is_called_idle(cloud, collector, start):
    """After that, the platform may freeze the process."""
    container = start(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    cloud.script({"text": "Hello."})
    container.invoke({"prompt": "hi", "session_id": "idle-1"})
    eventually(container.is_healthy, "the end of the work")
    assert [span.name for span in collector.spans if span.attributes.get("session.id") == "idle-1"][-1:] == [
        "invoke_agent coordinator"]


# Telemetry turned off

@pytest.mark.parametrize("off", [
    {}, {"OTEL_SDK_DISABLED": "true", **ON_AGENTCORE},
    {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "there"},
    {**ON_AGENTCORE, "OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"},
], ids=["default", "disabled", "disabled-collector", "none"])
def test_nothing_is_told_where_nobody_wants_to_know(cloud, collector, start, off):
    off = {key: collector.url if value == "there" else value for key, value in off.items()}
    container = start(**off)
    cloud.script({"text": "Hello."})
    container.invoke({"prompt": "hi", "session_id": "off-1"})
    eventually(container.is_healthy, "the end of the work")
    assert not cloud.requests("PutSpans") and "_aws" not in container.logged
    assert not [span for span in collector.spans if span.attributes.get("session.id") == "off-1"]


# Collectors that fail

def answered(container, cloud):
    cloud.script({"text": "Hello."})
    begun = time.monotonic()
    assert container.invoke({"prompt": "hi"}).json()["status"] == "completed"
    return time.monotonic() - begun


def warned_once(container):
    eventually(lambda: "Spans cannot be exported" in container.logged, "the warning")
    assert container.logged.count("Spans cannot be exported") == 1


def test_collector_that_is_not_there_harms_nobody(cloud, start):
    container = start(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    for _ in range(3):
        answered(container, cloud)
    eventually(container.is_healthy, "the end of the work")
    warned_once(container)


def test_collector_that_never_answers_holds_nobody_up(cloud, start):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        container = start(
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{silent.getsockname()[1]}", OTEL_EXPORTER_OTLP_TIMEOUT="60000")
        for _ in range(2):
            answered(container, cloud)
        # At most five seconds, whatever timeout is set.
        eventually(container.is_healthy, "the end of the work")
        warned_once(container)


def test_collector_that_refuses_is_told_once(cloud, start):
    with Page("no", post_status=501) as url:
        container = start(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{url}/traces")
        for _ in range(3):
            answered(container, cloud)
            eventually(container.is_healthy, "the end of the work")
        warned_once(container)
        assert "The collector answered 501." in container.logged


def test_spans_wait_for_a_collector_that_comes_back(cloud, start):
    back = Collector()
    container = start(OTEL_EXPORTER_OTLP_ENDPOINT=back.url)
    answered(container, cloud)
    eventually(container.is_healthy, "the end of the work")
    with back:
        answered(container, cloud)
        eventually(lambda: sum(span.name == "invoke_agent coordinator" for span in back.spans) == 2, "both runs")
        eventually(lambda: "Spans are exported again" in container.logged, "the good news in the log")
        assert len({span.trace for span in back.spans}) == 2


def test_end_of_the_process_takes_the_last_spans_along(cloud, site, collector, start):
    """Including the spans of a run that continues while the process shuts down."""
    container = start(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    cloud.script({"text": "Hello.", "hold": True})
    stream = container.stream({"prompt": "hi", "session_id": "last-1"})
    next(stream)
    os.kill(container.process.pid, signal.SIGTERM)
    cloud.release()
    assert list(stream)[-1]["type"] == "RUN_FINISHED"
    assert container.process.wait(DEADLINE) == 0
    names = [span.name for span in collector.spans if span.attributes.get("session.id") == "last-1"]
    assert names == [CHAT[0], "invoke_agent coordinator"]
