"""A server with the Chat Completions API whose answers are set by a test."""

import http.server
import json
import threading


def saying(text, size=7):
    """The pieces of an answer, of this size."""
    for place in range(0, len(text), size):
        yield {"delta": {"content": text[place:place + size]}}
    yield {"delta": {}, "finish_reason": "stop"}


def calling(tool, **arguments):
    """The pieces of a call."""
    call = {"index": 0, "id": f"call-{tool}", "function": {"name": tool, "arguments": json.dumps(arguments)}}
    yield {"delta": {"tool_calls": [call]}}
    yield {"delta": {}, "finish_reason": "tool_calls"}


class Model:
    """A server with the Chat Completions API that returns scripted answers."""

    def __init__(self):
        model = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                for choice in model.choices(request):
                    self.wfile.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())

            def log_message(self, *_):
                pass

        self.says()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def says(self, answer="", question=None, size=7):
        """Sets the next output: an answer in pieces of this size, after the user has answered a question."""
        self.answer, self.question, self.size = answer, question, size

    def choices(self, request):
        if self.question and request["messages"][-1]["role"] == "user":
            return calling("ask_person", **self.question)
        return saying(self.answer, self.size)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
