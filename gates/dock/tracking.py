"""The file `.tracking`: what an archive of the registry brought along, as ComfyUI-Manager reads it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .. import atomic

FILE = ".tracking"


def write(folder: Path, names: Iterable[str]) -> None:
    """One relative path with / a line. With it and the archive's pyproject.toml Manager knows the pack."""
    atomic.write_bytes(folder / FILE, text_of(names).encode("utf-8"), durable=False)


def read(folder: Path) -> tuple[str, ...] | None:
    """None where there is no such file, or one that cannot be read."""
    try:
        return names_of((folder / FILE).read_bytes().decode("utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def text_of(names: Iterable[str]) -> str:
    return "\n".join(sorted(set(names) - {FILE}))


def names_of(text: str) -> tuple[str, ...]:
    """Manager on Windows ends lines with two characters; folders stand there with a / at their end."""
    lines = (line.removesuffix("\r") for line in text.split("\n"))
    return tuple(line for line in lines if line and not line.endswith("/"))
