"""POST /invocations with a single response: JSON in, JSON out, and errors that say what was wrong."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from agent import Agent
from wire import Connection


@pytest.fixture(scope="module")
def agent():
    """One agent for all tests here, which leave no trace in it."""
    agent = Agent()
    yield agent
    agent.stop()


def test_answer_is_compact_json(agent):
    response = agent.invoke({"prompt": "Hello"})
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
    assert response.content == b'{"message":"Hello"}'


@pytest.mark.parametrize("text", [
    "naïve 猫 🦊", 'a "quoted" \\ line\nbreak\ttab', "</script>", "\x00\x1f\x7f", "\u2028",
])
def test_text_comes_back_as_it_was(agent, text):
    assert agent.invoke({"prompt": text}).json() == {"message": text}


def test_characters_beyond_ascii_are_not_escaped(agent):
    assert agent.invoke({"prompt": "猫🦊"}).content == '{"message":"猫🦊"}'.encode()


@pytest.mark.parametrize("header", [
    {}, {"Content-Type": "application/octet-stream"}, {"Content-Type": "text/plain; charset=latin-1"},
    {"Content-Type": "no/such;;type"}, {"Content-Type": ""}, {"Accept": "image/png"}, {"Accept": "text/event-stream"},
], ids=str)
def test_no_content_type_or_accept_is_demanded(agent, header):
    with Connection(agent.port) as client:
        client.invoke({"prompt": "x"}, [f"{name}: {value}" for name, value in header.items()])
        assert client.read_response().json() == {"message": "x"}


def test_query_is_ignored(agent):
    with Connection(agent.port) as client:
        client.request("POST", "/invocations?qualifier=DEFAULT", body=b'{"prompt":"x"}')
        assert client.read_response().json() == {"message": "x"}


@pytest.mark.parametrize("body", [
    b"", b"not json", b'{"prompt":"x"', b'{"prompt":"x"} trailing', b"{'prompt':'x'}", b'{"prompt":"\\ud8"}',
    b"[" * 100_000, b'{"a":' * 100_000,
], ids=lambda body: repr(body[:12]))
def test_body_that_is_not_json_is_400(agent, body):
    response = agent.invoke(data=body)
    assert (response.status_code, response.headers["Content-Type"]) == (400, "application/json")
    assert response.json().keys() == {"error", "details"}
    assert response.json()["error"] == "Invalid JSON"


def test_half_of_an_emoji_costs_no_request(agent):
    response = agent.invoke(data=b'{"prompt":"good \\ud83d"}')
    assert response.json() == {"message": "good \N{REPLACEMENT CHARACTER}"}


@pytest.mark.parametrize("body", [
    b'{"prompt":"\xff"}', b'{"prompt":"\xc3', b"\xff\xfe{\x00}\x00", b'{"prompt":"\xed\xa0\x80"}',
], ids=repr)
def test_body_that_is_not_utf8_is_400(agent, body):
    response = agent.invoke(data=body)
    assert (response.status_code, response.json()["error"]) == (400, "Invalid encoding")
    assert isinstance(response.json()["details"], str)


@pytest.mark.parametrize("body", [
    b"null", b"[]", b'"text"', b"7", b'{"events":"three"}', b'{"prompt":{}}', b'{"fail":1}',
], ids=repr)
def test_json_of_the_wrong_type_is_400(agent, body):
    response = agent.invoke(data=body)
    assert response.status_code == 400
    assert response.json().keys() == {"error", "details"}


@pytest.mark.parametrize("number", ["1.5", "12345678901234567890123"])
def test_json_with_an_unfit_number_is_not_called_invalid_json(agent, number):
    response = agent.invoke(data=b'{"events":%s}' % number.encode())
    assert response.status_code == 400
    assert "number" in response.json()["details"], response.text


@pytest.mark.parametrize("path", ["/", "/nope", "/invocations/", "/invocationsx", "/ping/x", "/WS", "/%00"])
def test_unknown_path_is_404(agent, path):
    with Connection(agent.port) as client:
        client.request("GET", path)
        response = client.read_response()
    assert (response.status, response.headers["content-type"]) == (404, "application/json")
    assert "error" in response.json()


@pytest.mark.parametrize("method, path, allowed", [
    ("GET", "/invocations", "POST"), ("PUT", "/invocations", "POST"), ("DELETE", "/invocations", "POST"),
    ("OPTIONS", "/invocations", "POST"), ("POST", "/ping", "GET"), ("DELETE", "/ping", "GET"),
])
def test_wrong_method_is_405_and_says_which_is_allowed(agent, method, path, allowed):
    with Connection(agent.port) as client:
        client.request(method, path)
        response = client.read_response()
    assert response.status == 405
    assert allowed in response.headers["allow"].replace(" ", "").split(",")
    assert "error" in response.json()


def test_failing_handler_is_500_with_its_message(agent):
    response = agent.invoke({"fail": True})
    assert (response.status_code, response.headers["Content-Type"]) == (500, "application/json")
    assert response.json() == {"error": "asked to fail"}


@pytest.mark.parametrize("status", [400, 404, 409, 422, 429, 503])
def test_handler_chooses_the_status_of_its_error(agent, status):
    response = agent.invoke({"status": status})
    assert response.status_code == status
    assert response.json() == {"error": "custom", "details": f"asked for {status}"}


def test_connection_survives_every_kind_of_error(agent):
    with Connection(agent.port) as client:
        for body, status in [(b"", 400), (b"\xff", 400), (b'{"fail":true}', 500), (b'{"status":404}', 404)]:
            client.request("POST", "/invocations", body=body)
            assert client.read_response().status == status
        client.request("PUT", "/invocations", body=b"x" * 100_000)
        assert client.read_response().status == 405
        client.invoke({"prompt": "still here"})
        assert client.read_response().json() == {"message": "still here"}


def test_chunked_body_is_taken(agent):
    body = json.dumps({"prompt": "naïve 猫"}, ensure_ascii=False).encode()
    pieces = (body[index:index + 1] for index in range(len(body)))  # Also splits characters.
    assert agent.invoke(data=pieces).json() == {"message": "naïve 猫"}


def test_body_of_25_megabytes_is_taken_and_given(agent):
    text = "naïve 🦊 " * 2_100_000
    response = agent.invoke(data=json.dumps({"prompt": text}, ensure_ascii=False).encode())
    assert response.json()["message"] == text


def test_chunked_body_of_25_megabytes_is_taken(agent):
    text = "x" * 25_000_000
    body = json.dumps({"prompt": text}).encode()
    response = agent.invoke(data=(body[start:start + 70_000] for start in range(0, len(body), 70_000)))
    assert response.json()["message"] == text


def test_too_large_a_content_length_is_413_before_the_body_is_sent(agent):
    with Connection(agent.port) as client:
        client.send(b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000001\r\n\r\n")
        response = client.read_response()
    assert (response.status, response.headers["content-type"]) == (413, "application/json")
    assert "error" in response.json()


def test_too_large_a_chunked_body_is_413_before_its_end(agent):
    with Connection(agent.port) as client:
        client.send(b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"F4240\r\n" + b"x" * 1_000_000 + b"\r\n"
        try:
            for _ in range(101):
                client.send(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass  # The response may have arrived already.
        response = client.read_response()
    assert (response.status, response.headers["content-type"]) == (413, "application/json")
    assert "error" in response.json()


def test_too_large_a_body_frees_the_agent_for_others(agent):
    with Connection(agent.port) as client:
        client.send(b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000001\r\n\r\n")
        client.read_response()
        agent.wait_for_status("Healthy")


def test_client_that_sends_too_large_a_body_anyway_reads_the_413(agent):
    assert agent.invoke(data=b"x" * 100_000_001).status_code == 413


def test_client_that_expects_100_continue_is_told_to_go_on(agent):
    with Connection(agent.port, timeout=3) as client:
        client.send(b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n"
                    b"Expect: 100-continue\r\n\r\n")
        assert client.read_head()[0] == 100  # RFC 9110, section 10.1.1; otherwise curl waits a second for each large body.
        client.send(b'{"prompt":"x"}')
        assert client.read_response().json() == {"message": "x"}


def test_invocations_run_beside_each_other(agent):
    with Connection(agent.port) as parked, ThreadPoolExecutor(20) as pool:
        parked.invoke({"delay": 3_600_000})
        answers = pool.map(lambda number: agent.invoke({"prompt": str(number), "delay": 50}).json(), range(60))
        assert [answer["message"] for answer in answers] == [str(number) for number in range(60)]
