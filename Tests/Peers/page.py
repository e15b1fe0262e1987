"""The page as people use it: our browser library works a Chromium in front of it, as it does for agents.

What no library for agents offers, a second client of the same Chromium does: run a script in the page, move the mouse
on a picture, hear of the page's own failures.
"""

import contextlib
import itertools
import json
import pathlib
import re
import tempfile
import time

import pytest
from websockets.sync.client import connect

from browse import Browser, BrowserFailure
from system import DEADLINE

# What is said in a chat, with whose words they are.
MESSAGES = """[...document.querySelectorAll("#messages article")].map((message) =>
    [message.getAttribute("aria-label"), message.firstElementChild.innerText.trim()])"""


class DevTools:
    """A second client of the Chromium that a probe has started."""

    def __init__(self, probe):
        [file] = pathlib.Path(tempfile.gettempdir()).glob(f"ai4ai-chromium-{probe.pid}-*/DevToolsActivePort")
        port, path = file.read_text().split()
        self.stack = contextlib.ExitStack()
        self.connection = self.stack.enter_context(
            connect(f"ws://127.0.0.1:{port}{path}", max_size=None, open_timeout=DEADLINE))
        self.numbers, self.heard = itertools.count(1), []

    def call(self, method, session=None, **parameters):
        number = next(self.numbers)
        place = {"sessionId": session} if session else {}
        self.connection.send(json.dumps({"id": number, "method": method, "params": parameters, **place}))
        while True:
            message = json.loads(self.connection.recv(timeout=DEADLINE))
            if message.get("id") == number:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            if "method" in message:
                self.heard.append(message)

    def pages(self):
        return {each["targetId"] for each in self.call("Target.getTargets")["targetInfos"] if each["type"] == "page"}

    def attach(self, target):
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Runtime", "Log"):
            self.call(f"{domain}.enable", session)
        return session

    def failures(self):
        """What the pages have failed with; that a server is away is none of theirs."""
        for event in self.heard:
            match event["method"], event["params"]:
                case "Runtime.exceptionThrown", {"exceptionDetails": details}:
                    yield details.get("exception", {}).get("description", details["text"])
                case "Log.entryAdded", {"entry": {"level": "error", "source": source, "text": text}} \
                        if source != "network":
                    yield text


class Person(Browser):
    """Somebody with a browser. Controls go by role and name; a name is a regular expression for the whole of it."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self("tabs")
        self.tools, self.sessions = DevTools(self.process), {}

    def close(self):
        self.tools.stack.close()
        return super().close()

    # Places

    def visit(self, address):
        """Opens an address in a tab of its own, in a browser that remembers nothing but who is signed in."""
        others = [tab["id"] for tab in self("tabs")["tabs"]]
        self.open_tab()
        for tab in others:
            self("closeTab", tab=tab)
        self.tools.heard.clear()
        origin = "/".join(address.split("/")[:3])
        self.tools.call("Storage.clearDataForOrigin", self.here, origin=origin, storageTypes="local_storage")
        self("navigate", url=address)

    def open_tab(self, address="about:blank"):
        """Opens an address in another tab, and returns the tab's id."""
        before = self.tools.pages()
        tab = self("openTab")["id"]
        [target] = self.tools.pages() - before
        self.sessions[tab] = self.tools.attach(target)
        self("navigate", url=address)
        return tab

    def _current(self):
        return next(tab for tab in self("tabs")["tabs"] if tab["current"])

    @property
    def address(self):
        return self._current()["url"]

    @property
    def tab(self):
        return self._current()["id"]

    @property
    def here(self):
        return self.sessions[self.tab]

    @property
    def chat(self):
        """The chat on the screen, once it has one."""
        return self.until(lambda: re.search(r"/chat/([\w-]{36})$", self.address), "a chat in the address")[1]

    # Looking

    def until(self, check, what):
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            if value := check():
                return value
            time.sleep(0.05)
        pytest.fail(f"there is no {what} in:\n{self('snapshot')['text']}")

    def ref(self, role, name):
        """The reference of a control, once it is there."""
        wanted = re.compile(rf'\[(\w+)\] {role} "(?:{name})"')
        return self.until(lambda: wanted.search(self("snapshot")["text"]), f'{role} "{name}"')[1]

    def has(self, role, name):
        return bool(re.search(rf'\[\w+\] {role} "(?:{name})"', self("snapshot")["text"]))

    def sees(self, text):
        """Waits until the page shows it."""
        self("waitFor", text=text, seconds=DEADLINE)

    def misses(self, text):
        """Waits until the page shows it no more."""
        self("waitFor", gone=text, seconds=DEADLINE)

    def messages(self, author=None):
        """What is said in the chat: whose words, and the words; or the words of one author."""
        shown = self.evaluate(MESSAGES)
        return [words for label, words in shown if label == author] if author else shown

    def evaluate(self, script):
        result = self.tools.call(
            "Runtime.evaluate", self.here, expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def check_quiet(self):
        """Fails where a script of the page has failed, or the page was refused something by its own policy."""
        self.evaluate("null")
        assert not list(self.tools.failures())

    # Doing

    def act(self, action, role, name, **more):
        """Does something with a control. A page that draws itself anew meanwhile is looked at again."""
        end = time.monotonic() + DEADLINE
        while True:
            try:
                return self(action, ref=self.ref(role, name), **more)
            except BrowserFailure as failure:
                if failure.code != "staleReference" or time.monotonic() > end:
                    raise

    def click(self, role, name):
        self.act("click", role, name)

    def fill(self, name, text, role="textbox"):
        self.act("fill", role, name, text=text)

    def press(self, *keys):
        """Presses keys wherever the focus is."""
        for key in keys:
            self("press", key=key)

    def say(self, text):
        self.fill("Message", text)
        self.press("Enter")

    def click_at(self, x, y):
        """The mouse at a place of the window."""
        for kind, count in (("mouseMoved", 0), ("mousePressed", 1), ("mouseReleased", 1)):
            self.tools.call(
                "Input.dispatchMouseEvent", self.here, type=kind, x=x, y=y, clickCount=count,
                **({"button": "left"} if count else {}))
