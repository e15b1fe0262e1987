"""The automation agent in a separate runtime."""

import pytest

import agui
from cloud import AUTOMATION, road_tax, settings
from system import Container

SESSION_HEADER = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"


pytestmark = pytest.mark.usefixtures("clean_cloud")


def task(cloud):
    """The request with the task, after the one that lists the recipes."""
    [_, task] = cloud.requests("InvokeAgentRuntime")
    return task


def test_remote_automation_does_the_errand_as_if_it_were_here(cloud, site, runtime):
    cloud.register_runtime(AUTOMATION, runtime.url)
    coordinator = Container(**settings(
        cloud, site, AI4AI_BROWSER=None, AI4AI_AUTOMATION_RUNTIME_ARN=AUTOMATION))
    try:
        cloud.script(*road_tax(site, "FAR 1"))
        headers = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "baggage": "session.id=s",
                   "X-Amzn-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793"}
        prompt = {"prompt": "x", "session_id": "split", "user_id": "aminah"}
        events = list(coordinator.stream(prompt, headers=headers))
        agui.check_order(events)
        assert events[-1]["result"]["message"] == "Your amount due was read."
        assert {"path": "/check", "fields": {"plate": "FAR 1", "kind": "Car"}} in site.received()
        steps = [event["stepName"] for event in events if event["type"] == "STEP_STARTED"]
        assert steps == ["browse", "navigate", "click", "fill", "click"]
        sent = task(cloud)
        assert all(sent["headers"][name.lower()] == value for name, value in headers.items())
        assert len(sent["headers"][SESSION_HEADER.lower()]) >= 33
        saved = [entry["params"]["Item"] for entry in cloud.requests("PutItem")]
        owners = {item["session_id"]["S"]: item["user_id"]["S"] for item in saved if "user_id" in item}
        assert set(owners.values()) == {"aminah"} and len(owners) == 2, "each runtime keeps its own record"
        assert events[-1]["usage"][0]["outputTokens"] > 0
        cloud.script(
            {"calls": [{"tool": "browse", "input": {"goal": "x"}}]}, {"text": "It is out of reach, I am told."})
        cloud.fault("InvokeAgentRuntime", status=403, error="AccessDeniedException", message="no", times=9)
        results = [event["content"] for event in coordinator.events({"prompt": "x"}) if event["type"] == "TOOL_CALL_RESULT"]
        assert "InvokeAgentRuntime" in results[0]
    finally:
        coordinator.stop()


def test_remote_automation_is_called_with_the_persons_own_token(cloud, site, runtime):
    arn = AUTOMATION.replace("automation", "automation_jwt")
    cloud.register_runtime(arn, runtime.url, auth="jwt", tokens=["good-token"])
    coordinator = Container(**settings(
        cloud, site, AI4AI_BROWSER=None, AI4AI_AUTOMATION_RUNTIME_ARN=arn, AI4AI_AUTOMATION_AUTHENTICATION="bearer"))
    try:
        cloud.script(*road_tax(site, "TOKEN 1"))
        headers = {"Authorization": "Bearer good-token", "X-Amz-Bedrock-AgentCore-Identity-WAT": "wat-1"}
        events = list(coordinator.stream({"prompt": "x"}, headers=headers))
        assert events[-1]["result"]["message"] == "Your amount due was read."
        assert {"path": "/check", "fields": {"plate": "TOKEN 1", "kind": "Car"}} in site.received()
        sent = task(cloud)
        assert all(sent["headers"].get(name.lower()) == value for name, value in headers.items()), sent["headers"]
        cloud.clear_requests()
        cloud.script({"calls": [{"tool": "browse", "input": {"goal": "x"}}]}, {"text": "It takes tokens, I am told."})
        events = coordinator.events({"prompt": "x"})
        results = [event["content"] for event in events if event["type"] == "TOOL_CALL_RESULT"]
        assert "this request came with none" in results[0] and cloud.requests("InvokeAgentRuntime") == []
        assert "good-token" not in coordinator.logged and "wat-1" not in coordinator.logged
    finally:
        coordinator.stop()
