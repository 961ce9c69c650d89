"""Running uv, git and Python: one runner, handed in, with a fixed environment, a timeout and a full log."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Protocol

from ..errors import CommandFailed, CommandTimedOut, ToolMissing

QUICK = 60.0  # s: for a command that only looks
SLOW = 3600.0  # s: for one that downloads
GRACE = 5.0  # s that a program has to end by itself once it is told to
LONGEST_REASON = 300  # characters
WHY = re.compile(r"(?:fatal|error|ssh|remote|\S+@\S+?) ?: +(?P<why>.+)", re.I)
# A URL may hold a name and a password; neither gets into a log or a message.
CREDENTIALS = re.compile(r"(?<=://)[^/\s]*@")

# What a person's own setup says about the way to an index, a proxy or a certificate.
PASSED = frozenset(
    [
        "PATH",
        "HOME",
        "USERPROFILE",
        "HOMEDRIVE",
        "HOMEPATH",
        "APPDATA",
        "LOCALAPPDATA",
        "PROGRAMDATA",
        "SYSTEMROOT",
        "COMSPEC",
        "PATHEXT",
        "WINDIR",
        "TMPDIR",
        "TEMP",
        "TMP",
        "LANG",
        "LC_ALL",
        "TZ",
        "USER",
        "LOGNAME",
        "XDG_CONFIG_HOME",
        "XDG_CONFIG_DIRS",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "SSL_CLIENT_CERT",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "NETRC",
        "SSH_AUTH_SOCK",
        "SSH_AGENT_PID",
        "CUDA_VISIBLE_DEVICES",
        "HIP_VISIBLE_DEVICES",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
    ]
)
PASSED_UV = frozenset(
    [
        "UV_INDEX",
        "UV_INDEX_URL",
        "UV_EXTRA_INDEX_URL",
        "UV_DEFAULT_INDEX",
        "UV_FIND_LINKS",
        "UV_INDEX_STRATEGY",
        "UV_KEYRING_PROVIDER",
        "UV_HTTP_TIMEOUT",
        "UV_NATIVE_TLS",
        "UV_SYSTEM_CERTS",
        "UV_INSECURE_HOST",
        "UV_OFFLINE",
        "UV_NO_INDEX",
        "UV_CONFIG_FILE",
        "UV_CONCURRENT_DOWNLOADS",
        "UV_PYTHON_INSTALL_MIRROR",
        "UV_TORCH_BACKEND",
    ]
)
PASSED_UV_ENDINGS = ("_USERNAME", "_PASSWORD")  # UV_INDEX_<NAME>_PASSWORD
PASSED_GIT = frozenset(
    ["GIT_SSL_CAINFO", "GIT_SSL_NO_VERIFY", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_PROXY_COMMAND"]
)


@dataclass(frozen=True)
class Command:
    """`argv[0]` is found by its full path already; `environment` is all that the program gets."""

    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout: float = QUICK  # s
    attached: bool = False  # to the terminal: nothing is captured


@dataclass(frozen=True)
class Finished:
    command: Command
    exit_code: int
    out: str = ""
    err: str = ""
    log: Path | None = None  # that holds all of it

    def checked(self, doing: str) -> Finished:
        """Itself. Raises CommandFailed with what the program said first; `doing` begins the sentence."""
        if self.exit_code != 0:
            said = redacted(self.err.strip() or self.out.strip())
            ended = f"{Path(self.command.argv[0]).name} ended with {self.exit_code}"
            why = f"{ended} ({reason})" if (reason := first_reason(said)) else ended
            log = f" The whole of it: {self.log.parent.name}/{self.log.name}" if self.log is not None else ""
            raise CommandFailed(redacted(f"{doing} failed: {why}.{log}"), exit_code=self.exit_code, said=said)
        return self


def first_reason(said: str) -> str:
    """Why git or uv ended, of a report of many lines: what it calls the error, and the cause of that."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    found = [(at, match["why"]) for at, line in enumerate(lines) if (match := WHY.match(line))]
    if not found:
        return lines[-1][:LONGEST_REASON].rstrip(".") if lines else ""
    at, why = found[0]
    follows = next(
        (line for line in lines[at + 1 : at + 2] if line.startswith("cause: ") or why[-1] == ":"), ""
    )
    told = f"{why.rstrip('.:')}: {follows.removeprefix('cause: ')}" if follows else why
    return told[:LONGEST_REASON].rstrip(".")


class Runner(Protocol):
    def run(self, command: Command) -> Finished:
        """Raises CommandTimedOut, ToolMissing. An exit code that is not 0 is an answer like any other."""


class SystemRunner:
    """Runs programs for real. With `log` each command and all it said is appended there."""

    def __init__(self, log: Path | None = None) -> None:
        self._log = log

    def run(self, command: Command) -> Finished:
        begin = time.monotonic()
        finished = _attached(command) if command.attached else _captured(command)
        if self._log is None:
            return finished
        self._write(finished, time.monotonic() - begin)
        return replace(finished, log=self._log)

    def _write(self, finished: Finished, seconds: float) -> None:
        assert self._log is not None
        self._log.parent.mkdir(parents=True, exist_ok=True)
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        head = f"[{stamp}] {' '.join(finished.command.argv)}\n  in {finished.command.folder}\n"
        tail = f"  exit code {finished.exit_code}, {seconds:.2f} s\n"
        said = "".join(f"  | {line}\n" for text in (finished.out, finished.err) for line in text.splitlines())
        with open(self._log, "a", encoding="utf-8", errors="replace") as out:
            out.write(redacted(head + said + tail))


def _captured(command: Command) -> Finished:
    process = _started(command, subprocess.PIPE)
    try:
        out, err = process.communicate(timeout=command.timeout)
    except subprocess.TimeoutExpired:
        _end(process)
        raise CommandTimedOut(
            f"{_named(command.argv)} took longer than {command.timeout:.0f} s and was stopped. "
            "Look at the network, then try again."
        ) from None
    except BaseException:
        _end(process)
        raise
    return Finished(command, process.returncode, _text(out), _text(err))


def _attached(command: Command) -> Finished:
    process = _started(command, None)
    try:
        return Finished(command, process.wait())
    except KeyboardInterrupt:
        _end(process)
        raise


def _started(command: Command, pipe: int | None) -> subprocess.Popen[bytes]:
    posix = os.name != "nt"
    group = {} if command.attached or not posix else {"start_new_session": True}
    try:
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
            command.argv,
            cwd=command.folder,
            env=dict(command.environment),
            stdin=None if command.attached else subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            close_fds=not posix,  # none is inherited but the lock that says that programs are at work
            **group,
        )
    except (FileNotFoundError, NotADirectoryError):
        raise ToolMissing(f"{command.argv[0]} is not there, or {command.folder} is gone.") from None
    except (PermissionError, ValueError) as error:  # ValueError: an argument that holds a zero byte
        raise ToolMissing(redacted(f"{command.argv[0]} cannot be started: {error}.")) from None


def _end(process: subprocess.Popen[bytes]) -> None:
    """It, and what it started: uv and git have children that download."""
    if os.name == "nt":
        process.kill()
    else:
        _signal_group(process.pid, signal.SIGTERM)
        _wait(process, GRACE)
        _signal_group(process.pid, signal.SIGKILL)  # what is left of the group, whether or not it led it
    for pipe in (process.stdout, process.stderr):
        _close(pipe)
    process.wait()


def _wait(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether it ended in time."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _named(argv: tuple[str, ...]) -> str:
    """The program and what it was to do, such as `git clone`."""
    words = iter(argv[1:])
    for word in words:
        if word == "-c":
            next(words, None)
        elif not word.startswith("-"):
            return f"{Path(argv[0]).name} {redacted(word)}"
    return Path(argv[0]).name


def _signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        pipe.close()


def _text(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "replace")


def redacted(text: str) -> str:
    return CREDENTIALS.sub("***@", text)


def basic_environment(outside: Mapping[str, str], more: Iterable[str] = ()) -> dict[str, str]:
    """Of what is set outside, only what says how to reach the world; everything else is fixed by us."""
    kept = PASSED.union(more)
    return {
        name: value
        for name, value in outside.items()
        if name in kept or (name.startswith("UV_INDEX_") and name.endswith(PASSED_UV_ENDINGS) and more)
    }
