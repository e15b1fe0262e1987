"""The browser library on the pages of BrowserCases: what each page recorded, and what was refused and why."""

import pathlib
import sys

import pytest

from nightly import sampled

sys.path.append(str(pathlib.Path(__file__).parents[1]))
from BrowserCases.cases import CASES  # noqa: E402
from BrowserCases.ours import Ours  # noqa: E402
from BrowserCases.site import Site  # noqa: E402


@pytest.fixture(scope="module")
def drivers():
    """A driver for cases that must succeed, and one with a shorter timeout for cases that must be refused."""
    running = {False: Ours(), True: Ours(timeout=1000)}
    yield running
    for driver in running.values():
        driver.close()


@pytest.fixture(scope="module")
def site():
    with Site() as running:
        yield running


def test_there_are_as_many_cases_as_promised():
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", sampled(CASES, 4, lambda case: case.name))
def test_case(case, drivers, site):
    result = drivers[case.refused].run(case, site)
    assert result.passed, result.detail
