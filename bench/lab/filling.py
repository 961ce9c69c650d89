"""Pools made without the routes: quickly, and with everything in the manifest that an upload would leave."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from gates import picture, pool
from gates.limits import Limits
from gates.manifest import Manifest, Slot

ADDED = 1_700_000_000  # seconds since 1970


def fill(base: Path, pool_id: str, pictures: Iterable[tuple[str, bytes]]) -> None:
    """A pool of (file name, bytes)."""
    folder = pool.pool_dir(base, pool_id)
    folder.mkdir(parents=True)
    slots = tuple(_slot(folder, at, name, data) for at, (name, data) in enumerate(pictures, 1))
    pool.write_manifest(base, pool_id, Manifest(slots=slots, next_seq=len(slots) + 1))


def _slot(folder: Path, number: int, name: str, data: bytes) -> Slot:
    stem = f"img_{number:04d}"
    path = folder / f"{stem}{Path(name).suffix}"
    path.write_bytes(data)
    found = picture.inspect(path, name, Limits())
    return Slot(
        id=stem,
        image=path.name,
        label=f"label {number}",
        added=ADDED,
        name=name,
        size=found.size,
        sha256=found.sha256,
        crc32=found.crc32,
        mtime_ns=path.stat().st_mtime_ns,
        width=found.width,
        height=found.height,
    )


def twin(base: Path, pool_id: str, twin_id: str, count: int) -> None:
    """Another pool of the first `count` pictures of a pool: the same files, so that it costs no room."""
    folder, other = pool.pool_dir(base, pool_id), pool.pool_dir(base, twin_id)
    slots = pool.read_manifest(base, pool_id).slots[:count]
    other.mkdir()
    for slot in slots:
        os.link(folder / slot.image, other / slot.image)
    pool.write_manifest(base, twin_id, Manifest(slots=slots, next_seq=count + 1))
