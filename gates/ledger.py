"""One pool's manifest on disk: snapshot, journal, backup, repair.

`manifest.json` is the snapshot. A small pool is written whole at each change. For a large one a change
appends one line to `manifest.journal`, so that its cost does not grow with the pool; the line is folded
into a new snapshot from time to time. `manifest.json.bak` repeats the snapshot: a damaged manifest is set
aside and mended from backup, journal and the files themselves.

Order of writing (a crash between any two leaves a readable pool): snapshot, backup, then the journal goes.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import atomic, picture
from .journal import journal_line, json_line, replay
from .manifest import (
    Manifest,
    Slot,
    is_image_name,
    mask_count,
    mask_turn,
    newest_masks,
    next_number,
    number_of,
    read,
    stored_item,
    stored_slot,
    with_found,
)

SNAPSHOT = "manifest.json"
BACKUP = "manifest.json.bak"
JOURNAL = "manifest.journal"
TRASH = ".trash"
THUMBS = ".thumbs"
FORMAT_VERSION = 2
SMALL_POOL = 256  # slots: up to here a change writes the whole snapshot
LONGEST_JOURNAL = 2**20  # bytes
HEAD = 128  # bytes of a snapshot that hold its revision and stamp
Token = tuple[bytes, int, int, int]


@dataclass(frozen=True)
class Known:
    """A manifest as it was read, with what its files looked like then."""

    token: Token
    stamp: str  # of the snapshot that the journal continues
    manifest: Manifest


class Memory:
    """Remembers what was read last. Holds nothing that the disk does not say: every use compares tokens."""

    def __init__(self, pools: int = 256, slots: int = 60_000) -> None:
        self._pools, self._slots = pools, slots
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._guard = threading.Lock()

    def recall(self, folder: Path, token: Token | None) -> Known | None:
        with self._guard:
            known = self._known.get(str(folder))
            return known if known is not None and known.token == token else None

    def keep(self, folder: Path, known: Known) -> None:
        with self._guard:
            self._known[str(folder)] = known
            self._known.move_to_end(str(folder))
            while len(self._known) > 1 and self._is_full():
                self._known.popitem(last=False)

    def _is_full(self) -> bool:
        slots = sum(len(known.manifest.slots) for known in self._known.values())
        return len(self._known) > self._pools or slots > self._slots


# The one value that outlives a call in this package: a cache that cannot be wrong, see docs/decisions.md.
_MEMORY = Memory()


def read_pool(folder: Path, lock: Path) -> Manifest:
    """The manifest in `folder`, checked; a damaged or missing one is mended first, under `lock`."""
    known = _MEMORY.recall(folder, _token(folder))
    if known is None and not folder.is_dir():
        return Manifest()
    if known is None:
        with atomic.hold(lock):
            known = _load(folder)
    return known.manifest


class Book:
    """An open manifest, held under its lock. `commit` makes a change durable."""

    def __init__(self, folder: Path, known: Known) -> None:
        self.folder = folder
        self._known = known

    @property
    def manifest(self) -> Manifest:
        return self._known.manifest

    def commit(self, changed: Manifest) -> Manifest:
        """Write `changed` as the next revision; when this returns, the disk has it."""
        changed = replace(changed, revision=self.manifest.revision + 1)
        line = journal_line(self.manifest, changed) if len(changed.slots) > SMALL_POOL else None
        if line is None or not self._known.stamp or _size(self.folder / JOURNAL) > LONGEST_JOURNAL:
            self._known = _write_snapshot(self.folder, changed)
        else:
            self._append(changed, line)
        _MEMORY.keep(self.folder, self._known)
        return changed

    def _append(self, changed: Manifest, line: bytes) -> None:
        journal = self.folder / JOURNAL
        fresh = not journal.exists()
        head = json_line({"stamp": self._known.stamp}) if fresh else b""
        atomic.append_line(journal, head + line)
        if fresh:
            atomic.sync_folder(self.folder)
        token = _token(self.folder)
        assert token is not None, "a journal continues a snapshot"
        self._known = Known(token, self._known.stamp, changed)


def open_held(folder: Path) -> Book:
    """The pool in `folder`, ready for a change. The caller holds its lock; the folder exists."""
    return Book(folder, _MEMORY.recall(folder, _token(folder)) or _load(folder))


def _token(folder: Path) -> Token | None:
    """What changes whenever the manifest does; None without a snapshot.

    The head of the snapshot holds a random stamp, so a replaced file never looks like its predecessor.
    """
    try:
        with open(folder / SNAPSHOT, "rb") as source:
            head, status = source.read(HEAD), os.fstat(source.fileno())
    except OSError:
        return None
    return head, status.st_size, status.st_mtime_ns, _size(folder / JOURNAL)


def _size(path: Path) -> int:
    stamp = picture.file_stamp(path)
    return stamp[0] if stamp else 0


def _load(folder: Path) -> Known:
    """Read, and mend where it must be; the lock is held."""
    token = _token(folder)
    raw = _json(folder / SNAPSHOT)
    reading = read(raw)
    if raw is None or not reading.whole:
        return _mend(folder, reading.manifest if raw is not None else None)
    stamp = _stamp(raw)
    manifest, torn = replay(folder / JOURNAL, stamp, reading.manifest)
    known = _write_snapshot(folder, manifest) if torn or not token else Known(token, stamp, manifest)
    _MEMORY.keep(folder, known)
    return known


def _json(path: Path) -> Any:
    """The decoded file; None when it is missing or no JSON."""
    try:
        return json.loads(path.read_bytes())
    except (FileNotFoundError, IsADirectoryError, ValueError, RecursionError):
        return None


def _stamp(raw: Any) -> str:
    stamp = raw.get("stamp") if isinstance(raw, dict) else None
    return stamp if isinstance(stamp, str) else ""


def snapshot_bytes(manifest: Manifest, stamp: str = "") -> bytes:
    """The manifest file: one slot a line, so that people and diffs can read it."""
    head: dict[str, Any] = {"revision": manifest.revision}
    if stamp:
        head["stamp"] = stamp
    head |= {"version": FORMAT_VERSION, "active": manifest.active, "next_seq": manifest.next_seq}
    slots = ",\n  ".join(json.dumps(stored_slot(slot), ensure_ascii=False) for slot in manifest.slots)
    trash = ",\n  ".join(json.dumps(stored_item(one), ensure_ascii=False) for one in manifest.trash)
    body = json.dumps(head)[:-1] + f',\n "slots": [{slots}],\n "trash": [{trash}]}}\n'
    return body.encode("utf-8")


def write_new(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a pool that is still in staging, where nobody else looks."""
    _write_snapshot(folder, manifest)


def _write_snapshot(folder: Path, manifest: Manifest) -> Known:
    stamp = secrets.token_hex(8)
    data = snapshot_bytes(manifest, stamp)
    atomic.write_bytes(folder / SNAPSHOT, data)
    atomic.write_bytes(folder / BACKUP, data, durable=False)
    (folder / JOURNAL).unlink(missing_ok=True)
    token = _token(folder)
    assert token is not None, "the snapshot was just written"
    return Known(token, stamp, manifest)


def _mend(folder: Path, salvaged: Manifest | None) -> Known:
    """Set a damaged manifest aside and write one from what can be known; the lock is held.

    Without snapshot, backup and files there is nothing to mend, and nothing is written.
    """
    names = image_files(folder)
    present = (folder / BACKUP).exists() or (folder / SNAPSHOT).exists()
    if salvaged is None and not names and not present:
        return Known((b"", 0, 0, 0), "", Manifest())
    set_aside(folder / SNAPSHOT)
    manifest = _merged(folder, salvaged or Manifest(), _from_backup(folder), names)
    known = _write_snapshot(folder, manifest)
    _MEMORY.keep(folder, known)
    return known


def _from_backup(folder: Path) -> Manifest:
    raw = _json(folder / BACKUP)
    return replay(folder / JOURNAL, _stamp(raw), read(raw).manifest)[0]


def set_aside(path: Path) -> Path | None:
    """Rename a damaged file so that nothing overwrites it; None when there is none."""
    if not path.exists():
        return None
    aside = path.with_name(f"{path.stem}.damaged-{secrets.token_hex(4)}{path.suffix}")
    atomic.replace(path, aside)
    return aside


def image_files(folder: Path) -> list[str]:
    """Names in `folder` that a pool gives to images, in the order of their numbers."""
    names = [entry.name for entry in os.scandir(folder) if is_image_name(entry.name)]
    return sorted(names, key=lambda name: (number_of(name), name))


def _merged(folder: Path, salvaged: Manifest, backup: Manifest, names: list[str]) -> Manifest:
    """Slots in the order of the best source, labels from whoever has them, then images nobody listed."""
    source = max((backup, salvaged), key=lambda one: (one.revision, len(one.slots)))
    spare = {slot.id: slot for slot in (*salvaged.slots, *backup.slots)}
    slots = [_at_best(slot, spare[slot.id]) for slot in source.slots]
    trash = source.trash or salvaged.trash or backup.trash
    known = {slot.id for slot in slots} | {item.slot.id for item in trash if item.kind == "slot"}
    slots += [slot for slot in spare.values() if slot.id not in known]
    kept = tuple(_with_present_mask(folder, slot) for slot in slots if slot.image in names)
    listed = {slot.image for slot in slots} | {one for item in trash for one in item.files()}
    masks = newest_masks(os.listdir(folder))
    rebuilt = (_rebuilt_slot(folder, name, masks) for name in names if name not in listed)
    found = [slot for slot in rebuilt if slot is not None]
    following = max(source.next_seq, salvaged.next_seq, backup.next_seq, _next_on_disk(folder))
    both, following = with_found(kept, found, following, (item.slot.id for item in trash))
    return Manifest(
        active=min(source.active, max(len(both) - 1, 0)),
        slots=both,
        next_seq=following,
        revision=max(salvaged.revision, backup.revision) + 1,
        trash=trash,
    )


def _at_best(slot: Slot, other: Slot) -> Slot:
    return replace(slot, label=slot.label or other.label, mask=slot.mask or other.mask)


def _with_present_mask(folder: Path, slot: Slot) -> Slot:
    gone = slot.mask is not None and not (folder / slot.mask).is_file()
    return replace(slot, mask=None) if gone else slot


def _next_on_disk(folder: Path) -> int:
    """One more than the highest number in any file name of the pool, its trash included."""
    places = [place for place in (folder, folder / TRASH) if place.is_dir()]
    return next_number(name for place in places for name in os.listdir(place))


def _rebuilt_slot(folder: Path, name: str, masks: dict[str, str]) -> Slot | None:
    """A slot for an image file that no manifest knows; None when it is no image."""
    path = atomic.confined(folder, name)
    if not picture.is_image(path):
        return None
    stem = name.partition(".")[0]
    mask = masks.get(stem)
    slot = Slot(id=stem, image=name, added=int(path.stat().st_mtime))
    return replace(slot, mask=mask, masks=mask_count(mask_turn(mask))) if mask else slot


def locate(folder: Path, name: str) -> Path:
    """Where a file of the pool lies: in the pool, or in its trash."""
    path = atomic.confined(folder, name)
    if path.exists() or not (folder / TRASH).is_dir():
        return path
    trashed = atomic.confined(folder, TRASH, name)
    return trashed if trashed.exists() else path


def is_internal(name: str) -> bool:
    """Whether a file in a pool's folder is bookkeeping, not content."""
    return name.startswith((".", "manifest.")) or name == "profile.json" or name.endswith(".tmp")
