"""The table of targets in CONTRIBUTING.md is what the package is."""

import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).parents[2]
TABLE = (ROOT / "CONTRIBUTING.md").read_text().partition("| target | responsibility |")[2].partition("\n\n")[0]
ROWS = [re.findall(r"`([\w-]+)`", line.split("|")[1]) for line in TABLE.splitlines() if line.startswith("| `")]
PLACES = {target: (row, column) for row, targets in enumerate(ROWS) for column, target in enumerate(targets)}


def test_every_target_has_a_row():
    assert set(PLACES) == {path.name for path in (ROOT / "Sources").iterdir()}


def test_targets_depend_only_on_those_below_them():
    package = json.loads(subprocess.run(
        ["swift", "package", "--package-path", ROOT, "dump-package"], check=True, capture_output=True, text=True).stdout)
    dependencies = {
        (target["name"], (each.get("byName") or each.get("target") or [None])[0])
        for target in package["targets"] for each in target["dependencies"]}
    assert [pair for pair in sorted(dependencies, key=str) if all(each in PLACES for each in pair)
            and PLACES[pair[0]] >= PLACES[pair[1]]] == []
