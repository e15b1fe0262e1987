"""The cases with our library: each step finds a reference in the snapshot and acts on it."""

import os
import pathlib
import re
import sys
import time

from .driver import Driver, NotListed, main

sys.path.append(str(pathlib.Path(__file__).parents[1] / "Peers"))
from browse import Browser, BrowserFailure  # noqa: E402
from system import BUILD  # noqa: E402

TIMEOUT = 5
ROUNDS = 30


class Ours(Driver):
    """Drives one browser for all cases, and starts a new one if a case has ended it."""

    refusals = (NotListed, BrowserFailure)

    def __init__(self, build=BUILD, timeout=5000):
        self.build, self.timeout, self.browser = build, timeout, None

    def open(self, url):
        if self.browser is None or self.browser.process.poll() is not None:
            judged = ["--judge"] if os.environ.get("BROWSER_CASES_JUDGED") else []
            self.browser = Browser("--action-timeout-ms", str(self.timeout), *judged, build=self.build)
        self.others = {tab["id"] for tab in self.browser("tabs")["tabs"]}
        self.seen, self.dialogs = {}, []
        self.earlier = self.files()
        self.tab = self.browser("openTab")["id"]
        self.act("navigate", url=url)

    def close_case(self):
        if self.browser and self.browser.process.poll() is None:
            for tab in self.browser("tabs")["tabs"]:
                if tab["id"] not in self.others:
                    self.browser("closeTab", tab=tab["id"])

    def close(self):
        if self.browser:
            assert self.browser.close() == 0

    def files(self):
        return [file["name"] for file in self.browser("downloads")["downloads"] if file["state"] == "completed"]

    def downloaded(self):
        return self.files()[len(self.earlier):]

    def act(self, action, **parameters):
        report = self.browser(action, **parameters)
        self.dialogs += report.get("dialogs", [])

    def complain(self, case, error):
        told = [f"{dialog['type']}: {dialog['message']}" for dialog in self.dialogs]
        if case.dialog and not any(case.dialog in each for each in told):
            return f'it told of the dialogs {told}, not of "{case.dialog}"'
        if case.reason and case.reason not in str(error):
            return f'the refusal does not say "{case.reason}": {error}'
        return ""

    def ref(self, target):
        """The reference that was observed before, or the control's reference in the current snapshot, if necessary
        after a scroll."""
        if target in self.seen:
            return self.seen[target]
        end = time.monotonic() + TIMEOUT
        while True:
            text = self.browser("snapshot")["text"]
            for role in (re.escape(target.role), r"\w+"):
                refs = re.findall(rf'\[(\w+)\] {role} "{re.escape(target.name)}"', text)
                if len(refs) > (target.nth or 0):
                    return refs[target.nth or 0]
            if time.monotonic() > end:
                raise NotListed(f"there is no {target} in:\n{text}")
            if "Outside of the window" in text:
                self.act("scroll", pages=1)
            else:
                time.sleep(0.2)

    def observe(self, target):
        self.seen[target] = self.ref(target)

    def click(self, target):
        self.act("click", ref=self.ref(target))

    def double_click(self, target):
        self.act("doubleClick", ref=self.ref(target))

    def hover(self, target):
        self.act("hover", ref=self.ref(target))

    def fill(self, target, text):
        self.act("fill", ref=self.ref(target), text=text)

    def clear(self, target):
        self.act("clear", ref=self.ref(target))

    def type_keys(self, target, text):
        self.act("type", ref=self.ref(target), text=text)

    def press(self, key, target):
        self.act("press", key=key, **({"ref": self.ref(target)} if target else {}))

    def select(self, target, option):
        self.act("select", ref=self.ref(target), option=option)

    def check(self, target, checked):
        self.act("check", ref=self.ref(target), checked=checked)

    def drag(self, source, destination):
        self.act("drag", **{"from": self.ref(source), "to": self.ref(destination)})

    def upload(self, target, path):
        self.act("upload", ref=self.ref(target), files=[path])

    def wait_for(self, text):
        self.act("waitFor", text=text, seconds=TIMEOUT)

    def scroll_until(self, text):
        for _ in range(ROUNDS):
            if text in self.browser("snapshot")["text"]:
                return
            self.act("scroll", pages=1)
        raise NotListed(f'"{text}" does not appear')

    def newest_tab(self):
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            tabs = [tab["id"] for tab in self.browser("tabs")["tabs"] if tab["id"] not in self.others | {self.tab}]
            if tabs:
                self.browser("switchTab", tab=tabs[-1])
                return
            time.sleep(0.05)
        raise NotListed("no tab was opened")

    def first_tab(self):
        self.browser("switchTab", tab=self.tab)

    def back(self):
        self.act("back")

    def forward(self):
        self.act("forward")

    def reload(self):
        self.act("reload")


if __name__ == "__main__":
    driver = Ours()
    main(driver)
    driver.close()
