"""Runs a command for as long as somebody holds the other end of its stdin, and ends it with all its children.

`python keeper.py COMMAND…`. A file of its own, run by its path: whoever started it may be killed without a
word, and then nothing of what it had started may stay behind.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence

SECONDS_TO_END = 10.0


def keep(command: Sequence[str]) -> int:
    """The exit status of the command."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=os.name == "posix")
    watch = threading.Thread(target=end_with_stdin, args=(process,), name="gates-keeper", daemon=True)
    watch.start()
    return process.wait()


def end_with_stdin(process: subprocess.Popen[bytes]) -> None:
    sys.stdin.buffer.read()
    end(process, hard=False)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(SECONDS_TO_END)
    end(process, hard=True)


def end(process: subprocess.Popen[bytes], hard: bool) -> None:
    """Tell the command and what it started to end, or make them."""
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill() if hard else process.terminate()
        else:
            os.killpg(process.pid, signal.SIGKILL if hard else signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1:]))
