"""The process under test: started on a free port, watched through its log, always stopped."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time

import requests

BINARY = os.environ.get("CONTRACT_AGENT", str(pathlib.Path(__file__).parents[2] / ".build/debug/contract-agent"))
# Ten times what a busy machine needs for something that takes a second on an idle one.
DEADLINE = 20


def eventually(check, within=DEADLINE, what=None):
    """Returns the first true value of `check`; fails if there is none in time."""
    end = time.monotonic() + within
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what or 'condition'} not seen within {within} s, last: {value!r}")
        time.sleep(0.01)  # The polling interval; the test doesn't wait a fixed time for something to happen.


class Agent:
    def __init__(self, **environment):
        self._errors = tempfile.TemporaryFile()
        self._lines = []
        self._changed = threading.Condition()
        self.started = time.time()
        self.process = subprocess.Popen(
            [BINARY],
            env={"PATH": os.environ["PATH"], "PORT": "0", **{key: str(value) for key, value in environment.items()}},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors,
        )
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()
        try:
            self.port = int(self.wait_for_log("Listening")["port"])
        except BaseException:
            self.stop()
            raise
        self.url = f"http://127.0.0.1:{self.port}"

    # Log

    def _collect(self):
        for line in self.process.stdout:
            with self._changed:
                self._lines.append(line.decode("utf-8"))
                self._changed.notify_all()

    @property
    def log_lines(self):
        with self._changed:
            return list(self._lines)

    @property
    def log(self):
        return [json.loads(line) for line in self.log_lines]

    def count_log(self, message):
        return sum(message in entry["message"] for entry in self.log)

    def wait_for_log(self, message, within=DEADLINE, **fields):
        """The first entry whose message contains `message` and that has these fields."""
        end = time.monotonic() + within
        seen = 0
        with self._changed:
            while True:
                for line in self._lines[seen:]:
                    entry = json.loads(line)
                    if message in entry["message"] and all(entry.get(key) == fields[key] for key in fields):
                        return entry
                seen = len(self._lines)
                left = end - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not self._reader.is_alive()):
                    raise AssertionError(f"no log line {message!r} {fields}, but {self._lines[-10:]} {self.errors!r}")
                self._changed.wait(min(left, 0.2))

    @property
    def errors(self):
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace")

    # HTTP

    def ping(self, **options):
        return requests.get(self.url + "/ping", timeout=DEADLINE, **options)

    @property
    def status(self):
        return self.ping().json()["status"]

    def wait_for_status(self, status, within=DEADLINE):
        eventually(lambda: self.status == status, within, f"status {status}")
        return self.ping().json()

    def pings_for(self, seconds):
        """The ping responses during this time, for what must not change in the meantime."""
        end = time.time() + seconds
        while time.time() < end:
            yield self.ping().content
            time.sleep(0.02)

    def invoke(self, payload=None, **options):
        if "data" not in options:
            options["json"] = payload
        return requests.post(self.url + "/invocations", timeout=(DEADLINE, 60), **options)

    def context(self, headers):
        """The agent's context for a request with these headers."""
        response = self.invoke({"context": True}, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()

    # Process

    @property
    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            line = next(line for line in file if line.startswith("VmRSS"))
        return int(line.split()[1]) * 1024

    @property
    def open_sockets(self):
        folder = f"/proc/{self.process.pid}/fd"
        count = 0
        for name in os.listdir(folder):
            try:
                count += os.readlink(f"{folder}/{name}").startswith("socket:")
            except FileNotFoundError:
                pass  # Closed since the folder was listed.
        return count

    @property
    def cpu_ticks(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def wait_until_still(self):
        """Waits until thirty observations in a row show no CPU time used: all work is done, or blocked."""
        ticks = []

        def is_still():
            ticks.append(self.cpu_ticks)
            return len(ticks) >= 30 and len(set(ticks[-30:])) == 1

        # Blocked work waits for full buffers; filling them takes time on a busy machine.
        eventually(is_still, within=6 * DEADLINE, what="an agent that stands still")

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self, within=DEADLINE):
        """The exit code, after all log lines have been collected."""
        code = self.process.wait(within)
        self._reader.join(within)
        return code

    def stop(self):
        crashed = self.process.poll() is not None and self.process.returncode < 0
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(DEADLINE)
        self.process.stdout.close()
        errors = self.errors
        self._errors.close()
        assert not crashed, f"the agent died of signal {-self.process.returncode}: {errors[-2000:]}"
