"""The task pages of MiniWoB++, served so that an episode starts automatically and reports its end in the page's title.

A driver under test can't run scripts in the page. It navigates, reads `task <utterance>` from the title, acts as a user
would, and finds `done <reward>` there.
"""

import functools
import http.server
import importlib.util
import pathlib
import sys
import threading

# The page calls `startEpisode` when it is ready and has its settings; `endEpisode` calls it for the next episode. The
# raw reward has no decay, and an episode never times out. The timer display is hidden, because a page that changes on
# its own would be read again for no reason.
SCRIPT = b"""<script>
Math.seedrandom(core.QueryString.seed);
(() => {
  const { startEpisode, endEpisode } = core;
  core.startEpisode = () => {
    if (WOB_DONE_GLOBAL) return;
    core.EPISODE_MAX_TIME = 1e9;
    startEpisode();
    core.startEpisodeReal();
    core.hideDisplay();
    document.title = `task ${core.getUtterance()}`;
  };
  core.endEpisode = (...reward) => {
    endEpisode(...reward);
    document.title = `done ${WOB_RAW_REWARD_GLOBAL}`;
  };
})();
</script>
"""
CORE = b'<script src="../core/core.js"></script>'


def directory():
    """The directory of the pages in the wheel. The package itself needs Selenium, so it isn't imported."""
    found = importlib.util.find_spec("miniwob")
    assert found, "miniwob is missing: pip install --no-deps miniwob==1.1.0"
    return pathlib.Path(found.origin).parent / "html"


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if ".html" not in self.path:
            return super().do_GET()
        page = pathlib.Path(self.translate_path(self.path)).read_bytes()
        assert page.count(CORE) == 1, f"{self.path} has no place for the script"
        page = page.replace(CORE, CORE + SCRIPT)
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def end_headers(self):
        # Caches the libraries of hundreds of kilobytes, which are the same for all tasks.
        self.send_header("cache-control", "max-age=3600")
        super().end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """A browser that leaves a page drops its connections, which isn't an error."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Site:
    """`with Site() as address:`"""

    def __init__(self):
        self.server = Server(("127.0.0.1", 0), functools.partial(Handler, directory=directory()))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
