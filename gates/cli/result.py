"""What a command answers and how it is printed: the only module that writes to the terminal."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import TextIOWrapper
from typing import Final

from ..errors import GatesError

ENVELOPE_VERSION: Final = 1

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130


@dataclass(frozen=True)
class Problem:
    """One thing that went wrong: a stable code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True)
class Result:
    """The outcome of one command. `lines` is for people, `data` for programs."""

    command: str
    exit_code: int = OK
    lines: tuple[str, ...] = ()
    data: Mapping[str, object] = field(default_factory=dict)
    errors: tuple[Problem, ...] = ()


def prepare_streams() -> None:
    """Where a terminal or a pipe lacks a letter, it is spelled out: names of packs may have any."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def failure(command: str, error: GatesError | OSError) -> Result:
    code = error.code if isinstance(error, GatesError) else "system_error"
    return Result(command, FAILED, errors=(Problem(code, str(error)),))


def envelope(result: Result) -> dict[str, object]:
    return {
        "version": ENVELOPE_VERSION,
        "command": result.command,
        "status": "error" if result.errors or result.exit_code else "success",
        "exit_code": result.exit_code,
        "data": dict(result.data),
        "errors": [{"code": e.code, "message": e.message} for e in result.errors],
    }


def show(result: Result, as_json: bool) -> int:
    """Print the result and return its exit code."""
    try:
        _print(result, as_json)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read it has had enough, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return result.exit_code


def _print(result: Result, as_json: bool) -> None:
    if as_json:
        print(json.dumps(envelope(result)))
        return
    for line in result.lines:
        print(line)
    for problem in result.errors:
        print(f"gates {result.command}: {problem.message} [{problem.code}]", file=sys.stderr)


def announce(line: str) -> None:
    """Say something while a command still runs, such as the address that a server answers at."""
    print(line, flush=True)


def emit(event: Mapping[str, object]) -> None:
    """One event of a command that still runs, as one line of JSON; the envelope is the last line."""
    print(json.dumps(event, allow_nan=False), flush=True)


def remark(line: str) -> None:
    """Say something beside the answer, which alone stands on stdout."""
    print(printable(line), file=sys.stderr, flush=True)


def has_terminal() -> bool:
    return sys.stderr.isatty()


def redraw(line: str) -> None:
    """Replace the line that is being written on a terminal; an empty one clears it."""
    width = shutil.get_terminal_size().columns - 1
    print(f"\r\x1b[2K{printable(line)[:width]}", end="", file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """What others wrote, without what a terminal would take for a command."""
    return "".join(one if one.isprintable() or one in "\n\t" else "\N{REPLACEMENT CHARACTER}" for one in text)
