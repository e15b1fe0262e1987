"""Models that tests play."""

import http.server
import json
import re
import threading


class ModelServer:
    """A server with the Chat Completions API. `choice(request)` decides each turn."""

    def __init__(self):
        model, self.calls = self, 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["content-length"])))
                answer = json.dumps({"choices": [model.choice(request)]}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @staticmethod
    def is_coordinator(request):
        """Whether the request is a turn of the coordinator, which has no browser."""
        return "navigate" not in {tool["function"]["name"] for tool in request["tools"]}

    def call(self, tool, arguments):
        self.calls += 1
        function = {"name": tool, "arguments": json.dumps(arguments)}
        calls = [{"index": 0, "id": f"call-{self.calls}", "type": "function", "function": function}]
        return {"message": {"role": "assistant", "tool_calls": calls}, "finish_reason": "tool_calls"}

    @staticmethod
    def say(text):
        return {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}


class Model(ModelServer):
    """Plays a list of steps. It finds each control by its role and name in the tool results."""

    # The tools that show more of the page, tried in this order.
    LOOKING = ("find_text", "snapshot", "scroll", "wait_for_text")
    AGAIN, LATE = "Meanwhile the page wanted to send something", "Look at the page again"

    def play(self, steps, origin):
        self.steps, self.origin, self.view, self.told = list(steps), origin, "", []
        self.count = self.looks = 0
        self.ending, self.reached = "", []
        # The step that was carried out last.
        self.at = self.steps[0]

    @property
    def transcript(self):
        """The most recent actions and results."""
        return "\n".join(self.told[-8:])

    def choice(self, request):
        last = request["messages"][-1]
        text = last["content"] if last["role"] == "tool" else ""
        if self.is_coordinator(request):
            return self.say(self.ending) if text else self.call("browse", {"goal": last["content"]})
        self.told.append(f"    {text[:400]}")
        if "[e" in text:
            self.view = text
        if self.LATE in text and not self.looks and self.steps[self.count - 1].tool == "wait_for_text":
            return self.end(f"not seen: {self.steps[self.count - 1]}")
        if self.AGAIN in text and "has not sent it yet" in text:
            self.count = self.steps.index(self.at)
        return self.next()

    def next(self):
        if self.count == len(self.steps):
            return self.end("done")
        step = self.steps[self.count]
        arguments = dict(step.input)
        if step.tool == "navigate":
            arguments["url"] = self.origin + arguments["url"]
        if step.role:
            line = rf'\[(e\d+)\] {step.role} "{re.escape(step.name)}'
            # Prefers an exact match of the name; otherwise the name may be a prefix.
            found = re.findall(f'{line}"', self.view) or re.findall(line, self.view)
            if len(found) <= step.nth:
                return self.look(step)
            arguments["ref"] = found[step.nth]
        self.count, self.looks = self.count + 1, 0
        if step.acts:
            self.at = step
            self.reached.append(step)
        return self.call(step.tool, arguments)

    def look(self, step):
        if self.looks == len(self.LOOKING):
            return self.end(f"there is nothing to {step} in:\n{self.view[:2000]}")
        tool = self.LOOKING[self.looks]
        self.looks += 1
        return self.call(tool, {"snapshot": {}, "scroll": {"pages": 50}}.get(tool, {"text": step.name}))

    def end(self, ending):
        self.ending = ending
        return self.say(ending)

    def call(self, tool, arguments):
        self.told.append(f"{tool} {arguments}")
        return super().call(tool, arguments)
