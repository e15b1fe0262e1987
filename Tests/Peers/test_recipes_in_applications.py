"""A recipe in a real shop (django-oscar): taught by a played model, repeated without it, and repeated after the shop has
another theme and another word on one button."""

import base64

import pytest
import requests

from application_model import ModelServer
from application_tasks import SHOP
from parking import named
from system import DEADLINE, Container
from test_applications import Application, django

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(600)]


class Teacher(ModelServer):
    """Finds the price of a book, with what the page shows; later it knows the new word on the button."""

    def __init__(self):
        super().__init__()
        self.turns = 0

    def choice(self, request):
        self.turns += 1
        told = [str(each["content"]) for each in request["messages"] if each["role"] == "tool"]
        view = next((text for text in reversed(told) if "[e" in text), "")
        last = told[-1] if told else ""

        def control(role, name):
            lines = [line for line in view.splitlines() if f'{role} "{name}"' in line]
            return lines[0].partition("[")[2].partition("]")[0] if lines else None

        if not told:
            return self.call("navigate", {"url": self.shop})
        if "Product Description" in last and "Price (excl. tax)" in last:
            price = last.partition("Price (excl. tax)")[2].partition("MYR")[2].split()[0].strip("|")
            return self.say(f"It costs MYR{price}.")
        if control("link", self.book) and "Product Description" not in view and "Products matching" in view:
            return self.call("click", {"ref": control("link", self.book)})
        if "Product Description" in view:
            return self.call("read_page", {})
        if "Filled" in last:
            return self.call("click", {"ref": control("button", "Search") or control("button", "Find")})
        if control("button", "Find"):
            return self.call("click", {"ref": control("button", "Find")})
        return self.call("fill", {"ref": control("textbox", "Search"), "text": self.book})


def ask(system, session, **payload):
    response = requests.post(
        f"{system.url}/invocations", json={"session_id": session, **payload}, timeout=5 * DEADLINE)
    return response.json()


def prices(book, amount):
    """The answer of the recipe: three labels had the same value when it was taught."""
    return f"Price (excl. tax): {amount}\nPrice (incl. tax): {amount}\n{book}: {amount}"


def repeat(system, name, book):
    task = {"goal": "What does it cost?", "recipe": {"name": "book-price", "values": {"title": book}}}
    return ask(system, named(name), automation_task=task)


def test_recipe_survives_another_theme_and_another_label():
    with Teacher() as model:
        system = Container(
            AI4AI_MODEL_URL=model.url, AI4AI_MODEL="played", AI4AI_BROWSER_ALLOW_PRIVATE="true")
        shop = Application("Oscar", SHOP, django("shop"))
        try:
            model.shop, model.book = shop.url + "/", "Bala's book 01"
            session = named("taught")
            taught = ask(system, session, automation_task={"goal": "What does Bala's book 01 cost?"})
            assert taught["message"] == "It costs MYR11.00.", taught
            saved = ask(system, session, recipes={
                "action": "record", "name": "book-price", "values": {"title": model.book}})
            assert saved["status"] == "completed" and "book 01" not in saved["recipe"], saved

            model.turns = 0
            assert repeat(system, "again", "Chong's book 02")["message"] == prices("Chong's book 02", "MYR12.00")
            assert model.turns == 0

            port = shop.port
            shop.stop()
            shop = Application("Oscar", SHOP, django("shop"), port=port, CHANGED_LOOK="1")
            # The agent presses the button with the other word; the recipe does the rest.
            model.book = "Devi's book 03"
            assert repeat(system, "changed", model.book)["message"] == prices(model.book, "MYR13.00")
            assert model.turns == 1
            # The next time the recipe knows the button, too.
            model.turns = 0
            assert repeat(system, "learned", "Goh's book 06")["message"] == prices("Goh's book 06", "MYR16.00")
            assert model.turns == 0
            [summary] = ask(system, named("list"), recipes={"action": "list"})["recipes"]
            assert summary["suggestion"].endswith('button "Find"')
            for place in (summary["pictures"]["before"], summary["pictures"]["after"]):
                shown = ask(system, place["session_id"], picture={"id": place["tool_call_id"]})
                assert base64.b64decode(shown["jpeg"])[:2] == b"\xff\xd8"
        finally:
            shop.stop()
            system.stop()
