"""Measures the same as browser-bench with Playwright on the same Chromium. Prints medians in milliseconds as JSON."""

import json
import os
import shutil
import statistics
import sys
import time

from playwright.sync_api import sync_playwright


def median(count, action):
    times = []
    for i in range(count):
        started = time.perf_counter()
        action(i)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def main(site):
    chromium = os.environ.get("AI4AI_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome-stable")
    result = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})

        def navigate(_):
            page.goto(f"{site}/static.html")
            # Our library also reports the page that it arrived at.
            page.title()

        result["navigate"] = median(50, navigate)

        page.goto(f"{site}/action.html")
        button, field, output = page.get_by_role("button"), page.get_by_label("Name"), page.locator("#out")

        def click_and_read(_):
            button.click()
            output.text_content()

        def fill(i):
            field.fill(f"text {i}")
            assert field.input_value() == f"text {i}"

        result["click+read"] = median(200, click_and_read)
        result["fill"] = median(200, fill)
        for kind in ("mixed", "dense"):
            for controls, rounds in ((100, 10), (1000, 10), (5000, 5)):
                page.goto(f"{site}/{kind}{controls}.html")
                body = page.locator("body")
                result[f"snapshot {kind} {controls} first"] = median(1, lambda _: body.aria_snapshot())
                result[f"snapshot {kind} {controls}"] = median(rounds, lambda _: body.aria_snapshot())
        browser.close()
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1])
