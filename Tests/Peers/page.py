"""The page as users see it. Playwright drives a Chromium, so that a bug in our own browser library can't hide a bug in
the page. `test_page_with_our_browser.py` tests both together."""

import os
import re
import shutil
import time

import pytest
from playwright.sync_api import sync_playwright

from system import DEADLINE

CHROMIUM = os.environ.get("AI4AI_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"))), None)
VIEWPORT = {"width": 1280, "height": 900}
# The messages of a chat, with their authors.
MESSAGES = """[...document.querySelectorAll("#messages article")].map((message) =>
    [message.getAttribute("aria-label"), message.firstElementChild.innerText.trim()])"""


class DevTools:
    """The DevTools protocol of one tab, for what Playwright doesn't offer; `heard` has the events."""

    DOMAINS = ("Runtime", "Log", "Network")
    EVENTS = (
        "Runtime.exceptionThrown", "Log.entryAdded", "Network.responseReceived", "Network.loadingFinished",
        "Network.webSocketCreated")

    def __init__(self, page):
        self.session, self.heard = page.context.new_cdp_session(page), []
        for event in self.EVENTS:
            self.session.on(event, lambda parameters, event=event: self.heard.append((event, parameters)))
        for domain in self.DOMAINS:
            self.session.send(f"{domain}.enable")

    def call(self, method, **parameters):
        return self.session.send(method, parameters)

    def events(self, name):
        # Events are received only during a call.
        self.call("Runtime.evaluate", expression="null")
        return [parameters for event, parameters in self.heard if event == name]

    def failures(self):
        """The errors of the page, except for those caused by an unreachable server."""
        for thrown in self.events("Runtime.exceptionThrown"):
            details = thrown["exceptionDetails"]
            yield details.get("exception", {}).get("description", details["text"])
        for added in self.events("Log.entryAdded"):
            entry = added["entry"]
            if entry["level"] == "error" and entry["source"] != "network":
                yield entry["text"]


class Person:
    """A user with a browser. Controls are found by role and name; the name is a regular expression for the full
    name."""

    def __init__(self):
        self.playwright = sync_playwright().start()
        self.browser = self.playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        self.context = self.browser.new_context(viewport=VIEWPORT, reduced_motion="reduce")
        self.context.set_default_timeout(DEADLINE * 1000)
        self.open = {}
        self.open_tab()

    def close(self):
        self.browser.close()
        self.playwright.stop()

    # Navigation

    def visit(self, address):
        """Opens an address in a new tab. The browser keeps only the sign-in."""
        others = list(self.open)
        self.open_tab()
        for tab in others:
            self.close_tab(tab)
        self.tools.call(
            "Storage.clearDataForOrigin", origin="/".join(address.split("/")[:3]), storageTypes="local_storage")
        self.go(address)

    def open_tab(self, address="about:blank"):
        """Opens an address in another tab, and returns the tab."""
        self.tab = self.context.new_page()
        self.open[self.tab] = DevTools(self.tab)
        self.go(address)
        return self.tab

    def close_tab(self, tab):
        del self.open[tab]
        tab.close()

    def switch_to(self, tab):
        self.tab = tab
        tab.bring_to_front()

    def go(self, address):
        self.tab.goto(address)

    def reload(self):
        self.tab.reload()

    @property
    def tools(self):
        return self.open[self.tab]

    @property
    def address(self):
        return self.tab.url

    @property
    def chat(self):
        """The id of the current chat, once it has one."""
        return self.until(lambda: re.search(r"/chat/([\w-]{36})$", self.address), "a chat in the address")[1]

    # Reading

    def until(self, check, what):
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            if value := check():
                return value
            self.tab.wait_for_timeout(50)  # The polling interval; events are received in the meantime.
        pytest.fail(f"there is no {what} in:\n{self.shown()}")

    def shown(self):
        """The text of the page; empty while it navigates to another page."""
        return self.evaluate("document.body?.innerText ?? ''")

    def controls(self, role, name):
        """The visible controls with this role and name."""
        # Words of a name may come from adjacent elements, without whitespace between them; and Playwright puts a
        # regular expression between slashes.
        wanted = re.compile(rf"^\s*(?:{name})\s*$".replace(" ", r"\s*").replace("/", r"\/"), re.DOTALL)
        found = self.tab.get_by_role(role, name=wanted)
        if role == "button":
            found = found.or_(self.tab.locator("summary").filter(has_text=wanted))
        if role == "textbox":
            found = found.or_(self.tab.locator("input[type=password]").and_(self.tab.get_by_label(wanted)))
        return found.filter(visible=True)

    def ref(self, role, name):
        """The control, once it is visible."""
        found = self.controls(role, name).first
        self.until(found.is_visible, f'{role} "{name}"')
        return found

    def has(self, role, name):
        return self.controls(role, name).count() > 0

    def sees(self, text):
        """Waits until the page shows the text."""
        self.until(lambda: self._shows(text), f'text "{text}"')

    def misses(self, text):
        """Waits until the page no longer shows the text."""
        self.until(lambda: not self._shows(text), f'end of "{text}"')

    def _shows(self, text):
        return " ".join(text.split()) in " ".join(self.shown().split())

    def messages(self, author=None):
        """The messages of the chat, as pairs of author and text; or the texts of one author."""
        shown = self.evaluate(MESSAGES)
        return [words for label, words in shown if label == author] if author else shown

    def evaluate(self, script):
        result = self.tools.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def check_quiet(self):
        """Fails if a script of the page has failed, or the page's own policy has blocked something."""
        failures = [failure for tools in self.open.values() for failure in tools.failures()]
        assert not failures, failures

    # Actions

    def click(self, role, name):
        self.ref(role, name).click()

    def check(self, role, name):
        self.ref(role, name).check()

    def fill(self, name, text, role="textbox"):
        self.ref(role, name).fill(text)

    def type(self, name, text):
        self.ref("textbox", name).press_sequentially(text)

    def press(self, *keys):
        """Presses keys at the focused element."""
        for key in keys:
            self.tab.keyboard.press(key)

    def say(self, text):
        self.fill("Message", text)
        self.press("Enter")

    def click_at(self, x, y):
        """Clicks at a position in the window."""
        self.tab.mouse.click(x, y)
