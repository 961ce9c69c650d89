"""A ComfyUI of our own on this machine: started on a free port, asked until it answers, ended for sure."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from ..client import Client
from ..errors import ServerTrouble, StartFailed
from .ranking import BRIEF

KEEPER = Path(__file__).with_name("keeper.py")
LOG_SHOWN = 500  # characters
POLL_SECONDS = 0.2
SECONDS_TO_END = 15.0


@dataclass(frozen=True)
class Start:
    """What to start: `{port}` and `{folder}` are filled in, in each word of `command`."""

    command: tuple[str, ...]
    seconds: float = 300.0  # until it answers


def start_command(text: str) -> Start:
    return Start(tuple(shlex.split(text, posix=os.name == "posix")))


def start_comfyui(directory: str, gpu: bool) -> Start:
    """ComfyUI as it lies in `directory`, a path on the machine that will run it, with the Python beside it.

    Outputs and temporary files go to a folder of its own: ComfyUI empties its temp folder at start, and
    several of them may run from one directory.
    """
    return Start(
        (
            "{python}",
            f"{directory}/main.py",
            *("--listen", "127.0.0.1", "--port", "{port}", "--disable-auto-launch"),
            *("--output-directory", "{folder}/output", "--temp-directory", "{folder}"),
            *(() if gpu else ("--cpu",)),
        )
    )


def python_beside(directory: Path) -> str:
    """The Python of a ComfyUI: of an environment in or beside its folder, else the one that runs this."""
    places = (".venv", "venv", "../.venv", "../venv")
    names = ("bin/python", "Scripts/python.exe")
    found = [directory / place / name for place in places for name in names]
    found.append(directory / "../python_embeded/python.exe")
    return next((str(path) for path in found if path.is_file()), sys.executable)


class Started:
    """`await start()`, then `url`; `stop` at the end. Ends with this process too, however that ends."""

    def __init__(self, start: Start) -> None:
        self.url = ""
        self._start = start
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def start(self) -> None:
        """Raises StartFailed with the end of its log."""
        self.stop()
        self._folder = Path(tempfile.mkdtemp(prefix="gates-comfyui-"))
        (self._folder / "output").mkdir()
        port = free_port()
        words = [self._filled(word, port) for word in self._start.command]
        try:
            with (self._folder / "log").open("wb") as log:
                self._process = subprocess.Popen(
                    [sys.executable, str(KEEPER), *words], stdin=subprocess.PIPE, stdout=log, stderr=log
                )
            self.url = f"http://127.0.0.1:{port}"
            await self._answers()
        except BaseException:
            self.stop()
            raise

    def _filled(self, word: str, port: int) -> str:
        known = {"{port}": str(port), "{folder}": str(self._folder)}
        if word == "{python}":
            return python_beside(Path(self._start.command[1]).parent)
        for name, value in known.items():
            word = word.replace(name, value)
        return word

    async def _answers(self) -> None:
        deadline = time.monotonic() + self._start.seconds
        while True:
            if not self.runs:
                raise StartFailed(f"It ended before it answered: {self._told()}")
            try:
                async with Client(self.url, limits=BRIEF) as client:
                    await client.queue()
                return
            except ServerTrouble as error:
                if time.monotonic() > deadline:
                    text = f"It did not answer within {self._start.seconds:g} s ({error}): {self._told()}"
                    raise StartFailed(text) from error
            await asyncio.sleep(POLL_SECONDS)

    def _told(self) -> str:
        """The end of what it wrote: as much as a message holds."""
        log = (self._folder / "log").read_text("utf-8", "replace") if self._folder else ""
        return "…" + log.rstrip()[-LOG_SHOWN:]

    def stop(self) -> None:
        """End it and remove its folder."""
        if self._process is not None:
            end(self._process)
            self._process = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def end(process: subprocess.Popen[bytes]) -> None:
    """Let go of the keeper's stdin, and wait for it."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
