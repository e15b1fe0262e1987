"""What a model may write, at its worst: markup, scripts, addresses, tables and lines without end are text, and do
nothing."""

import contextlib
import http.server
import json
import threading

import pytest

from access import DESK, PHONE, be_on
from backend import UNHURRIED
from page import Person
from system import System

BAD = "(window.isBad = true)"
MARKUP = [
    f"<img src=x onerror='{BAD}'>", f"<script>{BAD}</script>", f"<svg onload='{BAD}'></svg>",
    f"<iframe srcdoc='<script>parent.isBad = true</script>'></iframe>", f"<a href='javascript:{BAD}'>link</a>",
    "<style>body { display: none }</style>", "<base href='https://bad.example/'>", "<form action='/x'><button>Go</button>",
    f"<details open ontoggle='{BAD}'>", "<math><mi//xlink:href='data:x,<script>'>",
    "<textarea autofocus onfocus='isBad = true'>",
]
LINKS = [
    f"[a](javascript:{BAD})", f"[b](JaVaScRiPt:{BAD})", "[c](java\tscript:isBad=true)", "[d](&#106;avascript:isBad=true)",
    "[e](data:text/html,<script>isBad=true</script>)", "[f](vbscript:x)", "[g](//bad.example/)", "[h](file:///etc/passwd)",
    f"![i](javascript:{BAD})", "![j](https://track.example/pixel.png)", "<javascript:isBad=true>",
    '[k](https://good.example/ "x\\" onmouseover=\\"isBad=true")', "[l](https://good.example/?a=1&b=2)",
    "[m]: javascript:isBad=true", "[m]", "https://good.example/plain", "aisha@example.com",
]
COLUMNS = 60
TABLE = "\n".join(
    [f"|{'Column with a long head|' * COLUMNS}", f"|{'---|' * COLUMNS}"] + [f"|{'value|' * COLUMNS}"] * 100)
TURNED = "Pay \u202e00.01 MR\u202c \u2066x\u2069 \u202dy"
# Whose `name` is what the agent is told that the tool is called.
ALIVE = "img, script, iframe, svg[onload], style, base, form[action], math, textarea, [onerror], [ontoggle]"
ANSWER = "[...document.querySelectorAll('#messages article .markdown')].at(-1)"


class Model:
    """A model's server that says what it is told to: `answer` in pieces of `size`, after the question `asked`."""

    def __init__(self):
        self.answer, self.asked, self.size = "", None, 7
        model = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                for choice in model.choices(request["messages"][-1]["role"]):
                    self.wfile.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def choices(self, role):
        if self.asked and role == "user":
            function = {"name": "ask_person", "arguments": json.dumps(self.asked)}
            yield {"delta": {"tool_calls": [{"index": 0, "id": "ask-1", "function": function}]}}
            yield {"delta": {}, "finish_reason": "tool_calls"}
            return
        for place in range(0, len(self.answer), self.size):
            yield {"delta": {"content": self.answer[place:place + self.size]}}
        yield {"delta": {}, "finish_reason": "stop"}

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def served():
    with contextlib.closing(Stopped(Model())) as running:
        yield running.part


class Stopped:
    def __init__(self, part):
        self.part, self.close = part, part.stop


@pytest.fixture
def model(served):
    served.answer, served.asked, served.size = "", None, 7
    return served


@pytest.fixture(scope="module")
def system(served):
    running = System(**UNHURRIED, AI4AI_MODEL_URL=served.url, AI4AI_MODEL="hostile")
    yield running
    running.stop()
