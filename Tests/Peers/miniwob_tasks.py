"""MiniWoB++, played by scripted oracles: each knows how its task is done, reads the words of an episode, and acts.

There is no intelligence in them, so what they measure is the browser: whether controls are listed with role and name,
and whether actions do what a person's would. Left out are variants that ask no more of a browser than a task that is
played, and tasks whose words are pictures.
"""

import collections
import time

import miniwob_simple  # These two register their oracles.
import miniwob_widgets
from miniwob_page import ORACLES, Page

TASKS = tuple(ORACLES)
SEEDS = range(10)
Result = collections.namedtuple("Result", "passes failures seconds")


def play(browser, address, task, seed):
    """One episode in the current tab; its raw reward, which is 1 when the task was done."""
    page = Page(browser)
    page.do("navigate", url=f"{address}/miniwob/{task}.html?seed={seed}")
    ORACLES[task](page, page.utterance)
    return page.reward


def measure(browser, address, task, seeds=SEEDS):
    """Plays a task's episodes. `failures` are pairs of a seed and what happened; `seconds` is the time of them all."""
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
