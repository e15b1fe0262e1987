"""The credentials that the fake AWS knows, and the clock that determines whether they have expired."""

import dataclasses
import datetime
import re

UTC = datetime.timezone.utc


class Clock:
    offset = 0.0

    def now(self):
        return datetime.datetime.now(UTC) + datetime.timedelta(seconds=self.offset)


def parse_time(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def format_time(time):
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclasses.dataclass
class Credentials:
    access_key: str
    secret_key: str
    token: str | None = None
    expiration: datetime.datetime | None = None


class CredentialStore:
    def __init__(self):
        self._known = {}
        long_ago = datetime.datetime(2020, 1, 1, tzinfo=UTC)
        self.add(Credentials("AKIAPEERLONGLIVED000", "peer-long-lived-secret"))
        self.add(Credentials("ASIAPEERTEMPORARY000", "peer-temporary-secret", "peer-session-token"))
        self.add(Credentials("ASIAPEEREXPIRED00000", "peer-expired-secret", "peer-expired-token", long_ago))

    def add(self, credentials):
        self._known[credentials.access_key] = credentials

    def get(self, access_key):
        return self._known.get(access_key)

    def add_described(self, accessKeyId, secretAccessKey, sessionToken=None, expiration=None):
        self.add(Credentials(accessKeyId, secretAccessKey, sessionToken, expiration and parse_time(expiration)))

    def learn(self, answer):
        """Adds the credentials from an STS response."""
        for block in re.findall(r"<Credentials>(.*?)</Credentials>", answer, re.DOTALL):
            found = dict(re.findall(r"<(\w+)>([^<]*)</\1>", block))
            self.add_described(
                found["AccessKeyId"], found["SecretAccessKey"], found.get("SessionToken"), found.get("Expiration"))
