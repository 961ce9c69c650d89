"""A process that works on a pool base until it is killed, telling each thing before and after it does it.

`python -m tests.store_worker` reads one JSON object a line (base, seed, small_pool, actions), forks a child
for each, and writes lines to its output: {"pid"}, then the child's {"begin"} and {"done"}, then {"dead"}.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from gates import ledger, pool, pool_trash, profiles
from gates.manifest import Manifest
from tests import pictures

State = dict[str, Any]
ARCHIVE = "in.zip"  # beside the base
MOST_SLOTS, MOST_PROFILES = 8, 4


class Action(NamedTuple):
    """Something to do to one pool: what is told before it, and the doing."""

    name: str
    about: dict[str, Any]
    act: Callable[[], object]


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pool_state(base: Path, pool_id: str) -> State:
    """What a pool holds, files by their content."""
    manifest = pool.read_manifest(base, pool_id)
    folder = pool.pool_dir(base, pool_id)
    slots = [
        [slot.id, sha(folder / slot.image), slot.label, sha(folder / slot.mask) if slot.mask else None]
        for slot in manifest.slots
    ]
    trash = sorted([item.id, sha(ledger.locate(folder, item.files()[0]))] for item in manifest.trash)
    return {"revision": manifest.revision, "slots": slots, "trash": trash}


def registry_state(base: Path) -> State:
    named = {entry["id"]: entry["name"] for entry in profiles.read_registry(base)["profiles"]}
    return {"names": named, "trash": sorted(entry["id"] for entry in profiles.list_trash(base))}


def actions(base: Path, chance: random.Random) -> Iterator[Action]:
    """Random actions without end, each one possible when it is asked for."""
    while True:
        listed = list(registry_state(base)["names"])
        pool_id = chance.choice(listed) if listed else ""
        manifest = pool.read_manifest(base, pool_id) if listed else Manifest()
        possible = [*_profile_actions(base, chance, pool_id, len(listed))]
        if listed:
            possible += [*_pool_actions(base, chance, pool_id, manifest)] * 2
        yield chance.choice(possible)


def _profile_actions(base: Path, chance: random.Random, pool_id: str, count: int) -> Iterator[Action]:
    fresh, name = f"{chance.getrandbits(64):016x}", f"name {chance.getrandbits(40)}"
    about = {"pool": pool_id, "new": fresh, "name": name}
    if count < MOST_PROFILES:
        yield Action("create", about, lambda: profiles.create_profile(base, name, fresh))
        archive = str(base.parent / ARCHIVE)
        yield Action("import", about, lambda: profiles.import_profile(base, archive, fresh, name))
        if count:
            yield Action("duplicate", about, lambda: profiles.duplicate_profile(base, pool_id, name, fresh))
    if count:
        yield Action("rename", about, lambda: profiles.rename_profile(base, pool_id, name))
    if count >= MOST_PROFILES:
        yield Action("delete", about, lambda: profiles.delete_profile(base, pool_id, 5))


def _pool_actions(base: Path, chance: random.Random, pool_id: str, manifest: Manifest) -> Iterator[Action]:
    number, about = chance.randrange(10**6), {"pool": pool_id}
    if len(manifest.slots) < MOST_SLOTS:
        data = pictures.png(number)
        told = {**about, "sha": hashlib.sha256(data).hexdigest()}
        yield Action("add", told, lambda: pool.add_image(base, pool_id, data, 5))
    if not manifest.slots:
        return
    slot = chance.choice(manifest.slots).id
    about = {**about, "slot": slot, "label": f"label {number}"}
    order = chance.sample(range(len(manifest.slots)), len(manifest.slots))
    box = (0, 0, 1 + number % 8, 1 + number % 6)
    yield Action("label", about, lambda: pool.set_label(base, pool_id, slot, str(about["label"])))
    yield Action("reorder", about, lambda: pool.reorder(base, pool_id, order))
    yield Action("mask", about, lambda: pool.set_mask(base, pool_id, slot, pictures.painted(box=box)))
    yield Action("clear", about, lambda: pool.clear_mask(base, pool_id, slot))
    yield Action("remove", about, lambda: pool.remove_slot(base, pool_id, slot))
    if any(item.kind == "slot" for item in manifest.trash):
        yield Action("restore", about, lambda: pool_trash.restore(base, pool_id, _trashed(manifest), 5))


def _trashed(manifest: Manifest) -> str:
    return next(item.id for item in manifest.trash if item.kind == "slot")


def work(base: Path, seed: int, most: int) -> None:
    chance = random.Random(seed)
    for _, action in zip(range(most), actions(base, chance), strict=False):
        tell({"begin": action.name, **action.about})
        action.act()
        pools = [one for one in (action.about["pool"], action.about.get("new")) if one]
        alive = registry_state(base)
        states = {one: pool_state(base, one) for one in pools if one in alive["names"]}
        tell({"done": action.name, "registry": alive, "pools": states})


def tell(message: dict[str, Any]) -> None:
    os.write(sys.stdout.fileno(), json.dumps(message).encode() + b"\n")


def main() -> None:
    Image.init()  # once, for all children
    for line in sys.stdin:
        order = json.loads(line)
        ready, go = os.pipe()
        child = os.fork()
        if child == 0:
            os.read(ready, 1)
            ledger.SMALL_POOL = order["small_pool"]
            try:
                work(Path(order["base"]), order["seed"], order["actions"])
            finally:
                os._exit(0 if sys.exc_info()[0] is None else 1)
        tell({"pid": child})
        os.write(go, b"x")
        os.close(ready)
        os.close(go)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        tell({"dead": status})


if __name__ == "__main__":
    main()
