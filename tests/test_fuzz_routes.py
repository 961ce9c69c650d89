"""Ten thousand random requests from a fixed seed do no harm.

Each is a route with fields drawn from good values, from values that look good, and from junk. Afterwards
every pool still reads, the registry parses, and nothing outside of the pool base has changed.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gates import pool, registry
from gates.limits import Limits
from tests.serving import Answer, File, Served, form, outside, png, serving, zipped

SEED = 20260214
AT_ONCE = 4
POOLS = (*"ppppppPqqqqq", *(f"id{number}" for number in range(1, 25)), "ID1")
SLOTS = tuple(f"img_{number:04d}" for number in range(1, 12))
ITEMS = tuple(f"t{number:04d}" for number in range(1, 40))
JUNK: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, 1.5, "", " ", ".", "..", "../../aside", "/", "a\0b", "%2e%2e",
    "x" * 300, "\ud800", "日本", "\u202e", [], {}, ["img_0001"], {"a": []}, [[[[]]]], "--1", "1e9",
)  # fmt: skip
KINDS: dict[str, tuple[Any, ...]] = {
    "pool_id": POOLS,
    "to": POOLS,
    "from": POOLS,
    "id": POOLS,
    "slot": SLOTS,
    "item": ITEMS,
    "index": (0, 1, 2, 3, 7, "0", "2"),
    "label": ("", "a label", "日本", "x" * 2000),
    "name": ("A", "a", "a/b", "x" * 120, *(f"name {number}" for number in range(200))),
    "revision": tuple(range(12)),
    "slots": (["img_0001", "img_0002"], [0, 1], [], ["img_0003"], [0, 0, "img_0001"]),
    "order": ([0, 1, 2], [2, 1, 0], ["img_0002", "img_0001"], [0], []),
    "size": (1, 64, 256, 4096),
    "part": ("image", "mask"),
    "v": ("1",),
    "alpha_mask": ("1", "0"),
    "source": ("alpha", "file"),
}
JSON_ROUTES = {
    "remove": ("pool_id", "slot", "index", "slots"),
    "active": ("pool_id", "slot", "index"),
    "label": ("pool_id", "slot", "index", "label"),
    "clear_mask": ("pool_id", "slot", "index"),
    "reorder": ("pool_id", "order"),
    "copy": ("pool_id", "to", "slots"),
    "restore": ("pool_id", "slot", "item", "index"),
    "purge": ("pool_id", "slot", "item"),
    "profiles/create": ("name",),
    "profiles/rename": ("id", "name"),
    "profiles/delete": ("id",),
    "profiles/duplicate": ("id", "name"),
    "profiles/restore": ("id",),
    "profiles/purge": ("id",),
    "profiles/seed": ("from", "id"),
}
FORMS = {
    "add": ("image", ("pool_id", "alpha_mask")),
    "replace": ("image", ("pool_id", "slot", "index")),
    "set_mask": ("mask", ("pool_id", "slot", "index", "source")),
    "profiles/import": ("file", ("name",)),
}
READING = {
    "list": ("pool_id",),
    "trash": ("pool_id",),
    "thumb": ("pool_id", "slot", "item", "index", "part", "size", "v"),
    "profiles/list": (),
    "profiles/trash": (),
    "profiles/export": ("id",),
}
HEADERS: tuple[dict[str, str], ...] = (
    {"Origin": "http://evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Host": "evil.example"},
    {"Content-Type": "text/plain"},
    {"Content-Type": "multipart/form-data"},
    {"Content-Type": "application/json; charset=none"},
    {"Content-Encoding": "gzip"},
)

ARCHIVE = zipped([("profile_meta.json", b'{"name": "Z"}'), ("pool/img_0001.png", png())])


class Guesses:
    """Random requests; the same seed asks the same things in the same order."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.files: tuple[Callable[[], bytes], ...] = (
            lambda: png((self.chance.randrange(256), 1, 2)),
            lambda: png((9, 9, 9, self.chance.randrange(256)), mode="RGBA"),
            lambda: png(kind="JPEG"),
            lambda: png(kind="WEBP"),
            lambda: ARCHIVE,
            lambda: png()[: self.chance.randrange(80)],
            lambda: self.chance.randbytes(self.chance.randrange(200)),
            lambda: b"PK\x03\x04" + self.chance.randbytes(50),
        )

    def value(self, field: str) -> Any:
        return self.chance.choice(JUNK if self.chance.random() < 0.04 else KINDS[field])

    def fields(self, names: tuple[str, ...]) -> dict[str, Any]:
        chosen = [name for name in names if self.chance.random() < 0.9]
        if self.chance.random() < 0.1:
            chosen.append("revision")
        return {name: self.value(name) for name in chosen}

    def texts(self, names: tuple[str, ...]) -> dict[str, str]:
        """Fields as text, for queries and forms."""
        drawn = self.fields(names).items()
        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in drawn}
        return {name: text.encode("utf-8", "replace").decode() for name, text in texts.items()}

    def upload(self) -> File:
        return self.chance.choice(("a.png", "日本.jpg", "..", "x" * 300)), self.chance.choice(self.files)()

    def request(self) -> tuple[str, str, dict[str, Any]]:
        """Method, path and what else a client needs for one request."""
        kind = self.chance.random()
        options: dict[str, Any] = {}
        if kind < 0.25:
            method, route = (
                self.chance.choice(("GET", "GET", "GET", "HEAD")),
                self.chance.choice(list(READING)),
            )
            options["params"] = self.texts(READING[route])
        elif kind < 0.5:
            method, route = "POST", self.chance.choice(list(FORMS))
            part, names = FORMS[route]
            files = [self.upload() for _ in range(self.chance.choice((0, 1, 1, 1, 2, 5)))]
            options["data"] = form(part, files, **self.texts(names))
        elif kind < 0.95:
            method, route = "POST", self.chance.choice(list(JSON_ROUTES))
            options["data"] = json.dumps(self.fields(JSON_ROUTES[route]))
            options["headers"] = {"Content-Type": "application/json"}
        else:
            method = self.chance.choice(("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"))
            route = self.chance.choice((*READING, *FORMS, *JSON_ROUTES, "nothing", "profiles/", ""))
            options["data"] = self.chance.choice((b"", b"{}", b"[]", b"{", b"\xff\xfe", b"null"))
        if self.chance.random() < 0.03:
            options["headers"] = {**options.get("headers", {}), **self.chance.choice(HEADERS)}
        prefix = self.chance.choice(("/grid_pool/", "/api/grid_pool/"))
        return method, prefix + route, options


def is_answer(method: str, path: str, answer: Answer) -> bool:
    """Whether an answer is one that the routes may give: a success, or an error of their shape."""
    if answer.status == 200:
        return True
    return 400 <= answer.status < 500 and (method == "HEAD" or answer.code is not None)


async def ask_many(served: Served, count: int) -> Counter[int]:
    guesses, statuses = Guesses(SEED), Counter[int]()
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(method: str, path: str, options: dict[str, Any]) -> None:
        try:
            answer = await served.ask(method, path, **options)
        finally:
            gate.release()
        assert is_answer(method, path, answer), (method, path, options, answer)
        statuses[answer.status] += 1

    running: set[asyncio.Task[None]] = set()
    for _ in range(count):
        await gate.acquire()
        await asyncio.gather(*(task for task in running if task.done()))  # the first harm ends it
        running = {task for task in running if not task.done()}
        running.add(asyncio.create_task(one(*guesses.request())))
    await asyncio.gather(*running)
    return statuses


def everything_still_reads(base: Path) -> int:
    """How many images the pools hold, registered or not. Raises where one does not read."""
    entries = json.loads((base / "profiles.json").read_bytes())["profiles"]
    assert registry.read_registry(base)["profiles"] == entries
    folders = {path.name for path in base.iterdir() if not path.name.startswith(".") and path.is_dir()}
    images = 0
    for pool_id in folders | {entry["id"] for entry in entries}:
        manifest = pool.read_manifest(base, pool_id)
        for slot in manifest.slots:
            names = [slot.image, *([slot.mask] if slot.mask else [])]
            assert all((base / pool_id / name).is_file() for name in names), (pool_id, slot)
            images += 1
        assert len({slot.id for slot in manifest.slots}) == len(manifest.slots)
    return images


@pytest.mark.parametrize("count", [3_000, pytest.param(10_000, marks=pytest.mark.extended)])
async def test_random_requests_do_no_harm(tmp_path: Path, count: int) -> None:
    async with serving(tmp_path, limits=Limits(slots=30, file_bytes=2**20, archive_bytes=2**22)) as served:
        await served.filled("p", 4)
        await served.profile("A", 3)
        await served.profile("B", 1)
        before = outside(served)
        statuses = await ask_many(served, count)
        assert outside(served) == before
        assert sum(statuses.values()) == count and statuses[200] > count / 5, statuses
        assert list((served.base / ".staging").iterdir()) == []
        images = everything_still_reads(served.base)
        listed = (await served.get("/grid_pool/profiles/list")).body["profiles"]
        assert images > 0 and all(entry["count"] is not None for entry in listed)
        for entry in listed:
            assert (await served.get("/grid_pool/profiles/export", id=entry["id"])).status == 200
