"""Hostile and damaged zips over HTTP: refused whole, with nothing of them left, or taken for what they are.

Names in them climb four levels at most, and the folder that they would be unpacked into lies eight levels
deep in the temporary folder of the test; absolute ones lead back into it.
"""

from __future__ import annotations

import json
import random
import stat
import struct
import unicodedata
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from gates import pool
from gates.limits import Limits
from tests.serving import Answer, Members, Served, outside, png, serving, zipped

META = json.dumps({"name": "from a zip"}).encode()
GOOD: Members = [("profile_meta.json", META), ("pool/img_0001.png", png())]
LIMITS = Limits(file_bytes=3_000_000, archive_bytes=40_000_000)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path, limits=LIMITS) as running:
        before = outside(running)
        yield running
        assert outside(running) == before


def member(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("x")
    info.filename = name  # as it is: the constructor would tidy it
    info.external_attr = mode << 16
    return info


async def imported(served: Served, data: bytes) -> Answer:
    return await served.send("/grid_pool/profiles/import", "file", [("set.zip", data)])


async def is_refused(served: Served, data: bytes, *codes: str) -> None:
    answer = await imported(served, data)
    assert (answer.status, answer.code) in [
        (413 if code == "too_many_bytes" else 422, code) for code in codes
    ]
    assert len(answer.data) <= 4096
    await nothing_is_left(served)


async def nothing_is_left(served: Served) -> None:
    assert (await served.get("/grid_pool/profiles/list")).body == {"profiles": []}
    left = [path.name for path in served.base.iterdir()]
    assert set(left) <= {".staging", ".locks", ".trash", "profiles.json", "profiles.json.bak"}, left
    assert list((served.base / ".staging").iterdir()) == []


# --- names ------------------------------------------------------------------------------------

HOSTILE_NAMES = (
    "../img_0001.png",
    "pool/../../aside/img_0001.png",
    "pool/../../../keep.txt",
    "pool/../../../../custom_nodes/evil/__init__.py",
    "pool/..",
    "..",
    "pool/.",
    "./pool/img_0001.png",
    "pool//img_0001.png",
    "pool/../pool/img_0001.png",
    "/pool/img_0001.png",
    "//pool/img_0001.png",
    "pool\\img_0001.png",
    "pool\\..\\..\\aside\\img_0001.png",
    "..\\..\\aside\\img_0001.png",
    "C:/pool/img_0001.png",
    "C:img_0001.png",
    "pool/C:img_0001.png",
    "pool/img_0001.png:stream",
    "pool/CON",
    "pool/nul.png",
    "pool/com1.txt",
    "pool/img_0001.png.",
    "pool/img_0001.png ",
    "pool/img_0001.png\0.txt",
    "pool/a\nb.png",
    "pool/a\x7fb.png",
    "pool/a*b.png",
    "pool/" + "n" * 300,
    "/",
    "",
)


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=lambda name: ascii(name[:40]))
async def test_a_name_that_is_no_plain_name(served: Served, name: str) -> None:
    await is_refused(served, zipped([*GOOD, (member(name), png())]), "hostile_archive", "bad_archive")


async def test_an_absolute_name(served: Served) -> None:
    for path in (served.root / "evil.png", served.base / "evil.png", served.root / "one" / "keep.txt"):
        for name in (str(path), f"pool/{path}", f"\\\\?\\{path}"):
            await is_refused(served, zipped([*GOOD, (member(name), b"evil")]), "hostile_archive")


TWINS = {
    "the same": ("pool/img_0002.png", "pool/img_0002.png"),
    "by case": ("pool/img_0002.png", "pool/IMG_0002.png"),
    "by case of the folder": ("pool/img_0002.png", "POOL/img_0002.png"),
    "by case that folds": ("pool/stra\u00dfe.png", "pool/STRASSE.png"),
    "by normal form": (
        unicodedata.normalize("NFC", "pool/é.png"),
        unicodedata.normalize("NFD", "pool/é.png"),
    ),
    "the meta data": ("profile_meta.json", "Profile_Meta.json"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", TWINS.values(), ids=TWINS.keys())
async def test_two_names_for_one_file(served: Served, names: tuple[str, str]) -> None:
    first, second = names
    members: Members = [("pool/img_0001.png", png()), (member(first), png()), (member(second), b"other")]
    await is_refused(served, zipped(members), "hostile_archive")


KINDS = {
    "a link": stat.S_IFLNK,
    "a pipe": stat.S_IFIFO,
    "a device": stat.S_IFCHR,
    "a disk": stat.S_IFBLK,
    "a socket": stat.S_IFSOCK,
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
async def test_a_member_that_is_no_file(served: Served, kind: int) -> None:
    target = str(served.root / "one" / "keep.txt").encode()
    await is_refused(
        served, zipped([*GOOD, (member("pool/img_0002.png", kind | 0o777), target)]), "hostile_archive"
    )


async def test_folders_in_the_pool(served: Served) -> None:
    await is_refused(
        served, zipped([*GOOD, ("pool/a/img_0002.png", png())]), "hostile_archive", "bad_archive"
    )
    answer = await imported(served, zipped([(member("pool/", stat.S_IFDIR | 0o755), b""), *GOOD]))
    assert answer.status == 200 and answer.body["count"] == 1, "the entry of the folder itself is harmless"


# --- sizes ------------------------------------------------------------------------------------


def patched(data: bytes, at: int, value: bytes, record: bytes = b"PK\x01\x02", which: int = -1) -> bytes:
    """`data` with bytes changed in one of its records: by default the last entry of the directory."""
    places = [n for n in range(len(data)) if data.startswith(record, n)]
    start = places[which] + at
    return data[:start] + value + data[start + len(value) :]


async def test_a_bomb_by_ratio(served: Served) -> None:
    bomb: Members = [*GOOD, ("pool/img_0002.png", bytes(2_900_000))]
    await is_refused(served, zipped(bomb, zipfile.ZIP_DEFLATED), "hostile_archive")


async def test_a_bomb_of_many_small_members(served: Served) -> None:
    bomb: Members = [(f"pool/n{number}.bin", bytes(900_000)) for number in range(20)]
    await is_refused(served, zipped([*GOOD, *bomb], zipfile.ZIP_DEFLATED), "hostile_archive")


async def test_a_file_or_a_whole_above_the_limits(served: Served) -> None:
    noise = random.Random(1).randbytes
    await is_refused(served, zipped([*GOOD, ("pool/a.bin", noise(3_100_000))]), "too_many_bytes")
    block = noise(20_000) * 140  # packs to a fiftieth or so: no bomb, only much
    many: Members = [(f"pool/{number}.bin", block) for number in range(16)]
    await is_refused(served, zipped([*GOOD, *many], zipfile.ZIP_DEFLATED), "too_many_bytes")


async def test_a_bomb_by_count(served: Served) -> None:
    """A quarter of a million entries that share one local header, in a few megabytes."""
    entry = struct.pack("<IHHHHIIIIHHHHHII", 0x02014B50, 20, 20, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0)
    directory = b"".join(entry + f"{number:08d}".encode() for number in range(260_000))
    wide = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 260_000, 260_000, len(directory), 0)
    locator = struct.pack("<IIQI", 0x07064B50, 0, len(directory), 1)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    await is_refused(served, directory + wide + locator + end, "hostile_archive", "bad_archive")


LIES: dict[str, Callable[[bytes], bytes]] = {
    "a size too small": lambda data: patched(data, 24, struct.pack("<I", 10)),
    "a size too large": lambda data: patched(data, 24, struct.pack("<I", 10**6)),
    "both sizes too large": lambda data: patched(data, 20, struct.pack("<II", 10**6, 10**6)),
    "a size of 4 GB without ZIP64": lambda data: patched(data, 24, b"\xff" * 4),
    "all sizes of ZIP64 without it": lambda data: patched(data, 20, b"\xff" * 8),
    "another checksum": lambda data: patched(data, 16, b"\0\1\2\3"),
    "encrypted": lambda data: patched(data, 8, b"\1\0"),
    "strongly encrypted": lambda data: patched(data, 8, b"\x41\0"),
    "patched data": lambda data: patched(data, 8, b"\x20\0"),
    "an unknown compression": lambda data: patched(data, 10, b"\x63\0"),
    "a compression of old": lambda data: patched(data, 10, b"\x06\0"),
    "deflated, says the directory": lambda data: patched(data, 10, b"\x08\0"),
    "another name in the local header": lambda data: patched(data, 30, b"evil", b"PK\x03\x04"),
    "an offset outside": lambda data: patched(data, 42, struct.pack("<I", 10**8)),
    "an offset into another member": lambda data: patched(data, 42, struct.pack("<I", 0)),
    "two entries for one member": lambda data: patched(data, 42, struct.pack("<I", 0), which=-2),
    "a directory of another size": lambda data: patched(data, 12, struct.pack("<I", 7), b"PK\x05\x06"),
    "a directory elsewhere": lambda data: patched(data, 16, struct.pack("<I", 10**8), b"PK\x05\x06"),
    "no directory": lambda data: patched(data, 8, bytes(12), b"PK\x05\x06"),
    "a ZIP64 end that is none": lambda data: patched(data, 8, b"\xff" * 12, b"PK\x05\x06"),
    "a version to come": lambda data: patched(data, 6, b"\xff\0"),
    "a name that is no UTF-8": lambda data: patched(patched(data, 8, b"\0\x08"), 46, b"pool/\xff\xfe"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
async def test_an_archive_that_lies(served: Served, lie: Callable[[bytes], bytes]) -> None:
    members: Members = [*GOOD, ("pool/img_0002.png", png((3, 3, 3)))]
    await is_refused(served, lie(zipped(members)), "hostile_archive", "bad_archive", "too_many_bytes")


HARMLESS: dict[str, Callable[[bytes], bytes]] = {
    "a packed size too large": lambda data: patched(data, 20, struct.pack("<I", 10**6)),
    "encrypted, says the local header alone": lambda data: patched(data, 6, b"\1\0", b"PK\x03\x04"),
    "bytes before the first record": lambda data: b"#!/bin/sh\n" + data,
    "a comment at the end": lambda data: patched(data, 20, b"\5\0", b"PK\x05\x06") + b"hello",
    "another time": lambda data: patched(data, 12, b"\xff" * 4),
}


@pytest.mark.parametrize("lie", HARMLESS.values(), ids=HARMLESS.keys())
async def test_what_does_not_matter_does_no_harm(served: Served, lie: Callable[[bytes], bytes]) -> None:
    """Sum and size are right, so the bytes are what was packed."""
    answer = await imported(served, lie(zipped([*GOOD, ("pool/img_0002.png", png((3, 3, 3)))])))
    if answer.status == 200:
        assert (served.base / answer.body["id"] / "img_0002.png").read_bytes() == png((3, 3, 3))
    else:
        assert answer.status == 422
        await nothing_is_left(served)


NO_ZIPS = {
    "nothing": b"",
    "text": b"hello",
    "an image": png(),
    "the start of a zip": b"PK\x03\x04",
    "the end of a zip": zipped([])[:10],
    "an empty zip": zipped([]),
    "a zip of nothing of ours": zipped([("readme.txt", b"hello")]),
    "gzip": b"\x1f\x8b\x08\0" + bytes(100),
    "7z": b"7z\xbc\xaf\x27\x1c" + bytes(100),
    "zeros": bytes(10_000),
}


@pytest.mark.parametrize("data", NO_ZIPS.values(), ids=NO_ZIPS.keys())
async def test_a_file_that_is_no_archive_of_ours(served: Served, data: bytes) -> None:
    await is_refused(served, data, "bad_archive")


async def test_an_archive_cut_anywhere(served: Served) -> None:
    data = zipped(GOOD)
    for length in range(0, len(data), 7):
        await is_refused(served, data[:length], "bad_archive", "hostile_archive")


# --- what stands in it ------------------------------------------------------------------------


def with_manifest(manifest: Any, *more: tuple[str, bytes]) -> bytes:
    text = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    return zipped([*GOOD, ("pool/manifest.json", text), *more])


OUTSIDE = (
    "../img_0001.png",
    "../../aside/img_0001.png",
    "/one/keep.txt",
    "a\\b.png",
    "..",
    "",
    "x\0.png",
    "C:x.png",
)


@pytest.mark.parametrize("name", OUTSIDE, ids=ascii)
@pytest.mark.parametrize("key", ["image", "mask"])
async def test_a_manifest_that_names_a_file_outside(served: Served, key: str, name: str) -> None:
    slot = {"image": "img_0001.png", "mask": None, "label": "", key: name}
    await is_refused(served, with_manifest({"active": 0, "slots": [slot], "next_seq": 2}), "hostile_archive")


async def test_a_manifest_that_names_an_absolute_path(served: Served) -> None:
    slot = {"image": str(served.root / "one" / "aside" / "img_0001.png"), "mask": None}
    await is_refused(served, with_manifest({"slots": [slot]}), "hostile_archive")


DAMAGED: dict[str, Any] = {
    "no JSON": b"{",
    "no UTF-8": b"\xff\xfe\xff",
    "deep": b"[" * 100_000,
    "a list": [],
    "nothing": None,
    "no slots": {},
    "slots null": {"slots": None},
    "slots of no slots": {"slots": [None, 1, "x", [], {}]},
    "slots of wrong types": {"slots": [{"image": 1, "mask": [], "label": {}, "added": "x", "id": 5}]},
    "an image that is not there": {"slots": [{"image": "img_0009.png", "mask": None}]},
    "a mask of another image": {"slots": [{"image": "img_0001.png", "mask": "img_0009.mask.png"}]},
    "one image twice": {"slots": [{"image": "img_0001.png"}, {"image": "img_0001.png"}]},
    "an id of another": {"slots": [{"image": "img_0001.png", "id": "../../x"}]},
    "numbers beyond belief": {"slots": [], "next_seq": 10**300, "active": -5, "revision": "x"},
    "a slot of great number": {"slots": [{"image": "img_999999999999.png", "id": "img_999999999999"}]},
    "an active one that is none": {"slots": [{"image": "img_0001.png"}], "active": 10**9},
}


@pytest.mark.parametrize("manifest", DAMAGED.values(), ids=DAMAGED.keys())
async def test_a_damaged_manifest_is_rebuilt(served: Served, manifest: Any) -> None:
    answer = await imported(served, with_manifest(manifest))
    assert answer.status == 200 and answer.body["count"] == 1, answer
    pid = answer.body["id"]
    added = await served.add(pid, ("b.png", png((1, 1, 1))))
    assert added.status == 200 and added.body["count"] == 2
    assert (await served.get("/grid_pool/thumb", pool_id=pid, index=0)).status == 200
    assert len(pool.rebuild_manifest(served.base, pid).slots) == 2


METAS: dict[str, Any] = {
    "a list": [],
    "text": "x",
    "a name that is a list": {"name": ["x"]},
    "a name that is an object": {"name": {"a": 1}},
    "no name": {},
    "an empty name": {"name": " "},
    "a name that turns text around": {"name": "a\u202eb"},
    "a long name": {"name": "x" * 100_000},
    "a lone surrogate": {"name": "\ud800"},
    "a version that is none": {"name": "from a zip", "format": "dataset-gates-profile", "version": "x"},
    "sums that are none": {"name": "from a zip", "files": ["x"]},
    "an id that is a path": {"name": "from a zip", "id": "../../x", "created": "yesterday", "owner": []},
}


@pytest.mark.parametrize("meta", METAS.values(), ids=METAS.keys())
async def test_meta_data_that_are_none_name_nothing(served: Served, meta: Any) -> None:
    answer = await imported(served, zipped([("profile_meta.json", json.dumps(meta).encode()), *GOOD[1:]]))
    assert answer.status == 200 and answer.body["count"] == 1, answer
    assert answer.body["name"] in ("from a zip", answer.body["id"])


async def test_meta_data_of_a_version_to_come(served: Served) -> None:
    meta = {"name": "x", "format": "dataset-gates-profile", "version": 99}
    await is_refused(
        served, zipped([("profile_meta.json", json.dumps(meta).encode()), *GOOD[1:]]), "bad_archive"
    )


@pytest.mark.parametrize(
    "sums",
    [
        {},
        {"pool/img_0001.png": {"size": 1, "sha256": "0" * 64}},
        {"pool/img_0001.png": {}},
        {"pool/img_0001.png": None},
        {"pool/img_0002.png": {"size": 1, "sha256": "0" * 64}},
        {"pool/../../../keep.txt": {"size": 7, "sha256": "0" * 64}},
        {"": 1},
    ],
    ids=str,
)
async def test_sums_that_do_not_match(served: Served, sums: Any) -> None:
    meta = {"name": "x", "format": "dataset-gates-profile", "version": 1, "files": sums}
    data = zipped([("profile_meta.json", json.dumps(meta).encode()), *GOOD[1:]])
    await is_refused(served, data, "bad_archive")


async def test_bookkeeping_of_another_pool_is_left_out(served: Served) -> None:
    """Its journal, trash list and card would speak of files that did not come along."""
    names = ("manifest.journal", "manifest.json.bak", "profile.json", "x.tmp", ".hidden")
    answer = await imported(served, zipped([*GOOD, *((f"pool/{name}", b"{}") for name in names)]))
    assert answer.status == 200 and {one["name"] for one in answer.body["carried"]} == set(names)
    stored = {path.name for path in (served.base / answer.body["id"]).iterdir()}
    assert not stored & {"manifest.journal", "x.tmp", ".hidden"}
    assert json.loads((served.base / answer.body["id"] / "profile.json").read_bytes())["name"] == "from a zip"


async def test_random_damage_is_never_a_server_error(served: Served) -> None:
    good = zipped([*GOOD, ("pool/manifest.json", b'{"slots": []}')], zipfile.ZIP_DEFLATED)
    chance = random.Random(20260101)
    for _ in range(150):
        data = bytearray(good)
        for _ in range(chance.choice((1, 1, 2, 5, 30))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        answer = await imported(served, bytes(data))
        assert answer.status in (200, 413, 422), (answer, bytes(data))
    assert list((served.base / ".staging").iterdir()) == []
