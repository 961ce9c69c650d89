"""Changes of a manifest as lines: written after a change, applied when the manifest is read again."""

from __future__ import annotations

import json
from operator import is_
from pathlib import Path
from typing import Any

from .manifest import Manifest, read_item, read_slot, stored_item, stored_slot


def replay(journal: Path, stamp: str, manifest: Manifest) -> tuple[Manifest, bool]:
    """`manifest` with the journal's changes; whether the journal must go (torn, or of another snapshot)."""
    try:
        lines = journal.read_bytes().split(b"\n")
    except FileNotFoundError:
        return manifest, False
    if not stamp or _line(lines[0]).get("stamp") != stamp:
        return manifest, True
    for line in lines[1:-1]:
        following = apply_line(manifest, _line(line))
        if following is None:
            return manifest, True
        manifest = following
    return manifest, lines[-1] != b""


def _line(line: bytes) -> dict[str, Any]:
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return raw if isinstance(raw, dict) else {}


def journal_line(old: Manifest, new: Manifest) -> bytes | None:
    """The change from `old` to `new` as one line; None when a new snapshot says it shorter."""
    slots = _splice(old.slots, new.slots)
    trash = _splice(old.trash, new.trash)
    if len(slots[2]) + len(trash[2]) > 64 + len(new.slots) // 8:
        return None
    return json_line(
        {
            "revision": new.revision,
            "active": new.active,
            "next_seq": new.next_seq,
            "slots": [slots[0], slots[1], [stored_slot(slot) for slot in slots[2]]],
            "trash": [trash[0], trash[1], [stored_item(item) for item in trash[2]]],
        }
    )


def _splice(old: tuple[Any, ...], new: tuple[Any, ...]) -> tuple[int, int, tuple[Any, ...]]:
    """(start, how many go, what comes) that turns `old` into `new`, by identity."""
    shorter = min(len(old), len(new))
    same = [*map(is_, old, new), False]
    start = same.index(False)
    tail = [*map(is_, reversed(old), reversed(new)), False].index(False)
    tail = min(tail, shorter - start)
    return start, len(old) - start - tail, new[start : len(new) - tail]


def apply_line(manifest: Manifest, raw: dict[str, Any]) -> Manifest | None:
    """The manifest after a journal line; None when the line does not continue it."""
    if raw.get("revision") != manifest.revision + 1:
        return None
    slots = _apply_splice(manifest.slots, raw.get("slots"), read_slot)
    trash = _apply_splice(manifest.trash, raw.get("trash"), read_item)
    if slots is None or trash is None:
        return None
    following = {"active": raw.get("active"), "next_seq": raw.get("next_seq")}
    if not all(type(value) is int for value in following.values()):
        return None
    return Manifest(
        active=min(max(following["active"] or 0, 0), max(len(slots) - 1, 0)),
        slots=slots,
        next_seq=following["next_seq"] or 1,
        revision=manifest.revision + 1,
        trash=trash,
    )


def _apply_splice(old: tuple[Any, ...], raw: Any, parse: Any) -> tuple[Any, ...] | None:
    if not (isinstance(raw, list) and len(raw) == 3 and isinstance(raw[2], list)):
        return None
    start, gone, coming = raw[0], raw[1], [parse(one) for one in raw[2]]
    if type(start) is not int or type(gone) is not int or not 0 <= start <= start + gone <= len(old):
        return None
    return None if None in coming else (*old[:start], *coming, *old[start + gone :])


def json_line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"
