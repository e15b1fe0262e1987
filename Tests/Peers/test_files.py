"""Files that websites send: they become cards of the chat that open, their text is in the answer, and nothing of them runs
on the page."""

import base64
import hashlib
import pathlib
import subprocess

import pytest
import requests

from backend import UNHURRIED, Chats, check_problem
from system import BUILD, DEADLINE, System


def receipt(system, plate="WXY 1234"):
    return f"open {system.demo}, fill Plate number with {plate}, click Check, click Receipt of 2025, " \
        "tell me the receipt number in the file"


def files(chats, chat):
    return [each["details"] for each in chats.settled(chat) if each["kind"] == "file"]


def bytes_of_site(system, plate="WXY 1234"):
    response = requests.get(f"{system.demo}/receipt", params={"plate": plate, "year": "2025"}, timeout=10)
    response.raise_for_status()
    return response.content


def test_receipt_is_a_card_and_its_text_is_in_the_answer(system, chats):
    chat = chats.create()
    chats.send(chat, receipt(system))
    messages = chats.settled(chat)
    answer = next(each["content"] for each in messages if each["kind"] == "text" and each["role"] == "assistant")
    assert "Receipt number: RT-2025-" in answer
    [card] = files(chats, chat)
    original = bytes_of_site(system)
    assert (card["name"], card["type"], card["size"]) == ("receipt-WXY1234-2025.pdf", "application/pdf", len(original))
    assert card["site"] == system.demo


def test_file_is_what_the_site_sent_and_comes_with_headers_that_let_nothing_run(system, chats):
    chat = chats.create()
    chats.send(chat, receipt(system))
    [card] = files(chats, chat)
    response = chats.call("GET", f"/api/sessions/{chat}/files/{card['id']}")
    assert hashlib.sha256(response.content).digest() == hashlib.sha256(bytes_of_site(system)).digest()
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "receipt-WXY1234-2025.pdf" in response.headers["Content-Disposition"]


def test_files_of_one_name_are_told_apart(system, chats):
    chat = chats.create()
    for _ in range(2):
        chats.send(chat, receipt(system))
        chats.settled(chat)
    assert [card["name"] for card in files(chats, chat)] == [
        "receipt-WXY1234-2025.pdf", "receipt-WXY1234-2025 (2).pdf"]


def test_file_is_for_its_chat_alone_and_dies_with_it(system, chats):
    chat, other = chats.create(), chats.create()
    chats.send(chat, receipt(system))
    [card] = files(chats, chat)
    assert chats.call("GET", f"/api/sessions/{other}/files/{card['id']}").status_code == 404
    assert chats.call("GET", f"/api/sessions/{chat}/files/../{card['id']}").status_code == 404
    kept = list(pathlib.Path(system.directory.name).glob(f"files/*/{card['id']}*"))
    assert len(kept) == 2
    assert chats.call("DELETE", f"/api/sessions/{chat}").ok
    assert chats.call("GET", f"/api/sessions/{chat}/files/{card['id']}").status_code == 404
    assert not any(path.exists() for path in kept)


def test_file_is_listed_until_it_is_deleted_and_then_makes_room(system, chats):
    chat, other = chats.create(), chats.create()
    chats.send(chat, receipt(system))
    [card] = files(chats, chat)
    kept = chats.call("POST", f"/api/sessions/{chat}/files", params={"name": "note.txt"}, data=b"mine").json()
    listed = chats.ask("GET", f"/api/sessions/{chat}/files")["files"]
    assert listed == [card, kept] and chats.ask("GET", f"/api/sessions/{other}/files") == {"files": []}
    address = f"/api/sessions/{chat}/files/{card['id']}"
    check_problem(chats.call("DELETE", address.replace(chat, other)), 404, "no_such_file")
    assert chats.call("DELETE", address).status_code == 204
    check_problem(chats.call("DELETE", address), 404, "no_such_file")
    check_problem(chats.call("GET", address), 404, "no_such_file")
    assert chats.ask("GET", f"/api/sessions/{chat}/files") == {"files": [kept]}
    assert not list(pathlib.Path(system.directory.name).glob(f"files/*/{card['id']}*"))


def test_pdf_has_a_small_picture_of_its_first_page_and_other_files_have_none(system, chats):
    chat = chats.create()
    chats.send(chat, receipt(system))
    [card] = files(chats, chat)
    preview = chats.call("GET", f"/api/sessions/{chat}/files/{card['id']}/preview")
    assert preview.headers["Content-Type"] == "image/jpeg" and preview.content[:3] == b"\xff\xd8\xff"
    assert len(preview.content) < 30_000 and preview.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    for name, content, code in [("note.txt", b"mine", "no_preview"), ("broken.pdf", b"%PDF-1.7 and nothing", "file_unreadable")]:
        kept = chats.call("POST", f"/api/sessions/{chat}/files", params={"name": name}, data=content).json()
        check_problem(chats.call("GET", f"/api/sessions/{chat}/files/{kept['id']}/preview"), 404, code)


def test_file_outlives_the_system():
    first = System(**UNHURRIED)
    try:
        chats = Chats(first.chat)
        chat = chats.create()
        chats.send(chat, receipt(first))
        [card] = files(chats, chat)
        original = bytes_of_site(first)
        first.kill()
        first.restart()
        chats = Chats(first.chat)
        assert chats.call("GET", f"/api/sessions/{chat}/files/{card['id']}").content == original
    finally:
        first.stop()


def test_card_opens_and_saves_the_file(system, chats, person, tmp_path):
    person.say(receipt(system))
    person.ref("heading", "receipt-WXY1234-2025.pdf")
    with person.tab.expect_download() as download:
        person.click("button", "Save")
    download.value.save_as(tmp_path / "receipt.pdf")
    assert (tmp_path / "receipt.pdf").read_bytes() == bytes_of_site(system)
    text = subprocess.run(
        ["pdftotext", tmp_path / "receipt.pdf", "-"], capture_output=True, text=True, check=True).stdout
    assert "Amount paid: RM 70.00" in text
    # The stored chat shows the same card.
    person.reload()
    person.ref("heading", "receipt-WXY1234-2025.pdf")


def test_card_has_a_thumbnail_and_stays_as_deleted(system, chats, person):
    person.say(receipt(system))
    person.ref("heading", "receipt-WXY1234-2025.pdf")
    person.until(
        lambda: person.evaluate("document.querySelector('.file-thumbnail img')?.naturalHeight ?? 0") > 100, "thumbnail")
    person.click("button", "Delete receipt-WXY1234-2025.pdf")
    person.sees("is deleted for good")
    person.click("button", "Delete")
    person.sees("This file is deleted.")
    assert chats.ask("GET", f"/api/sessions/{person.chat}/files") == {"files": []}
    person.reload()
    person.sees("This file is deleted.")
    assert not person.has("button", "Save")


def test_attached_picture_is_shown_small(chats, person):
    chat = chats.create()
    # One red pixel.
    content = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")
    for name in ("dot.png", "no picture.png"):
        kept = chats.call(
            "POST", f"/api/sessions/{chat}/files", params={"name": name}, data=content if name == "dot.png" else content[:40])
        chats.post(chat, "hello", json={"text": "hello", "files": [kept.json()["id"]]})
        chats.settled(chat)
    person.visit(f"{person.address.split('/chat')[0].rstrip('/')}/chat/{chat}")
    person.ref("heading", "no picture.png")
    # A thumbnail is loaded when it comes into view.
    person.evaluate("document.querySelector('.file-card').scrollIntoView()")
    pictures = "[...document.querySelectorAll('.file-thumbnail img')].map((each) => each.naturalWidth)"
    person.until(lambda: person.evaluate(pictures) == [1], "only the picture that can be decoded")
    assert person.evaluate("[...document.querySelectorAll('.file-thumbnail svg')].length") == 1


def test_command_saves_the_file(system, tmp_path):
    def invoke(*arguments):
        return subprocess.run(
            [BUILD / "ai4ai", "invoke", "--url", system.url, *arguments, receipt(system)], capture_output=True, text=True,
            timeout=DEADLINE, check=True)

    assert "--save DIRECTORY" in invoke().stderr
    for _ in range(2):
        run = invoke("--save", str(tmp_path / "receipts"))
        assert "RT-2025-" in run.stdout and "Saved " in run.stderr
    saved = sorted((tmp_path / "receipts").iterdir())
    assert [path.name for path in saved] == ["receipt-WXY1234-2025 (2).pdf", "receipt-WXY1234-2025.pdf"]
    assert {path.read_bytes() for path in saved} == {bytes_of_site(system)}


@pytest.mark.parametrize("member", [{"id": "x", "offset": -1}, {"offset": 0}, {}, "x"])
def test_malformed_request_for_a_file_is_refused(system, member):
    response = requests.post(system.url + "/invocations", json={"file": member, "session_id": "s" * 40}, timeout=10)
    assert response.status_code == 400
