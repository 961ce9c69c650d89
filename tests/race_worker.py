"""What one of many writers does at once to a pool base, and what of it was acknowledged.

`python -m tests.race_worker` runs one writer of its own process: it reads a JSON object (base, name, kind,
small_pool), waits for a second line, and writes what was acknowledged as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from gates import ledger, pool, pool_trash, profiles
from tests import pictures

POOL = "raced"
IMAGES = 3  # that each writer adds


class Store(NamedTuple):
    """The modules that a writer uses: the package may be loaded under two names in one process."""

    pool: ModuleType
    pool_trash: ModuleType
    profiles: ModuleType


OURS = Store(pool, pool_trash, profiles)


def use_pool(store: Store, base: Path, name: int) -> dict[str, Any]:
    """Add, label, mask, reorder, remove; the images that stay, and how many changes were acknowledged."""
    changes = 0
    stay: dict[str, list[Any]] = {}
    used = []
    for n in range(IMAGES):
        number = name * 100 + n
        data = pictures.png(number)
        staged = store.pool.staging.stage_bytes(base, data, f"{number}.png", store.pool.DEFAULT_LIMITS)
        slot = store.pool.add_staged(base, POOL, [staged], 5).slots[0].id
        used.append(slot)
        store.pool.set_label(base, POOL, slot, f"label {number}")
        stay[slot] = [number, f"label {number}", False]
        changes += 2
    store.pool.set_mask(base, POOL, used[0], pictures.painted())
    stay[used[0]][2] = True
    store.pool.set_active(base, POOL, used[1])
    changes += 2 + _reordered(store, base)
    store.pool.remove_slot(base, POOL, used[2], 5)
    del stay[used[2]]
    store.pool.remove_slot(base, POOL, used[0], 5)
    store.pool_trash.restore(base, POOL, used[0], 5)
    return {"changes": changes + 3, "stay": stay, "used": used, "gone": [used[2]]}


def _reordered(store: Store, base: Path) -> int:
    """Turn the pool around, unless somebody changed it in between; whether that was done."""
    manifest = store.pool.read_manifest(base, POOL)
    order = [slot.id for slot in manifest.slots][::-1]
    try:
        store.pool.reorder(base, POOL, order, revision=manifest.revision)
    except Exception as error:  # two copies of the package have two classes of one error
        if getattr(error, "code", "") != "stale_revision":
            raise
        return 0
    return 1


def use_profiles(store: Store, base: Path, name: int) -> dict[str, Any]:
    """Create, fill, rename, duplicate, delete; the profiles that stay, and who got the name that all want."""
    mine, other, copy = f"id{name}a", f"id{name}b", f"id{name}c"
    store.profiles.create_profile(base, f"mine {name}", mine, name)
    store.pool.add_image(base, mine, pictures.png(name))
    store.profiles.create_profile(base, f"other {name}", other, name)
    store.profiles.rename_profile(base, mine, f"renamed {name}")
    store.profiles.duplicate_profile(base, mine, f"copy {name}", copy)
    store.profiles.delete_profile(base, other, name)
    wanted = f"id{name}w"
    try:
        store.profiles.create_profile(base, "Wanted by all", wanted)
    except Exception as error:
        if getattr(error, "code", "") != "duplicate_name":
            raise
        wanted = ""
    return {"stay": {mine: f"renamed {name}", copy: f"copy {name}"}, "gone": [other], "wanted": wanted}


KINDS = {"pool": use_pool, "profiles": use_profiles}


def main() -> None:
    order = json.loads(sys.stdin.readline())
    ledger.SMALL_POOL = order["small_pool"]
    print("ready", flush=True)  # noqa: T201 the answer of this process
    sys.stdin.readline()
    done = KINDS[order["kind"]](OURS, Path(order["base"]), order["name"])
    print(json.dumps(done), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
