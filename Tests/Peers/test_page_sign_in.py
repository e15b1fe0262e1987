"""The page behind a user pool: signing in on its hosted pages, staying signed in, and signing out."""

import json
import time
import urllib.parse

import pytest
import requests

from access import check_access
from backend import UNHURRIED, Chats, question
from cognito import Cognito
from system import DEADLINE, System, free_port

AISHA, BAKAR = "aisha@example.com", "bakar@example.com"
PASSWORD = "Correct-Horse-9"
USERS = {
    AISHA: (PASSWORD, "a1a1a1a1-0000-4000-8000-00000000000a"),
    BAKAR: (PASSWORD, "b2b2b2b2-0000-4000-8000-00000000000b"),
}
# Long enough that even a busy machine renews the token in the half of it that is reserved for that.
SHORT = 10


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture(scope="module")
def cognito(port):
    with Cognito(page=f"http://127.0.0.1:{port}", users=USERS) as running:
        yield running


@pytest.fixture(scope="module")
def system(cognito, port):
    running = System(backend_port=port, **UNHURRIED, **cognito.environment)
    yield running
    running.stop()


@pytest.fixture
def stranger(cognito, browser):
    """A user who isn't signed in to the hosted pages."""
    cognito.end_sessions()
    cognito.access_seconds = 3600
    yield browser
    browser.check_quiet()


@pytest.fixture
def person(system, stranger):
    """A user who is signed in."""
    stranger.visit(system.chat)
    sign_in(stranger)
    return stranger


def sign_in(person, email=AISHA):
    person.fill("Email", email)
    person.fill("Password", PASSWORD)
    person.click("button", "Sign in")
    person.sees("What can I do for you?")


def chats_of(system, cognito, email=AISHA):
    return Chats(system.chat, cognito.mint(sub=USERS[email][1]))


def profile(person, item):
    person.click("button", f"{AISHA}: profile and settings")
    person.click("button", item)


def refuse_tokens(system, cognito):
    """The pool signs with new keys from now on, and the backend doesn't remember the old ones."""
    cognito.rotate_keys()
    system.kill()
    system.restart()


def remembered(person):
    """Everything that the page stores where others may find it."""
    return person.evaluate("""[location.href, document.cookie, ...[localStorage, sessionStorage].flatMap(
        (storage) => Object.entries(storage).flat())].join("\\n")""")


def listen(person):
    """Records network events from now on."""
    person.tools.heard.clear()


def heard(person, kind):
    """The recorded events of this kind."""
    return person.tools.events(f"Network.{kind}")


def is_good(cognito, refresh_token):
    """Whether the pool still accepts it. A valid refresh token is used up by this."""
    return requests.post(f"{cognito.url}/oauth2/token", timeout=DEADLINE, data={
        "grant_type": "refresh_token", "client_id": cognito.client, "refresh_token": refresh_token}).ok


def test_stranger_signs_in_and_comes_to_the_chat_they_came_for(system, cognito, stranger):
    chats = chats_of(system, cognito)
    chat = chats.create(title="Roads of Ipoh")
    stranger.visit(f"{system.chat}/chat/{chat}")
    stranger.until(lambda: stranger.address.startswith(f"{cognito.url}/login"), "way to the hosted pages")
    sign_in(stranger)
    stranger.until(lambda: stranger.address == f"{system.chat}/chat/{chat}", "way back to the chat")
    stranger.ref("link", "Roads of Ipoh")
    stranger.say("hello")
    stranger.sees("Hello. This is practice mode")
    assert [each["content"] for each in chats.settled(chat)][0] == "hello"


def test_nothing_of_a_sign_in_is_left_where_others_may_find_it(person, cognito):
    assert not cognito.has_issued(remembered(person))
    assert "sign-in" not in remembered(person) and "state=" not in remembered(person)


@pytest.mark.nightly
def test_person_is_called_by_their_own_address_in_the_profile_menu(person):
    person.click("button", f"{AISHA}: profile and settings")
    person.until(
        lambda: person.evaluate("document.querySelector('.profile-head strong').checkVisibility()"), "open menu")
    assert person.evaluate("document.querySelector('.profile-head strong').innerText") == AISHA


def test_reload_signs_in_without_asking(person, cognito):
    forms, sign_ins = cognito.requests["/login"], cognito.requests["/oauth2/authorize"]
    person.reload()
    person.sees("What can I do for you?")
    assert (cognito.requests["/login"], cognito.requests["/oauth2/authorize"]) == (forms, sign_ins + 1)


def test_sign_in_is_renewed_before_it_ends_and_an_errand_goes_on(system, cognito, person):
    cognito.access_seconds = SHORT
    person.reload()
    person.sees("What can I do for you?")
    end, before = time.time() + SHORT, cognito.requests["/oauth2/token"]
    # The next token has a long lifetime.
    cognito.access_seconds = 3600
    listen(person)
    person.say(question(system.demo))
    person.ref("textbox", "Your answer")
    person.until(lambda: time.time() > end, "end of the first token")
    person.fill("Your answer", "WXY 1234")
    person.click("button", "Send answer")
    person.sees("Amount due: RM 70.00")
    person.misses("Working…")
    assert cognito.requests["/oauth2/token"] == before + 1
    assert len(heard(person, "webSocketCreated")) == 1
    assert 401 not in [each["response"]["status"] for each in heard(person, "responseReceived")]


@pytest.mark.nightly
def test_refused_token_is_renewed_once_for_all_that_need_it(system, cognito, person):
    chats_of(system, cognito).create(title="Streets of Taiping")
    before = cognito.requests["/oauth2/token"]
    refuse_tokens(system, cognito)
    # With slow responses, both requests need the new token before it arrives.
    listen(person)
    person.tools.call(
        "Network.emulateNetworkConditions", offline=False, latency=1000, downloadThroughput=-1,
        uploadThroughput=-1)
    person.say("hello")
    person.fill("Search chats", "taiping", role="searchbox")
    person.sees("Hello. This is practice mode")
    person.ref("link", "Streets of Taiping")
    assert cognito.requests["/oauth2/token"] == before + 1


def test_who_signs_out_stays_out_until_they_sign_in_again(system, cognito, person):
    seen = cognito.requests.copy()
    profile(person, "Sign out")
    person.sees("You are signed out")
    check_access(person)
    assert person.address == f"{system.chat}/"
    counts = {path: cognito.requests[path] - seen[path] for path in ("/oauth2/revoke", "/logout", "/oauth2/authorize")}
    assert counts == {"/oauth2/revoke": 1, "/logout": 1, "/oauth2/authorize": 0}
    person.click("button", "Sign in")
    sign_in(person)


@pytest.mark.nightly
def test_who_signs_out_leaves_no_refresh_token_that_is_good(cognito, person):
    listen(person)
    person.reload()
    person.sees("What can I do for you?")
    [answer] = [
        each["requestId"] for each in heard(person, "responseReceived")
        if each["response"]["url"] == f"{cognito.url}/oauth2/token"]
    body = person.tools.call("Network.getResponseBody", requestId=answer)["body"]
    token = json.loads(body)["refresh_token"]
    assert cognito.has_issued(token)
    profile(person, "Sign out")
    person.sees("You are signed out")
    assert not is_good(cognito, token)


@pytest.mark.nightly
def test_sign_in_that_ended_elsewhere_is_asked_for_and_what_was_written_stays(system, cognito, person):
    person.fill("Message", "Check the road tax of WXY 1234")
    cognito.sign_out_everywhere()
    refuse_tokens(system, cognito)
    person.fill("Search chats", "road", role="searchbox")
    person.sees("Your sign-in has ended.")
    person.click("button", "Sign in")
    sign_in(person)
    person.until(
        lambda: person.evaluate("document.querySelector('textarea').value") == "Check the road tax of WXY 1234",
        "what was written")


@pytest.mark.parametrize("has_begun", [False, True], ids=["none was begun", "another was begun"])
def test_answer_to_a_sign_in_that_nobody_began_is_refused(system, cognito, stranger, has_begun):
    before = cognito.requests["/oauth2/token"]
    stranger.visit(system.chat if has_begun else "about:blank")
    if has_begun:
        stranger.until(lambda: stranger.address.startswith(f"{cognito.url}/login"), "way to the hosted pages")
    stranger.go(f"{system.chat}/authorize?code=stolen&state=guessed")
    stranger.sees("This sign-in wasn’t started in this window.")
    assert "stolen" not in stranger.address and cognito.requests["/oauth2/token"] == before
    stranger.click("button", "Sign in")
    sign_in(stranger)


@pytest.mark.nightly
def test_what_the_hosted_pages_refuse_is_told(system, cognito, stranger):
    stranger.visit(system.chat)
    stranger.until(lambda: stranger.address.startswith(f"{cognito.url}/login"), "way to the hosted pages")
    [state] = urllib.parse.parse_qs(urllib.parse.urlsplit(stranger.address).query)["state"]
    refusal = urllib.parse.urlencode({
        "error": "access_denied", "error_description": "<b>Aisha</b> may not", "state": state})
    stranger.go(f"{system.chat}/authorize?{refusal}")
    stranger.sees("The sign-in service says: <b>Aisha</b> may not")


@pytest.mark.nightly
def test_chat_of_somebody_else_is_not_there(system, cognito, person):
    chat = chats_of(system, cognito, BAKAR).create(title="Teeth")
    person.go(f"{system.chat}/chat/{chat}")
    person.sees("This chat doesn’t exist or was deleted.")
    person.sees("What can I do for you?")
    assert not person.has("link", "Teeth")
