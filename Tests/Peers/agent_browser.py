"""Drives a browser through the whole agent: each action is a turn of its model, so it passes the approvals and the effect
guard."""

import queue
import re
import threading
import uuid

import requests

from application_model import ModelServer
from parking import answer
from system import DEADLINE, Container

VIEW = re.compile(r"<page (\w+)>[^\n]*\n(Page: .*?)\n</page \1>", re.DOTALL)


class NoTool(Exception):
    """The agent has no tool for the action."""


def click(ref, kind=None):
    return "click", {"ref": ref} | ({"kind": kind} if kind else {})


# The tools for the actions of `browse.Browser`.
TOOLS = {
    "click": click,
    "doubleClick": lambda ref: click(ref, "double"),
    "clear": lambda ref: ("fill", {"ref": ref, "text": ""}),
    "select": lambda ref, option: ("select", {"ref": ref, "option" if isinstance(option, str) else "options": option}),
    "back": lambda: ("go_back", {}),
    "waitFor": lambda text, seconds: ("wait_for_text", {"text": text, "seconds": seconds}),
    "switchTab": lambda tab: ("tabs", {"switchTo": tab}),
    "closeTab": lambda tab: ("tabs", {"close": tab}),
} | {
    name: lambda name=name, **parameters: (name, parameters)
    for name in ("navigate", "snapshot", "hover", "fill", "type", "press", "check", "drag", "scroll", "reload",
                 "tabs")
}


class AgentBrowser(ModelServer):
    """Called like `browse.Browser`. One task is one run with a browser of its own; each question is approved and kept."""

    def __init__(self):
        super().__init__()
        self.system = Container(
            AI4AI_MODEL_URL=self.url, AI4AI_MODEL="played", AI4AI_BROWSER_ALLOW_PRIVATE="true", AI4AI_MAX_STEPS="1000")
        self.run = None

    def begin(self, goal):
        """Starts a task."""
        self.orders, self.results, self.questions = queue.Queue(), queue.Queue(), []
        self.session, self.is_calling = str(uuid.uuid4()), False
        self.run = threading.Thread(target=self._invoke, args=[goal], daemon=True)
        self.run.start()

    def end(self):
        """Ends the task; returns the questions."""
        if self.run:
            self.orders.put(None)
            self.run.join(DEADLINE)
            assert not self.run.is_alive(), self.system.logged
            self.run = None
        return self.questions

    def close(self):
        try:
            self.end()
        finally:
            self.system.stop()
            self.__exit__()

    def _invoke(self, goal):
        payload = {"prompt": goal}
        while payload:
            told = requests.post(
                f"{self.system.url}/invocations", json={"session_id": self.session, **payload}, timeout=10 * DEADLINE
            ).json()
            interrupts = told.get("interrupts") or []
            self.questions += [each["message"] for each in interrupts]
            payload = {"resume": [answer(each, approved=True) for each in interrupts]} if interrupts else None
        # The caller that waits for a result learns that there is none.
        self.results.put(None)

    def choice(self, request):
        told = [message["content"] for message in request["messages"] if message["role"] == "tool"]
        if self.is_coordinator(request):
            return self.say("done") if told else self.call("browse", {"goal": request["messages"][-1]["content"]})
        if self.is_calling:
            self.results.put(told[-1])
        order = self.orders.get(timeout=5 * DEADLINE)
        self.is_calling = order is not None
        return self.call(*order) if order else self.say("done")

    def use(self, tool, arguments):
        """Calls a tool of the agent; returns its result."""
        self.orders.put((tool, arguments))
        result = self.results.get(timeout=2 * DEADLINE)
        assert result is not None, f"the task ended during {tool} {arguments}: {self.system.logged[-2000:]}"
        return result

    def __call__(self, action, **parameters):
        if action not in TOOLS:
            raise NoTool(action)
        result = self.use(*TOOLS[action](**parameters))
        if action == "tabs":
            return {"tabs": [{"id": tab} for tab in re.findall(r"^(\w+)(?: \(current\))?: ", result, re.MULTILINE)]}
        # Filling in a field shows no new view.
        found = VIEW.findall(result) or VIEW.findall(self.use("snapshot", {}))
        assert found, f"{action} {parameters} shows no page: {result}"
        text = found[-1][1]
        return {"title": re.match("Page: (.*)", text)[1], "text": text, "result": result}
