"""A separate Chromium, for drivers that connect to one."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

PROGRAM = os.environ.get("AI4AI_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome-stable")
DEADLINE = 60


class Chromium:
    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.process = subprocess.Popen(
            [PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--window-size=1280,900", "--remote-debugging-port=0",
             f"--user-data-dir={self.profile.name}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        file, end = pathlib.Path(self.profile.name, "DevToolsActivePort"), time.monotonic() + DEADLINE
        while not (file.exists() and file.read_text().count("\n")):
            if time.monotonic() > end or self.process.poll() is not None:
                self.close()
                raise TimeoutError("Chromium does not start")
            time.sleep(0.05)
        self.address = f"http://127.0.0.1:{file.read_text().split()[0]}"

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()
            self.profile.cleanup()
