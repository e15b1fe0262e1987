"""A separate headless Chromium with its own profile."""

import asyncio
import contextlib
import os
import pathlib
import signal
import shutil
import subprocess
import tempfile

STARTING = 60


class Chromium:
    def __init__(self, process, profile, url):
        self.process, self._profile, self.url = process, profile, url

    @classmethod
    async def start(cls, width, height):
        profile = tempfile.mkdtemp(prefix="awspeer-")
        arguments = [
            "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}",
            f"--window-size={width},{height}", "--no-first-run", "--no-default-browser-check",
            "--disable-background-networking", "--disable-sync", "--disable-dev-shm-usage",
            "--disable-gpu", "--mute-audio", "about:blank"]
        if os.geteuid() == 0:
            arguments.insert(0, "--no-sandbox")
        # Starts a new process session, so that all its processes can be killed together.
        process = await asyncio.create_subprocess_exec(
            "chromium", *arguments, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        browser = cls(process, profile, None)
        try:
            async with asyncio.timeout(STARTING):
                port, path = await browser._active_port()
        except BaseException:
            await browser.kill()
            raise
        browser.url = f"ws://127.0.0.1:{port}{path}"
        return browser

    async def _active_port(self):
        file = pathlib.Path(self._profile) / "DevToolsActivePort"
        while True:
            if self.process.returncode is not None:
                raise RuntimeError(f"chromium ended with {self.process.returncode}")
            lines = file.read_text().splitlines() if file.exists() else []
            if len(lines) == 2:
                return lines
            await asyncio.sleep(0.01)  # The polling interval.

    async def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)
