"""Puts the pictures of a directory on one sheet: `python contact_sheet.py DIRECTORY SHEET.png`."""

import html
import pathlib
import sys

from playwright.sync_api import sync_playwright

from page import CHROMIUM

STYLE = """body { margin: 16px; font: 13px sans-serif; display: flex; flex-wrap: wrap; gap: 16px; align-items: flex-start }
figure { margin: 0 } img { height: 360px; border: 1px solid #999 } figcaption { max-width: 500px }"""


def main(directory, sheet):
    figures = "".join(
        f"<figure><img src='{path.as_uri()}'><figcaption>{html.escape(path.stem)}</figcaption></figure>"
        for path in sorted(pathlib.Path(directory).resolve().glob("*.png")))
    page = pathlib.Path(directory).resolve() / "sheet.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{figures}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page(viewport={"width": 2200, "height": 1200})
        tab.goto(page.as_uri())
        tab.screenshot(path=sheet, full_page=True)
        browser.close()


main(*sys.argv[1:])
