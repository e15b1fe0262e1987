"""The metadata services of an instance and of a container, which return credentials without a signature."""

import datetime
import secrets

from aiohttp import web

from .credentials import format_time

TOKEN_PATH = "/latest/api/token"
ROLE_PATH = "/latest/meta-data/iam/security-credentials/"
CONTAINER_PATH = "/container-credentials"
LONGEST_TTL = 21600


class Metadata:
    def __init__(self, clock):
        self._clock = clock
        self._tokens = {}
        self.settings = {
            "mode": "v2", "refusal": 403, "role": "peer-role", "minimal": False, "containerToken": None,
            "accessKeyId": "ASIAPEERTEMPORARY000", "secretAccessKey": "peer-temporary-secret",
            "sessionToken": "peer-session-token", "expiration": None, "lifetime": 3600,
            "next": []}  # The settings that apply after each time that credentials were returned.
        self.counts = {"token": 0, "role": 0, "credentials": 0, "container": 0}

    def configure(self, settings):
        for each in (settings, *settings.get("next", ())):
            unknown = each.keys() - self.settings.keys()
            if unknown or each.get("mode") not in (None, "v1", "v2"):
                raise ValueError(f"not settings of the metadata: {each}")
        self.settings.update(settings)

    @staticmethod
    def owns(path):
        return path.startswith("/latest/") or path == CONTAINER_PATH

    def answer(self, request):
        path = request.raw_path
        if path == CONTAINER_PATH and request.method == "GET":
            return self._container(request)
        if path == TOKEN_PATH:
            return self._token(request)
        if path.startswith(ROLE_PATH) and request.method == "GET":
            return self._role(request, path.removeprefix(ROLE_PATH))
        return web.Response(status=404)

    def _token(self, request):
        self.counts["token"] += 1
        if self.settings["mode"] == "v1":
            return web.Response(status=self.settings["refusal"])
        if request.method != "PUT":
            return web.Response(status=405)
        lifetime = request.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
        if not lifetime.isdigit() or not 1 <= int(lifetime) <= LONGEST_TTL:
            return web.Response(status=400)
        token = secrets.token_urlsafe(32)
        self._tokens[token] = self._clock.now() + datetime.timedelta(seconds=int(lifetime))
        return web.Response(text=token, headers={"X-aws-ec2-metadata-token-ttl-seconds": lifetime})

    def _role(self, request, name):
        token = request.headers.get("X-aws-ec2-metadata-token")
        is_valid = token in self._tokens and self._tokens[token] > self._clock.now()
        if not is_valid and (token is not None or self.settings["mode"] == "v2"):
            return web.Response(status=401)
        if not name:
            self.counts["role"] += 1
            return web.Response(text=self.settings["role"])
        if name != self.settings["role"]:
            return web.Response(status=404)
        self.counts["credentials"] += 1
        more = {"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": format_time(self._clock.now())}
        # The service returns JSON without that content type.
        return web.json_response(self._credentials(more), content_type="text/plain")

    def _container(self, request):
        self.counts["container"] += 1
        expected = self.settings["containerToken"]
        if expected is not None and request.headers.get("Authorization") != expected:
            return web.json_response({"code": "Unauthorized", "message": "The token is missing or wrong"}, status=401)
        return web.json_response(self._credentials({"RoleArn": "arn:aws:iam::123456789012:role/peer-role"}))

    def _credentials(self, more):
        settings = dict(self.settings)
        if settings["next"]:
            following, *self.settings["next"] = settings["next"]
            self.settings.update(following)
        lifetime = datetime.timedelta(seconds=settings["lifetime"])
        return {
            **({} if settings["minimal"] else more),
            "AccessKeyId": settings["accessKeyId"], "SecretAccessKey": settings["secretAccessKey"],
            "Token": settings["sessionToken"],
            "Expiration": settings["expiration"] or format_time(self._clock.now() + lifetime)}
