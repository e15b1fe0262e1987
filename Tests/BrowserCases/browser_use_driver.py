"""The cases with browser-use's own actions, which its agent calls with indices from its browser state.

The driver requests the state before each step, as the agent does, but without a screenshot, which saves time. If a
control isn't listed, the driver may scroll and look again, as browser-use's prompt requires. It runs in a separate
environment.
"""

import asyncio
import os
import tempfile

os.environ |= {
    "ANONYMIZED_TELEMETRY": "false", "BROWSER_USE_CLOUD_SYNC": "false", "BROWSER_USE_DISABLE_EXTENSIONS": "1",
    "BROWSER_USE_VERSION_CHECK": "false", "BROWSER_USE_SETUP_LOGGING": "false", "BROWSER_USE_LOGGING_LEVEL": "critical",
}

import logging  # noqa: E402
import pathlib  # noqa: E402

from browser_use import BrowserProfile, BrowserSession  # noqa: E402
from browser_use.browser.events import (  # noqa: E402
    CloseTabEvent, GoForwardEvent, NavigateToUrlEvent, RefreshEvent)
from browser_use.filesystem.file_system import FileSystem  # noqa: E402
from browser_use.tools.service import Tools  # noqa: E402

from .chromium import Chromium  # noqa: E402
from .driver import Driver, NotListed, NotOffered, main  # noqa: E402

ROUNDS = 12
TIMEOUT = 120


class Refused(Exception):
    """The action returned an error to the model."""


def looks_like(node, target):
    """How well a listed element matches what a user means; 0 if it doesn't match."""
    ax = node.ax_node
    name = " ".join((ax.name or "").split()) if ax else ""
    if name == target.name:
        return 5 if ax.role == target.role else 4
    text = " ".join(node.get_all_children_text().split())
    if text == target.name:
        return 3
    attributes = node.attributes or {}
    if target.name in [attributes.get(key) for key in ("aria-label", "alt", "placeholder", "title", "value")]:
        return 2
    return 1 if target.name in text and len(text) < 2 * len(target.name) else 0


class BrowserUse(Driver):
    refusals = (NotListed, Refused)

    def __init__(self):
        self.loop, self.tools = asyncio.new_event_loop(), Tools()
        self.actions = self.tools.registry.create_action_model()
        self.chromium = self.session = None
        self.directory = tempfile.TemporaryDirectory()
        self.file_system = FileSystem(self.directory.name)

    def wait_until(self, awaitable):
        return self.loop.run_until_complete(asyncio.wait_for(awaitable, TIMEOUT))

    def start(self):
        self.chromium = Chromium()
        self.session = BrowserSession(browser_profile=BrowserProfile(
            cdp_url=self.chromium.address, is_local=True, keep_alive=True, highlight_elements=False,
            captcha_solver=False, viewport={"width": 1280, "height": 900}))
        self.wait_until(self.session.start())

    def close(self):
        if self.session:
            try:
                self.wait_until(self.session.kill())
            except Exception:
                pass
            self.chromium.close()
        self.session = None

    async def event(self, event):
        event = self.session.event_bus.dispatch(event)
        await event
        return await event.event_result(raise_if_any=True, raise_if_none=False)

    def act(self, action, **parameters):
        """Calls one action as the model would; returns what the model gets."""
        answer = self.wait_until(self.tools.act(
            self.actions(**{action: parameters}), self.session, available_file_paths=self.paths,
            file_system=self.file_system))
        if answer.error:
            raise Refused(answer.error)
        told = answer.extracted_content or ""
        if "not available - page may have changed" in told:
            raise Refused(told)
        return answer

    def open(self, url):
        if self.session is None:
            self.start()
        self.seen, self.paths, self.earlier = {}, [], len(self.session.downloaded_files)
        self.wait_until(self.event(NavigateToUrlEvent(url=url)))
        self.tab = self.session.agent_focus_target_id
        self.tabs = {target.target_id for target in self.session.get_page_targets()}

    def close_case(self):
        """Goes back to a single tab, because a new tab for each case confuses browser-use. A session that fails is
        replaced."""
        try:
            for target in self.session.get_page_targets():
                if target.target_id != self.tab:
                    self.wait_until(self.event(CloseTabEvent(target_id=target.target_id)))
            if self.session.agent_focus_target_id != self.tab:
                self.first_tab()
        except Exception:
            self.close()

    def pause(self, seconds):
        self.wait_until(asyncio.sleep(seconds))

    def downloaded(self):
        return [pathlib.Path(path).name for path in self.session.downloaded_files[self.earlier:]]

    def state(self):
        state = self.wait_until(self.session.get_browser_state_summary(include_screenshot=False))
        self.text = state.dom_state.llm_representation()
        return state

    def index(self, target):
        """The index of the listed element that matches best; if none matches, scrolls the page and then its boxes."""
        if target in self.seen:
            return self.seen[target]
        for _ in range(ROUNDS):
            state = self.state()
            nodes = state.dom_state.selector_map
            scores = {index: looks_like(node, target) for index, node in nodes.items()}
            best = max(scores.values(), default=0)
            found = [index for index, score in scores.items() if best and score == best]
            if len(found) > (target.nth or 0):
                return found[target.nth or 0]
            self.look_further(state)
        raise NotListed(f"the state does not list {target}: {self.text}")

    def listed(self, index):
        return self.session._cached_browser_state_summary.dom_state.selector_map[index]

    def look_further(self, state):
        if state.page_info and state.page_info.pixels_below > 0:
            self.act("scroll", down=True, pages=1.0)
            return
        for index, node in state.dom_state.selector_map.items():
            info = node.scroll_info if node.is_actually_scrollable else None
            if info and info.get("content_below", 0) > 0:
                self.act("scroll", down=True, pages=1.0, index=index)
                return
        self.pause(0.5)

    def observe(self, target):
        self.seen[target] = self.index(target)

    def click(self, target):
        self.act("click", index=self.index(target))

    def double_click(self, target):
        raise NotOffered("double click")

    def hover(self, target):
        raise NotOffered("hover")

    def drag(self, source, destination):
        raise NotOffered("drag")

    def fill(self, target, text):
        self.act("input", index=self.index(target), text=text, clear=True)

    def clear(self, target):
        self.fill(target, "")

    def type_keys(self, target, text):
        self.act("input", index=self.index(target), text=text, clear=False)

    def press(self, key, target):
        self.act("send_keys", keys=key)

    def select(self, target, option):
        """Tries again, like a model that waits for options. Opens lists that aren't native and clicks the option."""
        for _ in range(3):
            index = self.index(target)
            native = self.listed(index).tag_name == "select"
            try:
                answer = self.act("select_dropdown", index=index, text=option)
                if (answer.long_term_memory or "").startswith("Selected"):
                    return
                refusal = Refused(answer.extracted_content)
            except Refused as failure:
                refusal = failure
            if not native:
                self.click(target)
                self.click(type(target)("option", option))
                return
            self.pause(1)
        raise refusal

    def check(self, target, checked):
        """Clicks if the list doesn't already show the wanted state."""
        index = self.index(target)
        node = self.listed(index)
        properties = (node.ax_node.properties if node.ax_node else None) or []
        now = next((each.value for each in properties if each.name == "checked"), None)
        if str(now).lower() != str(checked).lower():
            self.act("click", index=index)

    def upload(self, target, path):
        self.paths = [path]
        self.act("upload_file", index=self.index(target), path=path)

    def wait_for(self, text):
        for _ in range(ROUNDS):
            self.state()
            if text in self.text:
                return
            self.pause(0.5)
        raise NotListed(f'"{text}" does not appear in: {self.text}')

    def scroll_until(self, text):
        for _ in range(30):
            self.state()
            if text in self.text:
                return
            self.act("scroll", down=True, pages=1.0)
        raise NotListed(f'"{text}" does not appear in: {self.text}')

    def newest_tab(self):
        for _ in range(ROUNDS):
            tabs = [tab.target_id for tab in self.state().tabs if tab.target_id not in self.tabs]
            if tabs:
                self.act("switch", tab_id=tabs[-1][-4:])
                return
            self.pause(0.5)
        raise NotListed("no tab was opened")

    def first_tab(self):
        self.act("switch", tab_id=self.tab[-4:])

    def back(self):
        self.act("go_back")

    def forward(self):
        """Not one of its actions, but its session supports it."""
        self.wait_until(self.event(GoForwardEvent()))

    def reload(self):
        self.wait_until(self.event(RefreshEvent()))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    driver = BrowserUse()
    try:
        main(driver)
    finally:
        driver.close()
