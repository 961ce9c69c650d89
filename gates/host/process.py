"""A host in a process of its own: started on a free port, spoken to over HTTP, stopped for sure."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .asking import SECONDS_TO_ANSWER, Answer, PromptRefused, ask
from .packs import THIS_PACK

__all__ = ["Answer", "HostFailed", "HostProcess", "PromptRefused"]

SECONDS_TO_START = 60.0
SECONDS_TO_STOP = 10.0
POLL_SECONDS = 0.02
ADDRESS = re.compile(r"To see the GUI go to: (http://\S+)")
LOG_LINES_SHOWN = 40


class HostFailed(RuntimeError):
    """The host did not start, or did not finish in time; carries the end of its log."""

    def __init__(self, what: str, log: str) -> None:
        tail = "\n".join(log.splitlines()[-LOG_LINES_SHOWN:])
        super().__init__(f"{what}. The end of its log:\n{tail}")
        self.log = log


class HostProcess:
    """`with` it, or `start` and `stop` it. Its data lies in `base`, its log beside as `<base>.log`."""

    def __init__(
        self,
        base: Path,
        packs: Sequence[Path] = (),
        front_end_root: Path | None = None,
        multi_user: bool = False,
        only_named_packs: bool = False,
    ) -> None:
        self.base = base
        self.log_file = base.with_name(base.name + ".log")
        self.url = ""
        self._packs = tuple(packs)
        self._front_end_root = front_end_root
        self._flags = [
            *(["--multi-user"] if multi_user else []),
            *(["--only-named-packs"] if only_named_packs else []),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> HostProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def log(self) -> str:
        return self.log_file.read_text("utf-8", "replace") if self.log_file.exists() else ""

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start and wait until it answers. Raises HostFailed."""
        self.launch()
        deadline = time.monotonic() + SECONDS_TO_START
        while not self._ready():
            if self._process is not None and self._process.poll() is not None:
                raise HostFailed(f"the host ended with {self._process.returncode}", self.log)
            if time.monotonic() > deadline:
                self.kill()
                raise HostFailed(f"the host was not ready after {SECONDS_TO_START:.0f} s", self.log)
            time.sleep(POLL_SECONDS)

    def launch(self) -> None:
        """Start without waiting; a host that was started before keeps its port."""
        self.base.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=_environment(),
                cwd=self.base.parent,
            )

    def _command(self) -> list[str]:
        port = self.url.rsplit(":", 1)[-1] if self.url else "0"
        command = [sys.executable, "-m", "gates.host", "--base-directory", str(self.base)]
        command += ["--port", port, *(part for pack in self._packs for part in ("--pack", str(pack)))]
        if self._front_end_root is not None:
            command += ["--front-end-root", str(self._front_end_root)]
        return [*command, *self._flags]

    def _ready(self) -> bool:
        found = ADDRESS.findall(self.log)
        if not found:
            return False
        self.url = found[-1]
        try:
            return self.request("GET", "/api/system_stats").status == 200
        except OSError:
            return False

    def wait(self, timeout: float = SECONDS_TO_START) -> int:
        """Wait for a host that ends by itself; its exit status."""
        if self._process is None:
            raise HostFailed("the host was never started", self.log)
        return self._process.wait(timeout)

    def stop(self) -> None:
        """End it in order; by force if it takes too long."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """Stop and start again, at the same address and with the same data."""
        self.stop()
        self.start()

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = SECONDS_TO_ANSWER,
    ) -> Answer:
        """Any status is an answer; no answer at all is an OSError."""
        return ask(self.url + path, method, body, headers, timeout)

    def get(self, path: str) -> Answer:
        return self.request("GET", path)

    def post(self, path: str, value: Any = None) -> Answer:
        """Send a value as JSON."""
        headers = {"Content-Type": "application/json"}
        return self.request("POST", path, json.dumps(value).encode(), headers)

    def queue(self, prompt: Mapping[str, Any], **body: Any) -> str:
        """Queue a prompt in API format; its id. Raises PromptRefused."""
        answer = self.post("/api/prompt", {"prompt": prompt, **body})
        if answer.status != 200:
            raise PromptRefused(answer)
        return str(answer.json()["prompt_id"])

    def submit(
        self, prompt: Mapping[str, Any], timeout: float = SECONDS_TO_ANSWER, **body: Any
    ) -> dict[str, Any]:
        """Queue a prompt and wait for its end: the history entry. Raises PromptRefused, HostFailed."""
        return self.result(self.queue(prompt, **body), timeout)

    def result(self, prompt_id: str, timeout: float = SECONDS_TO_ANSWER) -> dict[str, Any]:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            entries = self.get(f"/api/history/{prompt_id}").json()
            if prompt_id in entries:
                return dict(entries[prompt_id])
            time.sleep(POLL_SECONDS)
        raise HostFailed(f"the prompt {prompt_id} did not end within {timeout:.0f} s", self.log)


def _environment() -> dict[str, str]:
    """This pack importable wherever the tests were started."""
    known = [str(THIS_PACK), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, known)),
        "PYTHONUNBUFFERED": "1",
    }
