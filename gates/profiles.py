"""Named profiles: create, rename, delete, duplicate, export, import. Ids and times are the caller's.

A change of several steps is ordered so that a crash between any two leaves one state or the other: a new
profile is filled in staging, registered, then renamed into place; a deleted one goes to the trash, then
leaves the registry; a restored one is registered, then leaves the trash.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import archive, atomic, places, pool, pool_archive, registry
from .errors import DuplicateId, UnknownProfile
from .limits import Limits
from .manifest import seconds, whole_number
from .places import Base
from .pool_archive import Contents
from .registry import (
    CARD,
    REGISTRY_NAME,
    Entry,
    Registry,
    changing,
    clean_name,
    empty_registry,
    find_by_id,
    find_by_name,
    free_name,
    read_registry,
    registry_path,
    require,
    write_registry,
)

__all__ = [
    "REGISTRY_NAME",
    "Entry",
    "Imported",
    "Registry",
    "Trashed",
    "clear_leftovers",
    "create_profile",
    "delete_profile",
    "duplicate_profile",
    "empty_registry",
    "export_pieces",
    "export_profile",
    "find_by_id",
    "find_by_name",
    "finish_purges",
    "import_archive",
    "import_profile",
    "list_trash",
    "purge_profile",
    "read_registry",
    "registry_path",
    "rename_profile",
    "restore_profile",
    "seed_profile",
    "write_registry",
]
DEFAULT_LIMITS = Limits()


def _entry(pid: str, name: str, ts: int, owner: str | None) -> Entry:
    entry: Entry = {"id": pid, "name": name, "created": seconds(ts)}
    return {**entry, "owner": owner} if owner else entry


@contextmanager
def new_folder(base: Base, pid: str) -> Iterator[Path]:
    """A folder in staging to fill for a new profile; if it is not published, it is removed again."""
    if not places.is_free(base, places.check_id(pid)):
        raise DuplicateId(f"The id {pid} is or was in use. Choose another one.")
    staged = registry.staged(base, pid)
    try:
        staged.mkdir(parents=True)
    except FileExistsError as error:
        raise DuplicateId(f"A profile with the id {pid} is being made. Choose another one.") from error
    try:
        yield staged
    finally:
        if staged.is_dir():
            atomic.remove_tree(atomic.confined(base, places.STAGING), pid)


def publish(base: Base, staged: Path, entry: Entry, *, suffix: bool) -> Entry:
    """Register a filled folder and put it into place: from then on the profile exists.

    A taken name raises DuplicateName, or with `suffix` gets " (2)".
    """
    with changing(base) as reg:
        if suffix:
            entry = {**entry, "name": free_name(reg, entry["name"])}
        registry.require_free_name(reg, entry["name"])
        if find_by_id(reg, entry["id"]) is not None or not places.is_free(base, entry["id"]):
            raise DuplicateId(f"The id {entry['id']} is or was in use. Choose another one.")
        atomic.write_bytes(staged / CARD, registry.encoded(entry))
        before = list(reg["profiles"])
        registry.write(base, {"profiles": [*before, entry]})
        try:
            atomic.replace(staged, atomic.confined(base, entry["id"]))
        except OSError:
            registry.write(base, {"profiles": before})
            raise
        atomic.sync_folder(Path(base))
    return entry


def create_profile(base: Base, name: str, pid: str, ts: int = 0, *, owner: str | None = None) -> Entry:
    """Make an empty profile. Raises BadName, BadId, DuplicateName, DuplicateId."""
    entry = _entry(places.check_id(pid), clean_name(name), ts, owner)
    with new_folder(base, pid) as staged:
        return publish(base, staged, entry, suffix=False)


def rename_profile(base: Base, pid: str, name: str) -> Entry:
    """Give a profile another name; its id, and so every workflow that uses it, stays."""
    wanted = clean_name(name)
    with changing(base) as reg:
        entry = require(reg, pid)
        registry.require_free_name(reg, wanted, entry["id"])
        entry["name"] = wanted
        registry.write(base, reg)
        folder = places.folder_of(base, entry["id"])
        if folder.is_dir():
            atomic.write_bytes(folder / CARD, registry.encoded(entry))
    return entry


def entry_of(base: Base, pid: str) -> Entry:
    """The entry of a registered profile. Raises UnknownProfile."""
    return require(read_registry(base), pid)


def delete_profile(base: Base, pid: str, ts: int = 0) -> Registry:
    """Move a profile with everything in it to the trash; the registry without it. Raises UnknownProfile."""
    with changing(base) as reg:
        entry = require(reg, pid)
        folder = places.folder_of(base, entry["id"])
        if folder.is_dir():
            _to_trash(base, folder, entry, ts)
        reg["profiles"] = [one for one in reg["profiles"] if one["id"] != entry["id"]]
        return registry.write(base, reg)


def _to_trash(base: Base, folder: Path, entry: Entry, ts: int) -> None:
    trash = atomic.confined(base, places.TRASH)
    trash.mkdir(exist_ok=True)
    with atomic.hold(places.lock_of(base, entry["id"])):
        atomic.write_bytes(folder / CARD, registry.encoded({**entry, "deleted": seconds(ts)}))
        atomic.replace(folder, atomic.confined(trash, folder.name))
    atomic.sync_folder(trash)


class Trashed(Entry):
    """A profile in the trash."""

    deleted: int  # seconds since 1970


def list_trash(base: Base) -> list[Trashed]:
    """The profiles in the trash, newest first."""
    found = [_trashed(folder) for folder, purged in _trash_folders(base) if not purged]
    return sorted(found, key=lambda one: (one["deleted"], one["name"]), reverse=True)


def clear_leftovers(base: Base) -> None:
    """Complete what crashes cut off, then remove what they left in staging and of purged profiles."""
    read_registry(base)  # first: a registered profile may still wait in staging
    places.sweep(base)
    finish_purges(base)


def finish_purges(base: Base) -> int:
    """Delete what a crash left of purged profiles; how many there were."""
    with changing(base):
        left = [folder.name for folder, purged in _trash_folders(base) if purged]
        for name in left:
            atomic.remove_tree(atomic.confined(base, places.TRASH), name)
        return len(left)


def _trash_folders(base: Base) -> list[tuple[Path, bool]]:
    """The folders in the trash, and whether each was already purged."""
    trash = atomic.confined(base, places.TRASH)
    if not trash.is_dir():
        return []
    names = [entry.name for entry in os.scandir(trash) if places.ID.fullmatch(entry.name) and entry.is_dir()]
    return [(atomic.confined(trash, name), places.gone_mark(base, name).exists()) for name in names]


def _trashed(folder: Path) -> Trashed:
    entry = registry.card(folder) or _entry(folder.name, folder.name, 0, None)
    try:
        raw = json.loads((folder / CARD).read_bytes())
    except (OSError, ValueError, RecursionError):
        raw = {}
    deleted = whole_number(raw.get("deleted")) if isinstance(raw, dict) else None
    return {**entry, "deleted": seconds(deleted)}


def restore_profile(base: Base, pid: str) -> Entry:
    """Bring a profile back from the trash, under its name or with a suffix. Raises UnknownProfile."""
    with changing(base) as reg:
        folder = _in_trash(base, pid)
        entry = registry.card(folder) or _entry(folder.name, folder.name, 0, None)
        entry["name"] = free_name(reg, entry["name"])
        atomic.write_bytes(folder / CARD, registry.encoded(entry))
        reg["profiles"].append(entry)
        registry.write(base, reg)
        with atomic.hold(places.lock_of(base, entry["id"])):
            atomic.replace(folder, atomic.confined(base, folder.name))
        return entry


def _in_trash(base: Base, pid: str) -> Path:
    folder = places.trash_of(base, pid)
    if not folder.is_dir() or places.gone_mark(base, pid).exists():
        raise UnknownProfile(f"There is no profile {pid} in the trash.")
    return folder


def purge_profile(base: Base, pid: str) -> None:
    """Delete a profile in the trash for good. Its id stays marked, so that nothing ever uses it again."""
    with changing(base):
        folder = _in_trash(base, pid)
        atomic.write_bytes(places.gone_mark(base, pid), b"")
        atomic.remove_tree(atomic.confined(base, places.TRASH), folder.name)


def seed_profile(base: Base, from_id: str, profile_id: str, ts: int = 0) -> int:
    """Copy all images of a pool into an empty profile; how many. Raises PoolNotEmpty, UnknownProfile."""
    require(read_registry(base), profile_id)
    change = pool.copy_slots(base, from_id, profile_id, None, ts, only_if_empty=True)
    return len(change.slots)


def duplicate_profile(
    base: Base, src_id: str, name: str | None, new_id: str, ts: int = 0, *, owner: str | None = None
) -> Entry:
    """Copy a profile with images, masks and labels, not its trash.

    A taken `name` raises DuplicateName; without a name the source's gets the first free suffix.
    """
    source = require(read_registry(base), src_id)
    entry = _entry(new_id, clean_name(source["name"] if name is None else name), ts, owner)
    if name is not None:
        registry.require_free_name(read_registry(base), entry["name"])
    with new_folder(base, new_id) as staged:
        folder = places.require_alive(base, source["id"])
        if folder.is_dir():
            pool_archive.copy(folder, pool.read_manifest(base, source["id"]), staged)
        return publish(base, staged, entry, suffix=name is None)


def export_pieces(base: Base, pid: str) -> tuple[str, list[archive.Piece]]:
    """The name of a profile, and its archive as a plan of byte ranges. Raises UnknownProfile, ImageGone."""
    entry = require(read_registry(base), pid)
    folder = places.require_alive(base, entry["id"])
    manifest = pool.read_manifest(base, entry["id"])
    return entry["name"], pool_archive.plan(folder, manifest, entry["name"], entry["created"])


def export_profile(base: Base, pid: str, dest_zip: str) -> str:
    """Write a profile's archive to `dest_zip`, replacing the file when it is complete."""
    archive.write(export_pieces(base, pid)[1], Path(dest_zip))
    return dest_zip


@dataclass(frozen=True)
class Imported:
    """A profile from an archive, and what was in it."""

    entry: Entry
    contents: Contents


def import_profile(base: Base, src_zip: str, new_id: str, name: str | None = None, ts: int = 0) -> Entry:
    """Make a profile of an archive; a taken name gets a suffix. Raises HostileArchive, BadArchive."""
    return import_archive(base, Path(src_zip), new_id, name, ts).entry


def import_archive(
    base: Base,
    source: Path,
    new_id: str,
    name: str | None = None,
    ts: int = 0,
    *,
    owner: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Imported:
    """Check a whole archive in staging, then publish it under its own name, `name`, or the new id."""
    wanted = clean_name(name) if name is not None else None
    with new_folder(base, new_id) as staged:
        contents = pool_archive.unpack(source, staged, limits)
        entry = _entry(new_id, wanted or contents.name or new_id, ts, owner)
        return Imported(publish(base, staged, entry, suffix=True), contents)
