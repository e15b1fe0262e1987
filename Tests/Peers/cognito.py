"""A fake Amazon Cognito user pool with its hosted pages, as described in Cognito's developer guide.

It has one public client, which signs users in with a code and PKCE. Its tokens are real: signed with RS256, with the
claims that Cognito writes.

    with Cognito(page="http://127.0.0.1:3000") as cognito:
        system = start(**cognito.environment)
        requests.get(f"{system.url}/api/me", headers={"Authorization": f"Bearer {cognito.mint()}"})
"""

import collections
import hashlib
import hmac
import re
import secrets
import threading
import time
import urllib.parse
import uuid

import flask
from joserfc import jwk, jwt
from joserfc.errors import JoseError
from werkzeug.serving import WSGIRequestHandler, make_server

from cognito_tokens import SignIn, Tokens, base64url

POOL = "ap-southeast-2_StandIn01"
SCOPES = {"phone", "openid", "email", "profile"}
CODE_SECONDS = 300
COOKIE = "cognito"
# The paths that the page calls with scripts.
CALLED = {"/oauth2/token", "/oauth2/revoke", "/oauth2/userInfo"}

FORM = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Sign in</title>
<h1>Sign in</h1>
{% if error %}<p role="alert">{{ error }}</p>{% endif %}
<form method="post" action="/login?{{ query }}">
<p><label for="email">Email</label> <input id="email" name="username" type="email" autocomplete="username" required
 value="{{ email }}"></p>
<p><label for="password">Password</label> <input id="password" name="password" type="password"
 autocomplete="current-password" required></p>
<p><button>Sign in</button></p>
</form>
"""


class Quiet(WSGIRequestHandler):
    def log_request(self, *_):
        pass


class Cognito(Tokens):
    """Serves on a free port of this machine from its creation until `stop`."""

    def __init__(self, page, users=None, client="standinclient0123456789ab"):
        """`page` is the origin that users come from and return to; `users` has a password and a sub for each email
        address."""
        self.page = page
        self.users = users or {"aisha@example.com": ("Correct-Horse-9", str(uuid.uuid4()))}
        self.callbacks, self.sign_outs = {f"{page}/authorize"}, {f"{page}/"}
        self.refresh_grace_seconds = 0
        """For how long a refresh token that has been used may be used once more."""
        self.requests = collections.Counter()
        """How often each path was asked for."""
        self._lock = threading.Lock()
        self._sessions, self._codes, self._refresh, self._used, self._revoked = {}, {}, {}, {}, set()
        self._server = make_server("127.0.0.1", 0, self._application(), threaded=True, request_handler=Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        super().__init__(f"{self.url}/{POOL}", client)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def environment(self):
        """The backend's settings."""
        return {
            "AI4AI_COGNITO_POOL_ID": POOL, "AI4AI_COGNITO_CLIENT_IDS": self.client, "AI4AI_COGNITO_DOMAIN": self.url,
            "AI4AI_COGNITO_ISSUER": self.issuer, "AI4AI_COGNITO_KEYS_URL": f"{self.issuer}/.well-known/jwks.json",
        }

    def mint(self, header=None, key=None, **changes):
        """An access token without a sign-in, for the first user unless `sub` is given.

        `header` and `changes` override the default values; a value of None removes the member. The algorithm is the
        header's; the key is one of joserfc, or the bytes of the HS256 secret.
        """
        sub = changes.get("sub") or next(sub for _, sub in self.users.values())
        return self._sign(self._access_claims(sub, SignIn()) | changes, "access", header, key)

    def end_sessions(self):
        """Ends all sessions of the hosted pages; tokens stay valid."""
        self._sessions.clear()

    def sign_out_everywhere(self):
        """What a pool's administrator can do: ends all sessions and revokes all refresh tokens."""
        self.end_sessions()
        self._revoked.update(sign_in.origin for sign_in in self._refresh.values())

    def has_issued(self, text):
        """Whether a text contains a token, code, or verifier of a sign-in."""
        return any(secret in text for secret in [*self._refresh, *self._used, *self._codes, "eyJ"])

    def _application(self):
        application = flask.Flask("cognito")
        application.before_request(self._count)
        application.after_request(self._finish)
        for path, function, methods in (
            ("/oauth2/authorize", self._authorize, ["GET"]), ("/login", self._login, ["GET", "POST"]),
            ("/oauth2/token", self._token, ["POST"]), ("/oauth2/revoke", self._revoke, ["POST"]),
            ("/oauth2/userInfo", self._user_info, ["GET", "POST"]), ("/logout", self._logout, ["GET"]),
            ("/.well-known/openid-configuration", self._configuration, ["GET"]),
            (f"/{POOL}/.well-known/openid-configuration", self._configuration, ["GET"]),
            (f"/{POOL}/.well-known/jwks.json", self._key_set, ["GET"]),
        ):
            application.add_url_rule(path, path, function, methods=methods)
        return application

    def _count(self):
        if flask.request.method != "OPTIONS":
            with self._lock:
                self.requests[flask.request.path] += 1

    def _finish(self, response):
        if flask.request.path in CALLED and flask.request.headers.get("Origin") == self.page:
            response.headers["Access-Control-Allow-Origin"] = self.page
            response.headers["Access-Control-Allow-Methods"] = "GET, POST"
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
            response.headers["Vary"] = "Origin"
        if not flask.request.path.endswith("/jwks.json"):
            response.headers["Cache-Control"] = "no-store"
        return response

    # The pages

    def _authorize(self):
        if refusal := self._refusal():
            return refusal
        asked = flask.request.args
        email = self._sessions.get(flask.request.cookies.get(COOKIE))
        if email and asked.get("prompt") != "login":
            return self._back(code=self._code(email))
        if asked.get("prompt") == "none":
            return self._back(error="login_required")
        return flask.redirect(f"/login?{flask.request.query_string.decode()}")

    def _login(self):
        if refusal := self._refusal():
            return refusal
        if flask.request.method == "GET":
            return self._form(flask.request.args.get("login_hint", ""))
        email, given = flask.request.form.get("username", "").lower(), flask.request.form.get("password", "")
        password, _ = self.users.get(email, (secrets.token_hex(), None))
        if not hmac.compare_digest(password.encode(), given.encode()):
            return self._form(email, "Incorrect username or password."), 400
        cookie = secrets.token_urlsafe()
        self._sessions[cookie] = email
        response = self._back(code=self._code(email))
        response.set_cookie(COOKIE, cookie, httponly=True, samesite="Lax")
        return response

    def _form(self, email, error=None):
        query = flask.request.query_string.decode()
        return flask.render_template_string(FORM, query=query, email=email, error=error)

    def _logout(self):
        asked = flask.request.args
        if asked.get("client_id") != self.client:
            return self._error_page("The client is unknown.")
        if asked.get("logout_uri") in self.sign_outs:
            response = flask.redirect(asked["logout_uri"])
        elif "logout_uri" not in asked and not self._refusal():
            # The other form of the request leads to a new sign-in, possibly as another user.
            response = flask.redirect(f"/login?{flask.request.query_string.decode()}")
        else:
            return self._error_page("The logout_uri is not one of the client's.")
        self._sessions.pop(flask.request.cookies.get(COOKIE), None)
        response.delete_cookie(COOKIE)
        return response

    def _refusal(self):
        """The response to an invalid sign-in request."""
        asked = flask.request.args
        repeated = [name for name in asked if len(asked.getlist(name)) > 1]
        # Never redirect to an unregistered address.
        if asked.get("client_id") != self.client:
            return self._error_page("The client is unknown.")
        if asked.get("redirect_uri") not in self.callbacks:
            return self._error_page("The redirect_uri is not one of the client's.")
        if repeated or asked.get("response_type") != "code":
            return self._back(error="invalid_request")
        if asked.get("code_challenge_method") != "S256" or not re.fullmatch(
            r"[\w-]{43}", asked.get("code_challenge", ""), re.ASCII):
            return self._back(error="invalid_request")
        if not set(asked.get("scope", "openid").split()) <= SCOPES:
            return self._back(error="invalid_scope")
        return None

    def _error_page(self, text):
        return flask.render_template_string("<!doctype html><title>Error</title><p>{{ text }}</p>", text=text), 400

    def _back(self, **values):
        asked = flask.request.args
        query = values | ({"state": asked["state"]} if "state" in asked else {})
        return flask.redirect(f"{asked['redirect_uri']}?{urllib.parse.urlencode(query)}")

    def _code(self, email):
        asked, code = flask.request.args, secrets.token_urlsafe()
        self._codes[code] = SignIn(
            email, asked.get("scope", " ".join(sorted(SCOPES))), asked["redirect_uri"], asked.get("nonce"),
            asked["code_challenge"], int(time.time()))
        return code

    # Endpoints that the client calls

    def _token(self):
        form = flask.request.form
        if flask.request.mimetype != "application/x-www-form-urlencoded":
            return self._error("invalid_request")
        # A public client must not send that header.
        if form.get("client_id") != self.client or "Authorization" in flask.request.headers:
            return self._error("invalid_client")
        match form.get("grant_type"):
            case "authorization_code":
                # A code is used up once it was tried, even if that fails.
                sign_in = self._codes.pop(form.get("code"), None)
                if not sign_in or not self._is_proved(sign_in, form):
                    return self._error("invalid_grant")
            case "refresh_token":
                sign_in = self._take_refresh(form.get("refresh_token"))
                if not sign_in:
                    return self._error("invalid_grant")
            case _:
                return self._error("unsupported_grant_type")
        _, sub = self.users[sign_in.email]
        access, refresh = self._sign(self._access_claims(sub, sign_in), "access"), secrets.token_urlsafe(64)
        self._refresh[refresh] = sign_in
        answer = {
            "access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": self.access_seconds}
        if "openid" in sign_in.scope.split():
            answer["id_token"] = self._sign(self._id_claims(sub, sign_in, access), "id")
        return answer

    def _is_proved(self, sign_in, form):
        verifier = form.get("code_verifier", "")
        if not re.fullmatch(r"[\w.~-]{43,128}", verifier, re.ASCII):
            return False
        challenge = base64url(hashlib.sha256(verifier.encode()).digest())
        return (
            challenge == sign_in.challenge and form.get("redirect_uri") == sign_in.redirect_uri
            and time.time() < sign_in.time + CODE_SECONDS)

    def _take_refresh(self, token):
        """Each token can be used once, and again for a short time, because a response may be lost."""
        with self._lock:
            if sign_in := self._refresh.pop(token, None):
                self._used[token] = sign_in, time.time() + self.refresh_grace_seconds
            else:
                sign_in, end = self._used.get(token, (None, 0))
                sign_in = sign_in if time.time() < end else None
        return sign_in if sign_in and sign_in.origin not in self._revoked else None

    def _revoke(self):
        form = flask.request.form
        if form.get("client_id") != self.client:
            return self._error("invalid_client")
        if not form.get("token"):
            return self._error("invalid_request")
        if form["token"].count(".") == 2:
            return self._error("unsupported_token_type")
        sign_in = self._refresh.pop(form["token"], None) or self._used.get(form["token"], (None, 0))[0]
        if sign_in:
            self._revoked.add(sign_in.origin)
        return ""

    def _user_info(self):
        scheme, _, token = flask.request.headers.get("Authorization", "").partition(" ")
        try:
            claims = jwt.decode(token, jwk.KeySet(self.keys), algorithms=["RS256"]).claims
            email = next(email for email, (_, sub) in self.users.items() if sub == claims["sub"])
            is_good = (
                scheme == "Bearer" and claims["token_use"] == "access" and "openid" in claims["scope"].split()
                and time.time() < claims["exp"] and claims["origin_jti"] not in self._revoked)
        except (JoseError, ValueError, KeyError, StopIteration):
            is_good = False
        if not is_good:
            return self._error("invalid_token", 401) + ({"WWW-Authenticate": 'Bearer error="invalid_token"'},)
        return {"sub": claims["sub"], "username": claims["username"], "email": email, "email_verified": "true"}

    def _error(self, code, status=400):
        return {"error": code}, status

    def _configuration(self):
        return {
            "issuer": self.issuer, "jwks_uri": f"{self.issuer}/.well-known/jwks.json",
            "authorization_endpoint": f"{self.url}/oauth2/authorize", "token_endpoint": f"{self.url}/oauth2/token",
            "userinfo_endpoint": f"{self.url}/oauth2/userInfo", "revocation_endpoint": f"{self.url}/oauth2/revoke",
            "end_session_endpoint": f"{self.url}/logout", "response_types_supported": ["code"],
            "scopes_supported": sorted(SCOPES), "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"], "token_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _key_set(self):
        return {"keys": [key.as_dict(private=False) for key in self.keys]}
