"""The registry of profiles: which pool ids have a name, and what a name may be.

Names live twice: in `profiles.json`, and on a card (`profile.json`) beside each profile's images, so that
a lost registry is rebuilt and a damaged one set aside. `read_registry` also completes what a crash cut off
(the order of steps stands in `profiles.py`).
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypedDict

from . import atomic, ledger, places
from .errors import BadName, DuplicateName, UnknownProfile
from .manifest import seconds, text
from .places import Base

REGISTRY_NAME = "profiles.json"
BACKUP_NAME = "profiles.json.bak"
CARD = "profile.json"
LONGEST_NAME = 120  # characters
INVISIBLE = {"Cc", "Cs", "Zl", "Zp"}  # Unicode categories: controls, surrogates, line breaks
BIDI = {chr(code) for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}


class _Named(TypedDict):
    id: str
    name: str
    created: int  # seconds since 1970


class Entry(_Named, total=False):
    """A profile as the registry has it; `owner` is who made it, where the host knows users."""

    owner: str


class Registry(TypedDict):
    profiles: list[Entry]


def registry_path(base: Base) -> Path:
    return atomic.confined(base, REGISTRY_NAME)


def empty_registry() -> Registry:
    return {"profiles": []}


def clean_name(raw: object) -> str:
    """`raw` as a name: NFC, trimmed, 1 to 120 visible characters. Raises BadName."""
    name = unicodedata.normalize("NFC", raw).strip() if isinstance(raw, str) else ""
    if not 0 < len(name) <= LONGEST_NAME or all(_is_blank(one) for one in name):
        raise BadName(f"A profile's name has 1 to {LONGEST_NAME} characters, not all of them blank.")
    if any(unicodedata.category(one) in INVISIBLE or one in BIDI for one in name):
        raise BadName("A profile's name holds no control characters and none that turn the text around.")
    return name


def _is_blank(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cf", "Zs", "Zl", "Zp", "Cc")


def name_key(name: str) -> str:
    """Names with one key are one name, on every system."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).strip().casefold())


def read_registry(base: Base) -> Registry:
    """All profiles, in the order in which they were made. Mends what a crash or a damaged file left."""
    registry = _read_file(base)
    if registry is not None and not _unfinished(base, registry):
        return registry
    if registry is None and not _anything_left(base):
        return empty_registry()
    with atomic.hold(places.registry_lock(base)):
        return _mended(base)


def _anything_left(base: Base) -> bool:
    """Whether there is something to mend a missing registry from."""
    files = (registry_path(base), registry_path(base).with_name(BACKUP_NAME))
    return any(os.path.lexists(path) for path in files) or bool(cards(base))


def _read_file(base: Base) -> Registry | None:
    """The registry file; None when it is missing or damaged in any way."""
    entries, whole = _entries(registry_path(base))
    return {"profiles": entries} if whole else None


def _entries(path: Path) -> tuple[list[Entry], bool]:
    """What can be read of a registry file, each id once, and whether that was all of it."""
    try:
        raw = json.loads(path.read_bytes())
    except (FileNotFoundError, IsADirectoryError, ValueError, RecursionError):
        return [], False
    listed = raw.get("profiles") if isinstance(raw, dict) else None
    if not isinstance(listed, list):
        return [], False
    found = {entry["id"].lower(): entry for entry in map(read_entry, listed) if entry is not None}
    return list(found.values()), len(found) == len(listed)


def read_entry(raw: object) -> Entry | None:
    """An entry from JSON; None when its id or name is none."""
    if not isinstance(raw, dict) or not isinstance(raw.get("name"), str):
        return None
    try:
        entry: Entry = {
            "id": places.check_id(raw.get("id")),
            "name": clean_name(raw["name"]),
            "created": seconds(raw.get("created")),
        }
    except ValueError:
        return None
    owner = text(raw.get("owner"), LONGEST_NAME)
    return {**entry, "owner": owner} if owner else entry


def _unfinished(base: Base, registry: Registry) -> bool:
    """Whether a registered profile has no folder, but staging or the trash has one."""
    return any(_crash_left(base, entry) for entry in registry["profiles"])


def _crash_left(base: Base, entry: Entry) -> bool:
    if atomic.confined(base, entry["id"]).is_dir():
        return False
    return staged(base, entry["id"]).is_dir() or places.trash_of(base, entry["id"]).is_dir()


def staged(base: Base, pid: str) -> Path:
    return atomic.confined(base, places.STAGING, pid)


def _mended(base: Base) -> Registry:
    """Complete what was cut off and rebuild what was lost; the registry's lock is held."""
    registry = _read_file(base)
    if registry is None:
        salvaged = _entries(registry_path(base))[0]
        ledger.set_aside(registry_path(base))
        registry = _rebuilt(base, salvaged)
    finished = [entry for entry in registry["profiles"] if _finish(base, entry)]
    return write(base, {"profiles": finished})


def _finish(base: Base, entry: Entry) -> bool:
    """Put a registered profile that waits in staging into place; False for one that was deleted."""
    if places.gone_mark(base, entry["id"]).exists():
        return False  # named by an old backup alone
    if not _crash_left(base, entry):
        return True
    waiting = staged(base, entry["id"])
    if not waiting.is_dir():
        return False
    atomic.replace(waiting, atomic.confined(base, entry["id"]))
    return True


def _rebuilt(base: Base, salvaged: list[Entry]) -> Registry:
    """A registry from what the damaged one still says, its backup, and the cards beside the images."""
    backup = _entries(registry_path(base).with_name(BACKUP_NAME))[0]
    entries = {entry["id"].lower(): entry for entry in (*cards(base), *backup, *salvaged)}
    names: set[str] = set()
    result: list[Entry] = []
    for entry in sorted(entries.values(), key=lambda one: (one["created"], one["name"])):
        entry["name"] = _free_name(entry["name"], names)
        names.add(name_key(entry["name"]))
        result.append(entry)
    return {"profiles": result}


def cards(base: Base) -> list[Entry]:
    if not os.path.isdir(base):
        return []
    folders = [entry.name for entry in os.scandir(base) if places.ID.fullmatch(entry.name) and entry.is_dir()]
    found = [card(atomic.confined(base, name)) for name in folders]
    return [entry for entry in found if entry is not None]


def card(folder: Path) -> Entry | None:
    """The entry that lies beside the images in `folder`; its id is the folder's name, whatever it says."""
    try:
        raw = json.loads((folder / CARD).read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return read_entry({**raw, "id": folder.name}) if isinstance(raw, dict) else None


def write_registry(base: Base, reg: Registry) -> Registry:
    """Replace the registry file."""
    with atomic.hold(places.registry_lock(base)):
        return write(base, reg)


def write(base: Base, registry: Registry) -> Registry:
    Path(base).mkdir(parents=True, exist_ok=True)
    atomic.write_bytes(registry_path(base), encoded(registry))
    atomic.write_bytes(registry_path(base).with_name(BACKUP_NAME), encoded(registry), durable=False)
    return registry


def encoded(value: Any) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode("utf-8")


def find_by_id(reg: Registry, pid: str) -> Entry | None:
    """The entry of an id; ids that differ in case alone are one."""
    return next((entry for entry in reg["profiles"] if entry["id"].lower() == pid.lower()), None)


def find_by_name(reg: Registry, name: str) -> Entry | None:
    key = name_key(name)
    return next((entry for entry in reg["profiles"] if name_key(entry["name"]) == key), None)


def require(reg: Registry, pid: object) -> Entry:
    """The entry of an id. Raises BadId, UnknownProfile."""
    entry = find_by_id(reg, places.check_id(pid))
    if entry is None:
        raise UnknownProfile(f"There is no profile {pid}. It may be in the trash, or was renamed away.")
    return entry


def require_free_name(reg: Registry, name: str, pid: str | None = None) -> None:
    other = find_by_name(reg, name)
    if other is not None and other["id"] != pid:
        raise DuplicateName(f"There is already a profile named {other['name']!r}. Choose another name.")


def _free_name(wanted: str, taken: set[str]) -> str:
    """`wanted`, or with the first suffix " (2)", " (3)", … that is free."""
    candidate, number = wanted, 2
    while name_key(candidate) in taken:
        ending = f" ({number})"
        candidate = wanted[: LONGEST_NAME - len(ending)] + ending
        number += 1
    return candidate


def free_name(reg: Registry, wanted: str) -> str:
    return _free_name(wanted, {name_key(entry["name"]) for entry in reg["profiles"]})


@contextmanager
def changing(base: Base) -> Iterator[Registry]:
    """The registry, mended and held for a change; the caller writes it."""
    with atomic.hold(places.registry_lock(base)):
        registry = _read_file(base)
        if registry is None or _unfinished(base, registry):
            registry = _mended(base) if os.path.isdir(base) else empty_registry()
        yield registry
