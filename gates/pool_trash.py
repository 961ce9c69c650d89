"""A pool's trash: what was taken out of it, brought back or deleted for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from . import atomic, ledger, pool, thumbs
from .errors import UnknownItem, UnknownSlot
from .ledger import Book
from .manifest import Item, Manifest, Slot, slot_files
from .places import Base
from .pool import Change


def list_items(base: Base, pool_id: str) -> tuple[Item, ...]:
    """What lies in the trash of a pool, newest first."""
    return tuple(reversed(pool.read_manifest(base, pool_id).trash))


def restore(base: Base, pool_id: str, ref: str | None, ts: int, *, revision: int | None = None) -> Change:
    """Bring back an item (by its id, or the newest of a slot id; None: the newest of all).

    A slot returns to its place; a mask or an image returns onto its slot, and the present one goes to the
    trash instead. Raises UnknownItem, UnknownSlot.
    """
    with pool.opened(base, pool_id, revision) as book:
        item = find_item(book.manifest, ref)
        _require_place(book.manifest, item)
        _bring_back(book.folder, item)
        rest = replace(book.manifest, trash=_without(book.manifest.trash, (item,)))
        if item.kind == "slot":
            return _insert(book, rest, item)
        return _exchange(book, rest, item, ts)


def find_item(manifest: Manifest, ref: str | None) -> Item:
    newest = reversed(manifest.trash)
    found = next((item for item in newest if ref in (None, item.id, item.slot.id)), None)
    if found is None:
        raise UnknownItem(f"There is no {ref or 'image'} in the trash of this pool.")
    return found


def _without(trash: tuple[Item, ...], gone: Sequence[Item]) -> tuple[Item, ...]:
    return tuple(item for item in trash if item not in gone)


def _require_place(manifest: Manifest, item: Item) -> None:
    """Raise UnknownSlot where the slot that a mask or an image returns onto is not there."""
    if item.kind == "slot":
        return
    at = manifest.position(item.slot.id)
    if at is None:
        raise UnknownSlot("The image that this belonged to is in the trash itself. Restore it first.")
    if item.kind == "mask" and manifest.slots[at].image != item.slot.image:
        raise UnknownSlot("This mask belongs to an image that was replaced. Restore that image first.")


def _bring_back(folder: Path, item: Item) -> None:
    for name in item.files():
        path = atomic.confined(folder, name)
        trashed = atomic.confined(folder, ledger.TRASH, name)
        if not path.exists() and trashed.exists():
            atomic.move_new(trashed, path)
    atomic.sync_folder(folder)


def _insert(book: Book, rest: Manifest, item: Item) -> Change:
    at = min(item.position, len(rest.slots))
    slots = (*rest.slots[:at], item.slot, *rest.slots[at:])
    active = rest.active + 1 if rest.slots and at <= rest.active else rest.active
    return Change(book.commit(replace(rest, slots=slots, active=active)), (item.slot,))


def _exchange(book: Book, rest: Manifest, item: Item, ts: int) -> Change:
    at = pool.position_of(rest, item.slot.id)
    now = rest.slots[at]
    slot = _returned(now, item)
    items = tuple(
        pool.trashed(item.kind, now, at, ts, rest.next_seq) for _ in (1,) if item.kind == "image" or now.mask
    )
    changed = replace(
        rest.with_slot(at, slot), trash=(*rest.trash, *items), next_seq=rest.next_seq + len(items)
    )
    done = book.commit(changed)
    pool.put_away(book.folder, items)
    return Change(done, (slot,))


def _returned(now: Slot, item: Item) -> Slot:
    if item.kind == "mask":
        return replace(now, mask=item.slot.mask)
    return replace(item.slot, label=now.label)


def purge(
    base: Base, pool_id: str, ref: str | None = None, *, revision: int | None = None
) -> tuple[Manifest, int]:
    """Delete one item of the trash for good, or the whole trash; what stays, and how many went."""
    with pool.opened(base, pool_id, revision) as book:
        trash = book.manifest.trash
        gone = trash if ref is None else (find_item(book.manifest, ref),)
        done = book.commit(replace(book.manifest, trash=_without(trash, gone)))
        _delete(book.folder, gone, done)
        return done, len(gone)


def _delete(folder: Path, gone: Sequence[Item], manifest: Manifest) -> None:
    """Unlink the files of items wherever they lie, unless the pool still uses one by that name."""
    used = {name for slot in manifest.slots for name in slot_files(slot)}
    names = {name for item in gone for name in item.files()} - used
    for name in names:
        atomic.confined(folder, ledger.TRASH, name).unlink(missing_ok=True)
        atomic.confined(folder, name).unlink(missing_ok=True)
    thumbs.forget(folder, names)
