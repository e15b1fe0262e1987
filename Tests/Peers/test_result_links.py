"""URLs in an answer: which ones the page offers as links, and which ones it leaves as text."""

import types

import pytest

from backend import UNHURRIED, Backend
from cloud import payment, settings
from parking import named
from system import Container

pytestmark = pytest.mark.usefixtures("clean_cloud")
RECEIPT = "https://pay.example/payment/77"
OFFERS = "[...document.querySelectorAll('a.result-link')].map((link) => link.href)"
CODE = {
    "alone": "Set it to `http://localhost:11434/payment`.",
    "in a command": "Run `curl http://localhost:11434/payment` for that.",
    "in a block": "Run this:\n\n```\ncurl http://localhost:11434/payment\nhttp://localhost:11434/v1\n```",
}


@pytest.fixture(scope="module")
def runtime(cloud, site):
    running = Container(**settings(cloud, site))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def system(runtime):
    backend = Backend(runtime.url, **UNHURRIED)
    yield types.SimpleNamespace(chat=backend.url)
    backend.stop()


def test_way_to_a_payment_is_offered_before_there_is_a_decision(cloud, person):
    cloud.script({"text": f"You can pay at {RECEIPT}."})
    person.say("What is due?")
    person.ref("link", "Go to payment.*")


@pytest.mark.parametrize("button, words", [
    ("Approve payment", "Paid."), pytest.param("Reject", "Nothing was paid.", marks=pytest.mark.nightly)])
def test_way_to_the_payment_is_not_offered_once_it_was_decided(cloud, site, person, button, words):
    cloud.script(*payment(site), {"text": "Over."}, {"text": f"{words} See {RECEIPT}."})
    person.say("Pay it.")
    person.click("button", button)
    person.sees(f"{words} See")
    person.misses("Working…")
    person.until(lambda: person.evaluate(OFFERS) == [RECEIPT], "link to what is on record")
    assert "Go to payment" not in person.shown()
    person.reload()
    person.until(lambda: person.evaluate(OFFERS) == [RECEIPT], "link to what is on record")
    assert "Go to payment" not in person.shown()


def test_way_to_the_payment_is_not_offered_after_it_was_declined_in_words(cloud, site, runtime):
    session = named("declined-in-words")
    cloud.script(*payment(site), {"text": "Over."}, {"text": f"Nothing was paid. See {RECEIPT}."})
    assert runtime.invoke({"prompt": "Pay it.", "session_id": session}).json()["status"] == "interrupted"
    declined = runtime.invoke({"prompt": "No", "session_id": session}).json()
    assert declined["message"].startswith("Nothing was paid."), declined
    assert [link["kind"] for link in declined["links"]] == ["page"]


@pytest.mark.parametrize("name", CODE)
def test_address_that_is_code_is_no_link(cloud, person, name):
    cloud.script({"text": CODE[name]})
    person.say("How do I set it up?")
    person.sees("http://localhost:11434")
    person.misses("Working…")
    assert person.evaluate("document.querySelectorAll('#messages a[href]').length") == 0
