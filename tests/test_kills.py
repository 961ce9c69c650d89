"""Killed at any instant, the store opens again with everything that was acknowledged."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from gates import ledger, places, pool, profiles
from tests import pictures
from tests.store_worker import ARCHIVE, pool_state, registry_state

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no kill -9 there")
ROOT = Path(__file__).resolve().parents[1]
ROUNDS_ON_ONE_BASE = 10
LONGEST = 0.12  # seconds that a worker lives


class Nursery:
    """A process that has everything loaded and forks a worker for each round."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.store_worker"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def _pipes(self) -> tuple[IO[str], IO[str]]:
        assert self._process.stdin is not None and self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def lived(self, order: dict[str, Any], seconds: float) -> list[dict[str, Any]]:
        """What a worker told in its `seconds` of life."""
        orders, answers = self._pipes()
        orders.write(json.dumps(order) + "\n")
        orders.flush()
        worker = json.loads(answers.readline())["pid"]
        time.sleep(seconds)
        os.kill(worker, signal.SIGKILL)
        told: list[dict[str, Any]] = []
        while "dead" not in (message := json.loads(answers.readline())):
            told.append(message)
        assert message["dead"] in (-signal.SIGKILL, 0), "the worker met an error of its own"
        return told

    def close(self) -> None:
        for pipe in self._pipes():
            pipe.close()
        self._process.wait(20)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


class Known:
    """What was acknowledged."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.registry: dict[str, Any] = {"names": {}, "trash": []}
        self.pools: dict[str, Any] = {}

    def learn(self, told: list[dict[str, Any]]) -> dict[str, Any] | None:
        """Take in what was done; what was begun and not acknowledged."""
        pending = None
        for message in told:
            if "begin" in message:
                pending = message
            else:
                pending, self.registry = None, message["registry"]
                self.pools |= message["pools"]
        return pending

    def look(self) -> None:
        """Take in what lies there now."""
        self.registry = registry_state(self.base)
        self.pools = {pid: pool_state(self.base, pid) for pid in self.registry["names"]}


def prepare(base: Path) -> dict[str, Any]:
    """An archive to import, beside the base; what is in it."""
    base.mkdir(parents=True)
    maker = base.parent / "maker"
    profiles.create_profile(maker, "archived", "a1")
    for n in range(3):
        pool.add_image(maker, "a1", pictures.png(n))
        pool.set_label(maker, "a1", n, f"archived {n}")
    pool.set_mask(maker, "a1", 1, pictures.painted())
    profiles.export_profile(maker, "a1", str(base.parent / ARCHIVE))
    return pool_state(maker, "a1")


def check_registry(known: Known, pending: dict[str, Any] | None, archived: dict[str, Any]) -> None:
    now, before = registry_state(known.base), known.registry
    names = dict(before["names"])
    action, new = (pending["begin"], pending.get("new")) if pending else ("", None)
    if now != before:
        assert pending is not None
        if action in ("create", "import", "duplicate"):
            names[new] = pending["name"]
        elif action == "rename":
            names[pending["pool"]] = pending["name"]
        else:
            assert action == "delete" and pending["pool"] in now["trash"]
            del names[pending["pool"]]
    assert now["names"] == names, action
    if action in ("import", "duplicate") and new in now["names"]:
        source = archived if action == "import" else known.pools[pending["pool"]] if pending else {}
        assert pool_state(known.base, str(new))["slots"] == source["slots"], "a half-made profile"


def check_pools(known: Known, pending: dict[str, Any] | None) -> None:
    alive = registry_state(known.base)["names"]
    for pid, before in known.pools.items():
        if pid not in alive:
            continue
        now = pool_state(known.base, pid)
        touched = pending is not None and pending["pool"] == pid and "new" not in pending
        if now["revision"] == before["revision"] or not touched:
            assert now == before, (pid, pending)
        else:
            assert pending is not None and now["revision"] == before["revision"] + 1
            check_change(before, now, pending)


def check_change(before: dict[str, Any], now: dict[str, Any], pending: dict[str, Any]) -> None:
    """An action that was not acknowledged was done whole."""
    slots = {one[0]: one for one in before["slots"]}
    found = {one[0]: one for one in now["slots"]}
    changed = {key for key in {*slots, *found} if slots.get(key) != found.get(key)}
    action, slot = pending["begin"], pending.get("slot")
    if action == "add":
        assert now["slots"][:-1] == before["slots"] and now["slots"][-1][1] == pending["sha"]
    elif action == "reorder":
        assert not changed
    elif action == "label":
        assert changed <= {slot} and found[slot][2] == pending["label"]
    elif action in ("mask", "clear"):
        assert changed <= {slot} and (found[slot][3] is None) == (action == "clear")
    elif action == "remove":
        assert changed == {slot} and slot not in found
        assert slots[slot][1] in [sha for _, sha in now["trash"]]
    else:
        assert action == "restore" and len(found) == len(slots) + 1 and not changed & {*slots}


def check_folders(base: Path) -> None:
    """Nothing looks like a profile that is none, and nothing was thought to be damaged."""
    listed = registry_state(base)["names"]
    assert {path.parent.name for path in base.glob("*/profile.json")} == {*listed}
    assert not [*base.rglob("*damaged*")]
    ours = {".locks", ".staging", ".trash", "profiles.json", "profiles.json.bak", *listed}
    others = {path.name for path in base.iterdir()} - ours
    assert all(name.startswith(".") and name.endswith(".tmp") for name in others), others


def survive(nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rounds: int) -> None:
    chance, acknowledged, cut = random.Random(20), 0, set()
    for turn in range(rounds):
        if turn % ROUNDS_ON_ONE_BASE == 0:
            base = tmp_path / f"run{turn}" / "input" / "grid_pool"
            archived, known = prepare(base), Known(base)
        order = {"base": str(base), "seed": turn, "small_pool": turn % 2 * 256, "actions": 1000}
        told = nursery.lived(order, chance.uniform(0, LONGEST))
        monkeypatch.setattr(ledger, "_MEMORY", ledger.Memory())
        pending = known.learn(told)
        acknowledged += sum("done" in message for message in told)
        cut |= {pending["begin"]} if pending else set()
        check_registry(known, pending, archived)
        check_pools(known, pending)
        check_folders(base)
        places.sweep(base, time.time() + 2 * places.FORGOTTEN)
        known.look()
    assert acknowledged > rounds and len(cut) >= 5, f"{acknowledged} acknowledged, {cut} cut off"


def test_200_kills(nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    survive(nursery, tmp_path, monkeypatch, 200)
