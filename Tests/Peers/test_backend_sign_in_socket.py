"""The human-in-the-loop WebSocket behind a user pool: how it gets a token, which chats it opens, and how long it
lasts."""

import datetime
import time

import pytest
from websockets.exceptions import InvalidStatus

from backend import Backend, ChatSocket, is_end, is_named, road_tax, texts
from cognito import Cognito
from system import Container

FRONTEND = "https://app.example"
MISSING = "01900000-0000-7000-8000-000000000000"
AISHA, BAKAR = "a1a1a1a1-0000-4000-8000-00000000000a", "b2b2b2b2-0000-4000-8000-00000000000b"


@pytest.fixture(scope="module")
def pool():
    running = Cognito("http://127.0.0.1:3000")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def backend(pool, site):
    runtime = Container(AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS=site.url)
    try:
        running = Backend(runtime.url, **pool.environment, AI4AI_ALLOWED_ORIGINS=FRONTEND, AI4AI_LOG_LEVEL="trace")
        yield running
        running.stop()
    finally:
        runtime.stop()


@pytest.fixture
def aisha(pool, backend):
    chats = backend.chats(pool.mint(sub=AISHA))
    yield chats
    assert chats.token not in backend.logged and chats.token.rpartition(".")[2] not in backend.logged


@pytest.fixture
def bakar(pool, backend):
    return backend.chats(pool.mint(sub=BAKAR))


# ----------------------------------------------------------------------------------------------- how tokens are sent


def test_token_comes_as_a_subprotocol(aisha):
    chat = aisha.create()
    with aisha.socket(chat) as socket:
        # The server doesn't echo the token.
        assert socket.connection.subprotocol == "ai4ai.v1"
        assert socket.hello()["session"] == aisha.session(chat)
        socket.say("hello")
        socket.until(is_end)


def test_token_comes_as_the_first_frame(backend, aisha):
    chat = aisha.create()
    with ChatSocket(backend.url, chat) as socket:
        socket.send(type="auth", token=aisha.token)
        assert socket.hello()["session"]["id"] == chat
        socket.say("hello")
        socket.until(is_end)


def test_socket_without_a_token_is_closed_with_4408(pool, backend, aisha):
    # A token in the URL is ignored.
    chat, token = aisha.create(), pool.mint(sub=AISHA)
    with ChatSocket(backend.url, f"{chat}?access_token={token}&token={token}") as socket:
        assert socket.close_code() == 4408
        assert socket.heard == []


@pytest.mark.parametrize("frame", [
    {"type": "auth", "token": "nonsense"}, {"type": "auth", "token": ""}, {"type": "auth"},
    {"type": "hello", "last_seq": 0}, {"type": "user.message", "client_message_id": "x", "text": "hello"},
    {"type": "run.stop"},
], ids=lambda frame: f"{frame['type']} {frame.get('token', '-')}")
def test_first_frame_that_is_no_good_token_shows_and_does_nothing(backend, aisha, frame):
    chat = aisha.create()
    with ChatSocket(backend.url, chat) as socket:
        socket.send(**frame)
        assert socket.close_code() in (4401, 4408) and socket.heard == []
    assert aisha.messages(chat) == []


@pytest.mark.parametrize("change", [
    {"token_use": "id", "client_id": None}, {"exp": 1}, {"client_id": "somebodyelse"}, {"scope": "email"}],
    ids=["id token", "expired", "other client", "no openid"])
def test_bad_token_closes_with_4401(pool, backend, aisha, change):
    chat, token = aisha.create(), pool.mint(sub=AISHA, **change)
    with ChatSocket(backend.url, chat, token) as socket:
        assert socket.close_code() == 4401
    with ChatSocket(backend.url, chat) as socket:
        socket.send(type="auth", token=token)
        assert socket.close_code() == 4401


# --------------------------------------------------------------------------------------------------------- ownership


def test_chat_of_somebody_else_is_as_absent_as_a_missing_one(site, backend, aisha, bakar):
    chat = aisha.create()
    aisha.busy(chat, site.url)
    for place in (chat, MISSING):
        with pytest.raises(InvalidStatus) as refusal:
            bakar.socket(place)
        assert refusal.value.response.status_code == 404
        with ChatSocket(backend.url, place) as socket:
            socket.send(type="auth", token=bakar.token)
            assert socket.close_code() == 4404 and socket.heard == []
    assert aisha.session(chat)["run"]["state"] == "running"
    aisha.stop(chat)


def test_two_people_hear_nothing_of_each_other(aisha, bakar):
    hers, his = aisha.create(), bakar.create()
    with aisha.socket(hers) as one, bakar.socket(his) as other:
        one.hello()
        other.hello()
        one.say("hello")
        one.until(is_end)
        other.pinged()
        assert {each["event"]["name"] for each in other.heard} == {"ready", "pong"}


def test_page_of_another_origin_gets_no_socket_even_with_a_token(backend, aisha):
    chat = aisha.create()
    for origin in ("https://evil.example", "null", "http://localhost:3000"):
        with pytest.raises(InvalidStatus) as refusal:
            aisha.socket(chat, origin=origin)
        assert refusal.value.response.status_code == 403
    for origin in (FRONTEND, backend.url):
        with aisha.socket(chat, origin=origin) as socket:
            socket.hello()


# ------------------------------------------------------------------------------------------------------------- expiry


def test_socket_ends_with_its_token_and_its_run_goes_on(pool, site, backend, aisha):
    chat, expiry = aisha.create(), int(time.time()) + 4
    with ChatSocket(backend.url, chat, pool.mint(sub=AISHA, exp=expiry)) as socket:
        ready = socket.hello()
        assert datetime.datetime.fromisoformat(ready["expires_at"]).timestamp() == expiry
        socket.say(f"{road_tax(site.url)}, open {site.url}/slow, wait for \"Your number\", tell me the number")
        socket.until(is_named("message.saved"))
        assert socket.close_code() == 4401
    assert time.time() > expiry - 1
    assert texts(aisha.settled(chat), "assistant")


def test_socket_whose_token_is_renewed_stays(pool, backend, aisha):
    chat, expiry = aisha.create(), int(time.time()) + 4
    with ChatSocket(backend.url, chat, pool.mint(sub=AISHA, exp=expiry)) as socket:
        socket.hello()
        socket.send(type="auth", token=pool.mint(sub=AISHA, exp=expiry + 3600))
        refreshed = socket.until(is_named("auth.refreshed"))["value"]["expires_at"]
        assert datetime.datetime.fromisoformat(refreshed).timestamp() == expiry + 3600
        while time.time() < expiry + 3:
            socket.pinged()
            time.sleep(0.1)  # The polling interval, until the first token has expired.
        socket.say("hello")
        socket.until(is_end)


@pytest.mark.parametrize("who, change", [(BAKAR, {}), (AISHA, {"client_id": "somebodyelse"})], ids=["other", "bad"])
def test_renewal_with_another_or_a_bad_token_renews_nothing(pool, backend, aisha, who, change):
    chat = aisha.create()
    with ChatSocket(backend.url, chat, pool.mint(sub=AISHA, exp=int(time.time()) + 4)) as socket:
        socket.hello()
        socket.send(type="auth", token=pool.mint(sub=who, **change))
        assert socket.close_code() == 4401
        assert not [each for each in socket.heard if is_named("auth.refreshed")(each["event"])]
