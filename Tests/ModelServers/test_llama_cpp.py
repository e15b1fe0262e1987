"""The runtime with a real model server: llama.cpp with a small model. `make model-check` runs this.

A model of this size is not judged by its answers. A proxy forces its first call, which the server then makes with a grammar, and
counts what goes over the wire.
"""

import http.client
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

import pytest
import requests

sys.path.append(str(pathlib.Path(__file__).parents[1] / "Peers"))

from ports import free_port  # noqa: E402
from system import BUILD, Container, DemoSite  # noqa: E402

CONTEXT = 8192


@pytest.fixture(scope="module")
def server():
    """llama.cpp's server, as its documentation starts it for agents."""
    port = free_port()
    process = subprocess.Popen(
        [os.environ["LLAMA_SERVER"], "-m", os.environ["LLAMA_MODEL"], "--alias", "gemma", "--jinja", "--chat-template-file",
         pathlib.Path(__file__).with_name("tools.jinja"), "-c", str(CONTEXT), "-np", "1", "--port", str(port), "--host", "127.0.0.1", "-t", "2"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 120
    while True:
        try:
            if requests.get(f"http://127.0.0.1:{port}/health", timeout=5).ok:
                break
        except requests.ConnectionError:
            pass
        assert process.poll() is None and time.monotonic() < end, "llama.cpp's server does not start"
        time.sleep(0.1)
    yield port
    process.terminate()
    process.wait(20)


class Proxy:
    """Passes requests on, and forces a call of one tool in the first."""

    def __init__(self, port, forced):
        proxy = self
        self.requests, self.statuses, self.chunks = [], [], 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.forward("GET", None)

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                proxy.requests.append(json.loads(json.dumps(body)))
                body["max_tokens"], body["stop"] = 80, ["</tool_call>", "<|im_end|>"]
                if len(proxy.requests) == 1:
                    # Only the wanted tool is offered, with one possible input, and one must be called.
                    body["tools"] = [tool for tool in body["tools"] if tool["function"]["name"] == forced]
                    parameters = body["tools"][0]["function"]["parameters"]
                    parameters["properties"] = {name: {"enum": ["road"]} for name in parameters.get("required", [])} or {
                        "annotated": {"enum": [False]}}
                    body["tool_choice"] = "required"
                else:
                    body.pop("tools", None)
                self.forward("POST", json.dumps(body))

            def forward(self, method, body):
                # The grammar lets the model talk before it calls, and a small one may not stop. It is then asked again.
                for _ in range(100 if body and "tool_choice" in body else 1):
                    connection = http.client.HTTPConnection("127.0.0.1", port)
                    connection.request(method, self.path, body, {"content-type": "application/json"})
                    answer = connection.getresponse()
                    parts = []
                    while part := answer.read1(65536):
                        parts.append(part)
                    if b'"finish_reason":"tool_calls"' in b"".join(parts):
                        break
                if method == "POST":
                    proxy.statuses.append(answer.status)
                    proxy.chunks += len(parts)
                self.send_response(answer.status)
                self.send_header("content-type", answer.getheader("content-type", "text/plain"))
                self.send_header("connection", "close")
                self.end_headers()
                for part in parts:
                    self.wfile.write(part)
                    self.wfile.flush()
                self.close_connection = True

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


def run(proxy, task, **settings):
    """The events of a task with the model behind the proxy, and the runtime's log."""
    runtime = Container(**{
        "AI4AI_MODEL": "gemma", "AI4AI_MODEL_URL": proxy.url, "AI4AI_BROWSER_ALLOW_PRIVATE": "true", "AI4AI_MAX_STEPS": "2",
        **settings})
    try:
        return runtime.events({"automation_task": task})
    finally:
        runtime.stop()
        proxy.stop()


def kinds(events):
    return [event["type"] for event in events]


def test_a_call_and_an_answer_are_streamed(server):
    proxy = Proxy(server, "find_text")
    events = run(proxy, {"goal": "Find the word road."})
    assert [event["toolCallName"] for event in events if event["type"] == "TOOL_CALL_START"][:1] == ["find_text"]
    assert "TOOL_CALL_RESULT" in kinds(events) and kinds(events)[-1] in ("RUN_FINISHED", "RUN_ERROR")
    assert set(proxy.statuses) == {200} and proxy.chunks > 10
    # The server accepts what it said itself: the call and its result.
    assert any(message["role"] == "tool" for message in proxy.requests[-1]["messages"])


def test_a_refused_picture_is_left_out(server):
    site = DemoSite()
    try:
        proxy = Proxy(server, "screenshot")
        events = run(proxy, {"goal": "Look at it.", "start_url": site.url}, AI4AI_MODEL_IMAGES="true")
    finally:
        site.stop()
    has_picture = ["image_url" in json.dumps(request["messages"]) for request in proxy.requests]
    assert kinds(events)[-1] in ("RUN_FINISHED", "RUN_ERROR")
    assert has_picture == [False, True, False] and proxy.statuses[0] == proxy.statuses[2] == 200 != proxy.statuses[1]


def test_a_conversation_beyond_the_context_is_refused_in_words(server):
    proxy = Proxy(server, "find_text")
    events = run(proxy, {"goal": "word " * 4 * CONTEXT})
    assert events[-1]["type"] == "RUN_ERROR" and events[-1]["code"] == "model_contextExceeded", events[-1]


def test_models_are_listed_and_the_doctor_is_content(server):
    environment = os.environ | {
        "AI4AI_MODEL": "gemma", "AI4AI_MODEL_URL": f"http://127.0.0.1:{server}/v1", "AI4AI_MODEL_MAX_TOKENS": "20"}
    listed = subprocess.run([BUILD / "ai4ai", "models"], env=environment, capture_output=True, text=True, timeout=60)
    assert "gemma" in listed.stdout
    doctor = subprocess.run([BUILD / "ai4ai", "doctor"], env=environment, capture_output=True, text=True, timeout=120)
    assert [line for line in doctor.stdout.splitlines() if line.startswith("ok") and "model" in line], doctor.stdout
