"""SigV4 as the services check it: recomputed with botocore's signer from the received request, byte for byte."""

import dataclasses
import datetime
import hashlib
import hmac
import re

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from .credentials import UTC
from .errors import SignatureRefusal

HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request, ?"
    r"SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})")
CREDENTIAL = re.compile(r"([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request")
FORMAT = "%Y%m%dT%H%M%SZ"
LENIENCE = datetime.timedelta(minutes=5)
LONGEST_SOCKET_EXPIRY = 300
LONGEST_EXPIRY = 604800
# Proxies between a client and the service rewrite these headers, so signing them breaks the handshake.
HOP_BY_HOP = ("connection", "upgrade", "sec-websocket-")


@dataclasses.dataclass
class Claim:
    """The signature information of a request."""

    access_key: str
    day: str
    region: str
    service: str
    signed: list
    signature: str
    timestamp: str
    token: str | None
    expires: int | None = None


class ReceivedAuth(SigV4Auth):
    """Signs exactly the headers that it is given."""

    def headers_to_sign(self, request):
        return request.headers

    def payload(self, request):
        return request.context["payload"]


class ReceivedObjectAuth(ReceivedAuth):
    """S3 takes the path as it was sent."""

    def _normalize_url_path(self, path):
        return path


def is_presigned(call):
    return any(name == "X-Amz-Algorithm" for name, _ in call.query)


def check(call, store, clock, region):
    """Rejects the request unless its signature is valid; returns the access key that signed it."""
    claim = _from_query(call) if is_presigned(call) else _from_header(call)
    credentials = store.get(claim.access_key)
    now = clock.now()
    if credentials is None or claim.token != credentials.token:
        raise SignatureRefusal(
            "UnrecognizedClientException", "The security token included in the request is invalid.")
    if credentials.expiration and credentials.expiration <= now:
        raise SignatureRefusal("ExpiredTokenException", "The security token included in the request is expired")
    _check_time(claim, call.operation, now)
    _check_scope(claim, call.operation, region)
    _check_signed_headers(claim, call)
    _check_signature(claim, call, credentials)
    return claim


def _from_header(call):
    values = call.header_values("authorization")
    if not values:
        raise SignatureRefusal("MissingAuthenticationTokenException", "Missing Authentication Token")
    match = HEADER.fullmatch(values[0])
    if match is None or len(values) > 1:
        raise SignatureRefusal(
            "IncompleteSignatureException",
            "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters and one "
            f"algorithm, 'AWS4-HMAC-SHA256'. Authorization={'; '.join(values)}")
    dates, tokens = call.header_values("x-amz-date"), call.header_values("x-amz-security-token")
    if len(dates) != 1 or len(tokens) > 1:
        raise SignatureRefusal(
            "IncompleteSignatureException",
            f"There must be one 'X-Amz-Date' header and at most one token: {len(dates)}, {len(tokens)}")
    access_key, day, region, service, signed, signature = match.groups()
    return Claim(
        access_key, day, region, service, signed.split(";"), signature, dates[0], tokens[0] if tokens else None)


def _from_query(call):
    query = dict(call.query)
    if len({name for name, _ in call.query}) != len(call.query) or call.header_values("authorization"):
        raise SignatureRefusal("IncompleteSignatureException", "A request is signed once, each parameter given once.")
    match = CREDENTIAL.fullmatch(query.get("X-Amz-Credential", ""))
    needed = {"X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"}
    if query["X-Amz-Algorithm"] != "AWS4-HMAC-SHA256" or match is None or not needed <= query.keys():
        raise SignatureRefusal("IncompleteSignatureException", "The query lacks parameters of a presigned request.")
    if not query["X-Amz-Expires"].isascii() or not query["X-Amz-Expires"].isdigit():
        raise SignatureRefusal("IncompleteSignatureException", "X-Amz-Expires should be a number")
    return Claim(
        *match.groups(), query["X-Amz-SignedHeaders"].split(";"), query["X-Amz-Signature"], query["X-Amz-Date"],
        query.get("X-Amz-Security-Token"), int(query["X-Amz-Expires"]))


def _check_time(claim, operation, now):
    try:
        signed_at = datetime.datetime.strptime(claim.timestamp, FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise SignatureRefusal(
            "IncompleteSignatureException", f"Date must be in ISO-8601 'basic format'. Got '{claim.timestamp}'.")
    if claim.day != claim.timestamp[:8]:
        raise SignatureRefusal(
            "InvalidSignatureException",
            f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{claim.day}' "
            f"!= '{claim.timestamp[:8]}', from '{claim.timestamp}'.")
    if signed_at > now + LENIENCE:
        raise SignatureRefusal(
            "InvalidSignatureException",
            f"Signature not yet current: {claim.timestamp} is still later than {(now + LENIENCE).strftime(FORMAT)} "
            f"({now.strftime(FORMAT)} + 5 min.)")
    earliest = now - (LENIENCE if claim.expires is None else datetime.timedelta(seconds=claim.expires))
    if signed_at < earliest:
        minutes = 5 if claim.expires is None else claim.expires / 60
        raise SignatureRefusal(
            "InvalidSignatureException",
            f"Signature expired: {claim.timestamp} is now earlier than {earliest.strftime(FORMAT)} "
            f"({now.strftime(FORMAT)} - {minutes:g} min.)")
    longest = LONGEST_SOCKET_EXPIRY if operation.is_socket else LONGEST_EXPIRY
    if claim.expires is not None and not 1 <= claim.expires <= longest:
        raise SignatureRefusal("InvalidSignatureException", f"X-Amz-Expires must be between 1 and {longest} seconds")


def _check_scope(claim, operation, region):
    if claim.region != region:
        raise SignatureRefusal(
            "InvalidSignatureException",
            f"Credential should be scoped to a valid region, not '{claim.region}'. The peer plays '{region}'.")
    if claim.service != operation.signing_name:
        raise SignatureRefusal(
            "InvalidSignatureException", f"Credential should be scoped to correct service: '{operation.signing_name}'.")


def _check_signed_headers(claim, call):
    needed = {"host"}
    if claim.expires is None:
        needed |= {name for name in ("x-amz-date", "x-amz-security-token") if call.header_values(name)}
    hashes = call.header_values("x-amz-content-sha256")
    if hashes or claim.service == "s3":
        needed.add("x-amz-content-sha256")
    missing = needed - set(claim.signed)
    if missing:
        raise SignatureRefusal(
            "InvalidSignatureException", f"These headers must be signed: {', '.join(sorted(missing))}")
    if claim.signed != sorted({name.lower() for name in claim.signed}):
        raise SignatureRefusal("InvalidSignatureException", "SignedHeaders must be sorted, in lower case, each once")
    absent = [name for name in claim.signed if not call.header_values(name)]
    if absent:
        raise SignatureRefusal(
            "InvalidSignatureException", f"These headers are signed but were not sent: {', '.join(absent)}")
    hops = [name for name in claim.signed if name.startswith(HOP_BY_HOP)]
    if hops:
        raise SignatureRefusal("InvalidSignatureException", f"These headers must not be signed: {', '.join(hops)}")
    if hashes and hashes != [hashlib.sha256(call.body).hexdigest()]:
        raise SignatureRefusal(
            "InvalidSignatureException", "The value of x-amz-content-sha256 is not the SHA-256 of the body.")


def _check_signature(claim, call, credentials):
    headers = [(name, value) for name, value in call.headers if name in claim.signed]
    request = AWSRequest(
        method=call.method, url="http://peer" + call.path,
        params=[(name, value) for name, value in call.query if name != "X-Amz-Signature"])
    for name, value in headers:
        request.headers[name] = value
    request.context["timestamp"] = claim.timestamp
    request.context["payload"] = hashlib.sha256(call.body).hexdigest()
    auth = (ReceivedObjectAuth if claim.service == "s3" else ReceivedAuth)(credentials, claim.service, claim.region)
    canonical = auth.canonical_request(request)
    to_sign = auth.string_to_sign(request, canonical)
    if not hmac.compare_digest(auth.signature(to_sign, request), claim.signature):
        raise SignatureRefusal(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details.\n\n"
            f"The Canonical String for this request should have been\n'{canonical}'\n\n"
            f"The String-to-Sign should have been\n'{to_sign}'\n")
