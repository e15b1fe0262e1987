"""TCP connections with many requests, pipelined requests, and offers of HTTP/2."""

import http.client
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from agent import DEADLINE
from wire import Connection, request

H2C = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA"]


def test_connection_serves_many_requests(agent):
    connection = http.client.HTTPConnection("127.0.0.1", agent.port, timeout=DEADLINE)
    connection.connect()
    socket = connection.sock
    for number in range(200):
        if number % 2:
            connection.request("GET", "/ping")
            assert connection.getresponse().read().startswith(b"{")
        else:
            connection.request("POST", "/invocations", json.dumps({"prompt": str(number)}))
            assert json.loads(connection.getresponse().read()) == {"message": str(number)}
    assert connection.sock is socket, "it was closed in between"
    connection.close()


def test_connection_serves_on_after_a_stream(agent):
    with Connection(agent.port) as client:
        for _ in range(3):
            client.invoke({"events": 3, "delay": 1})
            assert client.read_response().body.count(b"\n\n") == 3
        client.invoke({"prompt": "next"})
        assert client.read_response().json() == {"message": "next"}


def test_pipelined_requests_are_answered_in_order(agent):
    with Connection(agent.port) as client:
        requests_ = b""
        for number in range(50):
            body = json.dumps({"prompt": str(number), "delay": 20 if number % 10 == 0 else None}).encode()
            requests_ += request("POST", "/invocations", body=body) + request("GET", "/ping") + request("GET", "/none")
        client.send(requests_)
        for number in range(50):
            assert client.read_response().json() == {"message": str(number)}
            assert "time_of_last_update" in client.read_response().json()
            assert client.read_response().status == 404


def test_ping_pipelined_behind_a_stream_is_answered_after_it(agent):
    with Connection(agent.port) as client:
        client.send(request("POST", "/invocations", body=b'{"events":3,"delay":5}') + request("GET", "/ping"))
        assert client.read_response().body.count(b"\n\n") == 3
        assert "time_of_last_update" in client.read_response().json()


def test_request_may_come_byte_by_byte(agent):
    with Connection(agent.port) as client:
        for byte in request("POST", "/invocations", ["X-A: b"], b'{"prompt":"\xc3\xaf"}'):
            client.send(bytes([byte]))
        assert client.read_response().json() == {"message": "ï"}


@pytest.mark.parametrize("path", ["/ping", "/invocations"])
def test_connection_close_is_obeyed(agent, path):
    with Connection(agent.port) as client:
        if path == "/ping":
            client.request("GET", path, ["Connection: close"])
        else:
            client.invoke({"prompt": "x"}, ["Connection: close"])
        assert client.read_response().status == 200
        assert client.is_closed()


def test_connection_of_an_http_1_0_client_is_closed_after_the_answer(agent):
    with Connection(agent.port, timeout=2) as client:
        client.send(b"GET /ping HTTP/1.0\r\n\r\n")
        assert client.read_response().status == 200
        assert client.is_closed()  # RFC 9112, section 9.3: without keep-alive the client may wait for this.


@pytest.mark.parametrize("data", [
    b"GARBAGE\r\n\r\n", b"GET /ping HTTP/9.9\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST /invocations HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /invocations HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /ping HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
], ids=lambda data: repr(data[-16:]))
def test_what_is_not_http_is_refused_and_harms_nobody(agent, data):
    with Connection(agent.port) as client:
        client.send(data)
        try:
            assert b" 400 " in client.read_to_end()[:32]
        except ConnectionResetError:
            pass
    assert agent.wait_for_status("Healthy")


@pytest.mark.nightly
def test_pings_whose_answers_nobody_reads_take_little_memory(agent):
    agent.ping()
    before = agent.resident_bytes
    with Connection(agent.port, timeout=2, receive_buffer=4096) as client:
        try:
            for _ in range(60):
                client.send(request("GET", "/ping") * 1000)
        except TimeoutError:
            pass  # The server has stopped reading, as it should.
        agent.wait_until_still()
        assert agent.resident_bytes - before < 15_000_000


# Offers of HTTP/2


@pytest.mark.parametrize("offer", [
    request("GET", "/ping", H2C), request("POST", "/invocations", H2C, b'{"prompt":"x"}'),
    request("POST", "/invocations", H2C, b'{"events":2,"delay":1}'), request("GET", "/nope", H2C),
], ids=["ping", "invocation", "stream", "unknown"])
def test_offer_of_h2c_is_answered_in_http_1_1(agent, offer):
    with Connection(agent.port) as client:
        client.send(offer)
        response = client.read_response()
    assert (response.status, response.complete) == (404 if b"/nope" in offer else 200, True)
    assert response.body


def test_connection_after_an_h2c_offer_is_closed_or_serves_on(agent):
    with Connection(agent.port) as client:
        client.request("GET", "/ping", H2C)
        response = client.read_response()
        if response.headers.get("connection", "").lower() == "close":
            assert client.is_closed()
        else:
            client.request("GET", "/ping")
            assert client.read_response().status == 200


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
def test_curl_offering_http_2_gets_both_of_two_answers(agent):
    result = subprocess.run(
        ["curl", "-sS", "--http2", "-m", str(DEADLINE), "-d", '{"prompt":"x"}', agent.url + "/invocations", "--next",
         "-sS", "--http2", "-m", str(DEADLINE), agent.url + "/ping"],
        capture_output=True, text=True, timeout=2 * DEADLINE)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith('{"message":"x"}{') and "time_of_last_update" in result.stdout


JAVA = """
import java.net.URI;
import java.net.http.*;

public class Client {
    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newHttpClient();  // Offers h2c on each new connection.
        for (int number = 0; number < 5; number++) {
            HttpRequest post = HttpRequest.newBuilder(URI.create(arguments[0] + "/invocations"))
                .POST(HttpRequest.BodyPublishers.ofString("{\\"prompt\\":\\"" + number + "\\"}")).build();
            System.out.println(client.send(post, HttpResponse.BodyHandlers.ofString()).body());
            HttpRequest ping = HttpRequest.newBuilder(URI.create(arguments[0] + "/ping")).build();
            System.out.println(client.send(ping, HttpResponse.BodyHandlers.ofString()).statusCode());
        }
        HttpRequest stream = HttpRequest.newBuilder(URI.create(arguments[0] + "/invocations"))
            .POST(HttpRequest.BodyPublishers.ofString("{\\"events\\":3,\\"delay\\":1}")).build();
        System.out.println(client.send(stream, HttpResponse.BodyHandlers.ofLines()).body().count());
    }
}
"""


@pytest.mark.skipif(not (shutil.which("java") and shutil.which("javac")), reason="no Java")
def test_java_client_offering_http_2_gets_all_answers(agent, tmp_path: Path):
    (tmp_path / "Client.java").write_text(JAVA)
    subprocess.run(["javac", "-J-XX:TieredStopAtLevel=1", "Client.java"], cwd=tmp_path, check=True, timeout=120)
    result = subprocess.run(
        ["java", "-XX:TieredStopAtLevel=1", "-cp", str(tmp_path), "Client", agent.url],
        capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    expected = [line for number in range(5) for line in (f'{{"message":"{number}"}}', "200")]
    assert result.stdout.split() == [*expected, "6"]


# Idle connections

@pytest.fixture
def impatient(start_agent):
    return start_agent(IDLE_MS=200)


@pytest.mark.parametrize("begun", [
    b"", b"POST /invocations HTTP/1.1\r\nHost: localhost\r\n",
    b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"],
    ids=["nothing", "half a head", "a byte of the body"])
def test_silent_connection_is_closed(impatient, begun):
    with Connection(impatient.port) as client:
        client.send(begun)
        assert client.is_closed()


def test_body_that_is_only_announced_keeps_no_session_busy(agent):
    with Connection(agent.port) as client, Connection(agent.port) as other:
        client.send(b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 14\r\n\r\n{")
        # A single event loop serves all connections, so everything sent earlier has been read when this is answered.
        for _ in range(10):
            other.request("GET", "/ping")
            assert other.read_response().json()["status"] == "Healthy"
        client.send(b'"prompt":"x"}')
        assert client.read_response().json() == {"message": "x"}


def test_long_answer_is_no_silence(impatient):
    with Connection(impatient.port) as client:
        client.invoke({"prompt": "late", "delay": 1000})
        assert client.read_response().json() == {"message": "late"}
