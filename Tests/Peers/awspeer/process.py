"""The fake AWS in its own process, for tests: started on a free port and controlled over HTTP."""

import functools
import multiprocessing
import multiprocessing.forkserver
import os
import pathlib
import tempfile
from unittest import mock

import requests

FOLDER = pathlib.Path(__file__).parents[1]
DEADLINE = 60


@functools.cache
def copies():
    """Forks processes that have already loaded botocore's models and moto, which takes two seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([f"{__package__}.serving", __name__])
    # Python 3.11 doesn't pass the module search path to the fork server.
    with mock.patch.dict(os.environ, PYTHONPATH=str(FOLDER)):
        multiprocessing.forkserver.ensure_running()
    return context


def serve(*arguments):
    from .serving import serve  # Imported here, so that only the forked processes load its dependencies.
    serve(*arguments)


class Peer:
    def __init__(self, region="us-west-2"):
        self.region = region
        self._errors = tempfile.NamedTemporaryFile()
        ready, theirs = copies().Pipe(duplex=False)
        self.process = copies().Process(target=serve, args=(region, theirs, self._errors.name), daemon=True)
        self.process.start()
        theirs.close()
        try:
            self.port = ready.recv()
        except EOFError:
            self.process.join()
            raise AssertionError(f"the peer did not start: {self.errors[-2000:]}")
        finally:
            ready.close()
        self.url = f"http://127.0.0.1:{self.port}"

    def environment(self, **more):
        """The environment of a process under test, with the temporary credentials."""
        return {
            "AWS_ACCESS_KEY_ID": "ASIAPEERTEMPORARY000", "AWS_SECRET_ACCESS_KEY": "peer-temporary-secret",
            "AWS_SESSION_TOKEN": "peer-session-token", "AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region, "AWS_ENDPOINT_URL": self.url,
            "AWS_EC2_METADATA_DISABLED": "true", **more}

    @property
    def errors(self):
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace")

    # Control

    def _control(self, method, path, body=None):
        response = requests.request(method, f"{self.url}/_peer/{path}", json=body, timeout=DEADLINE)
        assert response.status_code == 200, f"{method} {path} {body}: {response.text}"
        return response.json()

    def script(self, *turns):
        """Appends turns to the model's script."""
        self._control("POST", "script", {"turns": turns})

    def release(self):
        """Releases one turn that has `hold`."""
        self._control("POST", "script/release")

    def clear_script(self):
        self._control("DELETE", "script")

    def fault(self, operation, **description):
        self._control("POST", "faults", {"operation": operation, **description})

    def clear_faults(self):
        self._control("DELETE", "faults")

    def release_calls(self):
        """Releases the calls that a fault with `hold` has stopped."""
        self._control("POST", "faults/release")

    def clock(self, offset):
        """Sets the fake AWS's clock this many seconds ahead of the real one."""
        self._control("POST", "clock", {"offset": offset})

    def drop_sockets(self):
        self._control("POST", "sockets/drop")

    def drop_runtime_sockets(self):
        self._control("POST", "runtimes/drop")

    def sockets(self):
        return self._control("GET", "sockets")

    def kill_browsers(self, session_id=None):
        self._control("POST", "browsers/kill", {"sessionId": session_id})

    def browsers(self):
        return self._control("GET", "browsers")

    def register_browser(self, identifier):
        self._control("POST", "browsers", {"id": identifier})

    def register_memory(self, identifier, **more):
        self._control("POST", "memories", {"id": identifier, **more})

    def register_runtime(self, arn, url, auth="sigv4", tokens=()):
        self._control("POST", "runtimes", {"arn": arn, "url": url, "auth": auth, "tokens": list(tokens)})

    def fail_next_version(self, runtime_name, reason):
        """Makes the next version of a runtime fail."""
        self._control("POST", "runtimes/failing", {"name": runtime_name, "reason": reason})

    def register_layers(self, addresses):
        """Sets the addresses of image layers, by digest."""
        self._control("POST", "layers", addresses)

    def empty_account(self):
        """Removes everything that was deployed."""
        self._control("POST", "account/empty")

    def stopped(self):
        """The runtime sessions that were stopped."""
        return self._control("GET", "stopped")

    def seed_records(self, *records, memory=None):
        self._control("POST", "records", {"records": records, "memoryId": memory})

    def add_credentials(self, access_key, secret_key, token=None, expiration=None):
        self._control("POST", "credentials", {
            "accessKeyId": access_key, "secretAccessKey": secret_key, "sessionToken": token, "expiration": expiration})

    def metadata(self, **settings):
        self._control("POST", "metadata", settings)

    def metadata_counts(self):
        return self._control("GET", "metadata")

    def requests(self, operation=None):
        """The received requests, of one operation or all."""
        return [entry for entry in self._control("GET", "requests") if operation in (None, entry["operation"])]

    def clear_requests(self):
        self._control("DELETE", "requests")

    def stamps(self):
        return self._control("GET", "stamps")

    # Process

    def stop(self):
        has_ended = not self.process.is_alive()
        if not has_ended:
            self.process.terminate()
            self.process.join(DEADLINE)
            if self.process.is_alive():
                self.process.kill()
        self.process.join()
        errors = self.errors
        self._errors.close()
        is_well = not has_ended and self.process.exitcode == 0 and "Traceback" not in errors
        assert is_well, f"the peer ended with {self.process.exitcode}: {errors[-4000:]}"
