"""Drives our browser library over JSON lines with the program `browser-probe`."""

import json
import re
import subprocess

from system import BUILD


class BrowserFailure(Exception):
    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['message']}")
        self.code, self.message = error["code"], error["message"]


class Browser:
    """One Chromium. Calls a method of the probe: `browser("click", ref="e5")`."""

    def __init__(self, *arguments, build=BUILD):
        self.process = subprocess.Popen(
            [build / "browser-probe", "--allow-private", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)
        self.count = 0

    def __call__(self, action, **parameters):
        self.count += 1
        self.process.stdin.write(json.dumps({"id": self.count, "action": action, **parameters}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the probe ended during {action} {parameters}"
        reply = json.loads(line)
        assert reply["id"] == self.count
        if not reply["ok"]:
            raise BrowserFailure(reply["error"])
        return reply["result"]

    def find(self, role, name):
        """The reference of the control with this role and name, from a new snapshot."""
        text = self("snapshot")["text"]
        found = re.search(rf'\[(\w+)\] {re.escape(role)} "{re.escape(name)}"', text)
        assert found, f'there is no {role} "{name}" in:\n{text}'
        return found[1]

    def close(self):
        """Closes the browser; returns the exit code."""
        self.process.stdin.close()
        return self.process.wait(60)
