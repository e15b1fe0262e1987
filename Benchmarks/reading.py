"""Compares the text that `read_page` gives with that of html2text, a converter of HTML to Markdown, on 20 pages from
Debian's documentation packages: `make bench-reading`.

For each page: the characters of both, the share of html2text's runs of five words that ours also has in this order, and
the counts of code blocks, list items, and rows of tables.
"""

import functools
import http.server
import os
import pathlib
import re
import subprocess
import sys
import threading

import html2text

ROOT = pathlib.Path(__file__).parents[1]
FOLDER = ROOT / ".build/reading"
sys.path.append(str(ROOT / "Tests/Peers"))
PAGES = {
    "python3.11-doc": "python3.11/html", "git-doc": "git-doc", "postgresql-doc-15": "postgresql-doc-15/html",
    "sqlite3-doc": "sqlite3", "nodejs-doc": "nodejs/api", "debian-policy": "debian-policy/policy.html"}
CHOSEN = {
    "python3.11-doc": [
        "library/csv.html", "library/json.html", "tutorial/controlflow.html", "howto/regex.html", "library/functions.html"],
    "git-doc": ["git-rebase.html", "giteveryday.html", "gitignore.html", "git-log.html"],
    "postgresql-doc-15": ["datatype-numeric.html", "sql-select.html", "functions-string.html", "tutorial-join.html"],
    "sqlite3-doc": ["lang_select.html", "datatype3.html", "faq.html"],
    "nodejs-doc": ["path.html", "url.html"],
    "debian-policy": ["ch-files.html", "ch-relationships.html"]}
RUN = 5


def fetch():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for package in PAGES:
        if not list(FOLDER.glob(f"{package}_*.deb")):
            subprocess.run(["apt-get", "download", "-qq", package], cwd=FOLDER, check=True, stderr=subprocess.DEVNULL)
            subprocess.run(["dpkg", "-x", *FOLDER.glob(f"{package}_*.deb"), FOLDER], check=True)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def serve():
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=FOLDER / "usr/share/doc"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def reference(path):
    converter = html2text.HTML2Text(bodywidth=0)
    converter.ignore_links = converter.ignore_images = converter.pad_tables = True
    converter.mark_code = True
    return converter.handle(path.read_text(errors="replace"))


def ours(browser, address):
    browser("navigate", url=address)
    parts, more = [], True
    while more:
        text = browser("read", part=len(parts) + 1)["text"]
        more = re.search(r"part (\d+) of (\d+)", text.splitlines()[-1])
        more = more and int(more[1]) < int(more[2])
        parts.append(text)
    return "\n".join(parts)


def words(text):
    text = re.sub(r"\]\([^)\s]*\)", "]", text)
    text = re.sub(r"\[/?code\]|¶|\\|(?<!\w)_+|_+(?!\w)", " ", text)
    return re.findall(r"\w+", text.lower())


def runs(text):
    found = words(text)
    return [tuple(found[at:at + RUN]) for at in range(len(found) - RUN + 1)]


def shape(text, code, marks):
    return (len(re.findall(code, text)) // marks, len(re.findall(r"^\s*(?:[-*]|\d+\.) ", text, re.M)),
            len(re.findall(r"^.*\S \| .*$", text, re.M)))


def main():
    from browse import Browser
    fetch()
    address, build = serve(), pathlib.Path(os.environ.get("AI4AI_BUILD", ROOT / ".build/release"))
    browser = Browser(build=build)
    print(f"{'page':<46}{'ours':>9}{'html2text':>11}{'5-word runs':>13}   code, items, rows: ours and html2text")
    total = there = 0
    for package, names in CHOSEN.items():
        for name in names:
            path = f"{PAGES[package]}/{name}"
            theirs = reference(FOLDER / "usr/share/doc" / path)
            mine = ours(browser, f"{address}/{path}")
            known, wanted = set(runs(mine)), runs(theirs)
            missing = [run for run in wanted if run not in known]
            total, there = total + len(wanted), there + len(wanted) - len(missing)
            shapes = shape(mine, "(?m)^```$", 2), shape(theirs, r"\[code\]", 1)
            print(f"{path:<46}{len(mine):>9,}{len(theirs):>11,}{1 - len(missing) / len(wanted):>13.1%}   {shapes}")
            if "--missing" in sys.argv:
                for run in missing:
                    print("    ", " ".join(run))
    print(f"{'all':<46}{'':>20}{there / total:>13.1%}")
    browser.close()


if __name__ == "__main__":
    main()
