"""The error responses of a service, in the form of its protocol."""

import json
import xml.sax.saxutils

from aiohttp import web

# STS uses the older query protocol, with other names for the errors of the signature check.
QUERY_CODES = {
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "ExpiredTokenException": "ExpiredToken",
    "IncompleteSignatureException": "IncompleteSignature",
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "ValidationException": "ValidationError",
}
# DynamoDB qualifies an error's name with the layer that raised it.
CORAL = {
    "ValidationException": "com.amazon.coral.validate#",
    "ThrottlingException": "com.amazon.coral.availability#",
    **dict.fromkeys(
        ["InvalidSignatureException", "UnrecognizedClientException", "ExpiredTokenException",
         "IncompleteSignatureException", "MissingAuthenticationTokenException", "SerializationException",
         "UnknownOperationException", "AccessDeniedException", "InternalServerError"],
        "com.amazon.coral.service#"),
}


class Refusal(Exception):
    """Without a status, the operation's model determines it; if the error isn't in the model, it's 400."""

    def __init__(self, code, message, status=None, headers=None, members=None):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status, self.headers = code, message, status, headers or {}
        self.members = members or {}  # Members that a JSON service adds to its response.

    def status_in(self, operation):
        return self.status or status_of(operation, self.code)


class Dropped(Exception):
    """The connection was closed on purpose, so there is nobody to answer."""


class SignatureRefusal(Refusal):
    """JSON services answer it with 400; only DynamoDB answers an expired token with 403."""

    def status_in(self, operation):
        is_json = operation is not None and operation.protocol == "json"
        is_expired = self.code == "ExpiredTokenException" and is_json and operation.service == "dynamodb"
        return 400 if is_json and not is_expired else 403


def status_of(operation, code):
    """The status that the model gives the error, from the operation first and then from the whole service."""
    if operation is None or operation.model is None:
        return 400
    everywhere = operation.model.service_model.error_shapes
    for shape in [*operation.model.error_shapes, *everywhere]:
        if shape.name == code or shape.error_code == code:
            return shape.metadata.get("error", {}).get("httpStatusCode", 400)
    return 400


def answer(refusal, operation, request_id):
    protocol = operation.protocol if operation else "rest-json"
    status = refusal.status_in(operation)
    if protocol == "rest-xml":
        code = QUERY_CODES.get(refusal.code, refusal.code)
        message = xml.sax.saxutils.escape(refusal.message)
        text = (f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{request_id}</RequestId></Error>")
        return web.Response(status=status, text=text, content_type="application/xml", headers=refusal.headers)
    if protocol == "query":
        code = QUERY_CODES.get(refusal.code, refusal.code)
        message = xml.sax.saxutils.escape(refusal.message)
        text = (
            '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <Error>\n    <Type>Sender</Type>\n'
            f"    <Code>{code}</Code>\n    <Message>{message}</Message>\n  </Error>\n"
            f"  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n")
        return web.Response(status=status, text=text, content_type="text/xml", headers=refusal.headers)
    if protocol == "json":
        code = refusal.code
        if operation.service == "dynamodb":
            code = CORAL.get(code, "com.amazonaws.dynamodb.v20120810#") + code
        body = json.dumps({"__type": code, "message": refusal.message, **refusal.members}).encode()
        content_type = operation.content_type
        return web.Response(status=status, body=body, headers={"Content-Type": content_type, **refusal.headers})
    return web.Response(
        status=status, body=json.dumps({"message": refusal.message}).encode(),
        headers={"Content-Type": "application/json", "x-amzn-ErrorType": refusal.code, **refusal.headers})
