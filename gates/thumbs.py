"""Thumbnails of a pool, made once for each content and kept in the pool's folder."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from . import atomic, ledger, picture
from .errors import ImageGone


def thumbnail(folder: Path, name: str, wanted: int) -> bytes:
    """A WebP of the image or mask `name` of the pool, about `wanted` pixels on its longer side.

    The kept file carries size and time of its source, so a changed source gets a new one.
    Raises ImageGone, NotAnImage.
    """
    source, size = ledger.locate(folder, name), picture.thumbnail_size(wanted)
    stamp = picture.file_stamp(source)
    if stamp is None:
        raise ImageGone(f"The file {name} is gone. Restore it or remove the image.")
    kept = atomic.confined(folder, ledger.THUMBS, f"{name}.{size}.{stamp[0]:x}-{stamp[1]:x}.webp")
    try:
        return kept.read_bytes()
    except FileNotFoundError:
        data = picture.thumbnail(source, size)
    kept.parent.mkdir(exist_ok=True)
    atomic.write_bytes(kept, data, durable=False)
    return data


def forget(folder: Path, names: Collection[str]) -> None:
    """Remove the thumbnails of files that were deleted for good."""
    thumbs = folder / ledger.THUMBS
    for kept in os.listdir(thumbs) if names and thumbs.is_dir() else ():
        if kept.rsplit(".", 3)[0] in names:
            atomic.confined(thumbs, kept).unlink(missing_ok=True)
