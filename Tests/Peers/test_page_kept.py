"""What is kept between tasks, as a person has it on the page: staying signed in, secrets, and forgetting them."""

import base64
import hmac
import struct
import time

from backend import Chats
from test_page_live import drawn, places, point, take_control

# Whether the live view shows the page at this path.
SHOWN = "document.querySelector('#live').innerText.split('\\n').some(line => line.endsWith('%s'))"
MEMBER = ("aminah@example.com", "demo-password", "JBSWY3DPEHPK3PXPJBSWY3DP")


def one_time_code(key, seconds=None):
    """The code of RFC 6238, made without our own code."""
    window = struct.pack(">Q", int(seconds or time.time()) // 30)
    digest = hmac.digest(base64.b32decode(key), window, "sha1")
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start:start + 4])[0] & 0x7fffffff) % 10**6:06}"


def open_kept(person):
    person.click("button", "Local user: profile and settings")
    person.click("button", "Sign-ins, secrets, and memory")


def shows_page(person, path):
    """Waits until the live view shows the page at this path."""
    person.until(lambda: person.evaluate(SHOWN % path) and drawn(person), f"{path} in the live view")


def gives_code(person, field):
    """Types the code, whose field is at this place. What is typed before the page is there is lost, so it may take more."""
    point(person, field)
    person.press("Control+a")
    person.tab.keyboard.type(one_time_code(MEMBER[2]))
    person.press("Enter")
    person.tab.wait_for_timeout(500)
    return person.evaluate(SHOWN % "/members")


def test_person_signs_in_once_with_a_code_and_stays_signed_in_until_they_forget_it(system, chats, person):
    task = f"open {system.demo}/members, tell me the points"
    [field] = places(person, f"{system.demo}/members/sign-in", "#email")
    person.say(task)
    person.sees("requires you to sign in")
    take_control(person)
    point(person, field)
    person.tab.keyboard.type(MEMBER[0])
    person.press("Tab")
    person.tab.keyboard.type(MEMBER[1])
    person.press("Enter")
    shows_page(person, "/members/code")
    person.until(lambda: gives_code(person, field), "account")
    person.check("checkbox", "Stay signed in to 127.0.0.1 in my next tasks, for 30 days")
    person.click("button", "I am done")
    person.sees("Points: 1,250")
    person.sees("Done, and handed back. You stay signed in")

    person.click("link", "New chat")
    person.sees("What can I do for you?")
    person.say(task)
    person.sees("Points: 1,250")
    assert not person.has("button", "I am done")

    open_kept(person)
    person.sees("You stay signed in")
    person.click("button", "Forget: You stay signed in, 127.0.0.1")
    person.click("button", "Forget")
    person.sees("No sign-ins and no secrets are kept.")
    assert chats.ask("GET", "/api/kept") == {"items": [], "facts": []}


def test_person_keeps_a_secret_and_its_value_is_never_shown_again(system, chats, person):
    open_kept(person)
    person.click("button", "Add a secret")
    person.tab.get_by_label("What it is").select_option("one_time_code")
    person.sees("one place holds both factors")
    person.tab.get_by_label("What it is").select_option("secret")
    person.fill("Site, such as .*", "portal.example")
    person.fill("Name, such as password", "a<b")
    person.fill("Value", "hunter2-blue")
    person.click("button", "Keep")
    person.sees("A name has 1 to 60 letters")
    person.fill("Name, such as password", "password")
    person.press("Enter")
    person.sees("https://portal.example")
    person.sees("Secret: password")
    assert "hunter2" not in chats.call("GET", "/api/kept").text
    assert person.evaluate("document.documentElement.outerHTML.includes('hunter2')") is False
    person.click("button", "Forget: Secret: password, https://portal.example")
    person.click("button", "Forget")
    person.misses("https://portal.example")
