"""The Python SDK's debug actions, which read and force the ping status through /invocations, only if enabled."""

import pytest

from wire import Connection


@pytest.fixture
def debugged(start_agent):
    return start_agent(DEBUG_ACTIONS="1")


def act(agent, action):
    response = agent.invoke({"_agent_core_app_action": action})
    return response.status_code, response.json()


def test_ping_status_is_what_a_ping_would_say(debugged):
    # The action is itself an invocation, so it may make the agent busy.
    status, body = act(debugged, "ping_status")
    assert status == 200 and body.keys() == {"status", "time_of_last_update"}
    assert type(body["time_of_last_update"]) is int


def test_job_status_lists_the_running_tasks(debugged):
    debugged.invoke({"background": 3_600_000})
    status, body = act(debugged, "job_status")
    assert (status, body["active_count"]) == (200, 1)
    [job] = body["running_jobs"]
    assert job["name"] == "background" and job["duration"] >= 0


def test_job_status_without_tasks_is_empty(debugged):
    assert act(debugged, "job_status") == (200, {"active_count": 0, "running_jobs": []})


def test_forced_busy_holds_while_idle(debugged):
    assert act(debugged, "force_busy") == (200, {"forced_status": "HealthyBusy"})
    assert debugged.status == "HealthyBusy"


def test_forced_healthy_beats_running_work(debugged):
    with Connection(debugged.port) as client:
        client.invoke({"delay": 3_600_000})
        debugged.wait_for_status("HealthyBusy")
        assert act(debugged, "force_healthy") == (200, {"forced_status": "Healthy"})
        assert debugged.status == "Healthy"


def test_forced_status_beats_the_custom_one(start_agent):
    agent = start_agent(DEBUG_ACTIONS="1", PING="busy")
    agent.wait_for_status("HealthyBusy")
    act(agent, "force_healthy")
    assert agent.status == "Healthy"


def test_forced_status_keeps_its_time(debugged):
    act(debugged, "force_busy")
    first = debugged.ping().content
    act(debugged, "force_busy")
    debugged.invoke({"prompt": "x"})
    assert set(debugged.pings_for(seconds=1.1)) == {first}


def test_cleared_status_is_automatic_again(debugged):
    act(debugged, "force_busy")
    assert act(debugged, "clear_forced_status") == (200, {"forced_status": "Cleared"})
    debugged.wait_for_status("Healthy")


def test_unknown_action_is_400(debugged):
    assert act(debugged, "explode") == (400, {"error": "Unknown action: explode"})


def test_other_payloads_reach_the_agent(debugged):
    assert debugged.invoke({"prompt": "x"}).json() == {"message": "x"}


def test_json_that_is_no_object_is_the_callers_fault(debugged):
    assert debugged.invoke(data=b"[1]").status_code == 400


def test_actions_are_off_by_default(agent):
    response = agent.invoke({"_agent_core_app_action": "force_busy", "prompt": "an ordinary payload"})
    assert response.json() == {"message": "an ordinary payload"}
    agent.wait_for_status("Healthy")
