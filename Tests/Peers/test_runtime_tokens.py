"""A runtime behind an authorizer: the token identifies the caller, and nothing in the body changes that."""

import json
import os
import time

import pytest
import requests
from joserfc import jwk
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from cognito import Cognito
from system import DEADLINE, Container, eventually

AISHA, BAKAR = "a1a1a1a1-0000-4000-8000-00000000000a", "b2b2b2b2-0000-4000-8000-00000000000b"


@pytest.fixture(scope="module")
def pool():
    with Cognito("http://127.0.0.1:3000") as running:
        yield running


def tokens_of(pool, **more):
    return {
        "AI4AI_TOKEN_DISCOVERY_URL": f"{pool.issuer}/.well-known/openid-configuration",
        "AI4AI_TOKEN_CLIENTS": pool.client, **more}


@pytest.fixture(scope="module")
def runtime(pool):
    running = Container(**tokens_of(pool))
    yield running
    running.stop()


def ask(runtime, token, session, **more):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return runtime.invoke({"prompt": "hello", "session_id": session, **more}, headers=headers)


# Invocations

def test_token_says_whose_the_session_is(pool, runtime):
    assert ask(runtime, pool.mint(sub=AISHA), "hers").json()["status"] == "completed"
    refused = ask(runtime, pool.mint(sub=BAKAR), "hers").json()
    assert (refused["status"], refused["code"]) == ("failed", "forbidden")


def test_body_does_not_say_who_it_is(pool, runtime):
    ask(runtime, pool.mint(sub=AISHA), "still-hers")
    refused = ask(runtime, pool.mint(sub=BAKAR), "still-hers", user_id=AISHA).json()
    assert (refused["status"], refused["code"]) == ("failed", "forbidden")


@pytest.mark.parametrize("payload", [
    {"attach": {}}, {"control": {"action": "stop"}}, {"control": {"action": "forget"}}, {"control": {"action": "take"}},
    {"picture": {"id": "p"}},
    {"resume": [{"interruptId": "i", "status": "resolved"}]}], ids=lambda payload: json.dumps(payload))
def test_every_door_asks_for_the_token_and_reads_it(pool, runtime, payload):
    session = f"doors-{json.dumps(payload)}"
    ask(runtime, pool.mint(sub=AISHA), session)
    request = {**payload, "session_id": session, "user_id": AISHA}
    assert runtime.invoke(request).status_code == 401
    answer = runtime.invoke(request, headers={"Authorization": f"Bearer {pool.mint(sub=BAKAR)}"}).json()
    assert answer["code"] == "forbidden", answer


def forged(pool):
    return pool.mint(key=jwk.RSAKey.generate_key(2048, {"kid": pool.keys[0].kid, "use": "sig", "alg": "RS256"}))


BAD = {
    "none": lambda pool: None, "no token": lambda pool: "x", "forged": forged,
    "expired": lambda pool: pool.mint(exp=int(time.time()) - 60),
    "another client's": lambda pool: pool.mint(client_id="another"),
    "another issuer's": lambda pool: pool.mint(iss="https://issuer.example"),
    "an id token": lambda pool: pool.mint(token_use="id"), "nobody's": lambda pool: pool.mint(sub=None)}


@pytest.mark.parametrize("kind", BAD)
def test_bad_token_is_refused_before_anything_is_done(pool, runtime, kind):
    answer = ask(runtime, BAD[kind](pool), f"bad-{kind}")
    assert answer.status_code == 401 and answer.json()["error"] == "Unauthorized"
    assert not os.path.exists(f"{runtime.directory.name}/runs/bad-{kind}")


@pytest.mark.parametrize("rule, good, bad", [
    ("AUDIENCES", {"aud": ["x", "errands"]}, {"aud": "others"}), ("SCOPES", {"scope": "openid errands"}, {"scope": "openid"})])
def test_other_rules_of_an_authorizer_hold_too(pool, rule, good, bad):
    container = Container(**tokens_of(pool, **{f"AI4AI_TOKEN_{rule}": "errands"}))
    try:
        assert ask(container, pool.mint(**good), "one").status_code == 200
        assert ask(container, pool.mint(**bad), "two").status_code == 401
        assert ask(container, pool.mint(), "three").status_code == 401
    finally:
        container.stop()


def test_issuer_that_cannot_be_asked_is_no_reason_to_believe(pool):
    container = Container(
        AI4AI_TOKEN_DISCOVERY_URL="http://127.0.0.1:9/.well-known/openid-configuration", AI4AI_TOKEN_CLIENTS=pool.client)
    try:
        assert ask(container, pool.mint(iss="http://127.0.0.1:9"), "one").status_code == 503
        eventually(lambda: "Tokens cannot be checked" in container.logged, "the reason in the log")
    finally:
        container.stop()


def test_no_token_is_in_the_log(pool, runtime):
    token = pool.mint()
    ask(runtime, token, "logged")
    ask(runtime, token[:-8] + "AAAAAAAA", "logged")
    eventually(lambda: "A token was refused" in runtime.logged, "the refusal in the log")
    assert not any(part in runtime.logged for part in token.split("."))


def test_platform_is_answered_without_a_token(runtime):
    assert requests.get(f"{runtime.url}/ping", timeout=DEADLINE).status_code == 200


# WebSockets

def opened(runtime, token):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return connect(runtime.url.replace("http", "ws") + "/ws", additional_headers=headers)


def heard(socket):
    """The result of the next run that ends."""
    while True:
        event = json.loads(socket.recv(DEADLINE))["event"]
        if event["type"] in ("RUN_FINISHED", "RUN_ERROR"):
            return event


@pytest.mark.parametrize("kind", ["none", "forged", "expired"])
def test_socket_with_a_bad_token_is_closed(pool, runtime, kind):
    with opened(runtime, BAD[kind](pool)) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(DEADLINE)
        assert closed.value.rcvd.code == 1008


def test_socket_belongs_to_its_token_whatever_its_frames_say(pool, runtime):
    ask(runtime, pool.mint(sub=AISHA), "socket-hers")
    said = {"session_id": "socket-hers", "user_id": AISHA}
    with opened(runtime, pool.mint(sub=BAKAR)) as socket:
        socket.send(json.dumps({"prompt": "hello", **said}))
        assert heard(socket)["code"] == "forbidden"
    with opened(runtime, pool.mint(sub=AISHA)) as socket:
        socket.send(json.dumps({"prompt": "hello", **said, "user_id": BAKAR}))
        assert heard(socket)["type"] == "RUN_FINISHED"


@pytest.mark.parametrize("speaks", [True, False], ids=["who speaks", "who only watches"])
def test_socket_ends_with_its_token(pool, runtime, speaks):
    # Accepted until thirty seconds after its expiry, to allow for clock skew.
    with opened(runtime, pool.mint(sub=AISHA, exp=int(time.time()) - 5)) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            # The connection may be closed already.
            if speaks:
                socket.send(json.dumps({"prompt": "hello", "session_id": "ends"}))
            socket.recv(DEADLINE)
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "The access token has expired.")
