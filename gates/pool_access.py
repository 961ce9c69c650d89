"""The way to one pool: its folder, what it says of itself, and holding it for a change."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from . import atomic, ledger, places
from . import manifest as shape
from .errors import StaleRevision, UnknownPool, UnknownSlot
from .ledger import Book
from .manifest import Item, Manifest, Slot
from .places import Base

Ref = int | str


class Change(NamedTuple):
    """A pool after a change, and the slots that it was about."""

    manifest: Manifest
    slots: tuple[Slot, ...]


def pool_dir(base: Base, pool_id: str) -> Path:
    """The pool's folder below `base`. Raises BadId, PathOutside."""
    return places.folder_of(base, pool_id)


def exists(base: Base, pool_id: str) -> bool:
    return places.folder_of(base, pool_id).is_dir()


def present_files(base: Base, pool_id: str) -> frozenset[str]:
    """Names of the files that lie in the pool and its trash right now."""
    folder = pool_dir(base, pool_id)
    places_of_files = [place for place in (folder, folder / ledger.TRASH) if place.is_dir()]
    return frozenset(name for place in places_of_files for name in os.listdir(place))


def read_manifest(base: Base, pool_id: str) -> Manifest:
    """The pool as it is; empty when there is none. Raises BadId, PoolInTrash, PoolPurged."""
    while (folder := places.require_alive(base, pool_id)).is_dir():
        try:
            manifest = ledger.read_pool(folder, places.lock_of(base, pool_id))
        except FileNotFoundError:
            if folder.is_dir():
                raise
            continue  # it went to the trash while we waited for it: say so
        if folder.is_dir():
            return manifest
    return Manifest()


@contextmanager
def opened(base: Base, pool_id: str, revision: int | None = None, *, make: bool = False) -> Iterator[Book]:
    """The pool, held for a change. One that does not exist is made with `make`, else UnknownPool.

    Raises also StaleRevision, BadId, PoolInTrash, PoolPurged. A change that fails leaves no new folder.
    """
    places.require_alive(base, pool_id)
    with atomic.hold(places.lock_of(base, pool_id)):
        folder = places.require_alive(base, pool_id)  # it may have gone to the trash while we waited
        fresh = not folder.is_dir()
        if fresh and not make:
            raise UnknownPool(f"There is no image pool {pool_id} yet. It begins with its first image.")
        folder.mkdir(parents=True, exist_ok=True)
        try:
            book = ledger.open_held(folder)
            _require_revision(book.manifest, revision)
            yield book
        except BaseException:
            if fresh and not os.listdir(folder):
                folder.rmdir()
            raise


def _require_revision(manifest: Manifest, revision: int | None) -> None:
    if revision is not None and revision != manifest.revision:
        raise StaleRevision(
            f"The pool changed meanwhile (revision {manifest.revision}, not {revision}). "
            "Look at it again, then repeat the change.",
            revision=manifest.revision,
        )


def position_of(manifest: Manifest, ref: Ref) -> int:
    """The position that `ref` (slot id, or position) names. Raises UnknownSlot."""
    found = manifest.position(ref) if isinstance(ref, str) else ref
    return _require_position(manifest, ref, found)


def positions_of(manifest: Manifest, refs: Sequence[Ref]) -> list[int]:
    """The positions of many refs, found together: a request may name a hundred thousand."""
    index = {slot.id: at for at, slot in enumerate(manifest.slots)}
    found = [index.get(ref) if isinstance(ref, str) else ref for ref in refs]
    return [_require_position(manifest, ref, at) for ref, at in zip(refs, found, strict=True)]


def _require_position(manifest: Manifest, ref: Ref, found: int | None) -> int:
    if found is None or not 0 <= found < len(manifest.slots):
        asked = f"image {ref}" if isinstance(ref, str) else f"position {ref}"
        raise UnknownSlot(f"There is no {asked} in this pool; it holds {len(manifest.slots)}.")
    return found


def trashed(kind: str, slot: Slot, position: int, ts: int, number: int) -> Item:
    return Item(f"t{number:04d}", kind, shape.seconds(ts), position, slot)


def put_away(folder: Path, items: Sequence[Item]) -> None:
    """Move the files of items to the trash folder. The manifest says so already: a crash loses nothing."""
    trash = atomic.confined(folder, ledger.TRASH)
    trash.mkdir(exist_ok=True)
    for name in (name for item in items for name in item.files()):
        path, target = atomic.confined(folder, name), atomic.confined(trash, name)
        if path.exists() and not target.exists():
            atomic.move_new(path, target)
