"""Measures browser-use's browser state on the pages of pages.py. Prints medians in milliseconds as JSON.

`python browser_use_bench.py http://127.0.0.1:PORT`, in the separate environment of browser-use.
"""

import asyncio
import json
import os
import pathlib
import re
import statistics
import sys
import time

os.environ |= {
    "ANONYMIZED_TELEMETRY": "false", "BROWSER_USE_CLOUD_SYNC": "false", "BROWSER_USE_DISABLE_EXTENSIONS": "1",
    "BROWSER_USE_VERSION_CHECK": "false", "BROWSER_USE_SETUP_LOGGING": "false", "BROWSER_USE_LOGGING_LEVEL": "critical",
}
sys.path.append(str(pathlib.Path(__file__).parents[1] / "Tests"))

from browser_use import BrowserProfile, BrowserSession  # noqa: E402
from browser_use.browser.events import NavigateToUrlEvent  # noqa: E402

from BrowserCases.chromium import Chromium  # noqa: E402


def resident_memory():
    """In MB."""
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024


async def measure(session, site):
    result = {}
    for kind, controls, rounds in (("mixed", 100, 5), ("mixed", 1000, 3), ("dense", 100, 5), ("dense", 1000, 3),
                                   ("mixed", 5000, 1), ("dense", 5000, 1)):
        await session.event_bus.dispatch(NavigateToUrlEvent(url=f"{site}/{kind}{controls}.html"))
        times, text, count = [], "", 0
        for _ in range(rounds):
            began = time.perf_counter()
            try:
                state = await asyncio.wait_for(session.get_browser_state_summary(include_screenshot=True), 120)
                text, count = state.dom_state.llm_representation(), len(state.dom_state.selector_map)
            except Exception as error:
                text, count = f"failed: {error}", 0
            times.append((time.perf_counter() - began) * 1000)
        name = f"{kind} {controls}"
        result[name] = {"milliseconds": statistics.median(times), "characters": len(text), "controls": count}
    result["memory"] = resident_memory()
    return result


async def main(site):
    chromium = Chromium()
    session = BrowserSession(browser_profile=BrowserProfile(
        cdp_url=chromium.address, is_local=True, keep_alive=True, highlight_elements=False, captcha_solver=False,
        viewport={"width": 1280, "height": 900}))
    await session.start()
    try:
        print(json.dumps(await measure(session, site)), flush=True)
    finally:
        chromium.close()
        # A regular exit would wait for the browser, which is gone.
        os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
