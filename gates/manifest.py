"""What a pool's manifest says: slots, trash, revision; read with suspicion, written as JSON. Pure values.

The file keeps the keys of the first Image Pool (`active`, `slots`, `next_seq`; `image`, `mask`, `label`,
`added` in each slot), so pools of it open here; ours stand beside them. Unknown is None.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

IMAGE_NAME = re.compile(r"img_(\d{4,12})\.(png|jpg|jpeg|webp|gif|bmp|tif|tiff|avif)", re.ASCII)
MASK_NAME = re.compile(r"(img_\d{4,12})\.mask(?:\.(\d{1,12}))?\.png", re.ASCII)
SLOT_ID = re.compile(r"img_\d{4,12}", re.ASCII)
ITEM_ID = re.compile(r"t\d{4,12}", re.ASCII)
KINDS = ("slot", "mask", "image")
LONGEST_LABEL = 10_000  # characters
HIGHEST = 10**11  # numbers beyond come from no pool of ours and would run out of digits
MOST_MASKS = 10**9  # of one image: a higher count is not believed, and counting begins anew
MILLISECONDS = 100_000_000_000  # larger times are milliseconds: in seconds this is the year 5138


@dataclass(frozen=True, slots=True)
class Slot:
    """One image of a pool. `image` and `mask` are file names in the pool's folder."""

    id: str  # stable, never used twice
    image: str
    mask: str | None = None
    label: str = ""
    added: int = 0  # seconds since 1970
    name: str | None = None  # what the person's file was called
    size: int | None = None  # bytes
    sha256: str | None = None  # hex
    crc32: int | None = None
    mtime_ns: int | None = None  # of the file when it was measured
    width: int | None = None  # pixels, as shown
    height: int | None = None
    masks: int = 0  # masks that this image ever had: their file names are never used twice

    def public(self) -> dict[str, Any]:
        """What a caller over HTTP sees."""
        return {key: getattr(self, key) for key in PUBLIC}


PUBLIC = ("id", "image", "mask", "label", "added", "name", "size", "sha256", "width", "height")
STORED = (*PUBLIC, "crc32", "mtime_ns", "masks")


@dataclass(frozen=True, slots=True)
class Item:
    """Something in a pool's trash: a slot, a mask taken off it, or an image that was replaced."""

    id: str
    kind: str  # slot | mask | image
    deleted: int  # seconds since 1970
    position: int  # where the slot stood
    slot: Slot  # as it was

    def files(self) -> tuple[str, ...]:
        """The file names that went to the trash with it."""
        if self.kind == "mask":
            return (self.slot.mask,) if self.slot.mask else ()
        return (self.slot.image, self.slot.mask) if self.slot.mask else (self.slot.image,)

    def public(self) -> dict[str, Any]:
        return {
            "item": self.id,
            "kind": self.kind,
            "deleted": self.deleted,
            "slot": self.slot.public(),
        }


@dataclass(frozen=True)
class Manifest(Mapping[str, Any]):
    """One pool at one revision. As a mapping it reads like the file: `m["slots"][0]["image"]`."""

    active: int = 0  # position of the active slot
    slots: tuple[Slot, ...] = ()
    next_seq: int = 1
    revision: int = 0
    trash: tuple[Item, ...] = ()

    def __getitem__(self, key: str) -> Any:
        if key == "slots":
            return [stored_slot(slot) for slot in self.slots]
        if key in ("active", "next_seq", "revision"):
            return getattr(self, key)
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(("active", "slots", "next_seq", "revision"))

    def __len__(self) -> int:
        return 4

    def position(self, slot_id: str) -> int | None:
        """Where the slot stands, None when the pool has no such slot."""
        return next((i for i, slot in enumerate(self.slots) if slot.id == slot_id), None)

    def with_slot(self, position: int, slot: Slot) -> Manifest:
        slots = (*self.slots[:position], slot, *self.slots[position + 1 :])
        return replace(self, slots=slots)


def stored_slot(slot: Slot) -> dict[str, Any]:
    return {key: getattr(slot, key) for key in STORED}


def stored_item(item: Item) -> dict[str, Any]:
    slot = stored_slot(item.slot)
    return {
        "item": item.id,
        "kind": item.kind,
        "deleted": item.deleted,
        "position": item.position,
        "slot": slot,
    }


@dataclass(frozen=True)
class Reading:
    """What could be understood of a manifest, and whether that was all of it."""

    manifest: Manifest
    whole: bool


def read(raw: object) -> Reading:
    """Understand a decoded manifest, dropping each slot whose shape, name or path is wrong."""
    if not isinstance(raw, dict) or not isinstance(raw.get("slots"), list):
        return Reading(Manifest(), whole=False)
    slots = [read_slot(one) for one in raw["slots"]]
    trash = [read_item(one) for one in _list(raw.get("trash"))]
    kept, items = _without_twins(slots, trash)
    active, count = whole_number(raw.get("active")), len(kept)
    manifest = Manifest(
        active=min(active or 0, max(count - 1, 0)),
        slots=kept,
        next_seq=max(_next_seq(raw), next_after(kept, items)),
        revision=whole_number(raw.get("revision")) or 0,
        trash=items,
    )
    return Reading(manifest, whole=len(kept) == len(slots) and len(items) == len(trash))


def _next_seq(raw: dict[str, Any]) -> int:
    stored = whole_number(raw.get("next_seq")) or 1
    return stored if stored <= 2 * HIGHEST else 1


def _without_twins(
    slots: list[Slot | None], trash: list[Item | None]
) -> tuple[tuple[Slot, ...], tuple[Item, ...]]:
    ids: set[str] = set()
    files: set[str] = set()
    kept: list[Slot] = []
    for slot in slots:
        if slot is not None and slot.id not in ids and not files & set(slot_files(slot)):
            kept.append(slot)
            ids.add(slot.id)
            files.update(slot_files(slot))
    items: list[Item] = []
    for item in trash:
        if item is not None and not ids & _ids_of(item) and not files & set(item.files()):
            items.append(item)
            ids |= _ids_of(item)
            files.update(item.files())
    return tuple(kept), tuple(items)


def _ids_of(item: Item) -> set[str]:
    """The ids that nothing else may have: its own, and that of a slot which left the pool as a whole."""
    return {item.id, item.slot.id} if item.kind == "slot" else {item.id}


def slot_files(slot: Slot) -> tuple[str, ...]:
    return (slot.image, slot.mask) if slot.mask else (slot.image,)


def with_found(
    slots: Iterable[Slot], found: Iterable[Slot], following: int, taken: Iterable[str] = ()
) -> tuple[tuple[Slot, ...], int]:
    """`slots`, then those that were found as files; and the next number.

    One whose id is in use (by a slot, or among `taken`) gets a fresh one; a mask stays with its first slot.
    """
    result = list(slots)
    ids = {*taken, *(slot.id for slot in result)}
    masks = {slot.mask for slot in result if slot.mask}
    for slot in found:
        if slot.id in ids:
            slot, following = replace(slot, id=f"img_{following:04d}"), following + 1
        if slot.mask in masks:
            slot = replace(slot, mask=None)
        if number_of(slot.id) <= HIGHEST:
            result.append(slot)
            ids.add(slot.id)
            masks |= {slot.mask} if slot.mask else set()
    return tuple(result), following


def newest_masks(names: Iterable[str]) -> dict[str, str]:
    """The last mask that each image was given, of the files `names`, by the stem of the image."""
    masks = sorted((name for name in names if MASK_NAME.fullmatch(name)), key=mask_turn)
    return {name.partition(".")[0]: name for name in masks}


def mask_turn(mask: str) -> int:
    match = MASK_NAME.fullmatch(mask)
    return int(match.group(2) or 1) if match else 0


def is_image_name(name: str) -> bool:
    """Whether a pool may give `name` to an image."""
    return IMAGE_NAME.fullmatch(name) is not None and number_of(name) <= HIGHEST


def read_slot(raw: object) -> Slot | None:
    """A slot from JSON; None when it is none, or names a file that no slot may name."""
    if not isinstance(raw, dict):
        return None
    image, mask = raw.get("image"), raw.get("mask")
    if not isinstance(image, str) or not is_image_name(image):
        return None
    stem = image.partition(".")[0]
    if mask is not None and not _is_mask_of(mask, stem):
        return None
    slot_id = raw.get("id", stem)
    if not isinstance(slot_id, str) or not SLOT_ID.fullmatch(slot_id):
        return None
    if number_of(slot_id) > HIGHEST:
        return None
    return Slot(
        id=slot_id,
        image=image,
        mask=mask,
        label=clean_label(raw.get("label")),
        added=seconds(raw.get("added")),
        name=text(raw.get("name"), 255),
        size=whole_number(raw.get("size")),
        sha256=_sha256(raw.get("sha256")),
        crc32=whole_number(raw.get("crc32")),
        mtime_ns=whole_number(raw.get("mtime_ns")),
        width=whole_number(raw.get("width")),
        height=whole_number(raw.get("height")),
        masks=max(mask_count(raw.get("masks")), 1 if mask else 0),
    )


def _is_mask_of(mask: object, stem: str) -> bool:
    match = MASK_NAME.fullmatch(mask) if isinstance(mask, str) else None
    return match is not None and match.group(1) == stem


def read_item(raw: object) -> Item | None:
    if not isinstance(raw, dict):
        return None
    slot, item_id, kind = read_slot(raw.get("slot")), raw.get("item"), raw.get("kind")
    known = isinstance(item_id, str) and ITEM_ID.fullmatch(item_id) and kind in KINDS
    if slot is None or not known:
        return None
    position = whole_number(raw.get("position")) or 0
    return Item(str(item_id), str(kind), seconds(raw.get("deleted")), position, slot)


def next_after(slots: tuple[Slot, ...], trash: tuple[Item, ...]) -> int:
    """The smallest number that no image, slot or item carries yet."""
    ids = [name for slot in slots for name in (slot.id, slot.image)]
    ids += [name for item in trash for name in (item.id, item.slot.id, item.slot.image)]
    return next_number(ids)


def next_number(names: Iterable[str]) -> int:
    """One more than the highest number in `names`; those that no image can have do not count."""
    numbers = (number_of(name) for name in names)
    return 1 + max((number for number in numbers if number <= HIGHEST), default=0)


def number_of(name: str) -> int:
    """The number in a file name or id of ours, 0 without one."""
    match = re.match(r"(?:img_|t)(\d{1,12})", name, re.ASCII)
    return int(match.group(1)) if match else 0


def whole_number(raw: object) -> int | None:
    """`raw` as a count: None for everything that is no whole number of at least 0 in 63 bits."""
    return raw if type(raw) is int and 0 <= raw < 2**63 else None


def mask_count(raw: object) -> int:
    count = whole_number(raw) or 0
    return count if count <= MOST_MASKS else 0


def seconds(raw: object) -> int:
    """A time in whole seconds; older manifests hold milliseconds, and nothing counts as 0."""
    value = int(raw) if isinstance(raw, float) and 0 <= raw < 2**63 else whole_number(raw)
    value = value or 0
    return value // 1000 if value > MILLISECONDS else value


def text(raw: object, longest: int) -> str | None:
    """`raw` as text that can be stored (no lone surrogates), cut at `longest` characters."""
    if not isinstance(raw, str) or not raw:
        return None
    return raw[:longest].encode("utf-8", "replace").decode("utf-8")


def clean_label(raw: object) -> str:
    return text(raw, LONGEST_LABEL) or ""


def _sha256(raw: object) -> str | None:
    return raw if isinstance(raw, str) and re.fullmatch(r"[0-9a-f]{64}", raw) else None


def _list(raw: object) -> list[Any]:
    return raw if isinstance(raw, list) else []
