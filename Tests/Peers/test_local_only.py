"""Outside of a container, a foreign Host or Origin is rejected, because any website can post to a local port."""

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from agent import DEADLINE, Agent
from wire import Connection, handshake, request

FOREIGN_HOSTS = [
    "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.nip.io", "127.0.0.1.evil.example:8080",
    "192.168.1.5", "0.0.0.0", "[::1].evil.example", "[fe80::1]", "localhost@evil.example", "xlocalhost", "127.0.0.11",
]
LOCAL_HOSTS = ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8080"]
FOREIGN_ORIGINS = [
    "https://evil.example", "http://localhost.evil.example", "http://127.0.0.1.nip.io:8080", "null", "file://",
    "http://localhost@evil.example", "http://evil.example/localhost", "chrome-extension://abc", "https://localhostx",
]
LOCAL_ORIGINS = ["http://localhost", "http://localhost:3000", "https://127.0.0.1:8443", "http://[::1]:3000"]


@pytest.fixture(scope="module")
def local():
    """One agent for all tests here that leave no trace in it."""
    agent = Agent(LOCAL_ONLY="1")
    yield agent
    agent.stop()


def ask(agent, data):
    with Connection(agent.port) as client:
        client.send(data)
        return client.read_response()


def each_route(host="127.0.0.1", headers=()):
    yield request("GET", "/ping", headers, host=host)
    yield request("GET", "/ping", [*headers, "Connection: close"], host=host)
    yield request("POST", "/invocations", headers, b'{"prompt":"x"}', host=host)
    yield handshake(headers, host=host)


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_foreign_host_is_refused_on_each_route(local, host):
    assert [ask(local, data).status for data in each_route(host)] == [403] * 4


@pytest.mark.parametrize("second", ["evil.example", "127.0.0.1"])
def test_second_host_is_refused_on_each_route(local, second):
    assert [ask(local, data).status for data in each_route(headers=[f"Host: {second}"])] == [403] * 4


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_foreign_origin_is_refused_on_each_route(local, origin):
    assert [ask(local, data).status for data in each_route(headers=[f"Origin: {origin}"])] == [403] * 4


@pytest.mark.parametrize("host", LOCAL_HOSTS)
def test_loopback_host_is_served_on_each_route(local, host):
    assert [ask(local, data).status for data in each_route(host)] == [200, 200, 200, 101]


@pytest.mark.parametrize("origin", LOCAL_ORIGINS)
def test_loopback_origin_is_served_on_each_route(local, origin):
    assert [ask(local, data).status for data in each_route(headers=[f"Origin: {origin}"])] == [200, 200, 200, 101]


def test_refusal_is_json_that_says_why(local):
    response = ask(local, request("GET", "/ping", host="evil.example"))
    assert response.headers["content-type"] == "application/json"
    assert "evil.example" in response.json()["details"]


def test_refused_invocation_does_not_run(start_agent):
    local = start_agent(LOCAL_ONLY="1")
    ask(local, request("POST", "/invocations", ["Origin: https://evil.example"], b'{"background":3600000}'))
    assert local.status == "Healthy"


def test_foreign_request_pipelined_behind_a_local_one_is_refused(start_agent):
    local = start_agent(LOCAL_ONLY="1")
    with Connection(local.port) as client:
        client.invoke({"prompt": "x", "delay": 300})
        client.request("POST", "/invocations", body=b'{"background":3600000}', host="evil.example")
        assert client.read_response().status == 200
        assert client.read_response().status == 403
    assert local.status == "Healthy"


def test_connection_serves_on_after_a_refusal(local):
    with Connection(local.port) as client:
        client.request("POST", "/invocations", body=b"x" * 100_000, host="evil.example")
        assert client.read_response().status == 403
        client.request("GET", "/ping")
        assert client.read_response().status == 200


def test_browser_page_of_another_site_cannot_open_a_websocket(local):
    with pytest.raises(InvalidStatus) as refusal:
        connect(f"ws://127.0.0.1:{local.port}/ws", origin="https://evil.example", open_timeout=DEADLINE)
    assert refusal.value.response.status_code == 403


def test_in_a_container_any_host_and_origin_is_served(start_agent):
    agent = start_agent(LOCAL_ONLY="0")
    routes = each_route("runtime.example:8080", ["Origin: https://app.example"])
    assert [ask(agent, data).status for data in routes] == [200, 200, 200, 101]
