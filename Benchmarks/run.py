"""Compares this project with its peers in one run and prints ratios: `make bench`.

Compares the contract agent with a Python `bedrock-agentcore` application with the same handler, the browser driver with
Playwright on the same Chromium, and the backend with the same routes in FastAPI. Rounds alternate, so that a slowdown
of the machine affects both sides.
"""

import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import aws
import backend
import pages

ROOT = pathlib.Path(__file__).parents[1]
RELEASE = ROOT / ".build/release"
HERE = pathlib.Path(__file__).parent
SWIFT = [str(RELEASE / "contract-agent")]
PYTHON = [sys.executable, str(HERE / "peer_app.py")]
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SECONDS = 2


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def ping(port, path):
    """Returns whether a path answers with 200, over a new socket."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
            client.sendall(b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" % path.encode())
            return client.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


class Server:
    """A running server; `started` is the time until its first healthy ping, in milliseconds."""

    def __init__(self, command, quiet=True, health="/ping", **environment):
        self.port = free_port()
        self.log = tempfile.TemporaryFile()
        self.address = f"http://127.0.0.1:{self.port}"
        ports = dict.fromkeys(("PORT", "AI4AI_PORT", "AI4AI_BACKEND_PORT"), str(self.port))
        environment = os.environ | ports | {"QUIET": str(int(quiet))} | environment
        began = time.perf_counter()
        self.process = subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)
        while not ping(self.port, health):
            time.sleep(0.001)
        self.started = (time.perf_counter() - began) * 1000

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    def memory(self):
        """Returns the resident memory in MB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def wrk(server, path, connections, body=None):
    """Returns the requests per second, and p50 and p99 in milliseconds."""
    arguments = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", server.address + path]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        if body:
            script.write(f"wrk.method = 'POST'\nwrk.body = '{body}'\nwrk.headers['Content-Type'] = 'application/json'\n")
            script.flush()
            arguments[1:1] = ["-s", script.name]
        output = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in output, output

    def milliseconds(percentile):
        value, unit = re.search(rf"{percentile}%\s+([\d.]+)(us|ms|s)", output).groups()
        return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]

    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]), milliseconds(50), milliseconds(99)


def events_per_second(server, count):
    body = json.dumps({"events": count}).encode()
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        began = time.perf_counter()
        client.sendall(b"POST /invocations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        tail, seen = b"", 0
        while not tail.endswith(b"0\r\n\r\n"):
            part = client.recv(1 << 20)
            assert part, "the stream ended early"
            seen += (tail[-7:] + part).count(b"data: ") - tail[-7:].count(b"data: ")
            tail = (tail + part)[-16:]
        assert seen == count, f"{seen} of {count} events"
        return count / (time.perf_counter() - began)


def line(name, ours, theirs, unit, more_is_better=False):
    ratio = ours / theirs if more_is_better else theirs / ours
    print(f"  {name:<42}{ours:>12,.1f}{theirs:>12,.1f} {unit:<6}{ratio:>8.1f}x", flush=True)


def bench_contract():
    print("\nService contract                                    ours      Python")
    starts = {"ours": [], "runtime": [], "theirs": []}
    for _ in range(7):
        for key, command in (("ours", SWIFT), ("runtime", [str(RELEASE / "ai4ai-runtime")]), ("theirs", PYTHON)):
            with Server(command) as server:
                starts[key].append(server.started)
    median = {key: statistics.median(values) for key, values in starts.items()}
    line("start to first healthy ping", median["ours"], median["theirs"], "ms")
    line("  the same, ai4ai-runtime", median["runtime"], median["theirs"], "ms")
    with Server([str(RELEASE / "ai4ai-runtime")]) as runtime, Server(PYTHON) as theirs:
        line("memory idle, ai4ai-runtime", runtime.memory(), theirs.memory(), "MB")

    for quiet in (False, True):
        logs = "no log" if quiet else "a log line each"
        with Server(SWIFT, quiet) as ours, Server(PYTHON, quiet) as theirs:
            if quiet:
                line("memory idle", ours.memory(), theirs.memory(), "MB")
            cases = [("/ping", None)] if quiet else []
            for path, body in cases + [("/invocations", '{"prompt":"hi"}')]:
                for connections in (1, 64):
                    results = [
                        [wrk(server, path, connections, body) for server in (ours, theirs)] for _ in range(ROUNDS)
                    ]
                    our, their = (
                        [statistics.median(result[side][i] for result in results) for i in range(3)] for side in (0, 1)
                    )
                    name = f"{path}, {connections} conn" + (f", {logs}" if body else "")
                    line(name, our[0], their[0], "req/s", more_is_better=True)
                    line("  p50", our[1], their[1], "ms")
                    line("  p99", our[2], their[2], "ms")
            if quiet:
                rates = [(events_per_second(ours, 100_000), events_per_second(theirs, 20_000)) for _ in range(ROUNDS)]
                line("events of one stream", *(statistics.median(side) for side in zip(*rates)), "ev/s", True)
                line("memory after load", ours.memory(), theirs.memory(), "MB")


def bench_browser():
    print("\nBrowser                                             ours  Playwright")
    site = pages.serve()
    runs = []
    for _ in range(ROUNDS):
        runs.append(
            [
                json.loads(subprocess.run(command + [site], capture_output=True, text=True, check=True).stdout)
                for command in ([str(RELEASE / "browser-bench")], [sys.executable, str(HERE / "playwright_bench.py")])
            ]
        )
    for name in runs[0][1]:
        ours, theirs = (statistics.median(run[side][name] for run in runs) for side in (0, 1))
        line(name, ours, theirs, "ms")
    ours = {name: statistics.median(run[0][name] for run in runs) for name in runs[0][0]}
    theirs = {name: statistics.median(run[1][name] for run in runs) for name in runs[0][1]}
    for name in (name for name in ours if name.startswith("whole page")):
        line(f"{name} as text, to snapshot", ours[name], theirs[name.replace("whole page", "snapshot")], "ms")
    bench_browser_use(site, ours)
    bench_guard(site)
    bench_cycles(site)


def bench_browser_use(site, ours):
    """Compares the page state that an agent sees, with a screenshot. browser-use has its own environment."""
    python = ROOT / ".build/browser-use/bin/python"
    if not python.exists():
        return
    output = subprocess.run(
        [python, HERE / "browser_use_bench.py", site], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    theirs = json.loads(output.splitlines()[-1])
    print("\nState of a page                                     ours browser-use")
    for name, state in theirs.items():
        if name == "memory":
            line("memory after all pages", ours["memory"], state, "MB")
            continue
        failed = " (failed)" if not state["controls"] else ""
        line(f"{name}, with picture{failed}", ours[f"snapshot {name}, with picture"], state["milliseconds"], "ms")
        line("  characters", ours[f"characters {name}"], state["characters"], "")


def bench_guard(site):
    """Measures the cost of judging the requests that a page sends."""
    output = subprocess.run([RELEASE / "browser-bench", site, "guard"], stdout=subprocess.PIPE, text=True, check=True)
    measured = json.loads(output.stdout)
    print("\nThe effect guard                                 without        with")
    for name in [name for name in measured if f"{name}, judged" in measured]:
        print(f"  {name:<42}{measured[name]:>12,.1f}{measured[f'{name}, judged']:>12,.1f} ms")


def bench_cycles(site):
    """Measures which resources have grown after a thousand tasks."""
    count = int(os.environ.get("CYCLES", "1000"))
    output = subprocess.run(
        [RELEASE / "browser-bench", site, "cycles", str(count)], stdout=subprocess.PIPE, text=True, check=True).stdout
    measured = json.loads(output)
    print(f"\nAfter {count:,} tasks                                 before       after")
    for name in sorted({name.rsplit(" ", 1)[0] for name in measured}):
        print(f"  {name:<42}{measured[f'{name} before']:>12,.1f}{measured[f'{name} after']:>12,.1f}")


if __name__ == "__main__":
    which = sys.argv[1:] or ["contract", "browser", "aws", "backend"]
    if "contract" in which:
        bench_contract()
    if "browser" in which:
        bench_browser()
    if "aws" in which:
        aws.bench(Server, [str(RELEASE / "ai4ai-runtime")], PYTHON, line)
    if "backend" in which:
        backend.bench(Server, [str(RELEASE / "ai4ai"), "backend"], line, wrk, ROUNDS)
