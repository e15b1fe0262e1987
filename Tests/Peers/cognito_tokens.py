"""Tokens as a Cognito user pool writes them, and tokens that it never would."""

import base64
import dataclasses
import hashlib
import hmac
import json
import secrets
import time
import uuid

from joserfc import jwk, jws


@dataclasses.dataclass
class SignIn:
    """What a user has allowed the client, from the sign-in form to the last refresh."""

    email: str = ""
    scope: str = "phone openid email profile"
    redirect_uri: str = ""
    nonce: str | None = None
    challenge: str = ""
    time: int = dataclasses.field(default_factory=lambda: int(time.time()))
    origin: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))


class Tokens:
    """An issuer's keys, and the tokens that it signs with them for its one client."""

    def __init__(self, issuer, client):
        self.issuer, self.client = issuer, client
        self.access_seconds = 3600
        self.rotate_keys()

    def rotate_keys(self, keep=False):
        """Signs with new keys from now on; with `keep`, the old ones stay published."""
        old = self.keys if keep else []
        # Cognito has one key for each kind of token, with ids in plain base64.
        self._current = {
            use: jwk.RSAKey.generate_key(
                2048, {"kid": base64.b64encode(secrets.token_bytes(32)).decode(), "use": "sig", "alg": "RS256"})
            for use in ("id", "access")}
        self.keys = [*self._current.values(), *old]

    def _sign(self, claims, use, changes=None, key=None):
        header = {"kid": self._current[use].kid, "alg": "RS256"} | (changes or {})
        header, claims = (
            {name: value for name, value in part.items() if value is not None} for part in (header, claims))
        # Built manually, because joserfc refuses the headers and keys of invalid tokens.
        signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        match header.get("alg", "none"):
            case "none": signature = b""
            case "HS256" if isinstance(key, bytes): signature = hmac.digest(key, signed.encode(), "sha256")
            case name:
                algorithm = jws.JWSRegistry(algorithms=[name]).get_alg(name)
                signature = algorithm.sign(signed.encode(), key or self._current[use])
        return f"{signed}.{base64url(signature)}"

    def _common_claims(self, sub, sign_in):
        now = int(time.time())
        return {
            "sub": sub, "iss": self.issuer, "origin_jti": sign_in.origin, "event_id": str(uuid.uuid4()),
            "auth_time": sign_in.time, "exp": now + self.access_seconds, "iat": now, "jti": str(uuid.uuid4()),
        }

    def _access_claims(self, sub, sign_in):
        return self._common_claims(sub, sign_in) | {
            "version": 2, "client_id": self.client, "token_use": "access", "scope": sign_in.scope, "username": sub}

    def _id_claims(self, sub, sign_in, access_token):
        return self._common_claims(sub, sign_in) | {
            "aud": self.client, "token_use": "id", "cognito:username": sub, "email": sign_in.email,
            "email_verified": True, "nonce": sign_in.nonce,
            "at_hash": base64url(hashlib.sha256(access_token.encode()).digest()[:16]),
        }


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
