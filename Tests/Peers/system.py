"""The built programs as a whole: processes with their own home directories and ports, watched and always stopped."""

import base64
import contextlib
import http.server
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time

import pytest
import requests

import agui
from ports import free_port

BUILD = pathlib.Path(os.environ.get("AI4AI_BUILD", pathlib.Path(__file__).parents[2] / ".build/debug"))
DEADLINE = 60
# Release builds have no failpoints.
needs_failpoints = pytest.mark.skipif(BUILD.name == "release", reason="a release build has no failpoints")


def eventually(check, what):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if value := check():
            return value
        time.sleep(0.05)
    pytest.fail(f"{what} did not happen within {DEADLINE} s")


class Program:
    """A process with its own home directory."""

    def __init__(self, arguments, **environment):
        self.directory = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.failpoint = pathlib.Path(self.directory.name) / "failpoint"
        base = {
            "TMPDIR": self.directory.name, "AI4AI_STORAGE_DIRECTORY": self.directory.name,
            "AI4AI_FAILPOINT": str(self.failpoint)}
        self.log = open(f"{self.directory.name}/log", "w+")
        self.arguments, self.environment = arguments, os.environ | base | environment
        self._start()

    def _start(self):
        self.process = subprocess.Popen(
            [BUILD / self.arguments[0], *self.arguments[1:]], env=self.environment, stdout=self.log,
            stderr=subprocess.STDOUT)
        try:
            eventually(self.is_healthy, "the start")
        except BaseException:
            self._end()
            raise

    def is_healthy(self):
        raise NotImplementedError

    def kill(self):
        """Kills the process without warning, as the platform does."""
        self.process.kill()
        self.process.wait()

    @contextlib.contextmanager
    def dying_at(self, place):
        """The process dies at this failpoint while the block runs."""
        self.failpoint.write_text(place)
        yield
        assert self.process.wait(DEADLINE) == -signal.SIGKILL
        self.failpoint.unlink()

    def restart(self):
        """Starts the process again after it has ended, with its stored data."""
        self._start()

    def answer(self, url):
        """The JSON response at this URL; None if nobody listens."""
        try:
            return requests.get(url, timeout=5).json()
        except requests.ConnectionError:
            assert self.process.poll() is None, self.logged
            return None

    @property
    def logged(self):
        return pathlib.Path(self.log.name).read_text()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        finally:
            self._end()

    def _end(self):
        self.process.kill()
        self.process.wait()
        self.log.close()
        self.directory.cleanup()


class Served(Program):
    """A runtime's process, and its HTTP API."""

    def is_healthy(self):
        return (self.answer(f"{self.url}/ping") or {}).get("status") == "Healthy"

    def invoke(self, payload, **options):
        return requests.post(f"{self.url}/invocations", json=payload, timeout=DEADLINE, **options)

    def content(self, session, file, **more):
        """The bytes of a file of a session, piece by piece. `more` is sent with each request."""
        content = b""
        while len(content) < file["size"]:
            piece = self.invoke(
                {"session_id": session, "file": {"id": file["id"], "offset": len(content), "count": 1 << 20}, **more}).json()
            assert piece["status"] == "completed" and piece["content"], piece
            content += base64.b64decode(piece["content"])
        return content

    def stream(self, payload, headers=None):
        """Yields the events of a run as they arrive."""
        response = self.invoke(payload, headers={"Accept": "text/event-stream", **(headers or {})}, stream=True)
        assert response.headers["content-type"].startswith("text/event-stream")
        for line in response.iter_lines(decode_unicode=True):
            if line.startswith("data: "):
                yield agui.check(line.removeprefix("data: "))

    def events(self, payload):
        return list(self.stream(payload))

    def browsers(self):
        """The processes that use a browser profile of this system."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if f"--user-data-dir={self.directory.name}" in path.read_text():
                    found.append(int(path.parent.name))
            except (FileNotFoundError, ProcessLookupError):
                pass
        return found


class System(Served):
    """`ai4ai up` on free ports: runtime, demo site, and backend."""

    def __init__(self, backend_port=None, **environment):
        self.port, self.demo_port, self.backend_port = free_port(), free_port(), backend_port or free_port()
        self.url, self.demo, self.chat = (
            f"http://127.0.0.1:{port}" for port in (self.port, self.demo_port, self.backend_port))
        ports = {"--port": self.port, "--demo-port": self.demo_port, "--backend-port": self.backend_port}
        super().__init__(["ai4ai", "up", *(str(part) for pair in ports.items() for part in pair)], **environment)

    def is_healthy(self):
        return super().is_healthy() and self.answer(f"{self.chat}/health") == {"status": "ok"}

    def received(self):
        return requests.get(f"{self.demo}/received", timeout=DEADLINE).json()

    def road_tax(self, plate="WXY 1234"):
        return f"open {self.demo}, fill Plate number with {plate}, click Check, tell me the amount due"


class Container(Served):
    """`ai4ai-runtime`, as AgentCore starts it."""

    def __init__(self, **environment):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__(["ai4ai-runtime"], AI4AI_PORT=str(self.port), **environment)


def end(process):
    """Terminates a process, and kills it if necessary."""
    process.terminate()
    try:
        process.wait(20)
    finally:
        process.kill()
        process.wait()


class DemoSite:
    def __init__(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [BUILD / "ai4ai", "demo-site", "--port", str(self.port)], stdout=subprocess.DEVNULL)
        try:
            eventually(self.is_up, "the demo site's start")
        except BaseException:
            self.stop()
            raise

    def is_up(self):
        try:
            return requests.get(self.url, timeout=5).ok
        except requests.ConnectionError:
            assert self.process.poll() is None, "the demo site has ended"
            return False

    def received(self):
        return requests.get(f"{self.url}/received", timeout=DEADLINE).json()

    def stop(self):
        end(self.process)


class Page:
    """One page on a free port of this machine, at every path. `paths` are the requested paths, and `posts` those that
    received a POST, which is answered with `post_status`. `on_get` is called before each response to a GET."""

    def __init__(self, html, on_get=lambda: None, post_status=204):
        self.paths = paths = []
        self.posts = posts = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                paths.append(self.path)
                on_get()
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(html.encode())

            def do_POST(self):
                posts.append(self.path)
                self.send_response(post_status)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
