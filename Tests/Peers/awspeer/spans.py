"""CloudWatch's endpoint for traces, which isn't in any model: OTLP over HTTP with a signature."""

from aiohttp import web
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse

from .errors import Refusal

PATH = "/v1/traces"
CONTENT_TYPE = "application/x-protobuf"
LARGEST = 5 << 20
LARGEST_SPAN = 200 << 10


def parse(call):
    if call.header("content-type") != CONTENT_TYPE:
        raise Refusal("UnsupportedMediaType", f"{call.header('content-type')} is not {CONTENT_TYPE}", status=415)
    if len(call.body) > LARGEST:
        raise Refusal("RequestTooLarge", f"{len(call.body)} bytes are more than {LARGEST}", status=413)
    try:
        request = ExportTraceServiceRequest.FromString(call.body)
    except DecodeError as error:
        raise Refusal("InvalidRequest", str(error), status=400)
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                if len(span.trace_id) != 16 or len(span.span_id) != 8 or span.ByteSize() > LARGEST_SPAN:
                    raise Refusal("InvalidRequest", f"The span {span.name} is none that can be taken", status=400)
    return MessageToDict(request)


async def put(call):
    return web.Response(body=ExportTraceServiceResponse().SerializeToString(), content_type=CONTENT_TYPE)
