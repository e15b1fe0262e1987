"""Compares our AWS client with boto3 in the same run: signing, and the latency of a model's first token."""

import json
import pathlib
import socket
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).parents[1]
sys.path.append(str(ROOT / "Tests/Peers"))

from awspeer.process import Peer  # noqa: E402
from botocore.auth import SigV4Auth  # noqa: E402
from botocore.awsrequest import AWSRequest  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402

MODEL = "au.anthropic.claude-sonnet-4-5-20250929-v1:0"
CREDENTIALS = Credentials("ASIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "t" * 800)
TURNS = 60


def botocore_signing():
    """Returns medians in microseconds, under the names that aws-bench uses."""

    def median(service, method, url, body):
        times = []
        for _ in range(1000):
            request = AWSRequest(method=method, url=url, data=body, headers={"Content-Type": "application/json"})
            began = time.perf_counter_ns()
            SigV4Auth(CREDENTIALS, service, "us-west-2").add_auth(request)
            times.append((time.perf_counter_ns() - began) / 1000)
        return statistics.median(times)

    model = f"https://bedrock-runtime.us-west-2.amazonaws.com/model/{MODEL.replace(':', '%3A')}/converse-stream"
    stream = "https://bedrock-agentcore.us-west-2.amazonaws.com/browser-streams/aws.browser.v1/sessions/01AB/automation"
    return {
        "sign a request of 2 KB": median("bedrock", "POST", model, b"x" * 2048),
        "sign a request of 100 KB": median("bedrock", "POST", model, b"x" * 102_400),
        "sign a socket's handshake": median("bedrock-agentcore", "GET", stream, b""),
    }


def first_words(port, peer, body):
    """Returns how long each turn's first word takes from the model's socket to the client's, in milliseconds."""
    request = b"POST /invocations HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nContent-Length: %d\r\n\r\n" % len(body)
    seen = len(peer.stamps())
    arrivals = []
    for _ in range(TURNS):
        peer.script({"text": "WORD after word.", "pause": 0.05, "stamp": True})
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(request + body)
            text = b""
            while b"WORD" not in text:
                part = client.recv(1 << 16)
                assert part, text
                text += part
            arrivals.append(time.monotonic_ns())
            while not text.endswith(b"0\r\n\r\n"):
                text += client.recv(1 << 16)
    # Excludes the first turns, which open connections and warm up.
    return [(arrival - sent) / 1e6 for arrival, sent in zip(arrivals, peer.stamps()[seen:])][10:]


def bench(server, runtime, python, line):
    """`server` starts a program, and `line` prints a comparison; run.py defines both."""
    print("\nAWS                                                 ours    botocore")
    output = subprocess.run([str(ROOT / ".build/release/aws-bench")], capture_output=True, text=True, check=True).stdout
    ours, theirs = json.loads(output), botocore_signing()
    for name, microseconds in theirs.items():
        line(name, ours[name], microseconds, "µs")
    print(f"  {'decode an event of a stream':<42}{ours['decode an event of a stream']:>12,.1f}{'':>12} µs")
    peer = Peer()
    environment = peer.environment()
    try:
        with server(runtime, AI4AI_MODEL=f"bedrock/{MODEL}", **environment) as ours, server(
            python, **environment) as theirs:
            bodies = [b'{"prompt":"hi"}', json.dumps({"model": MODEL}).encode()]
            pairs = [first_words(each.port, peer, body) for each, body in zip((ours, theirs), bodies)]
        line("first word of a model to the client, p50", *(statistics.median(times) for times in pairs), "ms")
        line("  p95", *(sorted(times)[int(len(times) * 0.95)] for times in pairs), "ms")
    finally:
        peer.stop()
