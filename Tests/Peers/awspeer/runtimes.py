"""The data plane of AgentCore Runtime: forwards calls with signatures or tokens to the containers that were
registered."""

import base64
import uuid

from aiohttp import ClientError, ClientPayloadError, ClientSession, web

from .errors import Dropped, Refusal
from .parsing import invalid
from .relay import CLOSING, UNHURRIED, relay

SESSION_HEADER = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"
CUSTOM_PREFIX = "x-amzn-bedrock-agentcore-runtime-custom-"
FORWARDED = (
    "content-type", "accept", "x-amzn-bedrock-agentcore-runtime-user-id", "x-amzn-trace-id", "traceparent",
    "tracestate", "baggage", "mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name")
RETURNED = (
    "content-type", "mcp-session-id", "mcp-protocol-version", "x-amzn-trace-id", "traceparent", "tracestate", "baggage")
BEARER_PROTOCOL = "base64UrlBearerAuthorization"


class Runtimes:
    def __init__(self, agent_runtimes, region):
        self._agent_runtimes, self._region = agent_runtimes, region
        self._runtimes = {}
        self._seen = set()
        self._transports = set()  # The open WebSockets.
        self.stopped = []

    def register(self, arn, url, auth="sigv4", tokens=()):
        if auth not in ("sigv4", "jwt"):
            raise ValueError(f"auth is sigv4 or jwt: {auth}")
        self._runtimes[arn] = {"arn": arn, "url": url.rstrip("/"), "auth": auth, "tokens": list(tokens)}
        self._agent_runtimes.add(arn)

    # Authorization

    def takes_tokens(self, operation):
        """Whether the operation is on a runtime that accepts tokens instead of signatures."""
        runtime = self._runtimes.get(operation.labels.get("agentRuntimeArn"))
        return runtime is not None and runtime["auth"] == "jwt"

    def check_token(self, call):
        arn = call.operation.labels["agentRuntimeArn"]
        if self._token(call) not in self._runtimes[arn]["tokens"]:
            escaped = arn.replace(":", "%3A").replace("/", "%2F")
            metadata = (
                f"https://bedrock-agentcore.{self._region}.amazonaws.com/runtimes/{escaped}/invocations/"
                ".well-known/oauth-protected-resource")
            raise Refusal("UnauthorizedException", "The token is missing, wrong or expired.", status=401, headers={
                "WWW-Authenticate": f'Bearer resource_metadata="{metadata}"'})

    @staticmethod
    def _token(call):
        scheme, _, token = (call.header("authorization") or "").partition(" ")
        if scheme.lower() == "bearer":
            return token
        for protocol in _subprotocols(call):
            encoded = protocol.removeprefix(BEARER_PROTOCOL + ".")
            if encoded != protocol and call.operation.is_socket:
                padded = encoded + "=" * (-len(encoded) % 4)
                try:
                    return base64.urlsafe_b64decode(padded).decode()
                except ValueError:
                    return None
        return None

    # Operations

    def _find(self, call):
        arn = call.params["agentRuntimeArn"]
        if arn not in self._runtimes:
            raise Refusal("ResourceNotFoundException", f"No endpoint or agent found with qualifier 'DEFAULT' for agent "
                          f"'{arn}'", status=404)
        return self._runtimes[arn]

    async def invoke(self, call):
        runtime = self._find(call)
        session = call.params.get("runtimeSessionId") or str(uuid.uuid4())
        self._seen.add((runtime["arn"], session))
        headers = _forwarded(call, session)
        async with ClientSession(timeout=UNHURRIED, auto_decompress=False) as http:
            try:
                answer = await http.post(
                    runtime["url"] + "/invocations", data=call.body, headers=headers,
                    skip_auto_headers=("Content-Type", "Accept", "Accept-Encoding"))
            except ClientError as error:
                raise Refusal("RuntimeClientError", f"The container did not answer: {error}")
            async with answer:
                return await self._pass_on(call, answer, session)

    @staticmethod
    async def _pass_on(call, answer, session):
        if answer.status >= 400:
            raise Refusal("RuntimeClientError", f"Received error ({answer.status}) from runtime. Please check your "
                          "CloudWatch logs for more information.")
        headers = {name: answer.headers[name] for name in RETURNED if name in answer.headers}
        response = web.StreamResponse(status=answer.status, headers={**headers, SESSION_HEADER: session})
        await response.prepare(call.request)
        try:
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
        except ClientPayloadError:
            # The container's stream was cut off, so the response is cut off too.
            call.request.transport.close()
            raise Dropped
        await response.write_eof()
        return response

    async def stop_session(self, call):
        runtime, session = self._find(call), call.params["runtimeSessionId"]
        if (runtime["arn"], session) not in self._seen:
            raise Refusal("ResourceNotFoundException", f"Session {session} not found")
        self._seen.discard((runtime["arn"], session))
        self.stopped.append({
            "arn": runtime["arn"], "sessionId": session, "qualifier": call.params.get("qualifier"),
            "clientToken": call.params.get("clientToken")})
        return {"runtimeSessionId": session, "statusCode": 200}

    async def connect(self, call):
        runtime = self._find(call)
        given = call.header(SESSION_HEADER.lower()) or _query(call).get(SESSION_HEADER.lower())
        session = given or str(uuid.uuid4())
        if not 33 <= len(session) <= 256:
            raise invalid("runtimeSessionId must have from 33 to 256 characters")
        is_offered = BEARER_PROTOCOL in _subprotocols(call)
        client = web.WebSocketResponse(
            max_msg_size=0, compress=False, timeout=CLOSING, protocols=[BEARER_PROTOCOL] if is_offered else [])
        if not client.can_prepare(call.request):
            raise invalid("This is no WebSocket handshake")
        self._seen.add((runtime["arn"], session))
        url = runtime["url"].replace("http", "ws", 1) + "/ws"
        try:
            async with ClientSession(timeout=UNHURRIED) as http, http.ws_connect(
                    url, headers=_forwarded(call, session), max_msg_size=0) as container:
                client.headers[SESSION_HEADER] = session
                await client.prepare(call.request)
                transport = call.request.transport
                self._transports.add(transport)
                try:
                    await relay(client, container)
                finally:
                    self._transports.discard(transport)
        except ClientError as error:
            raise Refusal("RuntimeClientError", f"The container refused the socket: {error}", status=424)
        return client

    def drop_sockets(self):
        for transport in self._transports:
            transport.abort()


def _subprotocols(call):
    return [item.strip() for value in call.header_values("sec-websocket-protocol") for item in value.split(",")]


def _query(call):
    return {name.lower(): value for name, value in call.query}


def _forwarded(call, session):
    """The request as the container gets it. For a WebSocket, the custom headers may be in the query."""
    headers = {SESSION_HEADER: session}
    sources = [call.headers]
    if call.operation.is_socket:
        sources.insert(0, _query(call).items())
    for source in sources:
        headers.update({
            name: value for name, value in source if name in FORWARDED or name.startswith(CUSTOM_PREFIX)})
    return headers
