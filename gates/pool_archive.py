"""The contents of a pool as an archive, from one, and as a copy: what belongs to it and what is left out.

Layout: `profile_meta.json` (name, format, version, and size and sha256 of every other member) and the
pool's files below `pool/`, its manifest among them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import archive, atomic, ledger, picture, places
from . import manifest as shape
from .archive import Archive, Bounds, Member, Source, Unpacked
from .errors import BadArchive, GatesError, HostileArchive, ImageGone
from .limits import Limits
from .manifest import Manifest, Slot
from .picture import Digest, Picture
from .staging import sync_file

META = "profile_meta.json"
POOL = "pool/"
FORMAT = "dataset-gates-profile"
VERSION = 1
LONGEST_JSON = 64 * 2**20  # bytes
MOST_DECODERS = 4  # threads; Pillow decodes outside of Python's lock
Look = Picture | GatesError  # a file as a picture, or why it is none


@dataclass(frozen=True)
class Carried:
    """A file that came along byte for byte but is no slot, or was left out, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Contents:
    """What an archive held."""

    name: str | None  # what its profile was called
    slots: int
    carried: tuple[Carried, ...]


def files(folder: Path, manifest: Manifest) -> list[tuple[str, Path]]:
    """(name, path) of everything that belongs to the pool: its slots' files, then what lies beside them.

    Bookkeeping, trash and temporary files are left out. Raises ImageGone.
    """
    listed = [name for slot in manifest.slots for name in shape.slot_files(slot)]
    found = [(name, ledger.locate(folder, name)) for name in listed]
    gone = next((name for name, path in found if not path.is_file()), None)
    if gone is not None:
        raise ImageGone(f"The file {gone} of this pool is gone. Remove its image or bring the file back.")
    known = {*listed, *(name for item in manifest.trash for name in item.files())}
    beside = sorted(
        entry.name
        for entry in (os.scandir(folder) if folder.is_dir() else ())
        if entry.is_file(follow_symlinks=False)
        and entry.name not in known
        and not ledger.is_internal(entry.name)
        and atomic.is_plain_name(entry.name)
    )
    return found + [(name, folder / name) for name in beside]


def copy(folder: Path, manifest: Manifest, target: Path) -> None:
    """Copy a pool into the empty folder `target`, without its trash."""
    for name, _ in files(folder, manifest):
        _copy_one(folder, name, atomic.confined(target, name))
    slots = tuple(_restamped(target, slot) for slot in manifest.slots)
    if slots:
        ledger.write_new(target, replace(manifest, slots=slots, trash=(), revision=1))


def _copy_one(folder: Path, name: str, target: Path) -> None:
    """Copy a file of the pool, wherever it lies by now; the disk has it when this returns."""
    for _ in range(3):  # between the look and the copy it may go to the trash, or come back
        try:
            atomic.copy_file(ledger.locate(folder, name), target)
        except FileNotFoundError:
            continue
        return sync_file(target)
    raise ImageGone(f"The file {name} of this pool is gone. Remove its image or bring the file back.")


def _restamped(folder: Path, slot: Slot) -> Slot:
    stamp = picture.file_stamp(folder / slot.image)
    return replace(slot, mtime_ns=stamp[1] if stamp else None)


def plan(folder: Path, manifest: Manifest, name: str, created: int) -> list[archive.Piece]:
    """The archive of a pool. Reads only files whose size and checksum are not known."""
    slots = {slot.image: slot for slot in manifest.slots}
    measured = [(file, path, _digest(path, slots.get(file))) for file, path in files(folder, manifest)]
    inner = ledger.snapshot_bytes(replace(manifest, trash=()))
    sources = [archive.bytes_source(POOL + ledger.SNAPSHOT, inner)]
    sources += [_source(folder, file, path, one) for file, path, one in measured]
    sums = {POOL + file: {"size": one.size, "sha256": one.sha256} for file, _, one in measured}
    sums[POOL + ledger.SNAPSHOT] = _sum(inner)
    meta = {"name": name, "format": FORMAT, "version": VERSION, "created": created, "files": sums}
    data = json.dumps(meta, indent=1, ensure_ascii=False).encode("utf-8")
    return archive.stored([archive.bytes_source(META, data), *sources])


def _source(folder: Path, name: str, path: Path, digest: Digest) -> Source:
    deleted = folder.parent / places.TRASH / folder.name
    moved = (folder / ledger.TRASH / name, folder / name, deleted / name, deleted / ledger.TRASH / name)
    return Source(POOL + name, digest.size, digest.crc32, path=path, moved=moved)


def _sum(data: bytes) -> dict[str, Any]:
    return {"size": len(data), "sha256": picture.sha256_of(data)}


def _digest(path: Path, slot: Slot | None) -> Digest:
    """What is known of a file; it is read when it changed since, or was never measured."""
    stamp = picture.file_stamp(path)
    if slot is not None and slot.sha256 and slot.crc32 is not None and stamp == (slot.size, slot.mtime_ns):
        return Digest(stamp[0], slot.sha256, slot.crc32)
    return picture.digest_of(path)


def unpack(source: Path, folder: Path, limits: Limits) -> Contents:
    """Check the archive `source` and fill the empty `folder` from it.

    Refused whole: whatever would leave the pool, duplicates, links, bombs (HostileArchive), damage and
    sums that do not match (BadArchive). A damaged manifest alone is rebuilt from the files.
    """
    bounds = Bounds(member_bytes=limits.file_bytes, total_bytes=limits.archive_bytes)
    with archive.open_checked(source, bounds) as opened:
        meta = _meta(opened)
        inside = _inside(opened)
        raw = _manifest(opened)
        atomic.require_space(folder, opened.total)
        wanted = [member for member in inside if not ledger.is_internal(_file(member))]
        unpacked, pictures = _unpack_all(opened, wanted, folder, limits)
        _compare(meta, opened, unpacked)
    slots = _slots(folder, shape.read(raw).manifest, pictures)
    active = min(shape.read(raw).manifest.active, max(len(slots) - 1, 0))
    if slots:
        following = max(shape.next_number(unpacked), shape.next_after(slots, ()))
        ledger.write_new(folder, Manifest(active, slots, following, revision=1))
    left_out = [one for one in inside if ledger.is_internal(_file(one)) and _file(one) != ledger.SNAPSHOT]
    return Contents(_name(meta), len(slots), _carried(slots, pictures, left_out))


def _file(member: Member) -> str:
    return member.name[len(POOL) :]


def _inside(opened: Archive) -> list[Member]:
    inside = [member for member in opened.members if member.name.startswith(POOL)]
    nested = next((member.name for member in inside if "/" in _file(member)), None)
    if nested is not None:
        raise BadArchive(f"{nested} lies in a folder of its own; a pool has none. Nothing was imported.")
    if not inside and opened.find(META) is None:
        raise BadArchive("This zip holds no pool: it has neither profile_meta.json nor a folder pool/.")
    return inside


def _json(opened: Archive, name: str) -> Any:
    """A member as JSON; None when it is missing or damaged."""
    member = opened.find(name)
    if member is None:
        return None
    try:
        return json.loads(opened.read(member, LONGEST_JSON))
    except (ValueError, RecursionError):
        return None


def _meta(opened: Archive) -> dict[str, Any]:
    raw = _json(opened, META)
    meta = raw if isinstance(raw, dict) else {}
    version = meta.get("version")
    if meta.get("format") == FORMAT and type(version) is int and version > VERSION:
        raise BadArchive("This archive was made by a newer version. Update Dataset Gates to import it.")
    return meta


def _name(meta: dict[str, Any]) -> str | None:
    from .registry import clean_name

    try:
        return clean_name(meta.get("name"))
    except ValueError:
        return None


def _manifest(opened: Archive) -> Any:
    """The archive's manifest as JSON. Raises HostileArchive when it names a file outside of the pool."""
    raw = _json(opened, POOL + ledger.SNAPSHOT)
    listed = raw.get("slots") if isinstance(raw, dict) else None
    for slot in listed if isinstance(listed, list) else []:
        for key in ("image", "mask"):
            name = slot.get(key) if isinstance(slot, dict) else None
            if isinstance(name, str) and not atomic.is_plain_name(name):
                raise HostileArchive(f"The archive's manifest names {name[:80]!r}, outside of its pool.")
    return raw


def _compare(meta: dict[str, Any], opened: Archive, unpacked: dict[str, Unpacked]) -> None:
    """Hold the unpacked files against the sums that the archive brought. Raises BadArchive."""
    sums = meta.get("files")
    if not isinstance(sums, dict):
        return
    for name, said in sums.items():
        found = unpacked.get(name.removeprefix(POOL)) if name.startswith(POOL) else None
        if found is not None:
            known = said if isinstance(said, dict) else {}
            if (known.get("size"), known.get("sha256")) != (found.size, found.sha256):
                raise BadArchive(f"{name} is not what was exported: its sha256 does not match.")
        elif opened.find(name) is None:
            raise BadArchive(f"{name} is missing from the archive. Export it again.")
    extra = next((name for name in unpacked if POOL + name not in sums), None)
    if extra is not None:
        raise BadArchive(f"{POOL}{extra} was put into the archive after it was exported.")


def _unpack_all(
    opened: Archive, wanted: Sequence[Member], folder: Path, limits: Limits
) -> tuple[dict[str, Unpacked], dict[str, Look]]:
    """Write the members into `folder`; each is decoded on other threads while the next are written."""
    unpacked: dict[str, Unpacked] = {}
    looks: dict[str, Future[Look]] = {}
    workers = ThreadPoolExecutor(decoders(os.cpu_count()), "gates-import")
    try:
        for member in wanted:
            name = _file(member)
            unpacked[name] = opened.unpack(member, atomic.confined(folder, name))
            looks[name] = workers.submit(_look, folder, name, unpacked[name], limits)
        return unpacked, {name: look.result() for name, look in looks.items()}
    finally:
        workers.shutdown(cancel_futures=True)


def decoders(cores: int | None) -> int:
    """How many threads decode an import: one core stays free for the event loop and the person's run."""
    return min(max((cores or 1) - 1, 1), MOST_DECODERS)


def _look(folder: Path, name: str, one: Unpacked, limits: Limits) -> Look:
    try:
        known = Digest(one.size, one.sha256, one.crc32)
        return picture.inspect(atomic.confined(folder, name), name, limits, known)
    except GatesError as error:
        return error


def _slots(folder: Path, said: Manifest, found: dict[str, Look]) -> tuple[Slot, ...]:
    """The manifest's slots whose images are there, then images that it does not list."""
    listed = {slot.image for slot in said.slots}
    names = sorted((name for name in found if shape.is_image_name(name)), key=shape.number_of)
    masks = shape.newest_masks(name for name, look in found.items() if isinstance(look, Picture))
    fresh = [_found_slot(name, masks) for name in names if name not in listed]
    following = max(shape.next_number(found), shape.next_after(said.slots, ()))
    slots = shape.with_found(said.slots, fresh, following)[0]
    result = [_measured(folder, slot, found) for slot in slots]
    return tuple(slot for slot in result if slot is not None)


def _found_slot(name: str, masks: dict[str, str]) -> Slot:
    stem = name.partition(".")[0]
    mask = masks.get(stem)
    return Slot(id=stem, image=name, mask=mask, masks=shape.mask_count(shape.mask_turn(mask)) if mask else 0)


def _measured(folder: Path, slot: Slot, found: dict[str, Look]) -> Slot | None:
    image, mask = found.get(slot.image), found.get(slot.mask or "")
    if not isinstance(image, Picture):
        return None
    known = replace(slot, size=image.size, sha256=image.sha256, crc32=image.crc32)
    known = replace(known, width=image.width, height=image.height)
    return _restamped(folder, known if isinstance(mask, Picture) else replace(known, mask=None))


def _carried(
    slots: tuple[Slot, ...], found: dict[str, Look], left_out: Iterable[Member]
) -> tuple[Carried, ...]:
    used = {name for slot in slots for name in shape.slot_files(slot)}
    beside = [
        Carried(name, str(one) if isinstance(one, GatesError) else "No slot of the pool uses this image.")
        for name, one in found.items()
        if name not in used
    ]
    return (*beside, *(Carried(_file(one), "Bookkeeping of another pool, left out.") for one in left_out))
