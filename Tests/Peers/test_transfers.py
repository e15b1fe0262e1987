"""Files on their way between people, the agents, and websites: through AgentCore's browser, and large ones."""

import base64
import hashlib
import http.server
import os
import pathlib
import threading
import uuid

import pytest
import requests

from backend import Chats
from cloud import prepare, settings
from parking import answer
from system import Container, System

CARD = b"Aminah binti Ali, 900101-14-5678"
MEGABYTE = 1 << 20


class FileSite:
    """Sends a page with a link to a large file, and takes any upload; `received` are the digests of what came."""

    def __init__(self, size):
        self.piece = os.urandom(MEGABYTE)
        self.size = size
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path == "/large":
                    self.send_response(200)
                    self.send_header("content-type", "application/octet-stream")
                    self.send_header("content-disposition", "attachment; filename=large.bin")
                    self.send_header("content-length", str(site.size * MEGABYTE))
                    self.end_headers()
                    for _ in range(site.size):
                        self.wfile.write(site.piece)
                    return
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(b"<title>Files</title><h1>Files</h1><a href=/large>Large file</a>")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def digest(self):
        digest = hashlib.sha256()
        for _ in range(self.size):
            digest.update(self.piece)
        return digest.hexdigest()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def files_of(events):
    return [event["value"] for event in events if event["type"] == "CUSTOM" and event["name"] == "file.received"]


# ------------------------------------------------------------------------------------------------- AgentCore's browser


@pytest.fixture(scope="module")
def agentcore(peer, site):
    """A runtime without a model whose browser is behind signed sockets."""
    prepare(peer)
    container = Container(**settings(peer, site, AI4AI_MODEL=None, AI4AI_MEMORY_ID=None))
    yield container
    container.stop()
    peer.kill_browsers()


@pytest.mark.parametrize(("steps", "name", "path"), [
    ("open {site}/result?plate=WXY+1234, click Receipt of 2025, tell me the receipt number in the file",
     "receipt-WXY1234-2025.pdf", "/receipt?plate=WXY+1234&year=2025"),
    ("open {site}/report, click Make the report, click Save the report, tell me the text in the file",
     "report.csv", "/report/file"),
])
def test_file_of_a_website_arrives_from_agentcores_browser_byte_for_byte(agentcore, site, steps, name, path):
    session = str(uuid.uuid4())
    events = agentcore.events({"prompt": steps.format(site=site.url), "session_id": session})
    [file] = files_of(events)
    assert file["name"] == name, events[-1]
    assert agentcore.content(session, file) == requests.get(site.url + path, timeout=30).content


@pytest.mark.parametrize(("steps", "path"), [
    ("open {site}/documents, fill Plate number with WXY 1234, upload identity-card.txt to Identity card, "
     "click Send document, tell me what we received", "/documents"),
    ("open {site}/documents/drop, upload identity-card.txt to Drop documents here, read the page", "/documents/drop"),
])
def test_file_of_a_user_reaches_a_website_through_agentcores_browser_byte_for_byte(agentcore, site, steps, path):
    session, id = str(uuid.uuid4()), str(uuid.uuid4())
    kept = agentcore.invoke({"session_id": session, "put_file": {
        "id": id, "name": "identity-card.txt", "offset": 0, "last": True, "content": base64.b64encode(CARD).decode()}}).json()
    assert kept["status"] == "completed", kept
    before = len([each for each in site.received() if each["path"] == path])
    result = agentcore.invoke({"prompt": steps.format(site=site.url), "files": [id], "session_id": session}).json()
    while result["status"] == "interrupted":
        result = agentcore.invoke({
            "resume": [answer(each, approved=True) for each in result["interrupts"]], "session_id": session}).json()
    assert result["status"] == "completed", result
    sent = [each["fields"]["document"] for each in site.received() if each["path"] == path][before:]
    assert sent == [f"identity-card.txt {len(CARD)} {hashlib.sha256(CARD).hexdigest()}"]


# ------------------------------------------------------------------------------------------------------ large files


def peak(runtime):
    """The most memory that the process has had since the last `reset`, in bytes."""
    status = pathlib.Path(f"/proc/{runtime.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024


def reset(runtime):
    pathlib.Path(f"/proc/{runtime.process.pid}/clear_refs").write_text("5")


@pytest.mark.serial
def test_file_of_50_mb_passes_with_at_most_20_mb_more():
    site = FileSite(50)
    system = System(AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS=site.url)
    try:
        chats = Chats(system.chat)
        chat = chats.create()
        # What the first task needs anyway is no cost of the file.
        chats.send(chat, f"open {site.url}, read the page")
        chats.settled(chat)
        before = peak(system)
        chats.send(chat, f"open {site.url}, click Large file, read the page")
        [card] = [each["details"] for each in chats.settled(chat) if each["kind"] == "file"]
        assert card["size"] == 50 * MEGABYTE
        arrived = peak(system)
        digest = hashlib.sha256()
        with chats.call("GET", f"/api/sessions/{chat}/files/{card['id']}", stream=True) as response:
            for piece in response.iter_content(MEGABYTE):
                digest.update(piece)
        assert digest.hexdigest() == site.digest()
        served = peak(system)
        print(f"arriving: {(arrived - before) / MEGABYTE:.1f} MB, serving: {(served - arrived) / MEGABYTE:.1f} MB more")
        assert served - before <= 20 * MEGABYTE
    finally:
        system.stop()
        site.stop()
