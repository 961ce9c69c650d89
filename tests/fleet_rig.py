"""What the tests of `gates run` share: a pack whose nodes keep a log, workflows of it, a way to run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACK = ROOT / "tests" / "data" / "fleet_pack"
MARK = "GATES_TEST_MARK"
SECONDS = 180.0  # for anything, on a machine that has much else to do


def render(
    text: str, seconds: float = 0.0, log: Path | None = None, gate: Path | None = None
) -> dict[str, Any]:
    """A workflow in API format that writes one file holding `text`, once `gate` is there."""
    places = {"log": str(log or ""), "gate": str(gate or "")}
    inputs = {"text": text, "seconds": seconds, **places, "filename_prefix": "mine"}
    return {"1": {"class_type": "FleetRender", "inputs": inputs, "_meta": {"title": "Painter"}}}


def write_json(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), "utf-8")
    return path


def write_jobs(path: Path, *lines: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def lines_of(log: Path) -> list[str]:
    return log.read_text("utf-8").splitlines() if log.exists() else []


class Running:
    """`gates run … --json` in a process of its own, heard line by line."""

    def __init__(self, process: subprocess.Popen[str], mark: str) -> None:
        self.process = process
        self.mark = mark
        self.events: list[dict[str, Any]] = []

    def __iter__(self) -> Iterator[dict[str, Any]]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            yield self.events[-1]

    def until(self, event: str, **fields: Any) -> dict[str, Any]:
        """The next event of this kind with these fields."""
        for one in self:
            if one.get("event") == event and fields.items() <= one.items():
                return one
        raise AssertionError(f"it ended without {event} {fields}: {self.events[-3:]} {self.errors()}")

    def once(self, event: str, **fields: Any) -> dict[str, Any]:
        """Such an event, heard already or the next one."""
        wanted = {"event": event, **fields}
        heard = [one for one in self.events if wanted.items() <= one.items()]
        return heard[0] if heard else self.until(event, **fields)

    def end(self) -> dict[str, Any]:
        """The envelope that it ends with."""
        for _ in self:
            continue
        self.process.wait(SECONDS)
        return self.events[-1]

    def errors(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def left_behind(self) -> list[str]:
        """Processes that it started, directly or not, and that do not end."""
        deadline = time.monotonic() + SECONDS
        while found := descendants(self.mark):
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        return found

    def of(self, event: str) -> list[dict[str, Any]]:
        return [one for one in self.events if one.get("event") == event]


def descendants(mark: str) -> list[str]:
    """Command lines of the processes that have inherited the mark, where the system shows them (Linux)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark.encode() in path.read_bytes():
                found.append(path.with_name("cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:  # it has just ended, or is not ours to look at
            continue
    return found


@contextmanager
def gates_run(*arguments: str, cwd: Path) -> Iterator[Running]:
    """A `gates run` that is ended by force if the test leaves it running."""
    command = [sys.executable, "-c", CODE, "run", "--json", *arguments]
    mark = uuid.uuid4().hex
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, MARK: mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    patience = threading.Timer(SECONDS, process.kill)  # a test that waits for what never comes is told so
    patience.start()
    with process:
        try:
            yield Running(process, mark)
        finally:
            patience.cancel()
            process.kill()
            patience.join()


# From any folder, whether the package is installed or not.
CODE = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from gates.cli.main import main; sys.exit(main())"
