"""Responses according to the service's model: rest-json bodies and headers, and event streams."""

import base64
import datetime
import json
import struct
import zlib

from aiohttp import web
from botocore.validate import ParamValidator

from .credentials import UTC


def answer(operation, result):
    """The HTTP response of an operation. A result that the model doesn't allow is an error of the fake AWS."""
    shape = operation.model.output_shape
    status, headers, body = operation.model.http.get("responseCode", 200), {}, {}
    if shape is not None:
        report = ParamValidator().validate(result, shape)
        if report.has_errors():
            raise ValueError(f"the peer's own answer to {operation.name} is wrong: {report.generate_report()}")
    for name, value in result.items():
        member = shape.members[name]
        location, wire_name = member.serialization.get("location"), member.serialization.get("name", name)
        if location == "statusCode":
            status = value
        elif location == "header":
            headers[wire_name] = str(value)
        else:
            body[wire_name] = serialised(member, value)
    content = json.dumps(body, ensure_ascii=False).encode() if shape is not None else b""
    return web.Response(status=status, body=content, headers={"Content-Type": "application/json", **headers})


def serialised(shape, value):
    """The JSON form of a value."""
    kind = shape.type_name
    if kind == "structure" and not shape.is_document_type:
        return {shape.members[name].serialization.get("name", name): serialised(shape.members[name], item)
                for name, item in value.items()}
    if kind == "list":
        return [serialised(shape.member, item) for item in value]
    if kind == "map":
        return {key: serialised(shape.value, item) for key, item in value.items()}
    if kind == "blob":
        return base64.b64encode(value).decode()
    if kind == "timestamp":
        if shape.serialization.get("timestampFormat") == "iso8601":
            return precise_time(value)
        return round(value.timestamp() * 1000) / 1000
    return value


def precise_time(time):
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def json_safe(value):
    """Parameters, as the control interface returns them."""
    if isinstance(value, dict):
        return {key: json_safe(item) for key, item in value.items()}
    if isinstance(value, list):
        return [json_safe(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return precise_time(value)
    return value


def frame(headers, payload):
    """One message of the event stream format."""
    head = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value.encode())) + value.encode()
        for name, value in headers.items())
    prelude = struct.pack("!II", 16 + len(head) + len(payload), len(head))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + head + payload
    return message + struct.pack("!I", zlib.crc32(message))


def event_frame(stream_shape, name, payload, padding=""):
    """`padding` is what Bedrock adds, as a member that is in no model, to hide the lengths of tokens."""
    shape = stream_shape.members[name]
    report = ParamValidator().validate(payload, shape)
    if report.has_errors():
        raise ValueError(f"the peer's own event {name} is wrong: {report.generate_report()}")
    is_exception = bool(shape.metadata.get("exception"))
    kind = "exception" if is_exception else "event"
    body = serialised(shape, payload)
    if padding:
        body["p"] = padding
    headers = {f":{kind}-type": name, ":content-type": "application/json", ":message-type": kind}
    return frame(headers, json.dumps(body, ensure_ascii=False).encode())
