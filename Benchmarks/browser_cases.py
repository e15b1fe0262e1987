"""Runs the cases of Tests/BrowserCases with our library, with and without judging each request, and with its peers, one
after the other, on the same Chromium.

Prints which drivers passed each case and how long it took, then the failures with their reasons. browser-use has its
own environment in .build/browser-use, because it depends on many packages. A driver is skipped if that environment, or
a built browser-probe, is missing.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parents[1]
BROWSER_USE = ROOT / ".build/browser-use/bin/python"
BUILDS = [ROOT / ".build/release", ROOT / ".build/debug"]


def drivers():
    """Yields each driver's name, the interpreter and module that run it, and its environment variables."""
    build = next((build for build in BUILDS if (build / "browser-probe").exists()), None)
    if build:
        os.environ.setdefault("AI4AI_BUILD", str(build))
        yield "ours", sys.executable, "ours", {}
        yield "ours, judged", sys.executable, "ours", {"BROWSER_CASES_JUDGED": "1"}
    if os.environ.get("BROWSER_CASES_PEERS") == "none":
        return
    yield "Playwright", sys.executable, "playwright_driver", {}
    if BROWSER_USE.exists():
        yield "browser-use", BROWSER_USE, "browser_use_driver", {}


def run(python, module, more, words):
    """Returns the results of one driver, by case name."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        output = subprocess.run(
            [python, "-m", f"BrowserCases.{module}", *words], cwd=ROOT / "Tests", stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, check=True, env=os.environ | more | {"TMPDIR": directory}).stdout
    return {result["name"]: result for result in map(json.loads, output.splitlines())}


def cell(result):
    verdict = "pass" if result["passed"] else "n/a" if result["detail"].startswith("no such action") else "FAIL"
    return f"{verdict:>7}{result['milliseconds']:>8,.0f}"


def main(words):
    results = {name: run(python, module, more, words) for name, python, module, more in drivers()}
    cases = list(next(iter(results.values())))
    print(f"{'Case (milliseconds)':<82}" + "".join(f"{name:>15}" for name in results))
    for case in cases:
        print(f"{case:<82}" + "".join(cell(each[case]) for each in results.values()))
    # Only the cases that all drivers passed count for the median, because a failure can last as long as a timeout.
    common = [case for case in cases if all(each[case]["passed"] for each in results.values())]
    passed = {name: sum(each[case]["passed"] for case in cases) for name, each in results.items()}
    print(f"{f'passed, of {len(cases)}':<82}" + "".join(f"{count:>15}" for count in passed.values()))
    if common:
        medians = [statistics.median(each[case]["milliseconds"] for case in common) for each in results.values()]
        print(f"{f'median of the {len(common)} that all passed':<82}" + "".join(f"{each:>15,.0f}" for each in medians))
    for name, each in results.items():
        for case in cases:
            if not each[case]["passed"]:
                print(f"\n{name}: {case}\n  {' '.join(each[case]['detail'].split())[:300]}", end="")
    print()


if __name__ == "__main__":
    main(sys.argv[1:])
