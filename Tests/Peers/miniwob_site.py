"""The task pages of MiniWoB++, served so that an episode starts by itself and tells its end in the page's title.

A driver under test gets no way to run scripts in the page. It navigates, reads `task <utterance>` from the title, acts
as a person would, and finds `done <reward>` there.
"""

import functools
import http.server
import importlib.util
import pathlib
import sys
import threading

# `startEpisode` is called by the page when it is ready, after it has made its own settings; `endEpisode` calls it for
# the next episode. The raw reward knows no decay, and the time of an episode does not run out while anybody waits. The
# display counts seconds: it is hidden, because a page that changes by itself would be looked at anew for no reason.
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
    """Where the wheel keeps its pages. The package itself wants Selenium and is not imported."""
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
        # Libraries of hundreds of kilobytes, the same for all tasks.
        self.send_header("cache-control", "max-age=3600")
        super().end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """A browser that leaves a page drops its connections, which is no error."""
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
