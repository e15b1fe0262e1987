"""Estimates the cost of a task: `make cost`.

The container performs the tasks of the practice site with a scripted model, so that the measurement covers only our
part: CPU time, memory, and the amount of text sent to the model in each turn. The default prices are the public list
prices for us-east-1 in mid-2026; pass arguments to use other prices.
"""

import argparse
import json
import os
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "Tests/Peers"))
TICKS = os.sysconf("SC_CLK_TCK")
# A token has about four characters of English, and fewer on a page, because pages contain many symbols.
LETTERS_IN_A_TOKEN = 3.5


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_megabytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


def prefix(a, b):
    """Returns the length of the common prefix of two texts, which is what a cache point saves."""
    return next((index for index, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def letters(requests):
    """Returns the number of uncached and cacheable input characters over all turns."""
    fresh = cached = 0
    before = {}
    for request in requests:
        # In the order in which the parts are sent. Each agent has its own conversation.
        text = "".join(json.dumps(request.get(part, ""), sort_keys=True) for part in ("toolConfig", "system", "messages"))
        agent = json.dumps(request.get("toolConfig", ""), sort_keys=True)
        same = prefix(before.get(agent, ""), text)
        fresh, cached = fresh + len(text) - same, cached + same
        before[agent] = text
    return fresh, cached


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--processor", type=float, default=0.0895, help="$ for a vCPU-hour of runtime and browser")
    parser.add_argument("--memory", type=float, default=0.00945, help="$ for a GB-hour of runtime and browser")
    parser.add_argument("--input", type=float, default=3, help="$ for a million tokens read")
    parser.add_argument("--cached", type=float, default=0.3, help="$ for a million tokens read from the cache")
    parser.add_argument("--output", type=float, default=15, help="$ for a million tokens written")
    parser.add_argument("--thinking", type=float, default=4, help="seconds that a model takes for a turn")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    import cloud
    from awspeer.process import Peer
    from system import Container, DemoSite

    peer, site = Peer(), DemoSite()
    try:
        cloud.prepare(peer)
        container = Container(**cloud.settings(peer, site))
        try:
            peer.script(*cloud.road_tax(site))
            assert container.invoke({"prompt": "first", "session_id": "first"}).json()["status"] == "completed"
            peer.clear_requests()
            began, used = time.perf_counter(), processor_seconds(container.process.pid)
            for number in range(options.rounds):
                peer.script(*cloud.road_tax(site))
                payload = {"prompt": "What is due for my car?", "session_id": f"s{number}", "user_id": "aminah"}
                assert container.invoke(payload).json()["status"] == "completed"
            wall = (time.perf_counter() - began) / options.rounds
            used = (processor_seconds(container.process.pid) - used) / options.rounds
            peak = peak_megabytes(container.process.pid)
            asked = [entry["params"] for entry in peer.requests("ConverseStream")]
        finally:
            container.stop()
    finally:
        site.stop()
        peer.stop()

    turns = len(asked) / options.rounds
    fresh, cached = (count / options.rounds / LETTERS_IN_A_TOKEN for count in letters(asked))
    written = turns * 80
    seconds = wall + turns * options.thinking
    gigabytes = max(peak / 1000, 0.128)
    runtime = used / 3600 * options.processor + gigabytes * seconds / 3600 * options.memory
    # Assumes a tenth of a vCPU and half a gigabyte for Chromium on a typical page.
    browser = 0.1 * seconds / 3600 * options.processor + 0.5 * seconds / 3600 * options.memory
    model = (fresh * options.input + cached * options.cached + written * options.output) / 1e6
    rows = [
        ("turns of the model", f"{turns:.0f}"), ("our time of it all", f"{wall:.2f} s"),
        ("with the model's", f"{seconds:.0f} s"), ("runtime: processor", f"{used:.3f} s"),
        ("runtime: memory at most", f"{peak:.0f} MB"), ("tokens read anew", f"{fresh:,.0f}"),
        ("tokens read from the cache", f"{cached:,.0f}"), ("tokens written, assumed", f"{written:,.0f}"),
        ("runtime", f"${runtime:.6f}"), ("browser, assumed", f"${browser:.6f}"), ("model", f"${model:.6f}"),
        ("together", f"${runtime + browser + model:.4f}")]
    for name, value in rows:
        print(f"  {name:<30}{value:>12}")


main()
