"""Where the parts of a pool base lie: ids, folders, locks, staging, trash.

<input>/grid_pool/
    profiles.json            names of profiles
    <pool id>/               images, masks, manifest.json, profile.json, .trash/, .thumbs/
    .staging/  .locks/  .trash/<profile id>/  .trash/<profile id>.gone
"""

from __future__ import annotations

import os
import re
import secrets
import time
from pathlib import Path

from . import atomic
from .errors import BadId, PoolInTrash, PoolPurged

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
LOCKS, STAGING, TRASH = ".locks", ".staging", ".trash"
GONE = ".gone"  # suffix of the mark that a purged id leaves: ids are never used twice
FORGOTTEN = 24 * 3600  # seconds after which what lies in staging belongs to nobody

Base = str | os.PathLike[str]


def check_id(raw: object) -> str:
    """`raw` as a pool id. Raises BadId."""
    if not isinstance(raw, str) or not ID.fullmatch(raw) or atomic.is_reserved(raw):
        raise BadId(
            f"{str(raw)[:80]!r} is no pool id. An id has 1 to 64 letters, digits, - or _, "
            "begins with a letter or digit and is no reserved Windows name."
        )
    return raw


def folder_of(base: Base, pool_id: str) -> Path:
    """The folder of a pool, whether it exists or not; ids that differ in case alone are one."""
    folder = atomic.confined(base, check_id(pool_id))
    return folder if folder.is_dir() else _variant(folder) or folder


def _variant(path: Path) -> Path | None:
    """The existing sibling of `path` whose name differs in case alone."""
    try:
        names = os.listdir(path.parent)
    except FileNotFoundError:
        return None
    wanted = path.name.lower()
    match = next((name for name in names if name.lower() == wanted), None)
    return atomic.confined(path.parent, match) if match is not None else None


def lock_of(base: Base, pool_id: str) -> Path:
    return atomic.confined(base, LOCKS, check_id(pool_id).lower() + ".lock")


def registry_lock(base: Base) -> Path:
    return atomic.confined(base, LOCKS, ".registry.lock")


def trash_of(base: Base, pool_id: str) -> Path:
    """Where the whole folder of a deleted profile waits."""
    folder = atomic.confined(base, TRASH, check_id(pool_id))
    return folder if folder.is_dir() else _variant(folder) or folder


def gone_mark(base: Base, pool_id: str) -> Path:
    return atomic.confined(base, TRASH, check_id(pool_id).lower() + GONE)


def require_alive(base: Base, pool_id: str) -> Path:
    """The folder of a pool that may be read and written. Raises PoolInTrash, PoolPurged."""
    folder = folder_of(base, pool_id)
    if folder.is_dir():
        return folder
    if gone_mark(base, pool_id).exists():
        raise PoolPurged(f"Pool {pool_id} was purged from the trash. Choose or create another one.")
    if trash_of(base, pool_id).is_dir():
        raise PoolInTrash(f"Pool {pool_id} lies in the trash. Restore its profile to use it.")
    return folder


def is_free(base: Base, pool_id: str) -> bool:
    """Whether nothing has or ever had this id."""
    taken = (folder_of(base, pool_id), trash_of(base, pool_id), gone_mark(base, pool_id))
    return not any(path.exists() for path in taken)


def new_file(base: Base) -> Path:
    """A fresh name in staging, for bytes that are not yet anything."""
    staging = atomic.confined(base, STAGING)
    staging.mkdir(parents=True, exist_ok=True)
    return atomic.confined(staging, f"{secrets.token_hex(8)}.part")


def sweep(base: Base, now: float | None = None) -> int:
    """Remove what crashed uploads left in staging more than a day ago; how much that was."""
    staging = atomic.confined(base, STAGING)
    if not staging.is_dir():
        return 0
    old = (time.time() if now is None else now) - FORGOTTEN
    stale = [entry for entry in os.scandir(staging) if entry.stat(follow_symlinks=False).st_mtime < old]
    for entry in stale:
        if entry.is_dir(follow_symlinks=False):
            atomic.remove_tree(staging, entry.name)
        else:
            os.unlink(entry.path)
    return len(stale)
