"""Connecting a model on the page: found or named, tried with a real call, and still there after a restart."""

import http.server
import json
import pathlib
import threading

import pytest
import requests

from backend import UNHURRIED, Chats
from system import DEADLINE, System

KEY = "sk-only-for-tests-4711"


class Server:
    """A server with the Chat Completions API that wants a key. `calls_tools` says whether its model can be an agent."""

    def __init__(self):
        server = self
        self.calls_tools, self.keys = True, set()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["content-length"])))
                server.keys.add(self.headers.get("authorization"))
                is_known = self.headers.get("authorization") == f"Bearer {KEY}"
                self.send_response(200 if is_known else 401)
                self.send_header("content-type", "text/event-stream" if is_known else "application/json")
                self.end_headers()
                if not is_known:
                    self.wfile.write(b'{"error": {"message": "no such key"}}')
                    return
                for choice in server.choices(request):
                    self.wfile.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())

            def do_GET(self):
                self.send_response(404)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def choices(self, request):
        names = [tool["function"]["name"] for tool in request.get("tools", [])]
        if names == ["report_ready"] and self.calls_tools:
            call = {"index": 0, "id": "ready", "function": {"name": "report_ready", "arguments": "{}"}}
            yield {"delta": {"tool_calls": [call]}}
            yield {"delta": {}, "finish_reason": "tool_calls"}
        else:
            yield {"delta": {"content": "I am the connected model."}}
            yield {"delta": {}, "finish_reason": "stop"}

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def server():
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def system():
    running = System(**UNHURRIED)
    yield running
    running.stop()


def name_model(person, server, key=KEY):
    person.fill("Address of the server", server.url)
    person.fill("Name of the model", "tiny")
    person.fill("Key .*", key)
    person.click("button", "Try and use")


def test_model_is_connected_on_the_page_and_answers_from_then_on_also_after_a_restart(system, server, person):
    person.sees("Practice mode")
    person.click("button", "Connect a model")
    person.sees("Now: practice mode")
    person.click("button", "Another model, with a key or an address")
    person.tab.get_by_label("Who offers it").select_option("other")
    name_model(person, server, key="wrong")
    person.sees("no such key")
    server.calls_tools = False
    name_model(person, server)
    person.sees("doesn't call tools")
    server.calls_tools = True
    name_model(person, server)
    person.sees("tiny works and answers from now on.")
    assert person.tab.get_by_label("Key (kept").input_value() == ""
    person.click("button", "Close")
    person.misses("Practice mode")
    person.say("hello")
    person.sees("I am the connected model.")
    # The words are shown before the run is recorded, and the process is killed below.
    Chats(system.chat).settled(person.chat)

    stored = [path.read_bytes() for path in pathlib.Path(system.directory.name).rglob("*") if path.is_file()]
    assert not any(KEY.encode() in content for content in stored)
    system.kill()
    system.restart()
    assert requests.get(f"{system.chat}/api/config", timeout=DEADLINE).json()["model"] == "tiny"
    person.reload()
    person.say("are you there?")
    person.until(lambda: person.messages("AI4AI") == ["I am the connected model."] * 2, "second answer")


def test_list_that_comes_late_leaves_the_model_that_was_typed_meanwhile(system, server, person):
    held = []
    person.tab.route("**/api/models", lambda route: held.append(route) if route.request.method == "GET" else route.continue_())
    person.click("button", "Connect a model")
    person.click("button", "Another model, with a key or an address")
    person.tab.get_by_label("Who offers it").select_option("other")
    person.until(lambda: held, "request for the list")
    held[0].continue_()
    person.sees("Now: practice mode")
    name_model(person, server)
    person.sees("tiny works and answers from now on.")


def test_practice_mode_can_be_chosen_again(system, server, person):
    model = {"setting": "tiny", "url": server.url, "key": KEY}
    assert requests.put(f"{system.chat}/api/model", json=model, timeout=DEADLINE).ok
    person.reload()
    person.misses("Practice mode")
    person.click("button", "Local user: profile and settings")
    person.click("button", "AI model")
    person.sees("Now: tiny")
    person.tab.get_by_label("Practice mode").check()
    person.click("button", "Try and use")
    person.sees("Practice mode answers from now on.")
    person.click("button", "Close")
    person.sees("Practice mode: no AI model is connected.")
    system.kill()
    system.restart()
    assert requests.get(f"{system.chat}/api/config", timeout=DEADLINE).json()["model"] == "offline"


@pytest.mark.parametrize("choice, words", [
    ({"setting": "nobody/nothing"}, "names no model"), ({"setting": "offline", "url": "ftp://x"}, "no address"),
    ({"setting": "anthropic/claude"}, "ANTHROPIC_API_KEY"), ({"setting": "tiny", "url": "http://127.0.0.1:9/v1"}, "127.0.0.1:9"),
])
def test_model_that_cannot_be_used_is_refused_with_the_reason_and_changes_nothing(system, choice, words):
    answer = requests.put(f"{system.chat}/api/model", json=choice, timeout=DEADLINE)
    assert answer.status_code == 422 and words in answer.json()["detail"], answer.text
    assert requests.get(f"{system.chat}/api/models", timeout=DEADLINE).json()["model"] == "offline"
