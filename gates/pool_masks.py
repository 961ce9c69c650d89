"""Masks of one pool: painted, taken from transparency, replaced, cleared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from . import atomic, picture, places
from .errors import NotAnImage
from .ledger import locate
from .limits import Limits
from .manifest import Manifest, Slot
from .places import Base
from .pool_access import Change, Ref, opened, pool_dir, position_of, put_away, read_manifest, trashed

DEFAULT_LIMITS = Limits()


def set_mask(
    base: Base,
    pool_id: str,
    index: Ref,
    data: bytes,
    ts: int = 0,
    *,
    revision: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Manifest:
    """Give a slot a mask (any image; white is painted), kept as greyscale in the image's size.

    The mask before it goes to the trash. Raises NotAnImage, TooManyPixels.
    """
    staged = places.new_file(base)
    try:
        staged.write_bytes(data)
        return mask_from_file(base, pool_id, index, staged, ts, revision=revision, limits=limits).manifest
    finally:
        staged.unlink(missing_ok=True)


def mask_from_file(
    base: Base,
    pool_id: str,
    ref: Ref,
    source: Path,
    ts: int,
    *,
    revision: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Change:
    manifest = read_manifest(base, pool_id)
    slot = manifest.slots[position_of(manifest, ref)]
    data = picture.mask_png(source, shown_size(pool_dir(base, pool_id), slot), limits)
    return put_mask(base, pool_id, slot.id, data, ts, revision=revision)


def mask_from_alpha(
    base: Base,
    pool_id: str,
    ref: Ref,
    ts: int,
    *,
    revision: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Change:
    """Make what is transparent in a slot's image its mask. Raises NotAnImage where nothing is."""
    manifest = read_manifest(base, pool_id)
    slot = manifest.slots[position_of(manifest, ref)]
    data = picture.alpha_mask_png(locate(pool_dir(base, pool_id), slot.image), limits)
    if data is None:
        raise NotAnImage(f"{slot.name or slot.image} has no transparency to make a mask of.")
    return put_mask(base, pool_id, slot.id, data, ts, revision=revision)


def shown_size(folder: Path, slot: Slot) -> tuple[int, int]:
    """(width, height) of a slot's image in pixels; read from the file where the manifest does not know."""
    if slot.width and slot.height:
        return slot.width, slot.height
    with picture.opened(locate(folder, slot.image), slot.name or slot.image) as image:
        return picture.shown_size(image)


def put_mask(
    base: Base, pool_id: str, ref: Ref, data: bytes | None, ts: int, *, revision: int | None = None
) -> Change:
    """Replace a slot's mask by the PNG `data`, or by none; the mask before it goes to the trash."""
    with opened(base, pool_id, revision) as book:
        old = book.manifest
        at = position_of(old, ref)
        before, stem = old.slots[at], old.slots[at].image.partition(".")[0]
        name = write_mask(book.folder, stem, before.masks, data) if data is not None else None
        slot = replace(before, mask=name, masks=before.masks + (1 if name else 0))
        items = (trashed("mask", before, at, ts, old.next_seq),) if before.mask else ()
        changed = old.with_slot(at, slot)
        following = old.next_seq + len(items)
        done = book.commit(replace(changed, trash=(*old.trash, *items), next_seq=following))
        if items:
            put_away(book.folder, items)
        return Change(done, (slot,))


def clear_mask(base: Base, pool_id: str, index: Ref, ts: int = 0, *, revision: int | None = None) -> Manifest:
    """Take the mask off a slot; it waits in the trash."""
    return put_mask(base, pool_id, index, None, ts, revision=revision).manifest


def write_mask(folder: Path, stem: str, before: int, data: bytes) -> str:
    """Write a mask under a name that this image never used; `before`: how many it had."""
    turn = before + 1
    while True:
        name = f"{stem}.mask.png" if turn == 1 else f"{stem}.mask.{turn}.png"
        if not locate(folder, name).exists():
            break
        turn += 1
    atomic.write_bytes(atomic.confined(folder, name), data)
    return name
