"""A page keeps trying to send what was stopped, faster than anyone answers: however its browser, its runtime, or the
question ends, nothing of it is sent."""

import os
import random
import signal

import pytest

from parking import answer
from system import Container, Page, eventually

POST = "fetch('/taken', {method: 'POST', body: 'x', keepalive: true}).catch(() => {})"
STORM = f"""
    <button onclick="setInterval(() => {POST}, 1); setInterval(() => navigator.sendBeacon('/taken', 'x'), 5);
    addEventListener('pagehide', () => navigator.sendBeacon('/taken', 'left'))">Go</button>
    <form method=post action=/taken><input name=a></form>
    <script>addEventListener('beforeunload', () => document.forms[0].submit())</script>
    """


def kill_runtime(runtime, interrupt):
    runtime.kill()


def stop_runtime(runtime, interrupt):
    runtime.process.send_signal(signal.SIGTERM)
    runtime.process.wait(30)


def kill_browser(runtime, interrupt):
    for process in runtime.browsers():
        os.kill(process, signal.SIGKILL)


def stop_task(runtime, interrupt):
    runtime.invoke({"control": {"action": "stop"}, "session_id": "storm"})


def decline(runtime, interrupt):
    told = runtime.invoke({"resume": [answer(interrupt, approved=False)], "session_id": "storm"}).json()
    assert told["status"] in ("completed", "interrupted")
    stop_task(runtime, interrupt)


def take_over(runtime, interrupt):
    """The user takes over the browser and only looks at it for a while."""
    taken = runtime.invoke({"control": {"action": "take"}, "session_id": "storm"})
    assert taken.json()["control"]["owner"] == "person", taken.text
    let_pass(runtime, 100)
    stop_task(runtime, interrupt)


def let_pass(runtime, answers):
    """Waits as long as this many responses take."""
    for _ in range(answers):
        runtime.is_healthy()


ENDS = [kill_runtime, stop_runtime, kill_browser, stop_task, decline, take_over]
ROUNDS = [
    pytest.param(number, marks=[] if number < len(ENDS) else [pytest.mark.nightly],
                 id=f"{ENDS[number % len(ENDS)].__name__}-{number // len(ENDS)}")
    for number in range(5 * len(ENDS))]


@pytest.mark.parametrize("number", ROUNDS)
def test_nothing_that_was_stopped_is_sent_however_it_ends(number):
    end, chance = ENDS[number % len(ENDS)], random.Random(number)
    page = Page(STORM)
    with page as address:
        runtime = Container(AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS=address)
        try:
            told = runtime.invoke({"prompt": f"open {address}/, click Go", "session_id": "storm"}).json()
            assert told["status"] == "interrupted", told
            [interrupt] = told["interrupts"]
            assert "POST" in interrupt["message"]
            # At a different moment of the storm each time.
            let_pass(runtime, chance.randrange(50))
            end(runtime, interrupt)
            eventually(lambda: not runtime.browsers(), "the end of the browser")
            assert not page.posts
        finally:
            runtime.stop()
