"""MiniWoB++ tasks, one episode each and ten nightly, done with our library by scripts that see only what an agent
sees."""

import pytest

from browse import Browser
from miniwob_site import Site
from miniwob_tasks import SEEDS, TASKS, measure

SAMPLE = SEEDS[:1]
results = {}


@pytest.fixture(scope="module")
def measured():
    """Plays a task in the module's only tab."""
    with Site() as address:
        browser = Browser()
        try:
            yield lambda task, seeds: measure(browser, address, task, seeds)
        finally:
            browser.close()


def described(failures):
    return "\n".join(f"seed {seed}: {what}" for seed, what in failures)


@pytest.mark.parametrize("task", TASKS)
def test_task_is_done(task, measured):
    result = measured(task, SAMPLE)
    assert not result.failures, described(result.failures)


@pytest.mark.nightly
@pytest.mark.parametrize("task", TASKS)
def test_task_is_done_with_all_seeds(task, measured):
    results[task] = result = measured(task, SEEDS)
    assert result.passes >= len(SEEDS) - 1, described(result.failures)


@pytest.mark.nightly
def test_99_of_100_episodes_are_done():
    if set(results) != set(TASKS):
        pytest.skip("not all tasks were played")
    passes = sum(result.passes for result in results.values())
    failures = "\n".join(f"{task}, {described(each.failures)}" for task, each in results.items() if each.failures)
    assert passes >= 0.99 * len(TASKS) * len(SEEDS), failures
