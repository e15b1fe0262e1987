"""A third-party trace collector, with the received spans as trees."""

import contextlib
import dataclasses
import logging
import threading

import requests
from oteltest.sink import HttpSink

from ports import free_port
from system import eventually

KINDS = {1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer"}


def value(any_value):
    """The Python value of an attribute."""
    kind = any_value.WhichOneof("value")
    if kind == "array_value":
        return [value(each) for each in any_value.array_value.values]
    return getattr(any_value, kind) if kind else None


def attributes(pairs):
    return {pair.key: value(pair.value) for pair in pairs}


@dataclasses.dataclass
class Span:
    name: str
    kind: str
    trace: str
    id: str
    parent: str
    start: int
    end: int
    attributes: dict
    events: list
    is_failed: bool
    scope: str
    resource: dict


def spans(request):
    """The spans of one decoded request."""
    return [
        Span(
            name=span.name, kind=KINDS[span.kind], trace=span.trace_id.hex(), id=span.span_id.hex(),
            parent=span.parent_span_id.hex(), start=span.start_time_unix_nano, end=span.end_time_unix_nano,
            attributes=attributes(span.attributes),
            events=[(event.name, attributes(event.attributes)) for event in span.events],
            is_failed=span.status.code == 2, scope=scoped.scope.name, resource=attributes(group.resource.attributes))
        for group in request.resource_spans for scoped in group.scope_spans for span in scoped.spans]


class Collector:
    """Listens for OTLP over HTTP."""

    def __init__(self):
        self.requests = []
        self._lock = threading.Lock()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._sink = HttpSink(self, logging.getLogger("collector"), self.port)

    def handle_trace(self, request, headers):
        with self._lock:
            self.requests.append((request, {name.lower(): text for name, text in headers.items()}))

    def __enter__(self):
        self._sink.start()
        eventually(self._is_up, "the collector's start")
        return self

    def __exit__(self, *_):
        self._sink.stop()

    def _is_up(self):
        with contextlib.suppress(requests.ConnectionError):
            return requests.post(self.url, data=b"", timeout=5).ok

    @property
    def headers(self):
        return [headers for _, headers in self.requests]

    @property
    def spans(self):
        with self._lock:
            return [span for request, _ in self.requests for span in spans(request)]

    def run(self, root="invoke_agent coordinator", number=1):
        """The spans of the newest trace, once this many runs have ended: an agent's own span is the last one to end."""
        ended = eventually(
            lambda: len(found := [span for span in self.spans if span.name == root]) >= number and found, f"{root} in the traces")
        trace = ended[-1].trace
        return [span for span in self.spans if span.trace == trace]


def tree(found, below=None):
    """The tree of spans, by name, in the order of their start."""
    ids = {span.id for span in found}
    level = [span for span in found if (span.parent == below if below else span.parent not in ids)]
    return [(span.name, tree(found, span.id)) for span in sorted(level, key=lambda span: span.start)]
