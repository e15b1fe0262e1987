"""The agent does the browser cases and MiniWoB++ without a question: nothing in them lasts."""

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


@pytest.mark.parametrize("case", sampled(DONE, 20, lambda case: case.name))
def test_a_browser_case_asks_nothing(case, browser, site):
    agent = Agent(browser)
    result = agent.run(case, site)
    assert agent.asked == []
    if result.detail.startswith("no such action"):
        pytest.skip(result.detail)
    assert result.passed, result.detail


@pytest.mark.parametrize("task", sampled(TASKS, 10))
def test_a_miniwob_task_asks_nothing(task, browser, miniwob):
    browser.begin(GOAL)
    try:
        result = measure(browser, miniwob, task, SEEDS[:1])
    finally:
        asked = browser.end()
    assert asked == []
    if any("NoTool" in what for _, what in result.failures):
        pytest.skip(f"the agent has no tool for this script: {result.failures}")
    assert not result.failures, result.failures
