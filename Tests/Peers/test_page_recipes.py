"""Recipes on the page: asking in one's own words, saving a task, repeating it with other values, editing and deleting it."""


def open_recipes(person):
    person.click("button", "Local user: profile and settings")
    person.click("button", "Recipes")


def until_ended(person, count):
    """Waits until that many runs have ended: what is written before that is a message to the run."""
    again = person.controls("button", "Do it again")
    person.until(lambda: again.count() == count, f"end of run {count}")


def test_practice_mode_understands_what_people_say_in_both_languages(person):
    person.say("bila cukai jalan abc5678 tamat?")
    person.sees("Cukai jalan ABC 5678 tamat pada 14 November 2026.")
    until_ended(person, 1)
    person.say("and how much is the road tax of WXY 1234")
    person.sees("The road tax of WXY 1234 is RM 70.00.")
    until_ended(person, 2)
    person.say("what will the weather be")
    person.sees("These I know:")
    person.sees("How much is the road tax for [plate]?")


def test_practice_mode_asks_whether_it_has_understood(person):
    person.say("eh is the roadtax of wxy1234 dead already or can tahan some more")
    person.sees("Do you mean this?")
    person.click("button", "When does the road tax of WXY 1234 end\\?")
    person.until(
        lambda: "Your answer: When does the road tax of WXY 1234 end?" in person.messages("Question of AI4AI")[0], "the answer")
    person.sees("The road tax of WXY 1234 ends on")


def test_missing_value_is_asked_for(person):
    person.say("How much is my road tax?")
    person.fill("Which plate number\\?", "ABC 5678")
    person.click("button", "Send answer")
    person.sees("The road tax of ABC 5678 is RM 90.00.")


def test_task_is_done_again_with_another_value(person):
    person.say("How much is the road tax for WXY 1234?")
    person.sees("The road tax of WXY 1234 is RM 70.00.")
    person.sees("from the recipe")
    person.click("button", "Do it again")
    assert person.ref("textbox", "Which plate number\\?").input_value() == "WXY 1234"
    person.fill("Which plate number\\?", "ABC 5678")
    person.click("button", "Repeat")
    person.sees("The road tax of ABC 5678 is RM 90.00.")


def test_task_is_saved_repeated_edited_and_deleted(system, chats, person):
    person.say(system.road_tax())
    person.sees("Amount due: RM 70.00")
    person.click("button", "Save as recipe")
    person.fill("Name of the recipe", "my-tax")
    person.click("button", "Save")
    person.sees("Saved as my-tax")

    open_recipes(person)
    person.click("button", "Repeat my-tax")
    person.fill("plate number", "ABC 5678")
    person.click("button", "Repeat")
    # It is new, so the person is asked once.
    person.sees("I know this one: my-tax")
    person.click("button", "Use it")
    person.sees("Amount due: RM 90.00")
    # How it went is noted after the agent's words are shown, and the list is loaded once.
    chats.settled(person.chat)

    open_recipes(person)
    person.sees("has worked: you are asked before it is used")
    person.click("button", "Edit my-tax")
    text = person.ref("textbox", "The recipe as text")
    person.until(lambda: '"my-tax"' in text.input_value(), "text")
    kept = text.input_value()
    text.fill(kept.replace('"do" : "click"', '"do" : "jump"'))
    person.click("button", "Save")
    person.sees("recipe:")
    text.fill(kept.replace("Amount due", "Road tax ends"))
    person.click("button", "Save")
    person.until(lambda: not person.has("textbox", "The recipe as text"), "end of the editor")
    person.sees("new: you are asked before it is used")
    person.click("button", "Delete my-tax")
    person.click("button", "Delete")
    person.until(lambda: not person.has("button", "Repeat my-tax"), "end of the recipe")


def test_what_is_chosen_reaches_the_runtime_with_its_values(system, chats, person):
    open_recipes(person)
    person.click("button", "Repeat road-tax-end")
    person.fill("Which plate number\\?", "wxy1234")
    person.click("button", "Repeat")
    person.sees("The road tax of WXY 1234 ends on 31 December 2026.")
    [said] = [each for each in chats.settled(person.chat) if each["role"] == "user"]
    assert said["details"]["recipe"] == {"name": "road-tax-end", "values": {"plate": "wxy1234"}}
