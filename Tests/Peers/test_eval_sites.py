"""`ai4ai eval` with an application that it starts for each task."""

import subprocess
import sys
import textwrap

import pytest

from system import BUILD, DEADLINE

SITE = """
    import http.server, sys, urllib.parse

    class Notes(http.server.BaseHTTPRequestHandler):
        notes = []

        def do_GET(self):
            self.tell("".join(f"<p>{note}</p>" for note in self.notes) + FORM)

        def do_POST(self):
            sent = self.rfile.read(int(self.headers["content-length"])).decode()
            self.notes.append(urllib.parse.parse_qs(sent)["note"][0])
            self.tell("<p>Written down.</p>")

        def tell(self, text):
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    FORM = "<form method=post><label>Note <input name=note></label><button>Search</button></form>"
    print("a word before the start", flush=True)
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Notes).serve_forever()
"""
TASK = """
    request: Write down that milk is out at {site}.
    site: notes
    checks:
      - site_shows: /
        text: Milk is out
      - site_shows: /
        lacks: bread
    answers:
      - approve
    script:
      - browse Write down that milk is out at {site}.
      - open /
      - fill textbox "Note" with milk is out
      - click button "Search"
      - say It's written down.
      - say It's written down.
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sites").mkdir()
    write(tmp_path / "sites/notes.py", SITE)
    write(tmp_path / "sites/notes.yaml", f"start: {sys.executable} {{here}}/notes.py {{port}}")
    return tmp_path


def write(path, text):
    path.write_text(textwrap.dedent(text))


def evaluate(folder):
    done = subprocess.run(
        [BUILD / "ai4ai", "eval", str(folder), "--parallel", "4"], capture_output=True, text=True, timeout=DEADLINE)
    return done.returncode, done.stdout + done.stderr


def test_a_task_is_done_in_its_application_and_each_task_has_its_own(folder):
    write(folder / "first.yaml", TASK)
    write(folder / "second.yaml", TASK.replace("milk", "bread").replace("Milk", "Bread").replace("lacks: bread", "lacks: milk"))
    code, said = evaluate(folder)
    assert code == 0 and said.count("ok ") >= 2, said


def test_what_the_application_lacks_is_said(folder):
    write(folder / "first.yaml", TASK.replace("Milk is out", "Milk is plenty"))
    code, said = evaluate(folder)
    assert code == 1 and '/ lacks "Milk is plenty": <p>milk is out</p>' in said, said


@pytest.mark.parametrize("start, reason", [
    (f"{sys.executable} -c print('sp'+'elt'*3)", "the site has ended: speltelt"),
    ("no-such-program-anywhere {port}", "cannot be started"),
])
def test_an_application_that_does_not_start_says_why(folder, start, reason):
    write(folder / "first.yaml", TASK)
    write(folder / "sites/notes.yaml", f"start: {start}")
    code, said = evaluate(folder)
    assert code == 1 and reason in said, said


@pytest.mark.parametrize("file, reason", [("ready: /", "start"), ("start: a\nready: here", "'ready' begins with '/'"), (None, "notes.yaml")])
def test_a_file_of_an_application_that_cannot_be_used_is_rejected(folder, file, reason):
    write(folder / "first.yaml", TASK)
    (folder / "sites/notes.yaml").unlink()
    if file:
        write(folder / "sites/notes.yaml", file)
    code, said = evaluate(folder)
    assert code != 0 and reason in said, said
