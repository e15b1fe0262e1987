"""Lists in one place that follow from code in another, where no compiler compares them."""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).parents[2]


def text(path):
    return (ROOT / path).read_text()


def test_openapi_tells_of_every_event_of_our_own():
    socket = json.loads(text("Sources/Backend/API/openapi.json"))["paths"]["/ws/human-interaction/{id}"]["get"]["description"]
    runs = re.findall(r'static let \w+ = "([a-z.]+)"', text("Sources/AgentEvents/AgentEvent.swift"))
    names = re.search(r"enum Name: String.*?\n    }", text("Sources/RuntimeProtocol/SessionEvent.swift"), re.DOTALL)[0]
    session = re.findall(r'case \w+ = "([a-z._]+)"', names)
    assert len(runs) >= 4 and len(session) >= 4
    # The page asks for pictures and for the address of the live view by requests of their own.
    assert [name for name in runs + session if f"`{name}`" not in socket and name not in ("live_view", "session.forgotten")] == []


def test_every_recipe_of_the_demo_site_is_shipped():
    listed = set(re.findall(r'\("([\w-]+\.json)", PackageResources', text("Sources/DemoSite/DemoSite+Recipes.swift")))
    assert listed == {path.name for path in (ROOT / "Sources/DemoSite/Recipes").iterdir()}


def test_every_long_suite_runs_whole_at_night():
    suites = {path.stem.partition("+")[0] for path in (ROOT / "Tests").glob("*Tests/*.swift") if "Nightly." in path.read_text()}
    [named] = re.findall(r"--filter '([\w|]+)'", text("Makefile").partition("part-agents:")[2].partition("\n\n")[0])
    assert suites <= set(named.split("|"))


def test_every_kind_of_action_can_be_set_and_has_words():
    body = re.search(r"enum ActionKind.*?\n}", text("Sources/RuntimeProtocol/ActionKind.swift"), re.DOTALL)[0]
    kinds = set(re.findall(r"case (\w+)", body))
    [settable] = re.findall(r"irreversibleActions = \[([^\]]+)\]", text("Sources/Settings/Settings.swift"))
    assert set(re.findall(r"\w+", settable)) == kinds - {"look", "change"}
    for language in ("en", "ms"):
        words = text(f"Sources/Backend/Page/i18n-run-{language}.js")
        assert kinds == set(re.findall(r'"card\.kind\.(\w+)"', words)), language


def test_what_can_be_allowed_for_a_task_can_be_revoked():
    [kinds] = re.findall(r"static let kinds: Set<ActionKind> = \[([^\]]+)\]", text("Sources/Agents/Approval/TaskAllowances.swift"))
    schemas = json.loads(text("Sources/Backend/API/openapi.json"))["components"]["schemas"]
    assert set(re.findall(r"\w+", kinds)) == set(schemas["ControlRequest"]["properties"]["kind"]["enum"])
