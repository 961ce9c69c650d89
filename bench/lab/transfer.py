"""Export and import over HTTP: their rates against the least that could be done, and the loop's stalls."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from PIL import Image

from gates import pool, profiles, staging
from gates.limits import Limits

from .figures import Figure
from .pairs import Pairs, by_turns, seconds_of
from .photos import write_photos
from .server import Client, Stall, running

TOTAL, QUICK_TOTAL = 500 * 10**6, 60 * 10**6  # bytes
EXPORTS, IMPORTS = 9, 3  # rounds
AT_ONCE = 100  # images added as one change
PROFILE = "exported"
EXPORT = f"/grid_pool/profiles/export?id={PROFILE}"
IMPORT = "/grid_pool/profiles/import"


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    base, total = folder / "input" / "grid_pool", QUICK_TOTAL if quick else TOTAL
    base.mkdir(parents=True)
    images = write_photos(folder / "photos", total)
    _fill(base, images)
    with running(base) as client, running(folder / "elsewhere") as idle:
        archive = folder / "exported.zip"
        client.save(EXPORT, archive)
        yield from _exports(Watched(client, idle), archive)
        yield from _imports(Watched(client, idle), archive, images)


def _fill(base: Path, images: Sequence[Path]) -> None:
    profiles.create_profile(base, "Exported", PROFILE)
    for first in range(0, len(images), AT_ONCE):
        some = images[first : first + AT_ONCE]
        staged = [staging.stage_bytes(base, one.read_bytes(), one.name, Limits()) for one in some]
        pool.add_staged(base, PROFILE, staged, 0)


@dataclass(frozen=True)
class Watched:
    """A server at work, and beside it one that idles: what keeps the idle one waiting is the machine."""

    client: Client
    idle: Client
    stalls: list[Stall] = field(default_factory=list)  # one for each run
    idle_stalls: list[Stall] = field(default_factory=list)

    def seconds_of(self, act: Callable[[], object]) -> float:
        with self.idle.heartbeat() as idle_stalls, self.client.heartbeat() as stalls:
            seconds = seconds_of(act)
        self.stalls.extend(stalls)
        self.idle_stalls.extend(idle_stalls)
        return seconds

    def figure(self, name: str) -> Figure:
        """The median over the runs: a stall that our code makes is in every run."""
        ours, theirs = (median(one.longest for one in found) for found in (self.stalls, self.idle_stalls))
        worked = max(one.worked for one in self.stalls)
        detail = f"{len(self.stalls)} runs; an idle server beside it: {_ms(theirs)}; own work: {_ms(worked)}"
        return Figure(
            f"longest stall of the event loop, {name}", 1000 * ours, " ms", at_most=50, detail=detail
        )


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


def _exports(watched: Watched, archive: Path) -> Iterator[Figure]:
    client, size = watched.client, archive.stat().st_size

    def export(turn: int) -> float:
        return watched.seconds_of(lambda: _require(client.drain(EXPORT) == size))

    def bare(turn: int) -> float:
        return seconds_of(lambda: _require(client.drain_bare(archive) == size))

    yield _rate("export, rate over a bare FileResponse", by_turns(bare, export, EXPORTS), size)
    yield watched.figure("export")


def _require(complete: bool) -> None:
    if not complete:
        raise ValueError("The server sent another number of bytes than the archive has.")


def _imports(watched: Watched, archive: Path, images: Sequence[Path]) -> Iterator[Figure]:
    client = watched.client

    def import_zip(turn: int) -> float:
        answers: list[dict[str, Any]] = []
        seconds = watched.seconds_of(lambda: answers.append(client.send_file(IMPORT, "file", archive)))
        client.post("/grid_pool/profiles/delete", id=answers[0]["id"])
        client.post("/grid_pool/profiles/purge", id=answers[0]["id"])
        return seconds

    found = by_turns(lambda turn: seconds_of(lambda: read_hash_decode(images)), import_zip, IMPORTS)
    yield _rate("import, rate over reading, hashing, decoding", found, archive.stat().st_size)
    yield watched.figure("import")


def read_hash_decode(images: Sequence[Path]) -> None:
    """The least that an import has to do, on one thread."""
    for path in images:
        hashlib.sha256(path.read_bytes()).hexdigest()
        with Image.open(path) as image:
            image.load()


def _rate(name: str, found: Pairs, size: int) -> Figure:
    """`found`: seconds of the reference and of ours, for `size` bytes."""
    reference, ours = (size / 1e6 / seconds for seconds in found.medians)
    detail = f"{ours:.0f} MB/s against {reference:.0f} MB/s, {size / 1e6:.0f} MB"
    return Figure(name, found.ratio, at_least=0.5, detail=detail)
