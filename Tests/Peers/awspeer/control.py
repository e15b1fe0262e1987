"""The control interface: a test scripts the fake AWS and reads what it received."""

import json

from aiohttp import web

PREFIX = "/_peer/"


class Control:
    def __init__(self, peer):
        self._peer = peer
        self._routes = {
            ("POST", "script"): lambda body: peer.converse.add_turns(body["turns"]),
            ("DELETE", "script"): lambda _: peer.converse.clear(),
            ("POST", "script/release"): lambda _: peer.converse.release(),
            ("POST", "faults"): peer.faults.add,
            ("DELETE", "faults"): lambda _: peer.faults.clear(),
            ("POST", "faults/release"): lambda _: peer.faults.release(),
            ("POST", "clock"): self._set_clock,
            ("POST", "sockets/drop"): lambda _: peer.browsers.drop_sockets(),
            ("GET", "sockets"): lambda _: peer.browsers.described_sockets(),
            ("POST", "browsers/kill"): lambda body: peer.browsers.kill(body.get("sessionId")),
            ("POST", "browsers"): lambda body: peer.resources.add_browser(**body),
            ("GET", "browsers"): lambda _: peer.browsers.described(),
            ("POST", "memories"): lambda body: peer.resources.add_memory(**body),
            ("POST", "runtimes"): lambda body: peer.runtimes.register(**body),
            ("POST", "runtimes/drop"): lambda _: peer.runtimes.drop_sockets(),
            ("POST", "runtimes/failing"): lambda body: peer.agent_runtimes.fail_next(**body),
            ("POST", "account/empty"): self._empty_account,
            ("POST", "layers"): peer.moto.layers.update,
            ("GET", "stopped"): lambda _: peer.runtimes.stopped,
            ("POST", "records"): lambda body: peer.memory.add_records(**body),
            ("POST", "credentials"): lambda body: peer.credentials.add_described(**body),
            ("POST", "metadata"): peer.metadata.configure,
            ("GET", "metadata"): lambda _: peer.metadata.counts,
            ("GET", "requests"): lambda _: peer.requests,
            ("DELETE", "requests"): lambda _: peer.requests.clear(),
            ("GET", "stamps"): lambda _: peer.converse.stamps,
        }

    async def _empty_account(self, _):
        self._peer.agent_runtimes.clear()
        self._peer.resources.clear()
        self._peer.faults.clear()
        await self._peer.moto.clear()
        self._peer.requests.clear()

    def _set_clock(self, body):
        self._peer.clock.offset = float(body["offset"])

    async def answer(self, request):
        route = self._routes.get((request.method, request.path.removeprefix(PREFIX)))
        if route is None:
            return web.json_response({"message": "no such control"}, status=404)
        body = await request.read()
        try:
            result = route(json.loads(body) if body else {})
            if hasattr(result, "__await__"):
                result = await result
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return web.json_response({"message": f"{type(error).__name__}: {error}"}, status=400)
        return web.json_response({} if result is None else result)
