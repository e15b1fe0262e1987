"""Finds the operation and the service of a request with botocore's models."""

import dataclasses
import functools
import re
import urllib.parse

import botocore.session

from . import spans
from .errors import Refusal

REST_SERVICES = ("bedrock-runtime", "bedrock-agentcore", "bedrock-agentcore-control")
TARGETS = {
    "DynamoDB_20120810": "dynamodb", "secretsmanager": "secretsmanager", "TrentService": "kms", "Logs_20140328": "logs",
    "AmazonEC2ContainerRegistry_V20150921": "ecr", "AWSCognitoIdentityProviderService": "cognito-idp", "CertificateManager": "acm",
}
FORMS = ("sts", "cloudformation", "ec2", "elbv2")
# S3's operations on a bucket and on an object in it, by method. The bucket is a part of the path.
BUCKETS = {"PUT": "CreateBucket", "DELETE": "DeleteBucket", "GET": "ListObjectsV2"}
OBJECTS = {"PUT": "PutObject", "DELETE": "DeleteObject", "GET": "GetObject"}
# WebSockets aren't in any model.
SOCKETS = (
    ("/browser-streams/{browserIdentifier}/sessions/{sessionId}/automation", "ConnectBrowserAutomationStream"),
    ("/browser-streams/{browserIdentifier}/sessions/{sessionId}/live-view", "ConnectBrowserLiveViewStream"),
    ("/runtimes/{agentRuntimeArn}/ws", "InvokeAgentRuntimeWithWebSocketStream"),
)


@dataclasses.dataclass
class Operation:
    service: str
    name: str
    protocol: str
    signing_name: str
    model: object = None  # WebSockets and traces have none.
    content_type: str = "application/json"
    labels: dict = dataclasses.field(default_factory=dict)

    @property
    def is_socket(self):
        return self.model is None and self.protocol != "otlp"


def unquoted(text):
    try:
        return urllib.parse.unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise Refusal("SerializationException", f"Not UTF-8: {text}", status=400)


class Call:
    """One request as it was received, and what is known about it."""

    def __init__(self, request, body, request_id):
        self.request, self.body, self.request_id = request, body, request_id
        self.method = request.method
        self.path, _, query = request.raw_path.partition("?")
        pairs = [pair.partition("=") for pair in query.split("&") if pair]
        self.query = [(urllib.parse.unquote(name), urllib.parse.unquote(value)) for name, _, value in pairs]
        self.headers = [(name.decode("latin-1").lower(), value.decode("utf-8", "surrogateescape"))
                        for name, value in request.raw_headers]
        self.operation = None
        self.params = {}
        self.claim = None
        self.is_done_in_part = False

    def header_values(self, name):
        return [value for key, value in self.headers if key == name]

    def header(self, name):
        return next(iter(self.header_values(name)), None)


@functools.cache
def models():
    """The models of all services, by name."""
    session = botocore.session.get_session()
    return {name: session.get_service_model(name) for name in (*REST_SERVICES, *TARGETS.values(), *FORMS, "s3")}


class Operations:
    def __init__(self):
        self._models = models()
        self._routes = []
        for service in REST_SERVICES:
            model = self._models[service]
            for name in model.operation_names:
                operation = model.operation_model(name)
                self._routes.append((
                    operation.http["method"], self._pattern(operation.http["requestUri"]),
                    Operation(service, name, "rest-json", model.signing_name, operation)))
        for path, name in SOCKETS:
            operation = Operation("bedrock-agentcore", name, "rest-json", "bedrock-agentcore")
            self._routes.append(("GET", self._pattern(path), operation))
        self._routes.append(("POST", self._pattern(spans.PATH), Operation("xray", "PutSpans", "otlp", "xray")))

    @staticmethod
    def _pattern(path):
        parts = re.split(r"\{(\w+)\}", path.partition("?")[0])
        # Literals and labels alternate, and a literal is first.
        return re.compile("".join(
            f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts)))

    def recognise(self, call):
        target = call.header("x-amz-target")
        if target is not None:
            return self._by_target(call, target)
        if call.method == "POST" and call.path == "/":
            return self._by_form(call)
        if "/s3/aws4_request" in (call.header("authorization") or ""):
            return self._by_bucket(call)
        for method, pattern, operation in self._routes:
            match = pattern.fullmatch(call.path)
            if match and method == call.method:
                labels = {name: unquoted(value) for name, value in match.groupdict().items()}
                return dataclasses.replace(operation, labels=labels)
        raise Refusal("UnknownOperationException", f"No operation is {call.method} {call.path}", status=404)

    def _by_target(self, call, target):
        prefix, _, name = target.partition(".")
        model = self._models.get(TARGETS.get(prefix))
        is_known = model is not None and name in model.operation_names
        if not is_known or (call.method, call.path) != ("POST", "/"):
            message = f"No operation is {call.method} {call.path} {target}"
            raise Refusal("UnknownOperationException", message, status=400)
        content_type = f"application/x-amz-json-{model.metadata['jsonVersion']}"
        return Operation(
            model.service_name, name, "json", model.signing_name, model.operation_model(name), content_type)

    def _by_bucket(self, call):
        bucket, _, key = call.path[1:].partition("/")
        name = (OBJECTS if key else BUCKETS).get(call.method)
        if not bucket or name is None or (name == "ListObjectsV2" and ("list-type", "2") not in call.query):
            raise Refusal("MethodNotAllowed", f"No operation is {call.method} {call.path}", status=405)
        model = self._models["s3"]
        labels = {"Bucket": unquoted(bucket)} | ({"Key": unquoted(key)} if key else {})
        return Operation("s3", name, "rest-xml", "s3", model.operation_model(name), labels=labels)

    def _by_form(self, call):
        form = dict(urllib.parse.parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
        name = form.get("Action")
        model = next((self._models[each] for each in FORMS if self._models[each].api_version == form.get("Version")), None)
        if model is None or name not in model.operation_names:
            raise Refusal("UnknownOperationException", "No operation is POST / with this form", status=404)
        return Operation(model.service_name, name, "query", model.signing_name, model.operation_model(name))
