"""A page of MiniWoB++ as an oracle sees it: the contents of the snapshot, and actions on references from it.

`browser` is anything that is called like `browse.Browser`, so that other drivers can play the same episodes.
"""

import collections
import json
import re
import time

QUOTED = r'"(?:[^"\\]|\\.)*"'
CONTROL = re.compile(rf"\*?\[(\w+)\] (\w+) ({QUOTED})(?: \(((?:{QUOTED}|[^\"()])*)\))?")
FIELDS = ("textbox", "searchbox", "spinbutton")
DEADLINE = 5

Control = collections.namedtuple("Control", "ref role name state")


def controls(text, name):
    """The controls in these lines whose name equals `name` or passes it as a test; None matches any name."""
    fits = name if callable(name) else lambda each: name is None or each == name
    found = [Control(ref, role, json.loads(label), state) for ref, role, label, state in CONTROL.findall(text)]
    return [each for each in found if fits(each.name)]


class Page:
    def __init__(self, browser):
        self.browser = browser
        self.title = ""
        self.text = None

    def do(self, action, **parameters):
        """Performs an action. Forgets the snapshot, because the page may have changed."""
        report = self.browser(action, **parameters)
        self.title = report["title"]
        self.text = None

    def look(self):
        """The current snapshot of the page."""
        if self.text is None:
            snapshot = self.browser("snapshot")
            self.title = snapshot["title"]
            # The snapshot's header repeats title and address.
            self.text = re.sub(r"^(Page|Address): .*\n", "", snapshot["text"], flags=re.MULTILINE)
        return self.text

    def wait(self, check, what):
        """Takes new snapshots until an animation or a delay of the page is over."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            if value := check():
                return value
            time.sleep(0.02)
            self.text = None
        raise AssertionError(f"{what} did not appear in:\n{self.look()}")

    def titled(self, word):
        """The part of the title after this word, once the title begins with it."""

        def check():
            if not self.title.startswith(word):
                self.look()
            return self.title.startswith(word)

        self.wait(check, f"a title with {word}")
        return self.title.removeprefix(word)

    @property
    def utterance(self):
        return self.titled("task ")

    @property
    def reward(self):
        return float(self.titled("done "))

    @property
    def words(self):
        """The plain text, without controls and without the task itself."""
        text = CONTROL.sub(" ", re.sub(r"^\* ", "", self.look(), flags=re.MULTILINE))
        return text.replace(self.title.removeprefix("task "), "", 1)

    @property
    def numbers(self):
        return [int(each) for each in re.findall(r"-?\d+", self.words)]

    def all(self, *roles, name=None):
        """The controls with these roles, in reading order; `name` is a text or a test."""
        return [each for each in controls(self.look(), name) if each.role in roles]

    def query(self, selector, name=None):
        """Elements that are visible but not in the snapshot, because only scripts know what they do."""
        lines = self.browser("query", selector=selector)["elements"]
        return [each for each in controls("\n".join(lines), name) if "hidden" not in each.state]

    def one(self, *roles, name=None, index=0):
        found = self.all(*roles, name=name)
        assert -len(found) <= index < len(found), f"there is no {roles} {name} ({index}) in:\n{self.look()}"
        return found[index].ref

    def click(self, *roles, name=None, index=0):
        self.do("click", ref=self.one(*roles, name=name, index=index))

    def press(self, ref, *keys):
        for key in keys:
            self.do("press", ref=ref, key=key)

    def field(self, index=0):
        return self.one(*FIELDS, index=index)

    def value(self, index=0):
        """The value of a field."""
        found = re.search(f"value=({QUOTED})", self.all(*FIELDS)[index].state)
        return json.loads(found[1]) if found else ""

    def fill(self, text, index=0):
        self.do("fill", ref=self.field(index), text=text)

    def submit(self, name="Submit"):
        self.click("button", name=name)


ORACLES = {}


def oracle(*tasks):
    """Registers a function that does these tasks: it gets the page and the text of the task."""

    def register(function):
        for task in tasks:
            assert task not in ORACLES
            ORACLES[task] = function
        return function

    return register


def quoted(text):
    return re.findall(r'"([^"]*)"', text)


def position(text):
    """The index in `the 2nd …`."""
    return int(re.search(r"(\d+)(?:st|nd|rd|th)", text)[1]) - 1
