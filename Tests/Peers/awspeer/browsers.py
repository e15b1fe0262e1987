"""AgentCore's browser tool: sessions that are Chromium processes, and their automation WebSockets."""

import asyncio
import contextlib
import dataclasses
import datetime
import itertools
import secrets
import string
import uuid

from aiohttp import ClientError, ClientSession, WSCloseCode, web

from .chromium import Chromium
from .errors import Refusal, SignatureRefusal
from .paging import page
from .relay import CLOSING, UNHURRIED, relay
from .signatures import is_presigned

ALPHABET = string.ascii_uppercase + string.digits
USUAL_VIEW = {"width": 1456, "height": 819}
USUAL_TIMEOUT = 3600


@dataclasses.dataclass
class Session:
    number: int
    identifier: str
    browser: str
    name: str | None
    view: dict
    timeout: int
    created: datetime.datetime
    updated: datetime.datetime
    chromium: Chromium
    status: str = "READY"
    automation: str = "ENABLED"
    sockets: list = dataclasses.field(default_factory=list)
    watch: asyncio.Task | None = None


class Browsers:
    def __init__(self, clock, resources):
        self._clock, self._resources = clock, resources
        self._numbers = itertools.count(1)
        self._sessions = {}
        self._starts = {}  # By client token: the request, and the task that starts the session.
        self.sockets = []  # Every handshake that was accepted.
        self.endpoint = None  # Known once the server listens.

    # Operations

    async def start(self, call):
        asked = dict(call.params)
        token = asked.pop("clientToken", None) or uuid.uuid4()
        self._resources.check_browser(asked["browserIdentifier"])
        if token in self._starts:
            before, task = self._starts[token]
            if before != asked:
                raise Refusal("ConflictException", "The clientToken was used before, with other parameters.")
        else:
            task = asyncio.create_task(self._start(asked))
            self._starts[token] = (asked, task)
        # A disconnected caller doesn't cancel what the service has started.
        session = await asyncio.shield(task)
        return {
            "browserIdentifier": session.browser, "sessionId": session.identifier, "createdAt": session.created,
            "streams": self._streams(session)}

    async def _start(self, asked):
        view = asked.get("viewPort", USUAL_VIEW)
        chromium = await Chromium.start(**view)
        now = self._clock.now()
        session = Session(
            next(self._numbers), "".join(secrets.choice(ALPHABET) for _ in range(26)), asked["browserIdentifier"],
            asked.get("name"), view, asked.get("sessionTimeoutSeconds", USUAL_TIMEOUT), now, now, chromium)
        self._sessions[session.identifier] = session
        session.watch = asyncio.create_task(self._watch(session))
        return session

    async def _watch(self, session):
        """Ends the session when its time is up, or its Chromium has exited."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(session.chromium.process.wait(), session.timeout)
        await self._terminate(session)

    async def _terminate(self, session):
        if session.status == "TERMINATED":
            return
        session.status, session.updated = "TERMINATED", self._clock.now()
        await self._close_sockets(session)
        await session.chromium.kill()

    async def _close_sockets(self, session):
        for socket in list(session.sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def get(self, call):
        session = self._find(call.params)
        name = {} if session.name is None else {"name": session.name}
        return {
            "browserIdentifier": session.browser, "sessionId": session.identifier, **name,
            "createdAt": session.created, "lastUpdatedAt": session.updated, "viewPort": session.view,
            "sessionTimeoutSeconds": session.timeout, "status": session.status, "streams": self._streams(session)}

    async def list(self, call):
        sessions = [
            session for session in self._sessions.values()
            if session.browser == call.params["browserIdentifier"]
            and call.params.get("status", session.status) == session.status]
        found, token = page(sessions, lambda session: [session.number], call.params, 10, newest_first=True)
        return {"items": [{
            "browserIdentifier": session.browser, "sessionId": session.identifier, "status": session.status,
            "createdAt": session.created, "lastUpdatedAt": session.updated,
            **({} if session.name is None else {"name": session.name})} for session in found], **token}

    async def stop(self, call):
        session = self._find(call.params)
        if session.status == "TERMINATED":
            raise Refusal("ConflictException", "The session has ended already", status=409)
        await asyncio.shield(self._terminate(session))
        return {
            "browserIdentifier": session.browser, "sessionId": session.identifier, "lastUpdatedAt": session.updated}

    async def update_stream(self, call):
        session = self._find(call.params)
        automation = call.params["streamUpdate"]["automationStreamUpdate"]["streamStatus"]
        if automation == "DISABLED" and session.automation == "ENABLED":
            await self._close_sockets(session)
        session.automation = automation
        return {
            "browserIdentifier": session.browser, "sessionId": session.identifier,
            "streams": self._streams(session), "updatedAt": self._clock.now()}

    def _find(self, params):
        session = self._sessions.get(params["sessionId"])
        if session is None or session.browser != params["browserIdentifier"]:
            raise Refusal("ResourceNotFoundException", f"Browser session {params['sessionId']} not found")
        return session

    def _streams(self, session):
        path = f"{self.endpoint}/browser-streams/{session.browser}/sessions/{session.identifier}"
        return {
            "automationStream": {"streamEndpoint": f"ws://{path}/automation", "streamStatus": session.automation},
            "liveViewStream": {"streamEndpoint": f"http://{path}/live-view"}}

    # Streams

    def _live(self, params):
        session = self._sessions.get(params["sessionId"])
        is_live = session is not None and session.status == "READY"
        if not is_live or session.browser != params["browserIdentifier"]:
            raise Refusal("ResourceNotFoundException", "Required resources not found for session", status=404)
        return session

    async def connect(self, call):
        session = self._live(call.params)
        if session.automation == "DISABLED":
            raise Refusal("AccessDeniedException", "Automation stream is disabled for this session", status=403)
        client = web.WebSocketResponse(max_msg_size=0, compress=False, timeout=CLOSING)
        if not client.can_prepare(call.request):
            raise Refusal("ValidationException", "This is no WebSocket handshake", status=400)
        try:
            async with ClientSession(timeout=UNHURRIED) as http, http.ws_connect(
                    session.chromium.url, max_msg_size=0) as devtools:
                await client.prepare(call.request)
                entry = {
                    "sessionId": session.identifier, "date": call.claim.timestamp, "signature": call.claim.signature,
                    "open": True, "transport": call.request.transport}
                self.sockets.append(entry)
                session.sockets.append(client)
                try:
                    await relay(client, devtools)
                finally:
                    entry["open"] = False
                    session.sockets.remove(client)
        except ClientError:
            raise Refusal("ResourceNotFoundException", "Required resources not found for session", status=404)
        return client

    async def live_view(self, call):
        if not is_presigned(call):
            raise SignatureRefusal("AccessDeniedException", "A live view is opened with a presigned URL")
        session = self._live(call.params)
        return web.Response(text=f"The live view of {session.identifier}.\n")

    # Control

    def drop_sockets(self):
        for entry in self.sockets:
            if entry["open"]:
                entry["transport"].abort()

    async def kill(self, session_id=None):
        for session in list(self._sessions.values()):
            if session.status == "READY" and session_id in (None, session.identifier):
                session.status, session.updated = "TERMINATED", self._clock.now()
                await session.chromium.kill()

    def described(self):
        return [{
            "sessionId": session.identifier, "browserIdentifier": session.browser, "status": session.status,
            "pid": session.chromium.process.pid, "sessionTimeoutSeconds": session.timeout, "viewPort": session.view,
            "name": session.name}
            for session in self._sessions.values()]

    def described_sockets(self):
        handshakes = [{key: entry[key] for key in ("sessionId", "date", "signature", "open")} for entry in self.sockets]
        return {
            "opened": len(handshakes), "open": sum(entry["open"] for entry in handshakes), "handshakes": handshakes}

    async def close(self):
        starts = [task for _, task in self._starts.values()]
        for task in starts:
            task.cancel()
        await asyncio.gather(*starts, return_exceptions=True)
        for session in self._sessions.values():
            session.watch.cancel()
            await self._terminate(session)
