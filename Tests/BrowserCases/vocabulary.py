"""The vocabulary of the cases: the target (role and accessible name), the action, and the expected outcome.

A step is a tuple of the driver's method and its arguments, so that each driver can perform it in its own way.
"""

from dataclasses import dataclass, field
from typing import NamedTuple


class Target(NamedTuple):
    """A control as a user names it. `nth` counts from 0 if several look the same."""

    role: str
    name: str
    nth: int | None = None

    def __str__(self):
        return f'{self.role} "{self.name}"' + ("" if self.nth is None else f" number {self.nth + 1}")


class Served(NamedTuple):
    """A resource that isn't HTML."""

    body: str
    type: str = "text/plain; charset=utf-8"
    attachment: str | None = None


class File(NamedTuple):
    """A file to upload."""

    name: str
    text: str


@dataclass(frozen=True)
class Case:
    """`logs` is everything that the page may have recorded at the end.

    `refused`: the last step must fail, and the page must not have noticed. `reason` and `dialog` are texts that only
    our driver has to report. Only the named pages are served; a case starts at "/".
    """

    name: str
    page: str
    steps: list
    logs: list = field(default_factory=list)
    pages: dict = field(default_factory=dict)
    refused: bool = False
    reason: str = ""
    dialog: str = ""
    downloads: list = field(default_factory=list)

    def served(self, path):
        return self.page if path == "/" else self.pages.get(path)


def click(role, name, nth=None):
    return "click", Target(role, name, nth)


def double_click(role, name):
    return "double_click", Target(role, name)


def hover(role, name):
    return "hover", Target(role, name)


def fill(role, name, text, nth=None):
    return "fill", Target(role, name, nth), text


def clear(role, name):
    return "clear", Target(role, name)


def type_keys(role, name, text):
    """Key by key, as on a keyboard."""
    return "type_keys", Target(role, name), text


def press(key, role=None, name=None):
    """At the focused element, or at a control."""
    return "press", key, Target(role, name) if role else None


def select(role, name, option):
    return "select", Target(role, name), option


def check(role, name, checked=True):
    return "check", Target(role, name), checked


def drag(source, destination):
    return "drag", Target(*source), Target(*destination)


def upload(role, name, file):
    return "upload", Target(role, name), file


def wait_for(text):
    return "wait_for", text


def scroll_until(text):
    """Scrolls down, page by page, until the text appears."""
    return "scroll_until", text


def newest_tab():
    return ("newest_tab",)


def first_tab():
    return ("first_tab",)


def back():
    return ("back",)


def forward():
    return ("forward",)


def reload():
    return ("reload",)


def observe(role, name, nth=None):
    """Observes the page now; a later step on this control uses what was observed."""
    return "observe", Target(role, name, nth)


def signal(name):
    """Lets the page do what it registered with `when(name, …)`, and waits until it is done."""
    return "signal", name
