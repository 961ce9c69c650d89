"""What one add, activate or label costs in a pool of 4,000 slots against one of 50."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gates import pool, pool_trash

from .figures import Figure
from .filling import fill
from .pairs import by_turns, seconds_of
from .photos import tiny_png
from .server import Client, running

SMALL, LARGE = 50, 4_000  # slots
ROUNDS, QUICK_ROUNDS = 60, 12
Act = Callable[[str, int], float]  # what one change of a pool took, in seconds


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    base, rounds = folder / "slots", QUICK_ROUNDS if quick else ROUNDS
    for count in (SMALL, LARGE):
        fill(base, _id(count), ((f"{at}.png", tiny_png(at)) for at in range(count)))
    yield from _figures("in the core", Core(base).acts(), rounds)
    with running(base) as client:
        yield from _figures("over HTTP", Http(base, client).acts(), rounds)


def _id(count: int) -> str:
    return f"of{count}"


def _figures(where: str, acts: dict[str, Act], rounds: int) -> Iterator[Figure]:
    for name, act in acts.items():
        found = by_turns(partial(act, _id(LARGE)), partial(act, _id(SMALL)), rounds)
        large, small = (1000 * value for value in found.medians)
        detail = f"{large:.1f} ms at {LARGE} slots, {small:.1f} ms at {SMALL}"
        yield Figure(f"{name} {where}, {LARGE} slots over {SMALL}", found.ratio, at_most=2, detail=detail)


@dataclass(frozen=True)
class Core:
    """The three changes, by the functions of `gates.pool`."""

    base: Path

    def acts(self) -> dict[str, Act]:
        return {"add": self.add, "activate": self.activate, "label": self.label}

    def add(self, pool_id: str, turn: int) -> float:
        data = tiny_png(turn)
        seconds = seconds_of(lambda: pool.add_image(self.base, pool_id, data, turn))
        take_last_away(self.base, pool_id)
        return seconds

    def activate(self, pool_id: str, turn: int) -> float:
        return seconds_of(lambda: pool.set_active(self.base, pool_id, turn % SMALL))

    def label(self, pool_id: str, turn: int) -> float:
        return seconds_of(lambda: pool.set_label(self.base, pool_id, turn % SMALL, f"a label, {turn}"))


@dataclass(frozen=True)
class Http:
    """The same changes, by the routes."""

    base: Path
    client: Client

    def acts(self) -> dict[str, Act]:
        return {"add": self.add, "activate": self.activate, "label": self.label}

    def add(self, pool_id: str, turn: int) -> float:
        data = tiny_png(turn)
        fields = {"pool_id": pool_id}
        seconds = seconds_of(lambda: self.client.upload("/grid_pool/add", "image", "a.png", data, fields))
        last = self.client.get(f"/grid_pool/list?pool_id={pool_id}")["slots"][-1]["id"]
        self.client.post("/grid_pool/remove", pool_id=pool_id, slot=last)
        self.client.post("/grid_pool/purge", pool_id=pool_id)
        return seconds

    def activate(self, pool_id: str, turn: int) -> float:
        fields = {"pool_id": pool_id, "index": turn % SMALL}
        return seconds_of(lambda: self.client.post("/grid_pool/active", **fields))

    def label(self, pool_id: str, turn: int) -> float:
        fields = {"pool_id": pool_id, "index": turn % SMALL, "label": f"a label, {turn}"}
        return seconds_of(lambda: self.client.post("/grid_pool/label", **fields))


def take_last_away(base: Path, pool_id: str) -> None:
    """Undo an add, so that every round meets a pool of the same size."""
    count = len(pool.read_manifest(base, pool_id).slots)
    pool.remove_slot(base, pool_id, count - 1)
    pool_trash.purge(base, pool_id)
