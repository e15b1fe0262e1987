"""Measures the time to the first word of an answer in AWS mode: `make bench-first-word`.

Test services that verify signatures and shapes replace the model, run storage, and memory, and delay every call by a
fixed time. The added latency, divided by that delay, is the number of sequential calls before the first word.
"""

import argparse
import pathlib
import statistics
import sys
import time
import uuid

ROOT = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "Tests/Peers"))
OPERATIONS = (
    "GetItem", "PutItem", "DeleteItem", "Query", "BatchWriteItem", "RetrieveMemoryRecords", "GetMemory", "CreateEvent",
    "ConverseStream", "Converse")


def first_word(runtime, session):
    """Returns the milliseconds from the request to the first text delta."""
    began = time.perf_counter()
    word = None
    for event in runtime.stream({"prompt": "hello", "user_id": "aminah", "session_id": session}):
        if event["type"] == "TEXT_MESSAGE_CONTENT" and word is None:
            word = (time.perf_counter() - began) * 1000
        assert event["type"] != "RUN_ERROR", event
    return word


def measured(peer, runtime, rounds, is_new):
    """Returns the median over `rounds` turns, each in a new session or all in the same one."""
    session = f"first-word-{uuid.uuid4()}"
    words = []
    for number in range(rounds + 2):
        peer.script({"text": "Hello."})
        words.append(first_word(runtime, f"{session}-{number}" if is_new else session))
    # Excludes the first two turns, which initialize what the process creates on first use.
    return statistics.median(words[2:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=20, help="milliseconds that are added to each call")
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()

    from awspeer.process import Peer
    from cloud import prepare, settings
    from system import Container, DemoSite

    peer, site = Peer(), DemoSite()
    prepare(peer)
    runtime = Container(**settings(peer, site))
    try:
        print(f"{'First word, ms':34}{'no delay':>10}{f'{options.delay:.0f} ms a call':>16}{'calls in series':>17}")
        for name, is_new in (("the first turn of a session", True), ("a later turn", False)):
            peer.clear_faults()
            usual = measured(peer, runtime, options.rounds, is_new)
            for operation in OPERATIONS:
                peer.fault(operation, delay=options.delay / 1000, times=1_000_000)
            delayed = measured(peer, runtime, options.rounds, is_new)
            calls = (delayed - usual) / options.delay
            print(f"  {name:32}{usual:>10.0f}{delayed:>16.0f}{calls:>17.1f}")
    finally:
        runtime.stop()
        site.stop()
        peer.stop()


if __name__ == "__main__":
    main()
