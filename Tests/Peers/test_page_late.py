"""What is written while an answer still arrives: it's answered, too, and both answers stay."""

import threading

import pytest

from backend import UNHURRIED
from model_server import Model
from system import DEADLINE, System


class SlowModel(Model):
    """Ends its first answer only when it's told to."""

    def __init__(self):
        super().__init__()
        self.turns, self.may_end = 0, threading.Event()

    def choices(self, request):
        self.turns += 1
        yield {"delta": {"content": f"Answer {self.turns}."}}
        if self.turns == 1:
            self.may_end.wait(DEADLINE)
        yield {"delta": {}, "finish_reason": "stop"}


@pytest.fixture(scope="module")
def model():
    running = SlowModel()
    yield running
    running.may_end.set()
    running.stop()


@pytest.fixture(scope="module")
def system(model):
    running = System(**UNHURRIED, AI4AI_MODEL_URL=model.url, AI4AI_MODEL="played")
    yield running
    running.stop()


def test_what_is_written_while_an_answer_arrives_is_answered_and_both_answers_stay(model, system, chats, person):
    person.say("first")
    person.sees("Answer 1.")
    person.say("second")
    person.until(lambda: len([each for each in chats.messages(person.chat) if each["role"] == "user"]) == 2, "second message")
    model.may_end.set()
    person.until(lambda: person.messages("AI4AI") == ["Answer 1.", "Answer 2."], "both answers")
    chats.settled(person.chat)
    person.reload()
    person.until(lambda: person.messages("AI4AI") == ["Answer 1.", "Answer 2."], "both answers again")
