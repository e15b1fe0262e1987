"""docs/settings.md is the only reference of the settings: it has each variable that the code reads, and no other."""

import pathlib
import re

ROOT = pathlib.Path(__file__).parents[2]
# For tests and builds only.
INTERNAL = {"AI4AI_TAVILY_URL", "AI4AI_COGNITO_ISSUER", "AI4AI_COGNITO_KEYS_URL", "AI4AI_FAILPOINT", "AI4AI_WARNINGS", "AI4AI_TEST_INDEX"}


def read_by_the_code():
    # Variables that other programs of the providers read, too.
    keys, shared = set(), set()
    for path in (ROOT / "Sources/Settings").glob("*.swift"):
        keys |= set(re.findall(r"values\.\w+\(\s*\"([a-z0-9.]+)\"", path.read_text()))
        shared |= set(re.findall(r"providers\.\w+\(\s*\"([a-z0-9.]+)\"", path.read_text()))
    return {key.upper().replace(".", "_") for key in shared} | {
        f"AI4AI_{key.upper().replace('.', '_')}" for key in keys if not key.startswith(("otel.", "agent.observability"))
    }


def documented():
    text = (ROOT / "docs/settings.md").read_text()
    found = set(re.findall(r"(?:AI4AI|ANTHROPIC|OPENAI|OLLAMA)_[A-Z0-9_]+", text))
    # A row may abbreviate further variables to their endings: `AI4AI_A_B` with `…_C` is also AI4AI_A_C.
    for row in text.splitlines():
        names = re.findall(r"AI4AI_[A-Z0-9_]+", row)
        for ending in re.findall(r"…(_[A-Z_]+)", row):
            stems = [name[:end.start()] for name in names for end in re.finditer("_", name)]
            found |= {stem + ending for stem in stems}
    return found


def test_each_setting_is_documented():
    assert read_by_the_code() - INTERNAL - documented() == set()


def test_each_documented_setting_is_read():
    literal = set(re.findall(r"AI4AI_[A-Z0-9_]+", (ROOT / "docs/settings.md").read_text()))
    # The code builds the name of a service's region variable from the service's name.
    assert {name for name in literal - read_by_the_code() if not name.startswith("AI4AI_REGION_")} == set()
