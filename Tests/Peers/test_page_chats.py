"""The list of chats: pinned, archived, deleted and taken back; and everything of a user exported and deleted."""

import io
import json
import pathlib
import tarfile

from backend import Chats, lasting
from test_page import menu
from test_page_kept import open_kept


def listed(person):
    return person.evaluate("[...document.querySelectorAll('#chat-list .chat-name')].map((each) => each.textContent)")


def choose(person, item):
    """An item of the profile menu."""
    person.click("button", "Local user: profile and settings")
    person.click("button", item)


def test_pinned_chat_stays_at_the_top_also_after_a_reload(chats, person):
    for title in ("Oldest", "Older", "Newest"):
        chats.create(title=title)
    person.reload()
    person.ref("link", "Oldest")
    menu(person, "Oldest", "Pin")
    for _ in range(2):
        person.until(lambda: listed(person)[:2] == ["Oldest", "Newest"], "pinned chat")
        person.ref("heading", "Pinned")
        person.reload()
        person.ref("link", "Oldest")
    menu(person, "Oldest", "Unpin")
    person.until(lambda: listed(person)[:3] == ["Newest", "Older", "Oldest"], "chats by their time")
    person.until(lambda: not person.has("heading", "Pinned"), "end of the section")


def test_archived_chat_is_out_of_the_list_and_comes_back(chats, person):
    chat = chats.create(title="Put away")
    person.reload()
    menu(person, "Put away", "Archive")
    person.until(lambda: not person.has("link", "Put away.*"), "list without the chat")
    person.click("button", "Undo")
    person.ref("link", "Put away")
    menu(person, "Put away", "Archive")
    person.until(lambda: chats.session(chat)["placement"] == "archived", "archived chat")
    # A search finds it, and says what it is.
    person.fill("Search chats", "put away", role="searchbox")
    person.ref("link", "Put away Archived.*")
    person.fill("Search chats", "", role="searchbox")
    choose(person, "Archived chats")
    person.click("button", "Unarchive Put away")
    person.sees("No archived chats.")
    person.press("Escape")
    person.ref("link", "Put away")
    assert chats.session(chat)["placement"] == "list"


def test_message_brings_an_archived_chat_back(chats, person):
    chat = chats.create(title="Sleeping")
    chats.ask("PATCH", f"/api/sessions/{chat}", json={"placement": "archived"})
    person.reload()
    choose(person, "Archived chats")
    person.click("link", "Sleeping")
    person.say("hello")
    person.until(lambda: "Sleeping" in listed(person), "the chat in the list")


def test_chat_that_was_deleted_is_gone_even_if_the_page_is_closed_at_once(system, chats, person):
    chat = chats.create(title="Closed at once")
    person.reload()
    menu(person, "Closed at once", "Delete")
    person.sees("“Closed at once” is deleted.")
    person.go("about:blank")
    person.until(lambda: chats.call("GET", f"/api/sessions/{chat}").status_code == 404, "end of the chat")
    person.go(system.chat)
    person.sees("What can I do for you?")
    assert "Closed at once" not in listed(person)


def test_each_of_two_deleted_chats_can_be_had_back(chats, person):
    one, two = chats.create(title="First away"), chats.create(title="Second away")
    person.reload()
    for title in ("First away", "Second away"):
        menu(person, title, "Delete")
        person.sees(f"“{title}” is deleted.")
    person.tab.locator(".toast", has_text="First away").get_by_role("button", name="Undo").click()
    person.ref("link", "First away")
    person.click("button", "Close")
    person.until(lambda: chats.call("GET", f"/api/sessions/{two}").status_code == 404, "end of the second chat")
    assert chats.session(one)


def test_chat_whose_agents_are_at_work_is_deleted_only_after_a_question(system, chats, person):
    person.say(lasting(system.demo))
    person.ref("button", r"Stop \(Esc\)")
    chat = person.chat
    person.until(lambda: chats.session(chat)["run"], "run")
    title = chats.session(chat)["title"]
    person.until(lambda: person.has("button", "Options for .*"), "row")
    person.tab.get_by_role("button", name=f"Options for {title}").click()
    person.click("menuitem", "Delete")
    person.sees("An agent is still working in this chat.")
    person.press("Escape")
    assert chats.session(chat)
    person.tab.get_by_role("button", name=f"Options for {title}").click()
    person.click("menuitem", "Delete")
    person.click("button", "Delete for good")
    person.until(lambda: chats.call("GET", f"/api/sessions/{chat}").status_code == 404, "end of the chat")
    assert not person.has("button", "Undo")


def test_chat_deleted_in_vain_comes_back(chats, person):
    chat = chats.create(title="Stays")
    person.reload()
    person.tab.route("**/api/sessions/*", lambda route: route.abort() if route.request.method == "DELETE" else route.continue_())
    menu(person, "Stays", "Delete")
    person.sees("“Stays” is deleted.")
    person.click("button", "Close")
    person.sees("The server cannot be reached")
    person.ref("link", "Stays")
    assert chats.session(chat)
    person.tab.unroute("**/api/sessions/*")


def test_export_has_everything_and_deleting_leaves_nothing(system, browser):
    # A user of their own: what is kept is shared by all tests of one system.
    browser.visit(system.chat)
    chats = Chats(system.chat)
    kept = {"kind": "secret", "name": "password", "site": "https://tax.example", "value": "hunter2-blue"}
    chats.ask("POST", "/api/kept", json=kept)
    chat, away = chats.create(title="With a file"), chats.create(title="Archived")
    chats.ask("PATCH", f"/api/sessions/{away}", json={"placement": "archived"})
    chats.send(chat, f"open {system.demo}, fill Plate number with WXY 1234, click Check, click Receipt of 2025, "
                     "tell me the receipt number in the file")
    chats.settled(chat)
    browser.reload()
    choose(browser, "Your data")
    with browser.tab.expect_download() as download:
        browser.click("button", "Export everything")
    packed = tarfile.open(fileobj=io.BytesIO(open(download.value.path(), "rb").read()))
    names = packed.getnames()
    assert {f"chats/{chat}.json", f"chats/{away}.json", "kept.json"} <= set(names)
    [receipt] = [name for name in names if name.startswith("files/")]
    assert packed.extractfile(receipt).read().startswith(b"%PDF")
    whole = json.load(packed.extractfile(f"chats/{chat}.json"))
    assert whole["session"]["title"] == "With a file" and whole["messages"] == chats.messages(chat)
    assert json.load(packed.extractfile("kept.json"))["items"][0]["name"] == "password"
    assert not any(b"hunter2" in packed.extractfile(name).read() for name in names)
    browser.sees("Exported.")

    browser.click("button", "Delete everything")
    browser.sees("Delete everything?")
    browser.press("Escape")
    assert chats.session(chat)
    browser.click("button", "Delete everything")
    browser.tab.get_by_role("alertdialog").last.get_by_role("button", name="Delete everything").click()
    browser.sees("Everything is deleted.")
    assert chats.sessions()["sessions"] == chats.sessions(archived="true")["sessions"] == []
    assert chats.ask("GET", "/api/kept")["items"] == []
    browser.check_quiet()


def test_what_agents_remember_is_shown_and_forgotten_and_disturbs_no_practice(system, chats, person):
    memory = pathlib.Path(system.directory.name, "memory")
    memory.mkdir(exist_ok=True)
    (memory / "local.json").write_text(json.dumps([{"id": "mem-1", "text": "The car is WXY 1234"}]))
    person.say(system.road_tax())
    person.sees("Amount due: RM 70.00")
    open_kept(person)
    person.sees("What the agents remember about you")
    person.click("button", "Forget: .*WXY 1234.*")
    person.misses("What the agents remember about you")
    assert chats.ask("GET", "/api/kept")["facts"] == []


# --------------------------------------------------------------------------------------------------------- live view


def test_browser_takes_the_share_of_the_window_that_the_user_gives_it(system, chats, person):
    width = "document.querySelector('#live').getBoundingClientRect().width"
    person.say(lasting(system.demo))
    person.until(lambda: person.evaluate("document.querySelector('#live canvas')?.width > 100"), "picture")
    before = person.evaluate(width)
    handle = person.ref("separator", "Width of the live browser")
    box = handle.bounding_box()
    person.tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + 300)
    person.tab.mouse.down()
    person.tab.mouse.move(box["x"] - 120, box["y"] + 300, steps=4)
    person.tab.mouse.up()
    person.until(lambda: person.evaluate(width) > before + 100, "wider browser")
    wide = person.evaluate(width)
    handle.press("ArrowRight")
    person.until(lambda: person.evaluate(width) < wide, "narrower browser")
    kept = person.evaluate(width)
    person.reload()
    person.until(lambda: person.has("separator", "Width of the live browser"), "browser")
    person.until(lambda: abs(person.evaluate(width) - kept) < 2, "the same width")
    chats.stop(person.chat)


def test_picture_is_enlarged_and_clicks_still_hit_what_is_under_them(system, chats, person):
    drawn = "document.querySelector('#live canvas').getBoundingClientRect().width"
    person.say(lasting(system.demo))
    person.until(lambda: person.evaluate("document.querySelector('#live canvas')?.width > 100"), "picture")
    before = person.evaluate(drawn)
    for _ in range(2):
        person.click("button", "Zoom in")
    person.until(lambda: abs(person.evaluate(drawn) / before - 2) < 0.1, "picture of twice the size")
    assert person.evaluate("(stage => stage.scrollWidth > stage.clientWidth * 1.8)(document.querySelector('.live-stage'))")
    for _ in range(2):
        person.click("button", "Zoom out")
    person.until(lambda: abs(person.evaluate(drawn) / before - 1) < 0.1, "picture as before")
    assert not person.has("button", "Zoom out")
    chats.stop(person.chat)


# ---------------------------------------------------------------------------------------------------------- messages


def test_earlier_messages_arrive_above_what_is_read(system, chats, person):
    chat = chats.create(title="Long")
    for number in range(25):
        chats.send(chat, f"hello {number}")
        chats.settled(chat)
    held = []
    person.tab.route("**/messages?*before=*", lambda route: held.append(route))
    person.go(f"{system.chat}/chat/{chat}")
    person.sees("hello 24")
    person.evaluate("document.querySelector('#scroller').scrollTop = 0")
    person.until(lambda: held, "request for earlier messages")
    shown = len(person.messages())
    top = "window.first.getBoundingClientRect().top"
    before = person.evaluate(f"window.first = document.querySelector('#messages article'), {top}")
    held.pop().continue_()
    person.until(lambda: len(person.messages()) > shown, "earlier messages")
    assert abs(person.evaluate(top) - before) < 2
    person.tab.unroute("**/messages?*before=*")
    for route in held:
        route.continue_()


def test_long_message_is_folded_until_it_is_wanted(person):
    person.say("\n".join(f"line {number}" for number in range(60)))
    person.click("button", "Show all")
    assert person.evaluate("(b => b.scrollHeight === b.clientHeight)(document.querySelector('.bubble'))")


def test_replay_is_kept_as_a_document_of_its_own(system, person, tmp_path):
    person.say(system.road_tax())
    person.sees("Amount due: RM 70.00")
    person.click("button", "Replay")
    person.ref("button", "Save as a file")
    with person.tab.expect_download() as download:
        person.click("button", "Save as a file")
    kept = tmp_path / "replay.html"
    download.value.save_as(kept)
    tab = person.context.new_page()
    requests = []
    tab.on("request", lambda request: requests.append(request.url))
    tab.goto(kept.as_uri())
    assert "Open" in tab.inner_text("figure >> nth=0") and tab.locator("script").count() == 0
    assert tab.evaluate("[...document.images].length > 2 && [...document.images].every((each) => each.naturalWidth > 200)")
    assert [url for url in requests if not url.startswith("data:")] == [kept.as_uri()]
    tab.close()


def test_part_of_an_older_version_says_that_the_page_is_out_of_date(system, person):
    person.tab.route("**/part-*.js", lambda route: route.fulfill(status=404))
    person.tab.route("**/on-demand.js", lambda route: route.fulfill(status=404))
    person.evaluate("performance.clearResourceTimings()")
    choose(person, "Your data")
    person.sees("This page is out of date")
    person.tab.unroute("**/part-*.js")
    person.tab.unroute("**/on-demand.js")
