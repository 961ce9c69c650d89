"""An upload on its way into a pool: its bytes lie in staging, checked and measured, not yet in any pool."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from . import atomic, picture
from .errors import GatesError, TooManyBytes
from .limits import Limits
from .places import Base, new_file


@dataclass(frozen=True)
class Staged:
    """A checked image that waits in staging, with what will stand beside it in its slot."""

    path: Path
    picture: picture.Picture
    name: str | None = None  # what the person's file is called
    mask: bytes | None = None  # greyscale PNG in the image's size
    label: str = ""

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Refusal:
    """An upload that was not taken, and the sentence why."""

    name: str
    error: GatesError


def stage_bytes(base: Base, data: bytes, name: str | None, limits: Limits) -> Staged:
    """Check and keep `data`. Raises NotAnImage, TooManyPixels, TooManyBytes, DiskFull."""
    if len(data) > limits.file_bytes:
        raise TooManyBytes(f"At most {limits.file_bytes / 2**20:.0f} MB are taken for one image.")
    path = new_file(base)
    with atomic.full_disk():
        path.write_bytes(data)
    return stage_file(path, name, limits)


def stage_file(path: Path, name: str | None, limits: Limits, *, alpha_mask: bool = False) -> Staged:
    """Check a file that already lies in staging, and make it durable; refused, it is removed."""
    try:
        measured = picture.inspect(path, name or "The file", limits)
        mask = picture.alpha_mask_png(path, limits) if alpha_mask and measured.has_alpha else None
        sync_file(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Staged(path, measured, name, mask)


def sync_file(path: Path) -> None:
    with atomic.full_disk(), open(path, "rb+") as opened:
        os.fsync(opened.fileno())
