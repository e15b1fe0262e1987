"""The page behind a user pool: signing in at its hosted pages, staying signed in, and leaving."""

import urllib.parse

import pytest

from access import check_access
from backend import UNHURRIED, Chats
from cognito import Cognito
from page import Person
from system import System, free_port

AISHA, BAKAR = "aisha@example.com", "bakar@example.com"
PASSWORD = "Correct-Horse-9"
USERS = {
    AISHA: (PASSWORD, "a1a1a1a1-0000-4000-8000-00000000000a"),
    BAKAR: (PASSWORD, "b2b2b2b2-0000-4000-8000-00000000000b"),
}
# Takes long enough for a token of few seconds to run out.
SLOW = ", ".join(['open {0}/slow, wait for "Your number"'] * 3) + ", tell me the number"


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


@pytest.fixture(scope="module")
def browser():
    running = Person()
    yield running
    assert running.close() == 0


@pytest.fixture
def stranger(cognito, browser):
    """Somebody whom the hosted pages do not know."""
    cognito.end_sessions()
    cognito.access_seconds = 3600
    yield browser
    browser.check_quiet()


@pytest.fixture
def person(system, stranger):
    """Somebody who is signed in."""
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
    """The pool signs with other keys from now on, and the backend does not remember the old ones."""
    cognito.rotate_keys()
    system.kill()
    system.restart()


def remembered(person):
    """All that the page leaves where others may find it."""
    return person.evaluate("""[location.href, document.cookie, ...[localStorage, sessionStorage].flatMap(
        (storage) => Object.entries(storage).flat())].join("\\n")""")


def test_stranger_signs_in_and_comes_to_the_chat_they_came_for(system, cognito, stranger):
    chats = chats_of(system, cognito)
    chat = chats.create(title="Roads of Ipoh")
    stranger.visit(f"{system.chat}/chat/{chat}")
    stranger.until(lambda: stranger.address.startswith(f"{cognito.url}/login"), "way to the hosted pages")
    sign_in(stranger)
    stranger.until(lambda: stranger.address == f"{system.chat}/chat/{chat}", "way back to the chat")
    stranger.ref("link", "Roads of Ipoh")
    stranger.say("hello")
    stranger.sees("Hello. I am the offline model")
    assert [each["content"] for each in chats.settled(chat)][0] == "hello"


def test_nothing_of_a_sign_in_is_left_where_others_may_find_it(person, cognito):
    assert not cognito.has_issued(remembered(person))
    assert "sign-in" not in remembered(person) and "state=" not in remembered(person)


def test_reload_signs_in_without_asking(person, cognito):
    forms, sign_ins = cognito.requests["/login"], cognito.requests["/oauth2/authorize"]
    person("reload")
    person.sees("What can I do for you?")
    assert (cognito.requests["/login"], cognito.requests["/oauth2/authorize"]) == (forms, sign_ins + 1)


def test_sign_in_is_renewed_while_an_errand_goes_on(system, cognito, person):
    cognito.access_seconds = 4
    person("reload")
    person.sees("What can I do for you?")
    person.tools.call("Network.enable", person.here)
    person.say(SLOW.format(system.demo))
    person.ref("button", "in progress .*")
    before = cognito.requests["/oauth2/token"]
    person.sees("Your number is 42")
    person.misses("Working…")
    person.until(lambda: cognito.requests["/oauth2/token"] > before + 1, "renewal of the sign-in")
    person.evaluate("null")
    sockets = [each for each in person.tools.heard if each["method"] == "Network.webSocketCreated"]
    assert len(sockets) == 1


def test_refused_token_is_renewed_once_for_all_that_need_it(system, cognito, person):
    before = cognito.requests["/oauth2/token"]
    refuse_tokens(system, cognito)
    person.say("hello")
    person.sees("Hello. I am the offline model")
    person.fill("Search chats", "hello", role="searchbox")
    person.ref("link", "hello")
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


def test_answer_to_a_sign_in_that_nobody_began_is_refused(system, stranger):
    stranger.visit(f"{system.chat}/authorize?code=stolen&state=guessed")
    stranger.sees("The answer does not belong to a sign-in that was begun in this window.")
    assert "stolen" not in stranger.address
    stranger.click("button", "Sign in")
    sign_in(stranger)


def test_what_the_hosted_pages_refuse_is_told(system, cognito, stranger):
    stranger.visit(system.chat)
    stranger.until(lambda: stranger.address.startswith(f"{cognito.url}/login"), "way to the hosted pages")
    [state] = urllib.parse.parse_qs(urllib.parse.urlsplit(stranger.address).query)["state"]
    refusal = urllib.parse.urlencode({
        "error": "access_denied", "error_description": "<b>Aisha</b> may not", "state": state})
    stranger("navigate", url=f"{system.chat}/authorize?{refusal}")
    stranger.sees("The sign-in service says: <b>Aisha</b> may not")


def test_chat_of_somebody_else_is_not_there(system, cognito, person):
    chat = chats_of(system, cognito, BAKAR).create(title="Teeth")
    person("navigate", url=f"{system.chat}/chat/{chat}")
    person.sees("This chat is not there, or no longer.")
    person.sees("What can I do for you?")
    assert not person.has("link", "Teeth")
