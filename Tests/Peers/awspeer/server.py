"""The server: identifies, checks, parses, and answers each request, and records it."""

import asyncio
import email.utils
import itertools
import uuid
import weakref

from aiohttp import web

from . import spans
from .agent_runtimes import AgentRuntimes
from .answers import answer as written
from .answers import json_safe
from .browsers import Browsers
from .control import PREFIX, Control
from .converse import Converse
from .credentials import Clock, CredentialStore
from .errors import Dropped, Refusal
from .errors import answer as refused
from .faults import Faults
from .forwarding import Moto
from .memory import Memory
from .metadata import Metadata
from .operations import Call, Operations
from .parsing import parse
from .resources import Resources
from .runtimes import Runtimes
from .signatures import check as check_signature

LEFT = "the client went away"
# A caller that requests credentials from STS with another party's token has none to sign with.
UNSIGNED = {("sts", "AssumeRoleWithWebIdentity"), ("sts", "AssumeRoleWithSAML")}


class Server:
    def __init__(self, region):
        self._region = region
        self._operations = Operations()
        self._numbers = itertools.count(1)
        self._connections = weakref.WeakKeyDictionary()  # From transports to their numbers.
        self.requests = []
        self.clock = Clock()
        self.credentials = CredentialStore()
        self.faults = Faults()
        self.converse = Converse()
        self.resources = Resources(self.clock, region)
        self.browsers = Browsers(self.clock, self.resources)
        self.memory = Memory(self.clock)
        self.agent_runtimes = AgentRuntimes(self.clock, region)
        self.runtimes = Runtimes(self.agent_runtimes, region)
        self.moto = Moto(self.credentials, region)
        self.metadata = Metadata(self.clock)
        self._control = Control(self)
        self._handlers = {
            "Converse": self.converse.converse, "ConverseStream": self.converse.converse_stream,
            "StartBrowserSession": self.browsers.start, "GetBrowserSession": self.browsers.get,
            "ListBrowserSessions": self.browsers.list, "StopBrowserSession": self.browsers.stop,
            "UpdateBrowserStream": self.browsers.update_stream,
            "ConnectBrowserAutomationStream": self.browsers.connect,
            "ConnectBrowserLiveViewStream": self.browsers.live_view,
            "CreateEvent": self.memory.create_event, "ListEvents": self.memory.list_events,
            "DeleteEvent": self.memory.delete_event,
            "RetrieveMemoryRecords": self.memory.retrieve_memory_records,
            "ListMemoryRecords": self.memory.list_memory_records,
            "DeleteMemoryRecord": self.memory.delete_memory_record,
            "InvokeAgentRuntime": self.runtimes.invoke, "StopRuntimeSession": self.runtimes.stop_session,
            "InvokeAgentRuntimeWithWebSocketStream": self.runtimes.connect,
            "GetMemory": self.resources.get_memory, "CreateMemory": self.resources.create_memory,
            "ListMemories": self.resources.list_memories, "DeleteMemory": self.resources.delete_memory,
            "CreateBrowser": self.resources.create_browser, "ListBrowsers": self.resources.list_browsers,
            "DeleteBrowser": self.resources.delete_browser,
            "CreateAgentRuntime": self.agent_runtimes.create, "UpdateAgentRuntime": self.agent_runtimes.update,
            "GetAgentRuntime": self.agent_runtimes.get, "ListAgentRuntimes": self.agent_runtimes.list,
            "DeleteAgentRuntime": self.agent_runtimes.delete,
            "CreateAgentRuntimeEndpoint": self.agent_runtimes.create_endpoint,
            "UpdateAgentRuntimeEndpoint": self.agent_runtimes.update_endpoint,
            "GetAgentRuntimeEndpoint": self.agent_runtimes.get_endpoint,
            "DeleteAgentRuntimeEndpoint": self.agent_runtimes.delete_endpoint,
            "PutSpans": spans.put,
        }

    async def start(self):
        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{anything:.*}", self._handle)
        app.on_response_prepare.append(self._add_headers)
        # Bodies are signed as they were sent. A client that disconnects cancels the handler.
        self._runner = web.AppRunner(
            app, auto_decompress=False, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.browsers.endpoint = "%s:%d" % self._runner.addresses[0]
        return self._runner.addresses[0][1]

    async def close(self):
        await self.browsers.close()
        await self._runner.cleanup()
        await self.moto.close()

    async def _add_headers(self, request, response):
        response.headers["Date"] = email.utils.format_datetime(self.clock.now(), usegmt=True)
        response.headers["x-amzn-RequestId"] = request.get("id") or str(uuid.uuid4())
        if "entry" in request:
            request["entry"]["status"] = response.status

    async def _handle(self, request):
        path = request.raw_path.partition("?")[0]
        if path.startswith(PREFIX):
            return await self._control.answer(request)
        if self.metadata.owns(path):
            return self.metadata.answer(request)
        request["id"] = str(uuid.uuid4())
        connection = self._connection(request)
        call = Call(request, await request.read(), request["id"])
        request["entry"] = entry = {
            "operation": None, "service": None, "params": {}, "signer": None, "connection": connection, "status": None, "error": None,
            "headers": {name: ",".join(call.header_values(name)) for name, _ in call.headers}}
        self.requests.append(entry)
        try:
            return await self._answer(call, entry)
        except Refusal as refusal:
            entry["error"] = f"{refusal.code}: {refusal.message}"
            return refused(refusal, call.operation, call.request_id)
        except Dropped:
            entry["error"] = "dropped"
            return web.Response()
        except ConnectionError:
            entry["error"] = LEFT
            return web.Response()
        except asyncio.CancelledError:
            entry["error"] = LEFT
            raise
        except BaseException as error:
            entry["error"] = f"{type(error).__name__}: {error}"
            raise

    def _connection(self, request):
        if request.transport not in self._connections:
            self._connections[request.transport] = next(self._numbers)
        return self._connections[request.transport]

    async def _answer(self, call, entry):
        call.operation = operation = self._operations.recognise(call)
        entry.update(service=operation.service, operation=operation.name)
        if self.runtimes.takes_tokens(operation):
            self.runtimes.check_token(call)
        elif call.header("authorization") or (operation.service, operation.name) not in UNSIGNED:
            call.claim = check_signature(call, self.credentials, self.clock, self._region)
            entry["signer"] = call.claim.access_key
        call.params = parse(call)
        entry["params"] = json_safe(call.params)
        await self.faults.strike(call)
        answer = await self._perform(call, operation)
        await self.faults.strike(call, is_done=True)
        return answer

    async def _perform(self, call, operation):
        if operation.protocol not in ("rest-json", "otlp"):
            return await self.moto.forward(call)
        handler = self._handlers.get(operation.name)
        if handler is None:
            raise Refusal("UnknownOperationException", f"The peer does not play {operation.name}.", status=404)
        result = await handler(call)
        return written(operation, result) if isinstance(result, dict) else result
