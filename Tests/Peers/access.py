"""Runs axe-core on the page: in light and dark mode, on a desktop and on a phone."""

import importlib.resources
import itertools

from page import VIEWPORT

AXE = (importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text()
# No preloading: the page's policy blocks what axe would load again, and no rule of these levels needs it.
RUN = """axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"], preload: false,
}).then((results) => results.violations.flatMap(({id, impact, nodes}) => nodes.map(
    (node) => `${id} (${impact}): ${node.target.join(" ")}: ${node.failureSummary}`)))"""
# Colors in the middle of a transition must not be checked.
STILL = {"name": "prefers-reduced-motion", "value": "reduce"}
FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
DESK, PHONE = None, (390, 844)


def be_on(person, screen):
    """Gives the page the window of a phone with a touchscreen, or its own window again."""
    call = person.tools.call
    call("Emulation.setTouchEmulationEnabled", enabled=screen is not None)
    if screen:
        width, height = screen
        call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)
    else:
        call("Emulation.setDeviceMetricsOverride", **VIEWPORT, deviceScaleFactor=1, mobile=False)
    person.evaluate(FRAMES)


def prefer(person, scheme=""):
    """Sets the user's preferred color scheme: light, dark, or none."""
    colours = {"name": "prefers-color-scheme", "value": scheme}
    person.tools.call("Emulation.setEmulatedMedia", features=[colours, STILL])
    person.evaluate(FRAMES)


def check_access(person, screens=(DESK, PHONE)):
    """Fails if something on the page violates level A or AA."""
    person.evaluate(f"void (globalThis.axe ?? (() => {{ {AXE} }})())")
    found = {}
    for screen, scheme in itertools.product(screens, ("light", "dark")):
        be_on(person, screen)
        prefer(person, scheme)
        for violation in person.evaluate(RUN):
            found.setdefault(violation, []).append((screen or "desk", scheme))
    be_on(person, DESK)
    prefer(person)
    assert not found, "\n".join(f"{violation}\n  on {where}" for violation, where in found.items())
