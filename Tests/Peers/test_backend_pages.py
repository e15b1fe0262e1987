"""Which origins may call the backend, and the page that it serves."""

import os
import pathlib
import re

import pytest

from backend import Backend, check_problem
from wire import Connection

FRONTEND = "https://app.example"
MISSING = "01900000-0000-7000-8000-000000000000"
POLICY = {
    "default-src": ["'none'"], "script-src": ["'self'"], "style-src": ["'self'"],
    "img-src": ["'self'", "blob:", "data:"], "connect-src": ["'self'"], "font-src": ["'self'"],
    "manifest-src": ["'self'"], "base-uri": ["'none'"], "form-action": ["'none'"], "frame-ancestors": ["'none'"],
}
KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "json"}


@pytest.fixture(scope="module")
def open_backend(system):
    """A backend that other frontends may call."""
    running = Backend(system.url, AI4AI_ALLOWED_ORIGINS=f"{FRONTEND},http://localhost:3001")
    yield running
    running.stop()


def policy(response):
    directives = (part.split() for part in response.headers["content-security-policy"].split(";") if part.strip())
    return {name: sorted(values) for name, *values in directives}


@pytest.mark.parametrize("path", [
    "/", f"/chat/{MISSING}", "/authorize?code=x&state=y", "/api/config", "/api/sessions", "/api/nothing",
    f"/api/sessions/{MISSING}", "/assets/app.js", "/health"])
def test_each_answer_is_fenced_in(chats, path):
    response = chats.call("GET", path)
    assert policy(response) == POLICY
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] in ("no-referrer", "same-origin")
    assert "set-cookie" not in response.headers
    if path.startswith("/api/sessions"):
        assert response.headers["cache-control"] == "no-store"


def test_page_is_whole_and_has_no_script_or_style_of_its_own(chats):
    pages = {chats.call("GET", path).text for path in ("/", f"/chat/{MISSING}", "/authorize?code=x&state=y")}
    assert len(pages) == 1
    [page] = pages
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:", page)
    waiting, seen = re.findall(r'(?:src|href|content)="(/assets/[^"]+)"', page), set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        response = chats.call("GET", path)
        assert response.status_code == 200, path
        kind, ending = response.headers["content-type"], pathlib.Path(path).suffix
        assert KINDS.get(ending, "") in kind, (path, kind)
        if ending == ".js" and "/lib/" not in path:
            names = re.findall(r'(?:from|import)\s*\(?\s*"(\.{0,2}/[^"]+)"', response.text)
            waiting += [os.path.normpath(f"{os.path.dirname(path)}/{name}") for name in names]
    names = {pathlib.Path(path).name for path in seen}
    assert names & {"app.js", "main.js"} and "marked.js" in names


@pytest.mark.parametrize("path", [
    "/assets/../index.html", "/assets/../../../../etc/passwd", "/assets/%2e%2e/%2e%2e/etc/passwd",
    "/assets/..%2f..%2fetc%2fpasswd", "/assets/lib/../app.js%00.css", "/assets//etc/passwd"])
def test_assets_end_at_their_own_folder(system, path):
    with Connection(system.backend_port) as client:
        client.request("GET", path)
        response = client.read_response()
    assert response.status in (400, 404) and b"root:" not in response.body


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example", "file://"])
def test_foreign_page_is_refused_in_local_mode(chats, origin):
    chat, headers = chats.create(), {"Origin": origin}
    for method, path, body in (
        ("GET", "/api/sessions", None), ("POST", "/api/sessions", {}), ("GET", f"/api/sessions/{chat}", None),
        ("POST", f"/api/sessions/{chat}/messages", {"text": "hello"}), ("DELETE", f"/api/sessions/{chat}", None),
    ):
        response = chats.call(method, path, json=body, headers=headers)
        check_problem(response, 403)
        assert "access-control-allow-origin" not in response.headers
    assert chats.messages(chat) == []
    preflight = chats.call("OPTIONS", "/api/sessions", headers=headers | {"Access-Control-Request-Method": "POST"})
    assert "access-control-allow-origin" not in preflight.headers


@pytest.mark.parametrize("host", ["evil.example", "evil.example:3000", "127.0.0.1.evil.example", "192.168.1.5"])
def test_foreign_host_is_refused_in_local_mode(system, host):
    for method, path in (("GET", "/"), ("GET", "/api/config"), ("GET", "/api/sessions"), ("POST", "/api/sessions")):
        with Connection(system.backend_port) as client:
            client.request(method, path, host=host)
            response = client.read_response()
        assert response.status == 403 and response.headers["content-type"].startswith("application/problem+json")
        assert host in response.json()["detail"]


def test_second_host_is_refused_in_local_mode(system):
    for second in ("evil.example", "127.0.0.1"):
        with Connection(system.backend_port) as client:
            client.request("GET", "/api/sessions", [f"Host: {second}"])
            assert client.read_response().status == 403


@pytest.mark.parametrize("origin", [FRONTEND, "http://localhost:3001"])
def test_frontend_of_another_origin_calls_as_nextjs_does(open_backend, origin):
    chats = open_backend.chats()
    for method in ("GET", "POST", "PATCH", "DELETE"):
        preflight = chats.call("OPTIONS", f"/api/sessions/{MISSING}", headers={
            "Origin": origin, "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type,idempotency-key,last-event-id"})
        assert preflight.status_code in (200, 204)
        assert preflight.headers["access-control-allow-origin"] == origin
        assert method in preflight.headers["access-control-allow-methods"]
        allowed = preflight.headers["access-control-allow-headers"].lower()
        assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key", "last-event-id"))
        assert "access-control-allow-credentials" not in preflight.headers
    own = {"Origin": origin, "Authorization": "Bearer of-no-use-here"}
    made = chats.call("POST", "/api/sessions", json={"title": "From there"}, headers=own)
    lost = chats.call("GET", f"/api/sessions/{MISSING}", headers=own)
    stream = chats.post(made.json()["id"], "hello", headers=own | {"Accept": "text/event-stream"})
    assert (made.status_code, lost.status_code, stream.status_code) == (201, 404, 200)
    for response in (made, lost, stream):
        assert response.headers["access-control-allow-origin"] == origin
        assert "origin" in response.headers["vary"].lower()
    check_problem(chats.call("GET", "/api/sessions", headers={"Origin": "https://evil.example"}), 403)


def test_browsers_are_told_to_keep_to_https_where_people_come_by_it(system, chats):
    field = "strict-transport-security"
    assert field not in chats.call("GET", "/").headers
    public = Backend(system.url, AI4AI_PUBLIC_URL="https://chat.example")
    try:
        for path in ("/", "/api/config", "/nothing"):
            assert public.chats().call("GET", path).headers[field] == "max-age=31536000"
    finally:
        public.stop()
