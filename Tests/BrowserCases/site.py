"""The website of the cases. It serves a case's pages under a key that is unique to each run, and stores what they
record."""

import http.server
import itertools
import pathlib
import tempfile
import threading
import urllib.parse

from .vocabulary import Served

# Two host names for the same server: for a browser they are two sites.
HOST, OTHER = "127.0.0.1", "localhost"
DEADLINE = 60

# `log` waits for the response, so that what a page did is recorded before the driver learns that it is done. It reads
# only, because an agent is asked about what a page sends; the number keeps the browser from answering itself.
HELPERS = """<!doctype html><meta charset="utf-8"><script>
function log(text) {
  const request = new XMLHttpRequest();
  request.open("GET", "BASE/log?" + Math.random() + "&" + encodeURIComponent(text), false);
  request.send();
}
function when(signal, act) {
  fetch("BASE/signal/" + signal).then(act).then(() => fetch("BASE/done/" + signal));
}
</script>
"""


class Visit:
    """One run of a case."""

    def __init__(self, case, key, port, directory):
        self.case, self.path, self.directory = case, f"/{key}", directory / key
        self.url = f"http://{HOST}:{port}/{key}/"
        self.base, self.other = f"http://{HOST}:{port}/{key}", f"http://{OTHER}:{port}/{key}"
        self.logs, self.events, self.lock = [], {}, threading.Lock()

    def event(self, name):
        with self.lock:
            return self.events.setdefault(name, threading.Event())

    def signal(self, name):
        self.event(f"signal/{name}").set()
        if not self.event(f"done/{name}").wait(DEADLINE):
            raise TimeoutError(f'the page did not do "{name}"')

    def file(self, file):
        """The path of a file with this name and text."""
        self.directory.mkdir(exist_ok=True)
        path = self.directory / file.name
        path.write_text(file.text)
        return str(path)

    def served(self, path):
        page = self.case.served(path)
        if page is None or isinstance(page, Served):
            return page
        return Served((HELPERS + page).replace("BASE", self.base).replace("OTHER", self.other), "text/html")


class Site:
    def __init__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.visits, self.keys = {}, itertools.count(1)
        site = self

        class Handler(_Handler):
            visits = site.visits

        self.server = _Server((HOST, 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def visit(self, case):
        key = f"k{next(self.keys)}"
        self.visits[key] = Visit(case, key, self.server.server_port, pathlib.Path(self.directory.name))
        return self.visits[key]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for visit in self.visits.values():
            for event in list(visit.events.values()):
                event.set()
        self.server.shutdown()
        self.server.server_close()
        self.directory.cleanup()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Closed pages leave unfinished requests behind."""


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        visit, path = self.find()
        kind = path.split("/")[1]
        if visit and kind == "log":
            visit.logs.append(urllib.parse.unquote(self.path.partition("&")[2]))
            return self.answer(Served(""))
        if visit and kind == "signal":
            visit.event(path[1:]).wait(DEADLINE)
            return self.answer(Served(""))
        if visit and kind == "done":
            visit.event(path[1:]).set()
            return self.answer(Served(""))
        self.answer(visit and visit.served(path))

    def do_POST(self):
        self.answer(None)

    def find(self):
        key, _, path = self.path.split("?")[0].removeprefix("/").partition("/")
        return self.visits.get(key), f"/{path}"

    def answer(self, page):
        body = page.body.encode() if page else b""
        self.send_response(200 if page else 404)
        self.send_header("content-type", page.type if page else "text/plain")
        self.send_header("content-length", str(len(body)))
        self.send_header("access-control-allow-origin", "*")
        self.send_header("cache-control", "no-cache")
        if page and page.attachment:
            self.send_header("content-disposition", f'attachment; filename="{page.attachment}"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
