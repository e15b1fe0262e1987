"""The agent does the browser cases and MiniWoB++ without a question, because nothing in them lasts, unless a page says that
something does."""

import pathlib
import sys

import pytest

from agent_browser import AgentBrowser, NoTool
from miniwob_site import Site as MiniWoB
from miniwob_tasks import SEEDS, TASKS, measure
from nightly import sampled

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from BrowserCases.cases import CASES  # noqa: E402
from BrowserCases.driver import NotOffered  # noqa: E402
from BrowserCases.ours import Ours  # noqa: E402
from BrowserCases.site import Site  # noqa: E402

GOAL = "Do what the page is for."


class Agent(Ours):
    """Does each case in a task of its own, in its first tab."""

    def __init__(self, browser):
        super().__init__()
        self.browser = browser

    def open(self, url):
        self.seen, self.dialogs, self.others, self.tab = {}, [], set(), "t1"
        self.browser.begin(GOAL)
        self.act("navigate", url=url)

    def act(self, action, **parameters):
        try:
            self.browser(action, **parameters)
        except NoTool as failure:
            raise NotOffered(failure) from failure

    def close_case(self):
        self.asked = self.browser.end()

    def downloaded(self):
        return []

    def complain(self, case, error):
        return ""


@pytest.fixture(scope="module")
def browser():
    browser = AgentBrowser()
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def site():
    with Site() as running:
        yield running


@pytest.fixture(scope="module")
def miniwob():
    with MiniWoB() as address:
        yield address


# What is refused is refused by the browser. What needs the person's files is asked about, as it must be.
DONE = [case for case in CASES if not case.refused and not case.downloads and all(step[0] != "upload" for step in case.steps)]

# The questions about pages with buttons such as "Delete" and "Pay". Where a dialog asks too, it is a second question.
ANNOUNCED = {
    "a click reaches the second of two equal buttons": 1, "a button that shows while its row is hovered can be used": 1,
    "a password is filled in": 1, "a page that leaves some time after the click is followed": 1,
    "a window that a script opens is acted in": 1, "a payment is not confirmed unasked": 2,
    "an alert and a question after it are both answered": 2, "buy-ticket": 1}


@pytest.mark.parametrize("case", sampled(DONE, 20, lambda case: case.name))
def test_a_browser_case_asks_nothing_needless(case, browser, site):
    agent = Agent(browser)
    result = agent.run(case, site)
    assert len(agent.asked) == ANNOUNCED.get(case.name, 0), agent.asked
    if result.detail.startswith("no such action"):
        pytest.skip(result.detail)
    # Who approves gets another outcome than the case, whose dialogs are answered with no.
    assert result.passed or case.dialog, result.detail


@pytest.mark.parametrize("task", sampled(TASKS, 10))
def test_a_miniwob_task_asks_nothing_needless(task, browser, miniwob):
    browser.begin(GOAL)
    try:
        result = measure(browser, miniwob, task, SEEDS[:1])
    finally:
        asked = browser.end()
    assert len(asked) == ANNOUNCED.get(task, 0), asked
    if any("NoTool" in what for _, what in result.failures):
        pytest.skip(f"the agent has no tool for this script: {result.failures}")
    assert not result.failures, result.failures
