"""Parses a request's parameters and validates them with the service's model. Rejects what isn't in the model."""

import base64
import binascii
import datetime
import email.utils
import json
import re
import urllib.parse

from botocore.validate import ParamValidator

from . import spans
from .credentials import UTC, parse_time
from .errors import Refusal

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)


def parse(call):
    """The parameters by their names in the model, validated."""
    operation = call.operation
    if operation.protocol == "otlp":
        return spans.parse(call)
    if operation.is_socket:
        return {**operation.labels, **_socket_query(call)}
    shape = operation.model.input_shape
    if operation.protocol == "query":
        return _form(call, shape)
    if operation.protocol == "rest-xml":
        # A part of the address of the operation, not a parameter.
        call.query = [(name, value) for name, value in call.query if name != "list-type"]
        params = _located(call, shape)
        check(params, shape)
        return params
    params = {} if shape is None else _located(call, shape)
    if shape is None or not _has_body(shape):
        if call.body not in (b"", b"{}"):
            raise invalid(f"{operation.name} takes no body")
    elif shape.serialization.get("payload"):
        params.update(_payload(call, shape))
    else:
        params.update(_value(shape, _json_body(call), "", only_body=True))
    if shape is not None:
        check(params, shape)
    return params


def invalid(message):
    return Refusal("ValidationException", message, status=400)


def check(params, shape):
    report = ParamValidator().validate(params, shape)
    problems = [report.generate_report()] if report.has_errors() else list(_problems(shape, params, ""))
    if problems:
        raise invalid("\n".join(problems))


# Where members are

def _body_members(shape):
    return {name: member for name, member in shape.members.items() if "location" not in member.serialization}


def _has_body(shape):
    return bool(_body_members(shape))


def _socket_query(call):
    return {name: value for name, value in call.query if not name.lower().startswith("x-amz-")}


def _located(call, shape):
    params, known = {}, set()
    for name, member in shape.members.items():
        location, wire_name = member.serialization.get("location"), member.serialization.get("name", name)
        values = []
        if location == "uri":
            values = [call.operation.labels[wire_name]]
        elif location == "querystring":
            known.add(wire_name)
            values = [value for key, value in call.query if key == wire_name]
        elif location == "header":
            values = call.header_values(wire_name.lower())
        if not values:
            continue
        if member.type_name == "list":
            params[name] = [_text_value(member.member, value, location, name) for value in values]
        elif len(values) > 1:
            raise invalid(f"{name} was given {len(values)} times")
        else:
            params[name] = _text_value(member, values[0], location, name)
    unknown = sorted(key for key, _ in call.query if key not in known and not key.startswith("X-Amz-"))
    if unknown:
        raise invalid(f"Unknown query parameters: {', '.join(unknown)}")
    return params


def _payload(call, shape):
    name = shape.serialization["payload"]
    member = shape.members[name]
    if member.type_name == "blob":
        return {name: call.body}
    return {name: _value(member, _json_body(call), name)} if call.body else {}


def _form(call, shape):
    """moto answers these services, so only the names of parameters are validated here."""
    pairs = urllib.parse.parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)
    params = {name: value for name, value in pairs if name not in ("Action", "Version")}
    known = shape.members if shape else {}
    unknown = sorted(name for name in params if name.partition(".")[0] not in known)
    missing = [name for name in (shape.required_members if shape else ()) if name not in params]
    if unknown or missing:
        raise invalid(f"Unknown parameters: {', '.join(unknown)}; missing parameters: {', '.join(missing)}")
    return params


# Values

def _json_body(call):
    if not call.body and call.operation.protocol == "rest-json":
        return {}
    content_type = (call.header("content-type") or "").partition(";")[0].strip().lower()
    if content_type != call.operation.content_type:
        if call.operation.protocol == "json":
            raise Refusal("UnknownOperationException", f"Content-Type is {content_type!r}", status=400)
        raise Refusal("UnsupportedMediaTypeException", f"Content-Type is {content_type!r}", status=415)
    try:
        body = json.loads(call.body, object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refusal("SerializationException", f"The body is not JSON: {error}", status=400)
    if not isinstance(body, dict):
        raise Refusal("SerializationException", "The body is no JSON object", status=400)
    return body


def _without_duplicates(pairs):
    if len(dict(pairs)) < len(pairs):
        raise ValueError(f"a key is there twice: {[key for key, _ in pairs]}")
    return dict(pairs)


def _no_constant(name):
    raise ValueError(f"{name} is no JSON")


def _text_value(shape, text, location, name):
    """The value of a label, a query parameter, or a header."""
    try:
        if shape.type_name in ("integer", "long"):
            return int(text)
        if shape.type_name in ("float", "double"):
            return float(text)
        if shape.type_name == "boolean":
            return {"true": True, "false": False}[text]
        if shape.type_name == "timestamp":
            default = "rfc822" if location == "header" else "iso8601"
            return _time(shape.serialization.get("timestampFormat", default), text)
    except (ValueError, KeyError, TypeError):
        raise invalid(f"{name} is no {shape.type_name}: {text!r}")
    return text


def _time(form, value):
    if form == "iso8601":
        return parse_time(value)
    if form == "rfc822":
        return email.utils.parsedate_to_datetime(value)
    # Rounded to microseconds, because binary fractions of large numbers aren't exact.
    return EPOCH + datetime.timedelta(microseconds=round(float(value) * 1_000_000))


def _value(shape, value, path, only_body=False):
    """A JSON value, as a caller would pass it to botocore; a wrong type is left for the validator to report."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict) and not shape.is_document_type:
        members = _body_members(shape) if only_body else shape.members
        names = {member.serialization.get("name", name): name for name, member in members.items()}
        unknown = sorted(key for key in value if key not in names)
        if unknown:
            raise invalid(f"Unknown members in {path or 'the body'}: {', '.join(unknown)}")
        return {names[key]: _value(members[names[key]], item, f"{path}.{key}")
                for key, item in value.items() if item is not None}
    if kind == "list" and isinstance(value, list):
        return [_value(shape.member, item, f"{path}[{index}]") for index, item in enumerate(value)]
    if kind == "map" and isinstance(value, dict):
        return {key: _value(shape.value, item, f"{path}.{key}") for key, item in value.items()}
    if kind == "blob":
        try:
            return base64.b64decode(value.encode(), validate=True)
        except (AttributeError, binascii.Error):
            raise Refusal("SerializationException", f"{path} is not base64", status=400)
    if kind == "timestamp":
        form = shape.serialization.get("timestampFormat", "unixTimestamp")
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        try:
            if is_number != (form == "unixTimestamp"):
                raise ValueError("of another type")
            return _time(form, value)
        except (ValueError, OverflowError, AttributeError) as error:
            raise Refusal("SerializationException", f"{path} is no {form}: {value!r} ({error})", status=400)
    return value


# What botocore's validator leaves to the service

def _problems(shape, value, path):
    kind = shape.type_name
    if kind == "structure":
        # DynamoDB's model doesn't say that this is a union.
        if shape.name == "AttributeValue" and len(value) != 1:
            yield f"{path}: Supplied AttributeValue must contain exactly one of the supported datatypes"
        if not shape.is_document_type:
            for name, item in value.items():
                yield from _problems(shape.members[name], item, f"{path}.{name}")
        return
    if kind == "list":
        for index, item in enumerate(value):
            yield from _problems(shape.member, item, f"{path}[{index}]")
    elif kind == "map":
        for key, item in value.items():
            yield from _problems(shape.key, key, f"{path} (key)")
            yield from _problems(shape.value, item, f"{path}.{key}")
    elif kind == "string":
        if shape.enum and value not in shape.enum:
            yield f"{path} must be one of {shape.enum}: {value!r}"
        if not _matches(shape.metadata.get("pattern"), value):
            yield f"{path} must match {shape.metadata['pattern']}: {value!r}"
    elif kind in ("integer", "long", "float", "double") and isinstance(value, bool):
        yield f"{path} must be a number: {value!r}"
    yield from _range_problems(shape, value, path)


def _matches(pattern, value):
    if pattern is None:
        return True
    try:
        # The models leave out the anchors.
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return True  # Written for Java, such as \p{L}.


def _range_problems(shape, value, path):
    size = len(value) if isinstance(value, (str, bytes, list, dict)) else value
    lowest, highest = shape.metadata.get("min"), shape.metadata.get("max")
    if (lowest is not None and size < lowest) or (highest is not None and size > highest):
        yield f"{path} must be from {lowest} to {highest}: {size}"
