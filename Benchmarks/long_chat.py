"""Measures the page with a long chat: `make bench-page`.

Loads a chat of 200 messages and a task of 100 steps, scrolls through all of it, and prints the longest task of the page's
main thread, what has moved without the user's doing, and the errors. Needs an idle machine.
"""

import json
import pathlib
import sqlite3
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "Tests/Peers"))

from backend import UNHURRIED, Chats  # noqa: E402
from page import Person  # noqa: E402
from system import System  # noqa: E402

MESSAGES, STEPS, ROUNDS = 200, 100, 3
ANSWER = """Here is what I found for **number {0}**:

| Year | Amount | Paid |
|---|---|---|
| 2025 | RM 70.00 | yes |
| 2026 | RM {0}.00 | no |

1. The office in Ipoh is open until 17:00.
2. See [the page](https://example.com/{0}).

```
reference {0}
```
"""
OBSERVE = """
window.found = { longest: 0, tasks: 0, shift: 0 };
new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
        found.tasks += 1;
        found.longest = Math.max(found.longest, duration);
    }
}).observe({ type: "longtask", buffered: true });
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) found.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


def fill(system, chat):
    """Stores the messages as earlier tasks would have left them."""
    steps = [
        {"id": f"step-{number}", "name": "click", "arguments": {"ref": f"e{number}"}, "status": "done",
         "elements": {"ref": {"role": "button", "label": f"Button {number}"}}, "result": "Clicked. " * 20,
         "address": "https://example.com/"}
        for number in range(STEPS)]
    rows = []
    for number in range(MESSAGES // 2):
        rows.append(("user", "text", f"What about number {number}?", None))
        if number == MESSAGES // 4:
            rows.append(("assistant", "steps", "", json.dumps({"steps": steps})))
        rows.append(("assistant", "text", ANSWER.format(number), None))
    with sqlite3.connect(pathlib.Path(system.directory.name, "chats.sqlite")) as database:
        begin = time.time_ns() - len(rows) * 10**9
        for place, (role, kind, content, details) in enumerate(rows):
            run = f"run-{place // 2}" if role == "assistant" else None
            database.execute(
                "INSERT INTO message (session_id, time, id, role, kind, content, details, run_id) VALUES (?,?,?,?,?,?,?,?)",
                (chat, begin + place * 10**9, f"m{place}", role, kind, content, details, run))
        database.execute("UPDATE session SET message_count = ?, last_message_at = ?", (len(rows), begin + len(rows) * 10**9))


def measured(person):
    """What was observed since the last call."""
    seen = json.loads(person.evaluate("JSON.stringify(found)"))
    person.evaluate("found = { longest: 0, tasks: 0, shift: 0 }")
    return seen


def scroll(person, system, chat):
    """Loads the chat, scrolls through all of it, shows all steps, and scrolls back."""
    person.go(f"{system.chat}/chat/{chat}")
    person.sees(f"number {MESSAGES // 2 - 1}")
    person.tab.wait_for_load_state("networkidle")
    loading = measured(person)
    count = "document.querySelectorAll('#messages article').length"
    person.tab.mouse.move(640, 400)
    while person.evaluate(count) < MESSAGES or person.evaluate("document.querySelector('#scroller').scrollTop") > 0:
        person.tab.mouse.wheel(0, -800)
        person.tab.wait_for_timeout(30)
    up = measured(person)
    person.click("button", f"{STEPS} steps")
    person.tab.wait_for_timeout(500)
    measured(person)
    person.tab.mouse.move(640, 400)
    end = "(s => s.scrollHeight - s.scrollTop - s.clientHeight)(document.querySelector('#scroller'))"
    while person.evaluate(end) > 2:
        person.tab.mouse.wheel(0, 800)
        person.tab.wait_for_timeout(30)
    return loading, up, measured(person)


def main():
    system, person = System(**UNHURRIED), Person()
    try:
        chat = Chats(system.chat).create(title="Long")
        fill(system, chat)
        person.context.add_init_script(OBSERVE)
        rounds = [scroll(person, system, chat) for _ in range(ROUNDS)]
        errors = list(person.tools.failures())
    finally:
        person.close()
        system.stop()
    print(f"{MESSAGES} messages and {STEPS} steps, loaded and scrolled to both ends, {ROUNDS} times")
    print(f"{'':<28}{'loading':>12}{'scrolling':>12}")
    phases = [[each[0] for each in rounds], [phase for each in rounds for phase in each[1:]]]

    def line(name, value, unit=""):
        print(f"  {name:<26}" + "".join(f"{value(phase):>12.{4 if name == 'layout shift' else 0}f}" for phase in phases) + unit)

    line("tasks over 50 ms", lambda phase: sum(each["tasks"] for each in phase))
    line("longest of them", lambda phase: max(each["longest"] for each in phase), " ms")
    line("layout shift", lambda phase: max(each["shift"] for each in phase))
    print(f"  {'errors':<26}{len(errors):>12}")


if __name__ == "__main__":
    main()
