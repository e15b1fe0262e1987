"""MiniWoB++ with scripted oracles: each knows how to do its task, reads the text of an episode, and acts.

The oracles have no intelligence, so they measure the browser: whether controls are listed with role and name, and
whether actions have the same effect as a user's. Variants that need nothing more from a browser than an included task
are left out, and so are tasks whose text is a picture.
"""

import collections
import time

import miniwob_simple  # The import registers the oracles.
import miniwob_widgets
from miniwob_page import ORACLES, Page

TASKS = tuple(ORACLES)
SEEDS = range(10)
Result = collections.namedtuple("Result", "passes failures seconds")


def play(browser, address, task, seed):
    """Plays one episode in the current tab; returns its raw reward, which is 1 if the task was done."""
    page = Page(browser)
    page.do("navigate", url=f"{address}/miniwob/{task}.html?seed={seed}")
    ORACLES[task](page, page.utterance)
    return page.reward


def measure(browser, address, task, seeds=SEEDS):
    """Plays a task's episodes. `failures` are pairs of a seed and a description; `seconds` is the total time."""
    failures = []
    start = time.perf_counter()
    for seed in seeds:
        try:
            reward = play(browser, address, task, seed)
        except Exception as error:
            failures.append((seed, f"{type(error).__name__}: {error}"))
        else:
            if reward < 0.99:
                failures.append((seed, f"reward {reward}"))
    return Result(len(seeds) - len(failures), failures, time.perf_counter() - start)


def run(browser, address, tasks=TASKS, seeds=SEEDS):
    """A result for each task, for benchmarks."""
    return {task: measure(browser, address, task, seeds) for task in tasks}
