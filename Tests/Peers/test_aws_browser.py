"""AgentCore Browser: sessions, signed WebSockets, and real Chromium processes behind them."""

import pytest
import requests

from probe import Refused
from system import Page


@pytest.fixture(autouse=True)
def clean(peer):
    peer.clear_requests()
    yield
    peer.clear_faults()
    peer.clock(0)
    peer.kill_browsers()


def test_session_is_started_found_listed_and_stopped(peer, probe):
    session = probe("browser", operation="start", name="errand", seconds=600)
    sent = peer.requests("StartBrowserSession")[0]["params"]
    assert (sent["name"], sent["sessionTimeoutSeconds"], sent["browserIdentifier"]) == ("errand", 600, "aws.browser.v1")
    assert sent["viewPort"] == {"width": 1280, "height": 900}
    assert probe("browser", operation="get", session=session) == "READY"
    assert session in probe("browser", operation="list")
    probe("browser", operation="stop", session=session)
    assert session not in probe("browser", operation="list")
    peer.clear_requests()
    assert probe("browser", operation="stop", session=session), "stopping twice is no error"
    assert len(peer.requests("StopBrowserSession")) == 1, "nor is it asked for again and again"


def test_lost_answer_does_not_start_a_second_browser(peer, probe):
    peer.fault("StartBrowserSession", status=500, error="InternalServerException")
    probe("browser", operation="start")
    assert len({entry["params"]["clientToken"] for entry in peer.requests("StartBrowserSession")}) == 1


def test_custom_browser_is_used_by_its_id(peer, probe):
    peer.register_browser("custom-AbCdEf1234")
    session = probe("browser", operation="start", browser="custom-AbCdEf1234")
    assert probe("browser", operation="connect", browser="custom-AbCdEf1234", session=session)


def test_handshake_carries_exactly_the_headers_that_are_due(peer, probe):
    session = probe("browser", operation="start")
    probe("browser", operation="connect", session=session)
    headers = peer.requests("ConnectBrowserAutomationStream")[-1]["headers"]
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token," in headers["authorization"]
    assert {"host", "x-amz-date", "x-amz-security-token", "user-agent", "sec-websocket-key"} <= headers.keys()
    assert "origin" not in headers and "x-amz-content-sha256" not in headers


def test_each_connect_makes_a_handshake_of_its_own(peer, probe):
    session = probe("browser", operation="start")
    before = len(peer.sockets()["handshakes"])
    for _ in range(2):
        probe("browser", operation="connect", session=session)
    # The fake AWS has verified both. The signatures may be equal, because their timestamps have whole seconds.
    assert [entry["sessionId"] for entry in peer.sockets()["handshakes"][before:]] == [session] * 2
    first, second = peer.requests("ConnectBrowserAutomationStream")
    assert (first["status"], second["status"]) == (101, 101)
    assert first["headers"]["sec-websocket-key"] != second["headers"]["sec-websocket-key"]


def test_refused_handshake_names_the_known_causes(peer, probe):
    session = probe("browser", operation="start")
    peer.fault("ConnectBrowserAutomationStream", status=403, error="AccessDeniedException", times=9)
    with pytest.raises(Refused, match="bedrock-agentcore:ConnectBrowserAutomationStream.*lost its signed headers.*clock"):
        probe("browser", operation="connect", session=session)
    peer.clear_faults()
    peer.fault("ConnectBrowserAutomationStream", status=404, error="ResourceNotFoundException", times=9)
    with pytest.raises(Refused, match="404.*has ended, or it belongs to another region"):
        probe("browser", operation="connect", session=session)


def test_ended_session_is_reported_as_gone(peer, probe):
    session = probe("browser", operation="start")
    peer.kill_browsers()
    with pytest.raises(Refused, match="has ended. Start a new one") as refused:
        probe("browser", operation="connect", session=session)
    assert refused.value.code == "BrowserError"


def test_live_view_is_presigned_for_five_minutes_at_most(peer, probe):
    session = probe("browser", operation="start")
    url = probe("browser", operation="live-view", session=session)
    assert url.startswith("http://") and "X-Amz-Expires=300" in url
    assert requests.get(url, timeout=10).status_code == 200
    assert requests.get(url.replace("X-Amz-Expires=300", "X-Amz-Expires=299"), timeout=10).status_code == 403
    for expiry in (0, 301):
        with pytest.raises(Refused, match="1 to 300 seconds"):
            probe("browser", operation="live-view", session=session, expiry=expiry)


def test_another_process_takes_over_the_same_page(peer, start_probe):
    first, second = start_probe(), start_probe()
    session = first("browser", operation="start")
    with Page("<title>Kept</title><h1>Still here</h1>") as url:
        assert first("browser", operation="title", session=session, url=url) == "Kept"
        assert "Still here" in second("browser", operation="title", session=session)


@pytest.mark.parametrize("session", ["../x", "a b", "a\r\nb", "x" * 41, "", "é"])
def test_hostile_session_ids_are_refused(peer, probe, session):
    with pytest.raises(Refused) as refused:
        probe("browser", operation="live-view", session=session)
    assert refused.value.code == "invalidInput" and peer.requests() == []
