"""The log: one JSON object per line, with the ids of its request, and nothing that users wrote."""

import re
from datetime import datetime

import pytest

from wire import Connection

IDS = {"X-Amzn-Bedrock-AgentCore-Runtime-Session-Id": "session-of-the-log-test-0123456789",
       "X-Amzn-Bedrock-AgentCore-Runtime-Request-Id": "request-of-the-log-test"}
SECRET = "correct horse battery staple"


def test_each_line_is_one_json_object_with_time_level_and_message(agent):
    agent.invoke({"prompt": "line\nbreak"}, headers={"x-amzn-requestid": 'quote " backslash \\ tab\t'})
    agent.invoke({"fail": True})
    agent.invoke(data=b"\xff")
    agent.invoke({"events": 1, "failAfter": 0})
    agent.wait_for_log("Stream failed")
    for entry in agent.log:  # Each line parses.
        assert datetime.fromisoformat(entry["timestamp"]).tzinfo
        assert entry["level"].lower() in ("trace", "debug", "info", "notice", "warning", "error", "critical")
        assert isinstance(entry["message"], str)


@pytest.mark.parametrize("payload, message", [
    ({"prompt": "x"}, "Invocation completed"), ({"fail": True}, "Invocation failed"),
    ({"status": 400}, "Invocation failed"),
    ({"events": 1, "delay": 1}, "Invocation completed"), ({"events": 1, "failAfter": 1, "delay": 1}, "Stream failed"),
], ids=["answer", "failure", "refusal", "stream", "failed stream"])
def test_invocation_is_logged_with_session_and_request_id(agent, payload, message):
    agent.invoke(payload, headers=IDS)
    assert set(IDS.values()) <= set(agent.wait_for_log(message).values())


def test_cancelled_invocation_is_logged_with_session_and_request_id(agent):
    with Connection(agent.port) as client:
        client.invoke({"delay": 3_600_000}, [f"{name}: {value}" for name, value in IDS.items()])
        agent.wait_for_status("HealthyBusy")
    assert set(IDS.values()) <= set(agent.wait_for_log("cancelled").values())


def test_generated_request_id_is_logged(agent):
    request_id = agent.context({})["requestID"]
    assert request_id in agent.wait_for_log("Invocation completed").values()


def test_failure_is_an_error_with_its_reason(agent):
    agent.invoke({"fail": True})
    entry = agent.wait_for_log("Invocation failed")
    assert entry["level"].lower() == "error" and "asked to fail" in entry.values()


def test_failed_stream_is_not_logged_as_completed(agent):
    with Connection(agent.port) as client:
        client.invoke({"events": 2, "failAfter": 1, "delay": 1})
        client.read_response()
        client.invoke({"prompt": "x"}, ["x-amzn-requestid: next"])
        client.read_response()
    agent.wait_for_log("Invocation completed", request_id="next")
    assert agent.count_log("Invocation completed") == 1


def test_pings_are_not_logged(agent):
    for _ in range(20):
        agent.ping()
    agent.ping(headers={"Connection": "close"})
    agent.invoke({"prompt": "x"})
    agent.wait_for_log("Invocation completed")
    assert len(agent.log_lines) == 2, agent.log_lines


def test_prompts_are_never_logged(agent):
    text = {"prompt": SECRET}
    for payload in [text, text | {"events": 1}, text | {"fail": True}, text | {"events": 2, "failAfter": 1},
                    text | {"status": 400}, text | {"background": 1}, text | {"events": "three"}, {"prompt": [SECRET]}]:
        agent.invoke(payload)
    for body in [SECRET, f'{{"prompt":"{SECRET}"', f'{{"prompt":"{SECRET}\n"}}', f'{{{SECRET}}}', f'"{SECRET}"']:
        agent.invoke(data=body.encode())
    with Connection(agent.port) as client:
        client.upgrade()
        client.send_frame(1, SECRET.encode())
        client.read_frame()
    agent.invoke({"prompt": "x"}, headers={"x-amzn-requestid": "the-last"})
    agent.wait_for_log("Invocation completed", request_id="the-last")
    words = re.compile("|".join(SECRET.split()))
    assert [line for line in agent.log_lines if words.search(line)] == []


def test_tokens_and_headers_are_never_logged(agent):
    names = ["Authorization", "WorkloadAccessToken", "X-Amz-Bedrock-AgentCore-Identity-WAT", "Cookie", "baggage"]
    for payload in ({"prompt": "x"}, {"fail": True}, {"status": 400}):
        agent.invoke(payload, headers={name: "k=hush-hush" for name in names})
    agent.invoke({"prompt": "x"}, headers={"x-amzn-requestid": "the-last"})
    agent.wait_for_log("Invocation completed", request_id="the-last")
    assert [line for line in agent.log_lines if "hush-hush" in line] == []


def test_lines_of_parallel_requests_stay_whole(agent):
    with Connection(agent.port) as client:
        for number in range(500):
            client.invoke({"prompt": "x"}, [f"x-amzn-requestid: request-{number}"])
        for number in range(500):
            client.read_response()
    agent.wait_for_log("Invocation completed", request_id="request-499")
    ids = [entry["request_id"] for entry in agent.log if "request_id" in entry]
    assert ids == [f"request-{number}" for number in range(500)]
