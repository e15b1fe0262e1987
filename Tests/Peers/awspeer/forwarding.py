"""Forwards the services other than AgentCore and Bedrock to moto, after rejecting what moto is too lenient about."""

import asyncio
import contextlib
import json
import logging
import re
import zlib

import yarl
from aiohttp import ClientSession, web

from .errors import Refusal
from .parsing import invalid

MOST_WRITES = 25
MOST_READS = 100
RETURNED = ("Content-Type", "x-amz-crc32", "ETag")
# A list parameter, in moto's notation.
# In a form, where spaces are encoded.
KEY_TAG = re.compile(rb"Key(%3A(?:\+|%20)ai4ai-vault%2C(?:\+|%20))(Value)")
LIST = re.compile(rb"(?<=<ParameterValue>)\[('[^<]*')\](?=</ParameterValue>)")
PLACEHOLDERS = {"ExpressionAttributeNames": re.compile(r"#\w+"), "ExpressionAttributeValues": re.compile(r":\w+")}


class Moto:
    def __init__(self, credentials, region):
        self._credentials, self._region = credentials, region
        self._starting = asyncio.Lock()
        # moto rolls a transaction back by restoring whole tables, including what others have written in the meantime.
        self._turn = asyncio.Lock()
        self._server = self._http = None
        self.layers = {}  # The addresses of layers, by digest.

    async def _url(self):
        async with self._starting:
            if self._server is None:
                self._server = await asyncio.to_thread(self._start)
                self._http = ClientSession(auto_decompress=False)
        host, port = self._server.get_host_and_port()
        return f"http://{host}:{port}/"

    @staticmethod
    def _start():
        # Loading moto takes seconds, so only the tests that use it wait for it.
        from moto.moto_server.threaded_moto_server import ThreadedMotoServer
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        server.start()
        return server

    async def forward(self, call):
        operation = call.operation
        if operation.name == "GetDownloadUrlForLayer":
            return self._layer(call)
        if operation.service == "dynamodb":
            check_batches(operation.name, call.params)
            check_placeholders(call.params)
        access_key = call.claim.access_key if call.claim else "AKIAPEERUNSIGNED0000"
        # moto only reads the service and the caller from it.
        scope = f"{access_key}/20260101/{self._region}/{operation.signing_name}/aws4_request"
        headers = {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
            "Content-Type": call.header("content-type") or "application/x-www-form-urlencoded",
            "Accept-Encoding": "identity",
        }
        if call.header("x-amz-target"):
            headers["X-Amz-Target"] = call.header("x-amz-target")
        body = call.body
        if operation.protocol == "rest-xml":
            # moto would read a body without a type as a form.
            headers["Content-Type"] = call.header("content-type") or "application/octet-stream"
            status, body, returned = await self._ask(operation.service, body, headers, call)
            return web.Response(status=status, body=body, headers=returned)
        if operation.service == "cloudformation":
            # moto knows only the older name of the deletion policy.
            body = body.replace(b"RetainExceptOnCreate", b"Retain")
            # moto reads the tag of a KMS key under the names of KMS's own API.
            body = KEY_TAG.sub(rb"TagKey\1Tag\2", body)
        sent, left = halves(body) if call.is_done_in_part else (body, {})
        # A received request is carried out, even if nobody waits for the response anymore.
        asking = asyncio.ensure_future(self._ask(operation.service, sent, headers))
        asking.add_done_callback(lambda asked: asked.cancelled() or asked.exception())
        status, body, returned = await asyncio.shield(asking)
        if operation.service == "sts":
            self._credentials.learn(body.decode())
        if operation.name == "GetTemplate":
            body = body.replace(b"DeletionPolicy: Retain", b"DeletionPolicy: RetainExceptOnCreate")
            body = body.replace(b"TagKey: ai4ai-vault, TagValue", b"Key: ai4ai-vault, Value")
        if operation.name == "DescribeStacks":
            body = LIST.sub(lambda found: b",".join(re.findall(rb"'([^']*)'", found[1])), body)
        if left:
            body = json.dumps(json.loads(body) | {"UnprocessedItems": left}).encode()
            returned["x-amz-crc32"] = str(zlib.crc32(body))
        return web.Response(status=status, body=body, headers=returned)

    def _layer(self, call):
        """The address of a layer, which moto doesn't know."""
        digest = call.params["layerDigest"]
        if digest not in self.layers:
            raise Refusal("LayersNotFoundException", f"There is no layer {digest}")
        answer = {"downloadUrl": self.layers[digest], "layerDigest": digest}
        return web.json_response(answer, content_type=call.operation.content_type)

    async def _ask(self, service, body, headers, call=None):
        url, method = await self._url(), "POST"
        if call is not None:
            url, method = yarl.URL(url + call.request.raw_path.removeprefix("/"), encoded=True), call.method
        turn = self._turn if service == "dynamodb" else contextlib.nullcontext()
        async with turn, self._http.request(method, url, data=body, headers=headers) as answer:
            returned = {name: answer.headers[name] for name in RETURNED if name in answer.headers}
            answered = answer.status, await answer.read(), returned
            self._forget_copies()
        return answered

    @staticmethod
    def _forget_copies():
        """moto keeps a list of every item that it creates, including the copies of whole tables that transactions
        make."""
        from moto.core.model_instances import reset_model_data
        reset_model_data()

    async def clear(self):
        self.layers.clear()
        if self._server is not None:
            async with self._http.post(await self._url() + "moto-api/reset") as answer:
                answer.raise_for_status()

    async def close(self):
        if self._server is not None:
            await self._http.close()
            await asyncio.to_thread(self._server.stop)


def halves(body):
    """A batch of writes without its second half, and that half."""
    request = json.loads(body)
    middles = {table: (len(writes) + 1) // 2 for table, writes in request["RequestItems"].items()}
    left = {table: request["RequestItems"][table][middle:] for table, middle in middles.items()}
    request["RequestItems"] = {table: request["RequestItems"][table][:middle] for table, middle in middles.items()}
    return json.dumps(request), {table: writes for table, writes in left.items() if writes}


def check_batches(name, params):
    if name == "BatchWriteItem":
        if sum(len(writes) for writes in params["RequestItems"].values()) > MOST_WRITES:
            raise invalid("Too many items requested for the BatchWriteItem call")
    if name == "BatchGetItem":
        if sum(len(keys["Keys"]) for keys in params["RequestItems"].values()) > MOST_READS:
            raise invalid("Too many items requested for the BatchGetItem call")


def check_placeholders(params):
    """Each placeholder that is defined must be used, in the same structure, if there are expressions."""
    for member, pattern in PLACEHOLDERS.items():
        if member in params:
            expressions = [value for name, value in params.items() if name.endswith("Expression")]
            if not expressions:
                raise invalid(f"{member} can only be specified when using expressions")
            used = {placeholder for text in expressions for placeholder in pattern.findall(text)}
            unused = sorted(set(params[member]) - used)
            if unused:
                raise invalid(f"Value provided in {member} unused in expressions: keys: {{{', '.join(unused)}}}")
    for member in ("TransactItems", "RequestItems"):
        for inner in _inner(params.get(member, [])):
            check_placeholders(inner)


def _inner(items):
    """The structures of a transaction's actions, or of a batch's tables."""
    if isinstance(items, dict):
        return [value for value in items.values() if isinstance(value, dict)]
    return [action for item in items for action in item.values()]
