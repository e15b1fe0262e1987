"""The backend as its clients see it: a process, an API, an event stream, and a WebSocket."""

import contextlib
import json
import uuid

import pytest
import requests
import websockets
from websockets.sync.client import connect

import agui
from system import DEADLINE, Container, DemoSite, Program, eventually, free_port

# Tests send more requests than users do.
UNHURRIED = {"AI4AI_REQUESTS_PER_MINUTE": "1000000", "AI4AI_MESSAGES_PER_MINUTE": "1000000"}


class Backend(Program):
    """`ai4ai backend` in front of a runtime, with its own chats."""

    def __init__(self, runtime, **environment):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        settings = {"AI4AI_RUNTIME_URL": runtime, "AI4AI_CHATS": "sqlite"} | UNHURRIED | environment
        super().__init__(["ai4ai", "backend", "--port", str(self.port)], **settings)

    def is_healthy(self):
        return self.answer(f"{self.url}/health") == {"status": "ok"}

    def chats(self, token=None):
        return Chats(self.url, token)


class Parts:
    """The demo site, the runtime, and the backend as separate processes, each of which a test may kill."""

    def __init__(self, **environment):
        with contextlib.ExitStack() as stack:
            self.site = DemoSite()
            stack.callback(self.site.stop)
            self.runtime = Container(AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS=self.site.url)
            stack.callback(self.runtime.stop)
            self.backend = Backend(self.runtime.url, **environment)
            stack.callback(self.backend.stop)
            self.stop = stack.pop_all().close
        self.demo, self.received = self.site.url, self.site.received
        self.chats = self.backend.chats()


# ---------------------------------------------------------------------------------------------------------- tasks


def road_tax(site, plate="WXY 1234"):
    return f"open {site}, fill Plate number with {plate}, click Check, tell me the amount due"


def question(site):
    return (
        f"open {site}, ask me for the plate number, fill Plate number with the answer, click Check, "
        "tell me the amount due")


def payment(site, card):
    return f"open {site}/pay?plate=WXY+1234, fill Card number with {card}, click Pay RM 70.00, read the page"


def endless(site):
    """Takes ten seconds unless it is stopped."""
    return f"open {site}/slow, wait for nonsense"


def lasting(site):
    """Takes almost a minute unless it is stopped."""
    return ", ".join([f'open {site}/slow, wait for "Your number"'] * 15) + ", tell me the number"


def checks(system, plate):
    """How often the site was asked about a car."""
    return [each["fields"]["plate"] for each in system.received() if each["path"] == "/check"].count(plate)


def payments(system, card):
    return [each["fields"]["card"] for each in system.received() if each["path"] == "/pay"].count(card)


def texts(messages, role):
    return [each["content"] for each in messages if (each["role"], each["kind"]) == (role, "text")]


# ------------------------------------------------------------------------------------------------------------ API


def check_problem(response, status, code=None):
    """Fails unless a response is a complete problem; returns the problem."""
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    assert response.headers["content-type"].startswith("application/problem+json")
    problem = response.json()
    assert (problem["type"], problem["status"]) == ("about:blank", status), problem
    assert problem["title"] and problem["detail"] and problem["code"], problem
    assert code in (None, problem["code"]), problem
    return problem


class Chats:
    """The API, as one user calls it. Chats are identified by their ids."""

    def __init__(self, url, token=None):
        self.url, self.token = url, token

    def call(self, method, path, headers=None, **options):
        own = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return requests.request(
            method, f"{self.url}{path}", headers=own | (headers or {}), timeout=DEADLINE, allow_redirects=False,
            **options)

    def ask(self, method, path, **options):
        response = self.call(method, path, **options)
        assert response.ok, f"{method} {path}: {response.status_code} {response.text}"
        return response.json()

    def create(self, **body):
        return self.ask("POST", "/api/sessions", json=body)["id"]

    def sessions(self, **query):
        return self.ask("GET", "/api/sessions", params=query)

    def session(self, chat):
        return self.ask("GET", f"/api/sessions/{chat}")

    def page(self, chat, **query):
        return self.ask("GET", f"/api/sessions/{chat}/messages", params=query)

    def messages(self, chat):
        return self.page(chat, limit=100)["messages"]

    def post(self, chat, text, key=None, **options):
        """Sends a message; returns the response."""
        headers = ({"Idempotency-Key": key} if key else {}) | options.pop("headers", {})
        options = {"json": {"text": text}} | options
        return self.call("POST", f"/api/sessions/{chat}/messages", headers=headers, **options)

    def send(self, chat, text, key=None):
        """Sends a message, and doesn't wait for the outcome."""
        response = self.post(chat, text, key)
        assert response.ok, f"{response.status_code} {response.text}"
        return response.json()

    def stream(self, chat, text, key=None):
        """Sends a message; yields its run's events as they arrive."""
        return envelopes(self.post(chat, text, key, headers={"Accept": "text/event-stream"}, stream=True))

    def events(self, chat, last=None):
        """Yields a chat's events as they arrive."""
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
        return envelopes(self.call("GET", f"/api/sessions/{chat}/events", headers=headers, stream=True))

    def answer(self, chat, interrupt, status="resolved", **payload):
        return self.call(
            "POST", f"/api/sessions/{chat}/interrupts/{interrupt['id']}", json={"status": status, "payload": payload})

    def stop(self, chat):
        return self.call("POST", f"/api/sessions/{chat}/stop")

    def delete(self, chat):
        return self.call("DELETE", f"/api/sessions/{chat}")

    def socket(self, chat, **options):
        return ChatSocket(self.url, chat, self.token, **options)

    # Operations that take a while

    def settled(self, chat):
        """The chat's messages, once none of its runs is running."""
        def rest():
            page = self.page(chat, limit=100)
            return page if (page["session"]["run"] or {}).get("state") != "running" else None

        return eventually(rest, "the end of the run")["messages"]

    def asked(self, chat, text=None):
        """Sends a message that leads to a question, or waits for the agents' next question; returns the question's
        details."""
        if text:
            self.send(chat, text)
        last = self.settled(chat)[-1]
        assert last["kind"] == "question", last
        assert self.session(chat)["run"]["state"] == "waiting"
        return last["details"]

    def busy(self, chat, site):
        """Starts a run that continues until it is stopped. Returns its id and the number of the last event seen."""
        self.send(chat, endless(site))
        with contextlib.closing(self.events(chat)) as events:
            for envelope in events:
                if is_named("browser.navigated")(envelope["event"]):
                    run, number = envelope["id"].rsplit(":", 1)
                    return run, int(number)
        pytest.fail("the run has ended already")


# --------------------------------------------------------------------------------------------------------- events


def envelopes(response):
    """Yields the events of a stream with their ids, as they arrive."""
    with contextlib.closing(response):
        assert response.status_code == 200, f"{response.status_code} {response.text}"
        assert response.headers["content-type"].startswith("text/event-stream")
        envelope = {}
        for line in response.iter_lines():
            if line.startswith(b"id: "):
                envelope["id"] = line.removeprefix(b"id: ").decode()
            elif line.startswith(b"data: "):
                envelope["event"] = agui.check(line.removeprefix(b"data: ").decode())
            elif not line and envelope:
                yield envelope
                envelope = {}


def is_named(name):
    return lambda event: event["type"] == "CUSTOM" and event["name"] == name


def is_type(*types):
    return lambda event: event["type"] in types


is_end = is_type("RUN_FINISHED", "RUN_ERROR")


def of_run(heard, run):
    """The events of a run, and their numbers."""
    found = [each for each in heard if each.get("id", "").startswith(f"{run}:")]
    return [each["event"] for each in found], [int(each["id"].rsplit(":", 1)[1]) for each in found]


# ------------------------------------------------------------------------------------------------------ WebSocket


class ChatSocket:
    """The human-in-the-loop WebSocket of a chat; `heard` has everything received."""

    def __init__(self, url, chat, token=None, **options):
        protocols = ["ai4ai.v1"] + ([f"ai4ai.bearer.{token}"] if token else [])
        self.heard = []
        self.stack = contextlib.ExitStack()
        self.connection = self.stack.enter_context(
            connect(
                f"ws{url.removeprefix('http')}/ws/human-interaction/{chat}",
                **{"subprotocols": protocols, "max_size": None, "open_timeout": DEADLINE} | options))

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        self.stack.__exit__(*reason)

    def send(self, **frame):
        self.connection.send(json.dumps(frame))

    def say(self, text, key=None):
        self.send(type="user.message", client_message_id=key or f"key-{uuid.uuid4()}", text=text)

    def hello(self, last=0, **more):
        """Starts the flow of events; returns the value of `ready`."""
        self.send(type="hello", last_seq=last, **more)
        return self.until(is_named("ready"))["value"]

    def next(self):
        envelope = json.loads(self.connection.recv(timeout=DEADLINE))
        agui.check(json.dumps(envelope["event"]))
        self.heard.append(envelope)
        return envelope

    def until(self, check):
        """The next event that matches."""
        while True:
            event = self.next()["event"]
            if check(event):
                return event

    def noticed(self, code):
        """The next notice with this code."""
        return self.until(lambda event: is_named("notice")(event) and event["value"]["code"] == code)["value"]

    def rested(self, state=None):
        """Waits until the chat has the results of its run, and the run has ended or waits for the user."""
        def has_come(event):
            return (is_named("chat.changed")(event)
                    and (event["value"]["session"]["run"] or {}).get("state") == state)

        # The results of the run may arrive before its last event.
        events = [each["event"] for each in self.heard]
        starts = [index for index, event in enumerate(events) if event.get("type") == "RUN_STARTED"]
        if not starts or not any(has_come(event) for event in events[starts[-1]:]):
            self.until(has_come)

    def asked(self):
        """The question of the current run, once it can be answered."""
        [interrupt] = self.until(is_end)["outcome"]["interrupts"]
        self.rested("waiting")
        return interrupt

    def pinged(self):
        """Proves that everything sent so far has been read."""
        self.send(type="ping")
        self.until(is_named("pong"))

    def close_code(self):
        """The code that the server closes with, ignoring whatever arrives before it."""
        try:
            while True:
                self.next()
        except websockets.ConnectionClosed as closed:
            return closed.rcvd and closed.rcvd.code
