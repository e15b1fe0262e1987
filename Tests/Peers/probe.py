"""Our AWS code, one part at a time: the probe reads one JSON object per line and answers with one."""

import json
import os
import subprocess

from system import BUILD

BINARY = BUILD / "aws-probe"


class Refused(Exception):
    """The failure that the probe reports."""

    def __init__(self, answer):
        super().__init__(answer["error"])
        self.code, self.type, self.request_id = answer["code"], answer.get("type"), answer.get("requestID")


class Probe:
    def __init__(self, environment):
        self.process = subprocess.Popen(
            [BINARY], env={"PATH": os.environ["PATH"], **environment}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def __call__(self, do, **command):
        try:
            self.process.stdin.write(json.dumps({"do": do, **command}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # It exited at startup; the code below reports its output.
        line = self.process.stdout.readline()
        assert line, f"the probe ended: {self.process.communicate()[1]}"
        answer = json.loads(line)
        if "error" in answer:
            raise Refused(answer)
        return answer["result"]

    def stop(self):
        if self.process.poll() is None:
            self.process.communicate(timeout=20)
            assert self.process.returncode == 0
