"""The part that all drivers share: performs a case step by step, then checks what its page recorded."""

import argparse
import json
import time
from typing import NamedTuple

from .cases import CASES
from .site import Site

DEADLINE = 10
SETTLE = 0.25


class Result(NamedTuple):
    """`detail` says what is wrong, or how a case that had to be refused was refused."""

    passed: bool
    milliseconds: float
    detail: str


class NotListed(LookupError):
    """The driver's observation doesn't contain the control. That counts as a refusal."""


class NotOffered(Exception):
    """The driver has no action for the step."""


class Driver:
    """A driver opens and closes tabs and has one method for each verb of the vocabulary."""

    refusals = (NotListed,)

    def run(self, case, site):
        visit, error = site.visit(case), None
        try:
            self.open(visit.url)
            began = time.monotonic()
            done = 0
            try:
                for verb, *arguments in case.steps:
                    if verb == "signal":
                        visit.signal(*arguments)
                    elif verb == "upload":
                        self.upload(arguments[0], visit.file(arguments[1]))
                    else:
                        getattr(self, verb)(*arguments)
                    done += 1
            except NotOffered as failure:
                return Result(False, 0, f"no such action: {failure}")
            except self.refusals as failure:
                error = failure
            complaint = self.judge(case, visit, error, done)
            milliseconds = (time.monotonic() - began) * 1000
            if not complaint:
                self.pause(SETTLE)
                complaint = self.judge_logs(case, visit)
            return Result(not complaint, milliseconds, complaint or str(error or ""))
        finally:
            self.close_case()

    def judge(self, case, visit, error, done):
        if case.refused:
            if error is None:
                return f"it reported success; the page recorded {visit.logs}"
            if done < len(case.steps) - 1:
                return f"it refused step {done + 1}, {case.steps[done]}: {error}"
            return self.complain(case, error)
        if error is not None:
            return f"step {done + 1}, {case.steps[done]}, failed: {error}"
        self.wait(lambda: visit.logs == case.logs)
        self.wait(lambda: sorted(self.downloaded()) == sorted(case.downloads))
        if sorted(self.downloaded()) != sorted(case.downloads):
            return f"it reported the downloads {self.downloaded()}, not {case.downloads}"
        return self.judge_logs(case, visit) or self.complain(case, None)

    def judge_logs(self, case, visit):
        return "" if visit.logs == case.logs else f"the page recorded {visit.logs}, not {case.logs}"

    def complain(self, case, error):
        """What is wrong with the driver's error message. Only our driver is checked."""
        return ""

    def wait(self, check):
        end = time.monotonic() + DEADLINE
        while not check() and time.monotonic() < end:
            self.pause(0.02)

    def pause(self, seconds):
        time.sleep(seconds)

    def downloaded(self):
        """The names of the files that this case has downloaded."""
        return []


def main(driver):
    """Runs all cases, or those whose names contain one of the arguments; prints a line of JSON for each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("words", nargs="*")
    words = parser.parse_args().words
    with Site() as site:
        for case in CASES:
            if words and not any(word in case.name for word in words):
                continue
            try:
                result = driver.run(case, site)
            except Exception as failure:
                result = Result(False, 0, f"the driver broke: {type(failure).__name__}: {failure}")
            print(json.dumps({"name": case.name, **result._asdict()}), flush=True)
