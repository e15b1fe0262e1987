"""Signatures compared with botocore's, byte for byte, for thousands of random requests."""

import base64
import datetime
import random
import string
import urllib.parse

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

TEXT = string.ascii_letters + string.digits + " -_.~!*'()%+&=/?#@:;,[]$\"<>|\\^`{}" + "äßé日本🚗"
SERVICES = ["bedrock", "bedrock-agentcore", "dynamodb", "sts", "secretsmanager"]


def word(chance, letters=TEXT, least=1, most=24):
    return "".join(chance.choice(letters) for _ in range(chance.randint(least, most)))


def request(chance):
    """A request as a client would send it: path and query are encoded."""
    segments = [urllib.parse.quote(word(chance), safe="-_.~") for _ in range(chance.randint(0, 5))]
    path = "/" + "/".join(segment for segment in segments if segment not in (".", ".."))
    query = "&".join(
        f"{urllib.parse.quote(word(chance), safe='-_.~')}={urllib.parse.quote(word(chance, least=0), safe='-_.~')}"
        for _ in range(chance.randint(0, 4)))
    headers = [["Host", f"{word(chance, string.ascii_lowercase)}.example.com"]]
    for _ in range(chance.randint(0, 4)):
        name = "X-" + word(chance, string.ascii_letters + "-", most=12)
        if name.lower() not in {header[0].lower() for header in headers}:
            headers.append([name, f"  {word(chance, string.ascii_letters + ' ')}  "])
    return {
        "method": chance.choice(["GET", "POST", "PUT", "DELETE"]), "path": path, "query": query, "headers": headers,
        "body": base64.b64encode(chance.randbytes(chance.choice([0, 0, 1, 100, 5000]))).decode(),
        "service": chance.choice(SERVICES), "region": chance.choice(["us-west-2", "ap-southeast-2", "us-gov-east-1"]),
        "key": "AKIA" + word(chance, string.ascii_uppercase, most=16),
        "secret": word(chance, string.ascii_letters + "/+=", least=20, most=40),
        "token": word(chance, string.ascii_letters + "/+=", most=300) if chance.random() < 0.5 else None,
        "date": (datetime.datetime(2015, 1, 1) + datetime.timedelta(seconds=chance.randrange(10**9))).isoformat() + "Z",
    }


class At:
    """botocore uses the current time; this replaces it with the request's."""

    def __init__(self, auth, date):
        self.auth, self.now = auth, datetime.datetime.fromisoformat(date.removesuffix("Z"))

    def add_auth(self, awsrequest, monkeypatch):
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: self.now)
        self.auth.add_auth(awsrequest)
        return awsrequest


def botocore_request(made):
    host = made["headers"][0][1].strip()
    url = f"https://{host}{made['path']}" + (f"?{made['query']}" if made["query"] else "")
    return AWSRequest(
        method=made["method"], url=url, data=base64.b64decode(made["body"]),
        headers=dict((name, value if name != "Host" else value.strip()) for name, value in made["headers"]))


@pytest.mark.parametrize("seed", range(4))
def test_header_signatures_are_those_of_botocore(start_probe, monkeypatch, seed):
    chance, probe = random.Random(seed), start_probe()
    for _ in range(1000):
        made = request(chance)
        ours = dict(probe("sign", **{key: value for key, value in made.items() if value is not None}))
        credentials = Credentials(made["key"], made["secret"], made["token"])
        theirs = At(SigV4Auth(credentials, made["service"], made["region"]), made["date"]).add_auth(
            botocore_request(made), monkeypatch)
        assert ours["Authorization"] == theirs.headers["Authorization"], (seed, made)
        assert ours["X-Amz-Date"] == theirs.headers["X-Amz-Date"]
        assert ours.get("X-Amz-Security-Token") == theirs.headers.get("X-Amz-Security-Token")


@pytest.mark.parametrize("seed", range(2))
def test_query_signatures_are_those_of_botocore(start_probe, monkeypatch, seed):
    chance, probe = random.Random(100 + seed), start_probe()
    for _ in range(1000):
        made = request(chance) | {"method": "GET", "body": ""}
        ours = urllib.parse.parse_qsl(
            probe("presign", expiry=300, **{key: value for key, value in made.items() if value is not None}),
            keep_blank_values=True)
        auth = SigV4QueryAuth(
            Credentials(made["key"], made["secret"], made["token"]), made["service"], made["region"], expires=300)
        signed = At(auth, made["date"]).add_auth(botocore_request(made), monkeypatch)
        theirs = urllib.parse.parse_qsl(urllib.parse.urlsplit(signed.url).query, keep_blank_values=True)
        # botocore keeps one value for a repeated name, so such requests aren't comparable.
        if len(dict(ours)) == len(ours):
            assert sorted(ours) == sorted(theirs), (seed, made)


def test_s3_paths_are_signed_as_they_are(start_probe, monkeypatch):
    from botocore.auth import S3SigV4Auth

    probe = start_probe()
    made = request(random.Random(7)) | {"service": "s3", "path": "/a%2Fb//c/../d%20e", "query": "", "body": ""}
    ours = dict(probe("sign", sendsPayloadHash=True, **{key: value for key, value in made.items() if value is not None}))
    auth = S3SigV4Auth(Credentials(made["key"], made["secret"], made["token"]), "s3", made["region"])
    theirs = At(auth, made["date"]).add_auth(botocore_request(made), monkeypatch)
    assert ours["Authorization"] == theirs.headers["Authorization"]
