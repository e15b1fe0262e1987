"""The page in a real browser: tasks, answers, and stopping, and what the user sees of them."""

import pytest

from backend import endless, lasting, payment, payments, question

# Takes several seconds and then has an answer.
NUMBERS = ', '.join(['open {0}/slow, wait for "Your number"'] * 3) + ", tell me the number"


# -------------------------------------------------------------------------------------------------------------- tasks


ANSWER = "The road tax of WXY 1234 is RM 70.00."


def test_first_visit_ends_in_a_finished_errand(system, chats, person):
    person.sees("What can I do for you?")
    person.click("button", "Check road tax .*")
    person.sees(ANSWER)
    person.until(lambda: person.messages()[-1][0] == "AI4AI", "end of the run")
    task = title = "How much is the road tax for WXY 1234?"
    assert person.address == f"{system.chat}/chat/{person.chat}"
    assert chats.session(person.chat)["title"].startswith(title)
    person.until(lambda: person.evaluate("document.title").startswith(title), "title of the chat")
    person.ref("link", f"{title}.*")
    (you, said), (_, steps), (agent, answer) = person.messages()
    assert (you, said, agent, answer) == ("You", task, "AI4AI", ANSWER)
    for step in ('Fill in field "Plate number"', 'Click button "Check"', "Read the page"):
        assert step in steps
    person.click("button", "done Open .*")
    person.click("button", "Enlarge the picture: The page after: Open .*")
    person.ref("button", "Close the picture")
    person.until(lambda: person.evaluate("document.querySelector('dialog img').naturalWidth > 200"), "picture")
    person.press("Escape")
    person.until(lambda: person.evaluate("!document.querySelector('dialog')"), "end of the picture")
    assert chats.settled(person.chat)[-1]["content"] == ANSWER


def test_step_that_failed_at_first_says_that_it_was_tried_again(system, person):
    person.say(system.road_tax())
    person.sees("Amount due: RM 70.00")
    # The cookie banner covered the button, and the second try succeeded.
    person.ref("button", 'tried again Click button "Check".*')


@pytest.mark.nightly
def test_chat_looks_the_same_when_it_is_opened_again(system, person):
    person.say(system.road_tax())
    person.sees("Amount due: RM 70.00")
    person.misses("Working…")
    before = person.messages()
    person.reload()
    person.sees("Amount due: RM 70.00")
    after = person.messages()
    assert [author for author, _ in after] == [author for author, _ in before]
    assert after[0] == before[0] and after[2] == before[2]
    # After a reload, the page doesn't know how long each step took, and finished steps are collapsed.
    assert after[1][1].startswith("6 steps")


def test_reload_in_the_middle_of_a_run_shows_the_rest_once(system, chats, person):
    person.say(NUMBERS.format(system.demo))
    person.ref("button", "in progress Wait for .*")
    chat = person.chat
    person.reload()
    person.ref("button", r"Stop \(Esc\)")
    assert chats.session(chat)["run"]["state"] == "running"
    person.ref("button", "in progress .*")
    person.sees("Your number is 42")
    person.misses("Working…")
    chats.settled(chat)
    # The answer's words arrive one by one.
    person.until(lambda: [("42" in answer) for answer in person.messages("AI4AI")] == [True], "the answer")
    assert [author for author, _ in person.messages()] == ["You", "Steps of AI4AI", "AI4AI"]
    assert person.messages("You") == [NUMBERS.format(system.demo)]


def test_what_is_sent_in_one_tab_appears_in_the_other(system, chats, person):
    person.say(question(system.demo))
    person.ref("textbox", "Your answer")
    first = person.tab
    second = person.open_tab(person.address)
    person.fill("Your answer", "ABC 5678")
    person.click("button", "Send answer")
    person.sees("Amount due: RM 90.00")
    person.switch_to(first)
    person.sees("Your answer: ABC 5678")
    person.sees("Amount due: RM 90.00")
    person.misses("Working…")
    person.say("hello")
    person.sees("Hello. This is practice mode")
    person.switch_to(second)
    person.sees("Hello. This is practice mode")
    chats.settled(person.chat)
    person.until(lambda: len(person.messages("AI4AI")) == 2, "second answer")
    assert person.messages("You") == [question(system.demo), "hello"]


def test_stopped_run_says_so_and_the_chat_goes_on(system, chats, person):
    person.say(lasting(system.demo))
    person.ref("button", "in progress .*")
    person.click("button", r"Stop \(Esc\)")
    person.sees("The task was stopped.")
    assert chats.settled(person.chat)[-1]["details"] == {"code": "stopped"}
    person.say(system.road_tax("ABC 5678"))
    person.sees("Amount due: RM 90.00")
    assert person.messages("Notice") == ["The task was stopped."]


def test_word_to_agents_at_work_is_added_to_the_run(system, chats, person):
    person.say(lasting(system.demo))
    person.ref("button", "in progress .*")
    person.fill("Message", "hurry up")
    person.click("button", "Add this to the work under way")
    person.until(lambda: person.messages("You") == [lasting(system.demo), "hurry up"], "word of the person")
    person.click("button", r"Stop \(Esc\)")
    person.sees("The task was stopped.")
    chats.settled(person.chat)
    assert person.messages("You") == [lasting(system.demo), "hurry up"]


# ---------------------------------------------------------------------------------------------------------- questions


def test_question_is_answered_on_its_card(system, chats, person):
    person.say(question(system.demo))
    person.sees("What is the plate number?")
    person.sees("Waiting for you")
    person.click("button", "Send answer")
    person.sees("Please fill this in.")
    person.fill("Your answer", "WXY 1234")
    person.click("button", "Send answer")
    person.sees("Amount due: RM 70.00")
    person.misses("Working…")
    person.until(lambda: not person.has("textbox", "Your answer"), "end of the card")
    assert not person.has("button", "Send answer")
    [asked] = person.messages("Question of AI4AI")
    assert "What is the plate number?" in asked and "Your answer: WXY 1234" in asked
    assert [each["kind"] for each in chats.settled(person.chat)].count("answer") == 1


@pytest.mark.nightly
def test_question_may_stay_unanswered_on_purpose(system, chats, person):
    person.say(question(system.demo))
    person.click("button", "I’d rather not say")
    person.until(lambda: chats.session(person.chat)["run"] is None, "end of the run")
    person.sees("Not answered on purpose")
    assert "Your answer: Not answered on purpose" in person.messages("Question of AI4AI")[0]


@pytest.mark.nightly
def test_rejected_payment_is_not_made(system, chats, person):
    person.say(payment(system.demo, "page rejected"))
    person.sees("Your approval is needed")
    for words in ("This may move real money.", "Card number", "page rejected", "as the page says"):
        person.sees(words)
    person.ref("button", "needs you Click button .*")
    person.fill(r"Reason or note for the agent \(optional\)", "too dear")
    person.click("button", "Reject")
    person.until(lambda: chats.session(person.chat)["run"] is None, "end of the run")
    person.misses("Waiting for you")
    assert "Your answer: Rejected: too dear" in person.messages("Question of AI4AI")[0]
    person.sees("You declined. Nothing was paid.")
    person.ref("button", "declined by you Click button .*")
    assert "Do not try it again" not in person.shown() and "Go to payment" not in person.shown()
    assert not person.has("button", "Approve payment") and payments(system, "page rejected") == 0


def test_task_that_waits_is_stopped_by_escape_and_asks_no_more(system, chats, person):
    person.say(payment(system.demo, "page stopped"))
    person.ref("button", "Approve payment")
    person.press("Escape")
    person.sees("The task was stopped.")
    person.misses("Waiting for you")
    assert chats.settled(person.chat)[-1]["details"] == {"code": "stopped"}
    assert payments(system, "page stopped") == 0


def test_practice_is_said(person):
    person.sees("Practice mode: no AI model is connected.")


def test_approved_payment_is_made_once(system, chats, person):
    person.say(payment(system.demo, "page approved"))
    person.ref("button", "Approve payment")
    assert payments(system, "page approved") == 0
    person.click("button", "Approve payment")
    person.sees("Your payment was received")
    chats.settled(person.chat)
    assert payments(system, "page approved") == 1


@pytest.mark.nightly
def test_payment_is_approved_with_a_field_set_right(system, chats, person):
    person.say(payment(system.demo, "page wrong"))
    person.click("button", "Edit")
    person.fill("Card number", "page right")
    person.click("button", "Approve with the changes|Approve.*")
    person.sees("Your payment was received")
    chats.settled(person.chat)
    assert (payments(system, "page wrong"), payments(system, "page right")) == (0, 1)


# ----------------------------------------------------------------------------------------------------------- keyboard


def focus(person):
    """The focused element, by its text or label."""
    return person.evaluate(
        "(at => at.labels?.[0]?.innerText || at.getAttribute('aria-label') || at.innerText)(document.activeElement)")


def tab_to(person, name):
    person.until(lambda: focus(person) == name or person.press("Tab"), f'way by Tab to "{name}"')


@pytest.mark.nightly
def test_whole_errand_goes_by_keyboard(system, chats, person):
    person.until(lambda: focus(person) == "Message", "focus on the message box")
    person.type("Message", payment(system.demo, "page keys"))
    person.press("Enter")
    person.until(lambda: focus(person) == "Your approval is needed", "focus on the question")
    tab_to(person, "Approve payment")
    person.press("Enter")
    person.sees("Your payment was received")
    assert payments(system, "page keys") == 1 and chats.settled(person.chat)[-1]["kind"] == "text"
    person.press("Control+Shift+O")
    person.sees("What can I do for you?")
    person.until(lambda: focus(person) == "Message", "focus on the message box")
    for key in endless(system.demo):
        person.press("Space" if key == " " else key)
    person.press("Enter")
    person.ref("button", "in progress .*")
    person.press("Escape")
    person.sees("The task was stopped.")
    person.press("ArrowUp")
    person.sees("Editing your message")
    person.press("Escape", "Control+K")
    person.until(lambda: focus(person) == "Search chats", "focus on the search")
    tab_to(person, "Local user: profile and settings")
    person.press("?")
    person.sees("Keyboard shortcuts")
    person.press("Escape")
    person.misses("Keyboard shortcuts")
    person.until(lambda: focus(person) == "Local user: profile and settings", "focus where it was")


# --------------------------------------------------------------------------------------------------------------- list


def menu(person, title, item):
    person.click("button", f"Options for {title}")
    person.click("menuitem", item)


def test_chats_are_renamed_searched_and_deleted(system, chats, person):
    chat, other = chats.create(title="Roads of Ipoh"), chats.create(title="Teeth")
    person.reload()
    menu(person, "Roads of Ipoh", "Rename")
    person.fill("New title", "Streets of Taiping")
    person.press("Enter")
    person.ref("link", "Streets of Taiping")
    assert chats.session(chat)["title"] == "Streets of Taiping"
    person.fill("Search chats", "taiping", role="searchbox")
    person.until(lambda: not person.has("link", "Teeth"), "list without the other chat")
    person.click("link", "Streets of Taiping.*")
    person.until(lambda: person.address.endswith(chat), "address of the chat")
    person.fill("Search chats", "", role="searchbox")
    person.ref("link", "Teeth")
    menu(person, "Streets of Taiping", "Delete")
    person.until(lambda: person.address == f"{system.chat}/", "address of a new chat")
    person.sees("What can I do for you?")
    person.until(lambda: not person.has("link", "Streets of Taiping"), "list without the chat")
    person.click("button", "Undo")
    person.until(lambda: person.address.endswith(chat), "the chat again")
    person.ref("link", "Streets of Taiping")
    assert chats.session(chat)
    menu(person, "Streets of Taiping", "Delete")
    person.sees("“Streets of Taiping” is deleted.")
    person.click("button", "Close")
    person.until(lambda: chats.call("GET", f"/api/sessions/{chat}").status_code == 404, "end of the chat")
    assert chats.session(other)


@pytest.mark.nightly
def test_title_given_elsewhere_meanwhile_is_told(chats, person):
    chat = chats.create(title="Mine")
    person.reload()
    menu(person, "Mine", "Rename")
    chats.ask("PATCH", f"/api/sessions/{chat}", json={"title": "Theirs", "version": chats.session(chat)["version"]})
    person.fill("New title", "Ours")
    person.press("Enter")
    person.sees("Meanwhile it was renamed “Theirs”.")
    person.press("Enter")
    person.ref("link", "Ours")
    assert chats.session(chat)["title"] == "Ours"


@pytest.mark.nightly
def test_address_of_no_chat_leads_to_a_new_one(system, person):
    person.go(f"{system.chat}/chat/01900000-0000-7000-8000-000000000000")
    person.sees("This chat doesn’t exist or was deleted.")
    person.sees("What can I do for you?")
    person.until(lambda: person.address == f"{system.chat}/", "address of a new chat")
