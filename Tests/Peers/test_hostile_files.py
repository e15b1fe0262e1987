"""Files that websites send to do harm: each is refused in plain words, or becomes an attachment that nothing runs."""

import http.server
import io
import threading
import urllib.parse
import zipfile

import pytest

from backend import Chats
from system import DEADLINE, System

SCRIPT = b"<script>fetch('/api/sessions')</script>"


def zip_bomb():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            archive.writestr(f"../../{number}", bytes(20 << 20))
    return target.getvalue()


# The name that the website suggests, what it says of the type, and what it sends.
KEPT = {
    "HTML as PDF": ("invoice.pdf", "application/pdf", b"<html>" + SCRIPT),
    "Picture with a script": ("logo.svg", "image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>"),
    "Web page": ("page.html", "text/html", b"<html>" + SCRIPT),
    "XML page": ("page.xhtml", "application/xhtml+xml", b'<html xmlns="http://www.w3.org/1999/xhtml">' + SCRIPT + b"</html>"),
    "Style sheet": ("x.xml", "text/xml", b'<?xml-stylesheet href="data:text/xsl,x" type="text/xsl"?><a/>'),
    "Archived page": ("page.mhtml", "multipart/related", b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" + SCRIPT),
    "Picture that is a script": ("a.gif", "image/gif", b"GIF89a/*" + b" " * 20 + b"*/=1;" + SCRIPT),
    "Picture that is a page": ("a.png", "image/png", b"\x89PNG\r\n\x1a\n" + SCRIPT),
    "PDF that is a page": ("b.pdf", "application/pdf", b"%PDF-1.4\n" + SCRIPT),
    "Text that is a page": ("notes.txt", "text/plain", SCRIPT),
    "Table of formulas": ("table.csv", "text/csv", b'a\n"=HYPERLINK(""http://evil.example"")"'),
    "Way out": ("../../../../etc/cron.d/evil.txt", "text/plain", b"* * * * * root sh"),
    "Way out in Windows": ("..\\..\\evil.txt", "text/plain", b"x"),
    "Reserved name": ("CON.txt", "text/plain", b"x"),
    "Reversed name": ("report\u202egnp.txt", "text/plain", b"x"),
    "Name of several lines": ("a\r\nSet-Cookie: x=y\r\n.txt", "text/plain", b"x"),
    "Long name": ("x" * 5000 + ".txt", "text/plain", b"x"),
    "Hidden name": (".bashrc.txt", "text/plain", b"x"),
    "Bomb of archives": ("photos.zip", "application/zip", zip_bomb()),
    "Nothing at all": ("empty.txt", "text/plain", b""),
}
REFUSED = {
    "Program": ("setup.exe", "application/octet-stream", b"MZ"),
    "Two endings": ("receipt.pdf.exe", "application/pdf", b"MZ"),
    "Script": ("run.js", "text/javascript", b"alert(1)"),
    "Launcher": ("open.desktop", "text/plain", b"[Desktop Entry]"),
    "Macro": ("letter.docm", "application/vnd.ms-word.document.macroEnabled.12", b"PK\x03\x04"),
    "Two gigabytes": ("huge.bin", "application/octet-stream", 2 << 30),
    "No end": ("endless.bin", "application/octet-stream", None),
}


class Site(http.server.BaseHTTPRequestHandler):
    # The browser has had enough of the file without an end.
    is_over = threading.Event()

    def do_GET(self):
        name = urllib.parse.unquote(self.path[1:])
        if name == "later":
            self.is_over.wait(DEADLINE)
        if name not in KEPT | REFUSED:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            links = "".join(f'<p><a href="/{name}">{name}</a></p>' for name in KEPT | REFUSED)
            return self.wfile.write(f"<title>Files</title>{links}".encode())
        suggested, kind, content = (KEPT | REFUSED)[name]
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-disposition", f"attachment; filename*=UTF-8''{urllib.parse.quote(suggested)}")
        if content is not None:
            self.send_header("content-length", str(content if isinstance(content, int) else len(content)))
        self.end_headers()
        if isinstance(content, bytes):
            return self.wfile.write(content)
        try:
            for _ in range(100):
                self.wfile.write(bytes(1 << 20))
        except OSError:
            pass
        finally:
            if content is None:
                self.is_over.set()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def result():
    """The chat after one task that asked for every file."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site = f"http://127.0.0.1:{server.server_port}"
    system = System(AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS=site)
    try:
        chats = Chats(system.chat)
        chat = chats.create()
        # That a file is refused is told with one of the steps after it.
        clicks = ", ".join(f"click {name}" for name in ["No end", "Two gigabytes", *KEPT, *REFUSED])
        chats.send(chat, f"open {site}, {clicks}, open {site}/later, read the page")
        yield chats, chat, chats.settled(chat)
    finally:
        system.stop()
        server.shutdown()
        server.server_close()


def test_what_is_kept_is_what_came_and_nothing_of_it_can_run(result):
    chats, chat, messages = result
    cards = [each["details"] for each in messages if each["kind"] == "file"]
    assert len(cards) == len(KEPT), [card["name"] for card in cards]
    responses = [chats.call("GET", f"/api/sessions/{chat}/files/{card['id']}") for card in cards]
    # Files that arrive at once may come in another order.
    assert sorted(each.content for each in responses) == sorted(content for _, _, content in KEPT.values())
    for card, response in zip(cards, responses):
        name, headers = card["name"], response.headers
        assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'", name
        assert headers["X-Content-Type-Options"] == "nosniff", name
        kind = headers["Content-Type"]
        # A type that a web browser runs isn't among them.
        shown = {"application/pdf", "image/gif", "image/png", "text/plain", "text/csv"}
        assert kind == "application/octet-stream" and headers["Content-Disposition"].startswith("attachment") or kind in shown, name
        assert "x" not in response.cookies, name


def test_names_are_plain_file_names(result):
    for card in (each["details"] for each in result[2] if each["kind"] == "file"):
        name = card["name"]
        assert 0 < len(name.encode()) <= 120 and not name.startswith(".") and name.isprintable(), name
        assert not set(name) & set('/\\:*?"<>|') and "\u202e" not in name, name
        assert name.split(".")[0].upper() not in ("CON", "NUL", "AUX", "PRN"), name


def test_what_is_refused_is_told_with_its_reason(result):
    steps = "".join(str(each) for each in result[2] if each["kind"] == "steps")
    for name, (suggested, _, _) in REFUSED.items():
        assert f"The download of {suggested} was refused: " in steps, name
