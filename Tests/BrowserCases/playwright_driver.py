"""The cases with Playwright's locators by role and name, as its documentation recommends, with default settings."""

import time

from playwright.sync_api import Error, sync_playwright

from .chromium import PROGRAM
from .driver import Driver, NotListed, main

TIMEOUT = 5000


class PlaywrightDriver(Driver):
    refusals = (NotListed, Error)

    def __init__(self, playwright):
        self.browser = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox", "--disable-gpu"])

    def open(self, url):
        self.context = self.browser.new_context(viewport={"width": 1280, "height": 900})
        self.context.set_default_timeout(TIMEOUT)
        self.files = []
        self.context.on("page", lambda page: page.on("download", lambda file: self.files.append(file)))
        self.page = self.context.new_page()
        self.page.goto(url)

    def close_case(self):
        self.context.close()

    def pause(self, seconds):
        """Playwright receives events only while it is called."""
        self.context.pages[0].wait_for_timeout(seconds * 1000)

    def downloaded(self):
        return [file.suggested_filename for file in self.files if not file.failure()]

    def poll(self, check, failure):
        end = time.monotonic() + TIMEOUT / 1000
        while time.monotonic() < end:
            if found := check():
                return found
            self.page.wait_for_timeout(50)
        raise NotListed(failure)

    def locators(self, target):
        """The locators that a test author would try, in order."""
        for frame in self.page.frames:
            if target.role not in ("clickable", "file"):
                yield frame.get_by_role(target.role, name=target.name, exact=True)
            yield frame.get_by_label(target.name, exact=True)
            yield frame.get_by_placeholder(target.name, exact=True)
            yield frame.get_by_alt_text(target.name, exact=True)
            yield frame.get_by_text(target.name, exact=True)

    def find(self, target):
        """The first locator that matches. Searches all frames, because a locator sees only one document."""
        def found():
            for locator in self.locators(target):
                if locator.count():
                    return locator if target.nth is None else locator.nth(target.nth)

        return self.poll(found, f"no locator finds {target}")

    def observe(self, target):
        """A locator stores nothing of what it has found."""
        self.find(target)

    def click(self, target):
        self.find(target).click()

    def double_click(self, target):
        self.find(target).dblclick()

    def hover(self, target):
        self.find(target).hover()

    def fill(self, target, text):
        self.find(target).fill(text)

    def clear(self, target):
        self.find(target).clear()

    def type_keys(self, target, text):
        self.find(target).press_sequentially(text)

    def press(self, key, target):
        self.find(target).press(key) if target else self.page.keyboard.press(key)

    def select(self, target, option):
        """Only native lists have a method; other lists are opened and their option is clicked."""
        locator = self.find(target)
        if locator.evaluate("(element) => element.localName") == "select":
            locator.select_option(label=option)
        else:
            locator.click()
            choices = self.page.get_by_role("option", name=option, exact=True).or_(
                self.page.get_by_text(option, exact=True))
            choices.first.click()

    def check(self, target, checked):
        self.find(target).set_checked(checked)

    def drag(self, source, destination):
        self.find(source).drag_to(self.find(destination))

    def upload(self, target, path):
        if target.role == "file":
            self.find(target).set_input_files(path)
            return
        with self.page.expect_file_chooser() as chooser:
            self.find(target).click()
        chooser.value.set_files(path)

    def shows(self, text):
        return any(frame.get_by_text(text).first.is_visible() for frame in self.page.frames)

    def wait_for(self, text):
        self.poll(lambda: self.shows(text), f'"{text}" does not appear')

    def scroll_until(self, text):
        self.page.mouse.move(600, 400)

        def shows():
            self.page.mouse.wheel(0, 800)
            return self.shows(text)

        self.poll(shows, f'"{text}" does not appear')

    def newest_tab(self):
        self.poll(lambda: len(self.context.pages) > 1, "no tab was opened")
        self.page = self.context.pages[-1]

    def first_tab(self):
        self.page = self.context.pages[0]

    def back(self):
        self.page.go_back()

    def forward(self):
        self.page.go_forward()

    def reload(self):
        self.page.reload()


if __name__ == "__main__":
    with sync_playwright() as playwright:
        driver = PlaywrightDriver(playwright)
        main(driver)
        driver.browser.close()
