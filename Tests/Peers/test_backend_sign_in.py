"""The backend behind a user pool: which tokens are valid, and who owns which chat."""

import pathlib
import time

import pytest
import requests
from joserfc import jwk

from backend import Backend, check_problem, payment, payments, texts
from cognito import Cognito
from system import DEADLINE, Container, eventually
from wire import Connection

FRONTEND, OTHER_CLIENT = "https://app.example", "frontendclient0123456789ab"
MISSING = "01900000-0000-7000-8000-000000000000"
AISHA, BAKAR = "a1a1a1a1-0000-4000-8000-00000000000a", "b2b2b2b2-0000-4000-8000-00000000000b"


class Pool:
    """A user pool, and the tokens that it has issued."""

    def __init__(self):
        self.cognito, self.tokens = Cognito("http://127.0.0.1:3000"), []

    def mint(self, sub=AISHA, **changes):
        self.tokens.append(self.cognito.mint(sub=sub, **changes))
        return self.tokens[-1]

    def check_untold(self, backend):
        """Fails if a token is in the backend's log or in any file that it has written."""
        for path in pathlib.Path(backend.directory.name).rglob("*"):
            written = path.read_bytes() if path.is_file() else b""
            for token in self.tokens:
                assert not any(len(part) > 40 and part.encode() in written for part in token.split(".")[1:]), path


@pytest.fixture(scope="module")
def pool():
    running = Pool()
    yield running
    running.cognito.stop()


@pytest.fixture(scope="module")
def runtime(site):
    running = Container(AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS=site.url)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def backend(pool, runtime):
    settings = pool.cognito.environment
    settings["AI4AI_COGNITO_CLIENT_IDS"] += f",{OTHER_CLIENT}"
    running = Backend(runtime.url, **settings, AI4AI_ALLOWED_ORIGINS=FRONTEND, AI4AI_LOG_LEVEL="trace")
    yield running
    try:
        pool.check_untold(running)
    finally:
        running.stop()


@pytest.fixture(scope="module")
def aisha(pool, backend):
    return backend.chats(pool.mint(AISHA))


@pytest.fixture(scope="module")
def bakar(pool, backend):
    return backend.chats(pool.mint(BAKAR))


# ------------------------------------------------------------------------------------------------------------ tokens


def test_each_person_is_who_their_token_says(aisha, bakar):
    for chats, sub in ((aisha, AISHA), (bakar, BAKAR)):
        me = chats.ask("GET", "/api/me")
        assert (me["id"], me["mode"]) == (sub, "cognito") and me["name"]
    # Nobody can claim to be another user.
    forged = aisha.ask("GET", "/api/me", params={"user_id": BAKAR}, headers={"X-User-Id": BAKAR})
    assert forged["id"] == AISHA


def test_frontend_learns_where_to_sign_in_without_a_token(pool, backend):
    config, domain = requests.get(f"{backend.url}/api/config", timeout=DEADLINE).json(), pool.cognito.url
    assert config["mode"] == "cognito"
    assert config["sign_in"] == {
        "authorize_url": f"{domain}/oauth2/authorize", "token_url": f"{domain}/oauth2/token",
        "logout_url": f"{domain}/logout", "revoke_url": f"{domain}/oauth2/revoke",
        "client_id": pool.cognito.client, "scope": "phone openid email profile",
    }
    page = requests.get(backend.url, timeout=DEADLINE)
    assert page.status_code == 200 and f"connect-src 'self' {domain};" in page.headers["content-security-policy"]
    for path in ("/health", "/health/ready", f"/chat/{MISSING}", "/authorize?code=x&state=y", "/assets/app.js"):
        assert requests.get(f"{backend.url}{path}", timeout=DEADLINE).status_code == 200, path


def changed(token):
    head, body, signature = token.split(".")
    return f"{head}.{body[:-6]}{'A' if body[-6] != 'A' else 'B'}{body[-5:]}.{signature}"


BAD_TOKENS = {
    "none": lambda pool: "",
    "nonsense": lambda pool: "nonsense",
    "parts of nothing": lambda pool: "..",
    "changed": lambda pool: changed(pool.mint()),
    "without a signature": lambda pool: pool.mint().rpartition(".")[0] + ".",
    "of no algorithm": lambda pool: pool.mint(header={"alg": "none"}),
    "of a secret that everybody has": lambda pool: pool.mint(
        header={"alg": "HS256"}, key=pool.cognito.keys[1].as_pem(private=False)),
    "of somebody's key": lambda pool: pool.mint(key=jwk.RSAKey.generate_key(2048)),
    "of no key": lambda pool: pool.mint(header={"kid": None}),
    "of an unknown key": lambda pool: pool.mint(header={"kid": "unknown"}),
    "expired": lambda pool: pool.mint(exp=int(time.time()) - 3600),
    "never expiring": lambda pool: pool.mint(exp=None),
    "not valid yet": lambda pool: pool.mint(nbf=int(time.time()) + 3600),
    "of another issuer": lambda pool: pool.mint(iss=f"{pool.cognito.issuer}x"),
    "of another client": lambda pool: pool.mint(client_id="somebodyelse"),
    "for the frontend": lambda pool: pool.mint(token_use="id", aud=pool.cognito.client, client_id=None),
    "without openid": lambda pool: pool.mint(scope="aws.cognito.signin.user.admin"),
    "of nobody": lambda pool: pool.mint("two words"),
    "very long": lambda pool: pool.mint(padding="x" * 20_000),
}


@pytest.mark.parametrize("make", BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_bad_token_is_refused_without_a_reason(pool, backend, make):
    token, usual = make(pool), requests.get(f"{backend.url}/api/me", timeout=DEADLINE)
    for method, path in (("GET", "/api/me"), ("GET", "/api/sessions"), ("POST", "/api/sessions")):
        response = backend.chats().call(method, path, headers={"Authorization": f"Bearer {token}"})
        check_problem(response, 401)
        assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'
        assert response.text == usual.text


def test_token_comes_in_one_header_and_nowhere_else(pool, backend):
    good, other, elsewhere = pool.mint(), pool.mint(BAKAR), pool.cognito.mint(sub=AISHA)
    for lines, status in (
        ([f"Authorization: Bearer {good}"], 200),
        ([f"Authorization: bearer {good}"], 200),
        ([f"Authorization: Bearer {good}", f"Authorization: Bearer {good}"], 401),
        ([f"Authorization: Bearer {good}", f"Authorization: Bearer {other}"], 401),
        ([f"Authorization: Bearer {good}, Bearer {other}"], 401),
        ([f"Authorization: Basic {good}"], 401),
        ([f"Authorization: {good}"], 401),
        ([f"Cookie: access_token={elsewhere}"], 401),
    ):
        with Connection(backend.port) as client:
            client.request("GET", f"/api/me?access_token={elsewhere}", lines)
            assert client.read_response().status == status, [line[:30] for line in lines]


def test_new_keys_are_found_and_made_up_ones_cost_nothing(pool, backend):
    pool.cognito.rotate_keys(keep=True)
    chats = backend.chats(pool.mint())
    # Not immediately: otherwise anyone could cause requests with made-up key ids.
    eventually(lambda: chats.call("GET", "/api/me").ok, "the acceptance of the new key")
    path = pool.cognito.environment["AI4AI_COGNITO_KEYS_URL"].removeprefix(pool.cognito.url)
    before = pool.cognito.requests[path]
    for number in range(30):
        unknown = backend.chats(pool.mint(header={"kid": f"made up {number}"}))
        assert unknown.call("GET", "/api/me").status_code == 401
        assert chats.call("GET", "/api/me").ok
    assert pool.cognito.requests[path] - before <= 5


# --------------------------------------------------------------------------------------------------------- ownership


def test_chat_of_somebody_else_is_as_absent_as_a_missing_one(site, aisha, bakar):
    chat = aisha.create(title="Private")
    aisha.send(chat, f"open {site.url}/receipt?plate=WXY1234, tell me the amount paid in the file")
    file = next(each["details"]["id"] for each in aisha.settled(chat) if each["kind"] == "file")
    asked = aisha.asked(chat, payment(site.url, "owned"))
    before = aisha.session(chat), aisha.messages(chat)
    document = aisha.ask("GET", "/api/openapi.json")
    picture = next(
        step["id"] for each in before[1] if each["kind"] == "steps" for step in each["details"]["steps"]
        if aisha.call("GET", f"/api/sessions/{chat}/pictures/{step['id']}").ok)
    bodies = {
        "SessionChange": {"title": "Mine", "version": before[0]["version"]}, "NewMessage": {"text": "hello"},
        "RecipeName": {"name": "mine"}, "Answer": {"status": "resolved", "payload": {"approved": True}},
        "ControlRequest": {"action": "take"}}
    routes = [
        (method.upper(), path, operation) for path, item in document["paths"].items()
        for method, operation in item.items() if path.startswith("/api/sessions/{id}") and method != "parameters"]
    assert len(routes) >= 12
    for method, path, operation in routes:
        content = operation.get("requestBody", {}).get("content", {"": {"schema": {"$ref": ""}}})
        body = bodies.get(next(iter(content.values()))["schema"].get("$ref", "").rpartition("/")[2])
        theirs, missing = (
            bakar.call(method, path.format(id=id, interruptId=asked["id"], toolCallId=picture, file=file), json=body)
            for id in (chat, MISSING))
        assert (theirs.status_code, theirs.text) == (missing.status_code, missing.text), (method, path)
        # Deleting a missing chat succeeds, regardless of who asks.
        is_chat = path == "/api/sessions/{id}"
        assert theirs.status_code == (204 if method == "DELETE" and is_chat else 404), (method, path)
    assert (aisha.session(chat), aisha.messages(chat)) == before and payments(site, "owned") == 0
    assert aisha.answer(chat, asked, approved=True).status_code == 202
    assert "Your payment was received" in texts(aisha.settled(chat), "assistant")[-1]
    assert payments(site, "owned") == 1


def test_lists_and_cursors_are_their_owners(aisha, bakar):
    made = [aisha.create(title="Secret errand") for _ in range(3)]
    assert not {each["id"] for each in bakar.sessions(limit=100)["sessions"]} & set(made)
    assert bakar.sessions(q="secret errand")["sessions"] == []
    cursor = aisha.sessions(q="secret", limit=1)["next_cursor"]
    assert len(aisha.sessions(q="secret", cursor=cursor)["sessions"]) >= 2
    check_problem(bakar.call("GET", "/api/sessions", params={"q": "secret", "cursor": cursor}), 400)


def test_one_person_uses_up_nobody_elses_requests(pool, runtime):
    backend = Backend(runtime.url, **pool.cognito.environment, AI4AI_REQUESTS_PER_MINUTE="5")
    try:
        aisha, bakar = backend.chats(pool.mint(AISHA)), backend.chats(pool.mint(BAKAR))
        assert 429 in [aisha.call("GET", "/api/me").status_code for _ in range(10)]
        assert bakar.call("GET", "/api/me").status_code == 200
        pool.check_untold(backend)
    finally:
        backend.stop()


# --------------------------------------------------------------------------------------------------- other frontends


def test_frontend_with_a_client_of_its_own_calls_as_amplify_does(pool, backend):
    preflight = requests.options(f"{backend.url}/api/sessions", timeout=DEADLINE, headers={
        "Origin": FRONTEND, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type"})
    assert preflight.status_code in (200, 204)
    assert preflight.headers["access-control-allow-origin"] == FRONTEND
    chats = backend.chats(pool.mint(client_id=OTHER_CLIENT))
    made = chats.call("POST", "/api/sessions", json={}, headers={"Origin": FRONTEND})
    unknown = backend.chats().call("GET", "/api/sessions", headers={"Origin": FRONTEND})
    assert (made.status_code, unknown.status_code) == (201, 401)
    # The frontend must be able to read why it was rejected.
    assert {each.headers["access-control-allow-origin"] for each in (made, unknown)} == {FRONTEND}
    foreign = chats.call("GET", "/api/sessions", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in foreign.headers


def test_any_host_is_served_behind_a_pool_also_on_every_address(pool, runtime):
    backend = Backend(runtime.url, **pool.cognito.environment, AI4AI_BACKEND_HOST="0.0.0.0")
    try:
        for path, status in (("/health", 200), ("/api/me", 401)):
            with Connection(backend.port) as client:
                client.request("GET", path, host="chat.example.com")
                assert client.read_response().status == status
    finally:
        backend.stop()
