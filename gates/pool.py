"""One pool: its images, masks, labels and order. The only writer of a pool's folder.

Slots are named by their stable id (text) or by their position (int). Every change holds the pool's lock,
raises its revision and is on disk when the function returns. A `revision` that is given must be the present
one, else StaleRevision. Manifests that come back read like the file: `manifest["slots"][0]["image"]`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import atomic, ledger, picture, places, staging
from . import manifest as shape
from .errors import BadField, BadOrder, ImageGone, PoolNotEmpty, TooManySlots
from .ledger import locate
from .limits import Limits
from .manifest import Manifest, Slot
from .places import Base
from .pool_access import (
    Change,
    Ref,
    exists,
    opened,
    pool_dir,
    position_of,
    positions_of,
    present_files,
    put_away,
    read_manifest,
    trashed,
)
from .pool_masks import clear_mask, mask_from_alpha, mask_from_file, put_mask, set_mask, write_mask
from .staging import Staged

__all__ = [
    "Change",
    "Ref",
    "activate",
    "add_image",
    "add_staged",
    "clear_mask",
    "copy_slots",
    "empty_manifest",
    "exists",
    "fingerprint",
    "mask_from_alpha",
    "mask_from_file",
    "opened",
    "pool_dir",
    "position_of",
    "present_files",
    "put_away",
    "put_mask",
    "read_manifest",
    "rebuild_manifest",
    "relabel",
    "remove_slot",
    "remove_slots",
    "reorder",
    "replace_image",
    "resolve_slot",
    "set_active",
    "set_label",
    "set_mask",
    "slot_key",
    "trashed",
    "write_manifest",
]
DEFAULT_LIMITS = Limits()


def empty_manifest() -> Manifest:
    return Manifest()


def write_manifest(base: Base, pool_id: str, manifest: Mapping[str, Any]) -> Manifest:
    """Replace what the pool says of itself; its files stay. Raises BadField for what no manifest says."""
    if isinstance(manifest, Manifest):
        wanted = manifest
    else:
        reading = shape.read(dict(manifest))
        if not reading.whole:
            raise BadField("This is no manifest of a pool: it names files or fields that no slot has.")
        wanted = reading.manifest
    with opened(base, pool_id, make=True) as book:
        trash = wanted.trash or book.manifest.trash
        following = max(wanted.next_seq, book.manifest.next_seq)
        return book.commit(replace(wanted, trash=trash, next_seq=following))


def rebuild_manifest(base: Base, pool_id: str) -> Manifest:
    """Forget the manifest and write one from the backup and the files that lie in the pool."""
    folder = places.require_alive(base, pool_id)
    if not folder.is_dir():
        return Manifest()
    with atomic.hold(places.lock_of(base, pool_id)):
        ledger.set_aside(folder / ledger.SNAPSHOT)
    return read_manifest(base, pool_id)


def add_image(
    base: Base,
    pool_id: str,
    data: bytes,
    ts: int = 0,
    *,
    name: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Manifest:
    """Add one image to the end of the pool, bytes as they are. `ts`: seconds since 1970.

    Raises NotAnImage, TooManyPixels, TooManyBytes, DiskFull.
    """
    places.require_alive(base, pool_id)
    staged = staging.stage_bytes(base, data, name, limits)
    return add_staged(base, pool_id, [staged], ts, limits=limits).manifest


def add_staged(
    base: Base,
    pool_id: str,
    uploads: Sequence[Staged],
    ts: int,
    *,
    revision: int | None = None,
    only_if_empty: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> Change:
    """Move checked uploads into the pool as new slots, in their order, as one change."""
    try:
        with opened(base, pool_id, revision, make=bool(uploads)) as book:
            old = book.manifest
            if only_if_empty and old.slots:
                raise PoolNotEmpty(f"Pool {pool_id} already holds {len(old.slots)} images.")
            _require_room(old, len(uploads), limits)
            number, slots = _move_in(book.folder, uploads, old.next_seq, ts)
            changed = replace(old, slots=(*old.slots, *slots), next_seq=number)
            return Change(book.commit(changed), slots)
    finally:
        for upload in uploads:
            upload.discard()


def _require_room(manifest: Manifest, more: int, limits: Limits) -> None:
    if len(manifest.slots) + more > limits.slots:
        raise TooManySlots(f"A pool holds at most {limits.slots} images.")


def _move_in(folder: Path, uploads: Sequence[Staged], number: int, ts: int) -> tuple[int, tuple[Slot, ...]]:
    """Place uploads under the first free numbers; the next number, and their slots. All of them or none."""
    slots: list[Slot] = []
    try:
        for upload in uploads:
            number = _free_number(folder, number)
            slots.append(_placed(folder, upload, f"img_{number:04d}", ts))
            number += 1
        atomic.sync_folder(folder)
    except BaseException:
        for slot in slots:
            _unlink_files(folder, slot)
        raise
    return number, tuple(slots)


def _placed(folder: Path, upload: Staged, stem: str, ts: int) -> Slot:
    slot = Slot(stem, stem + upload.picture.suffix, added=shape.seconds(ts))
    slot = replace(slot, label=shape.clean_label(upload.label))
    atomic.move_new(upload.path, atomic.confined(folder, slot.image))
    try:
        if upload.mask is not None:
            slot = replace(slot, mask=write_mask(folder, stem, 0, upload.mask), masks=1)
    except BaseException:
        _unlink_files(folder, slot)
        raise
    return _measured(slot, folder, upload)


def _unlink_files(folder: Path, slot: Slot) -> None:
    for name in shape.slot_files(slot):
        atomic.confined(folder, name).unlink(missing_ok=True)


def _free_number(folder: Path, number: int) -> int:
    """The first number from `number` on that no file has. Raises TooManySlots where they end."""
    while _number_taken(folder, number):
        number += 1
    if number > shape.HIGHEST:
        raise TooManySlots(
            "The numbers of this pool's files have run out. Copy its images into a new pool and add to that."
        )
    return number


def _number_taken(folder: Path, number: int) -> bool:
    """Whether a file that no manifest knows (left by a crash, put there by hand) has this number."""
    return any(os.path.lexists(folder / f"img_{number:04d}{end}") for end in _ENDINGS)


_ENDINGS = sorted({*picture.SUFFIXES.values(), ".jpeg", ".tiff", ".mask.png"})


def _measured(slot: Slot, folder: Path, upload: Staged) -> Slot:
    """The slot with what is known of its image file."""
    stamp = picture.file_stamp(folder / slot.image)
    found = upload.picture
    return replace(
        slot,
        name=shape.text(upload.name, 255),
        size=found.size,
        sha256=found.sha256,
        crc32=found.crc32,
        mtime_ns=stamp[1] if stamp else None,
        width=found.width,
        height=found.height,
    )


def remove_slot(
    base: Base, pool_id: str, index: Ref, ts: int = 0, *, revision: int | None = None
) -> Manifest:
    """Move one slot with its image and mask to the pool's trash."""
    return remove_slots(base, pool_id, [index], ts, revision=revision).manifest


def remove_slots(
    base: Base, pool_id: str, refs: Sequence[Ref], ts: int = 0, *, revision: int | None = None
) -> Change:
    """Move slots to the trash as one change. The active slot stays the active one where it stays at all."""
    with opened(base, pool_id, revision) as book:
        old = book.manifest
        gone = sorted(set(positions_of(old, refs)))
        items = tuple(trashed("slot", old.slots[at], at, ts, old.next_seq + i) for i, at in enumerate(gone))
        leaving = set(gone)
        slots = tuple(slot for at, slot in enumerate(old.slots) if at not in leaving)
        active = old.active - sum(1 for at in gone if at < old.active)
        changed = replace(
            old,
            slots=slots,
            active=min(active, max(len(slots) - 1, 0)),
            trash=(*old.trash, *items),
            next_seq=old.next_seq + len(items),
        )
        done = book.commit(changed)
        put_away(book.folder, items)
        return Change(done, tuple(item.slot for item in items))


def set_active(base: Base, pool_id: str, index: Ref, *, revision: int | None = None) -> Manifest:
    """Make a slot the one that a run with index -1 uses. A position beyond the ends means the end."""
    if isinstance(index, int):
        index = min(max(index, 0), max(len(read_manifest(base, pool_id).slots) - 1, 0))
    return activate(base, pool_id, index, revision=revision).manifest


def activate(base: Base, pool_id: str, ref: Ref, *, revision: int | None = None) -> Change:
    """Make a slot the active one. Raises UnknownSlot."""
    with opened(base, pool_id, revision) as book:
        at = position_of(book.manifest, ref)
        changed = book.commit(replace(book.manifest, active=at))
        return Change(changed, (changed.slots[at],))


def set_label(base: Base, pool_id: str, index: Ref, label: str, *, revision: int | None = None) -> Manifest:
    """Write the label of a slot; at most 10,000 characters are kept."""
    return relabel(base, pool_id, index, label, revision=revision).manifest


def relabel(base: Base, pool_id: str, ref: Ref, label: str, *, revision: int | None = None) -> Change:
    with opened(base, pool_id, revision) as book:
        at = position_of(book.manifest, ref)
        slot = replace(book.manifest.slots[at], label=shape.clean_label(label))
        return Change(book.commit(book.manifest.with_slot(at, slot)), (slot,))


def replace_image(
    base: Base, pool_id: str, ref: Ref, upload: Staged, ts: int, *, revision: int | None = None
) -> Change:
    """Put another image into a slot: id, label and place stay, the old image and its mask go to the trash."""
    try:
        with opened(base, pool_id, revision) as book:
            old = book.manifest
            at = position_of(old, ref)
            before = old.slots[at]
            number, (fresh,) = _move_in(book.folder, [upload], old.next_seq, ts)
            slot = replace(fresh, id=before.id, label=before.label)
            item = trashed("image", before, at, ts, number)
            changed = replace(old.with_slot(at, slot), trash=(*old.trash, item), next_seq=number + 1)
            done = book.commit(changed)
            put_away(book.folder, (item,))
            return Change(done, (slot,))
    finally:
        upload.discard()


def reorder(base: Base, pool_id: str, order: Sequence[Ref], *, revision: int | None = None) -> Manifest:
    """Put the slots into `order`, every one of them named once. The active slot moves along."""
    with opened(base, pool_id, revision) as book:
        old = book.manifest
        index = {slot.id: at for at, slot in enumerate(old.slots)}
        positions = [index.get(ref, -1) if isinstance(ref, str) else ref for ref in order]
        if sorted(positions) != list(range(len(old.slots))):
            raise BadOrder(f"The order must name each of the {len(old.slots)} images once.")
        slots = tuple(old.slots[at] for at in positions)
        active = positions.index(old.active) if slots else 0
        return book.commit(replace(old, slots=slots, active=active))


def resolve_slot(manifest: Mapping[str, Any], index: int) -> int:
    """The position that the node's `index` means: -1 the active slot, else clamped; -1 in an empty pool."""
    count = len(manifest.slots) if isinstance(manifest, Manifest) else len(manifest["slots"])
    if count == 0:
        return -1
    wanted = manifest["active"] if index < 0 else index
    return int(min(max(wanted, 0), count - 1))


def copy_slots(
    base: Base,
    source_id: str,
    target_id: str,
    refs: Sequence[Ref] | None,
    ts: int,
    *,
    revision: int | None = None,
    only_if_empty: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> Change:
    """Copy slots (all for None) with masks and labels to the end of another pool, or of the same."""
    manifest = read_manifest(base, source_id)
    chosen = range(len(manifest.slots)) if refs is None else positions_of(manifest, refs)
    _require_room(read_manifest(base, target_id), len(chosen), limits)
    folder = pool_dir(base, source_id)
    uploads: list[Staged] = []
    try:
        for at in chosen:
            uploads.append(_staged_copy(base, folder, manifest.slots[at], limits))
    except BaseException:
        for upload in uploads:
            upload.discard()
        raise
    return add_staged(
        base, target_id, uploads, ts, revision=revision, only_if_empty=only_if_empty, limits=limits
    )


def _staged_copy(base: Base, folder: Path, slot: Slot, limits: Limits) -> Staged:
    source, path = locate(folder, slot.image), places.new_file(base)
    try:
        atomic.copy_file(source, path)
    except FileNotFoundError as error:
        raise ImageGone(f"The file of {slot.name or slot.image} is gone.") from error
    upload = staging.stage_file(path, slot.name or slot.image, limits)
    mask = _mask_bytes(folder, slot)
    return replace(upload, name=slot.name, mask=mask, label=slot.label)


def _mask_bytes(folder: Path, slot: Slot) -> bytes | None:
    try:
        return locate(folder, slot.mask).read_bytes() if slot.mask else None
    except FileNotFoundError as error:
        raise ImageGone(f"The mask of {slot.name or slot.image} is gone.") from error


def fingerprint(base: Base, pool_id: str) -> str:
    """A hash that changes with whatever a run of this pool could put out."""
    manifest, folder = read_manifest(base, pool_id), pool_dir(base, pool_id)
    digest = hashlib.sha256(f"{manifest.active}|{len(manifest.slots)}".encode())
    for slot in manifest.slots:
        digest.update(repr(slot_key(folder, slot)).encode())
    return digest.hexdigest()


def slot_key(folder: Path, slot: Slot) -> tuple[object, ...]:
    """What one slot puts out, as values to hash: its files by name, size and time, and its label."""
    mask = picture.file_stamp(folder / slot.mask) if slot.mask else None
    return slot.id, slot.image, picture.file_stamp(folder / slot.image), slot.mask, mask, slot.label
