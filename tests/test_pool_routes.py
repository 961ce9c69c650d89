"""Listing a pool and adding to it over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from gates.limits import Limits
from tests.serving import NOW, Pulse, Served, outside, png, serving

SLOT = {"id", "image", "mask", "label", "added", "name", "size", "sha256", "width", "height"}
SUMMARY = {"pool_id", "active", "count", "revision"}


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as running:
        before = outside(running)
        yield running
        assert outside(running) == before


@pytest.fixture
async def pooled(served: Served) -> Served:
    """A pool `p` of two images, a third one in its trash."""
    await served.filled("p", 3)
    await served.post("/grid_pool/remove", pool_id="p", slot="img_0003")
    served.events.clear()
    return served


# --- list -------------------------------------------------------------------------------------


async def test_a_pool_that_nobody_filled_is_empty(served: Served) -> None:
    body = await served.listed("never_seen")
    assert body == {
        "pool_id": "never_seen",
        "slots": [],
        "active": 0,
        "count": 0,
        "revision": 0,
        "profile": None,
        "trash": 0,
    }
    assert not served.base.exists(), "asking makes nothing"


async def test_list_tells_everything_about_each_slot(pooled: Served) -> None:
    body = await pooled.listed()
    assert set(body) == SUMMARY | {"slots", "profile", "trash"}
    assert (body["count"], body["active"], body["trash"], body["profile"]) == (2, 0, 1, None)
    assert all(set(slot) == SLOT for slot in body["slots"])
    first = body["slots"][0]
    assert first | {"sha256": "", "size": 0} == {
        "id": "img_0001",
        "image": "img_0001.png",
        "mask": None,
        "label": "",
        "added": NOW,
        "name": "0.png",
        "size": 0,
        "sha256": "",
        "width": 8,
        "height": 6,
    }
    data = (pooled.base / "p" / first["image"]).read_bytes()
    assert first["size"] == len(data) and data == png((0, 0, 7))


async def test_a_file_that_somebody_took_is_marked(pooled: Served) -> None:
    (pooled.base / "p" / "img_0002.png").unlink()
    assert [slot.get("missing") for slot in (await pooled.listed())["slots"]] == [None, True]
    answer = await pooled.get("/grid_pool/thumb", pool_id="p", slot="img_0002")
    assert (answer.status, answer.code) == (404, "image_gone")


async def test_list_names_the_profile(served: Served) -> None:
    pid = await served.profile("Set A", 1)
    assert (await served.listed(pid))["profile"] == {"id": pid, "name": "Set A"}


async def test_ids_that_differ_in_case_alone_are_one(pooled: Served) -> None:
    assert (await pooled.listed("P"))["slots"] == (await pooled.listed())["slots"]
    await pooled.add("P", ("c.png", png((1, 1, 1))))
    assert (await pooled.listed())["count"] == 3
    pid = await pooled.profile("kept")
    await pooled.post("/grid_pool/profiles/delete", id=pid.upper())
    assert (await pooled.get("/grid_pool/list", pool_id=pid.upper())).code == "pool_in_trash"
    await pooled.post("/grid_pool/profiles/purge", id=pid.upper())
    assert (await pooled.get("/grid_pool/list", pool_id=pid.upper())).code == "pool_purged"


async def test_a_large_pool_is_listed_off_the_event_loop(served: Served) -> None:
    slots = [
        {"image": f"img_{n:05d}.png", "mask": None, "label": "x" * 40, "added": NOW} for n in range(4000)
    ]
    folder = served.base / "big"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"active": 0, "slots": slots, "next_seq": 4001}))
    await served.get("/grid_pool/list", pool_id="big")  # reads it once
    async with Pulse() as pulse:
        for _ in range(3):
            answer = await served.get("/grid_pool/list", pool_id="big")
    assert answer.body["count"] == 4000 and len(answer.data) < 4000 * 400
    assert pulse.is_steady()


# --- add --------------------------------------------------------------------------------------


async def test_add_answers_what_was_added(served: Served) -> None:
    data = png((1, 2, 3), (40, 30))
    answer = await served.add("p", ("日本 \U0001f600.png", data))
    assert answer.status == 200 and len(answer.data) <= 4096
    body = answer.body
    assert set(body) == SUMMARY | {"added", "refused"} and body["refused"] == []
    slot = body["added"][0]
    assert set(slot) == SLOT and (slot["width"], slot["height"]) == (40, 30)
    assert (slot["name"], slot["size"], slot["added"]) == ("日本 \U0001f600.png", len(data), NOW)
    assert (served.base / "p" / slot["image"]).read_bytes() == data
    assert served.events == [
        ("dataset_gates.pool", {"pool_id": "p", "active": 0, "count": 1, "revision": 1, "change": "add"})
    ]


async def test_one_add_answers_little_whatever_the_pool_and_the_names(served: Served) -> None:
    await served.filled("p", 120)
    for name in ("\U0001f600" * 300 + ".png", "\"'" * 100, "x" * 3000):
        answer = await served.add("p", (name, png()))
        assert answer.status == 200 and len(answer.data) <= 4096
        answer = await served.add("p", (name, b"none"), ("b" + name, b"none either"))
        assert answer.status == 415 and len(answer.data) <= 4096


async def test_two_hundred_and_fifty_files_in_one_request(served: Served) -> None:
    files = [(f"{n}.png", png((n % 256, 1, n // 256))) for n in range(250)]
    answer = await served.add("p", *files)
    assert answer.status == 200 and answer.body["count"] == 250 and answer.body["revision"] == 1
    assert [slot["name"] for slot in answer.body["added"]] == [name for name, _ in files]
    assert len(served.events) == 1


async def test_a_mixed_upload_takes_what_it_can(served: Served) -> None:
    files = [
        ("a.png", png()),
        ("b.txt", b"hello"),
        ("c.png", b""),
        ("d.jpg", png(kind="JPEG")),
        ("e.svg", b"<svg/>"),
    ]
    answer = await served.add("p", *files)
    assert answer.status == 200 and answer.body["count"] == 2
    assert [slot["image"] for slot in answer.body["added"]] == ["img_0001.png", "img_0002.jpg"]
    refused = answer.body["refused"]
    assert [(one["name"], one["code"]) for one in refused] == [
        (name, "not_an_image") for name in ("b.txt", "c.png", "e.svg")
    ]
    assert all(one["message"] and set(one) == {"name", "code", "message"} for one in refused)
    assert list((served.base / ".staging").iterdir()) == []


@pytest.mark.parametrize(
    ("files", "status", "code"),
    [
        ([("a.txt", b"hello")], 415, "not_an_image"),
        ([("a.txt", b"hello"), ("b.png", b"")], 415, "not_an_image"),
        ([("half.png", png(size=(64, 64))[:60])], 415, "not_an_image"),
        ([("large.bmp", png(size=(200, 100), kind="BMP"))], 413, "too_many_bytes"),
        ([("wide.png", png(size=(400, 400)))], 413, "too_many_pixels"),
        ([], 400, "bad_field"),
    ],
)
async def test_an_upload_of_which_nothing_is_taken_is_refused(
    tmp_path: Path, files: list[tuple[str, bytes]], status: int, code: str
) -> None:
    async with serving(tmp_path, limits=Limits(file_bytes=50_000, pixels=100_000)) as served:
        answer = await served.add("p", *files)
        assert (answer.status, answer.code) == (status, code)
        assert (await served.listed())["count"] == 0 and served.events == []
        assert not (served.base / "p").exists(), "a pool exists from its first image on"
        staging = served.base / ".staging"
        assert not staging.exists() or list(staging.iterdir()) == []


async def test_a_file_too_large_leaves_the_others(tmp_path: Path) -> None:
    async with serving(tmp_path, limits=Limits(file_bytes=3_000_000)) as served:
        large = png(size=(1200, 1000), kind="BMP")
        answer = await served.add("p", ("large.bmp", large), ("a.png", png()))
        assert answer.status == 200 and answer.body["count"] == 1
        assert answer.body["refused"][0]["code"] == "too_many_bytes"
        assert list((served.base / ".staging").iterdir()) == []


async def test_a_request_is_bounded_as_a_whole(tmp_path: Path) -> None:
    async with serving(tmp_path, limits=Limits(file_bytes=10_000, archive_bytes=30_000)) as served:
        files = [(f"{n}.bin", b"x" * 9_000) for n in range(4)]
        answer = await served.add("p", *files)
        assert (answer.status, answer.code) == (413, "too_many_bytes")
        assert list((served.base / ".staging").iterdir()) == []
        fields = {f"field{n}": "y" * 60_000 for n in range(20)}
        answer = await served.add("p", ("a.png", png()), **fields)
        assert (answer.status, answer.code) == (413, "too_many_bytes")


async def test_a_pool_holds_so_many_and_no_more(tmp_path: Path) -> None:
    async with serving(tmp_path, limits=Limits(slots=3)) as served:
        await served.filled("p", 2)
        answer = await served.add("p", ("a.png", png()), ("b.png", png()))
        assert (answer.status, answer.code) == (413, "too_many_slots")
        assert (await served.listed())["count"] == 2
        answer = await served.post("/grid_pool/copy", pool_id="p", to="p", slots=["img_0001"] * 100)
        assert (answer.status, answer.code) == (413, "too_many_slots")
        assert list((served.base / ".staging").iterdir()) == []


async def test_alpha_becomes_the_mask_when_asked(served: Served) -> None:
    clear = png((9, 9, 9, 0), mode="RGBA")
    plain = await served.add("p", ("a.png", clear))
    asked = await served.add("p", ("a.png", clear), ("b.png", png()), alpha_mask=1)
    assert plain.body["added"][0]["mask"] is None
    assert [slot["mask"] for slot in asked.body["added"]] == ["img_0002.mask.png", None]
    with Image.open(served.base / "p" / "img_0002.mask.png") as mask:
        assert mask.mode == "L" and mask.size == (8, 6) and mask.getpixel((0, 0)) == 255


async def test_images_keep_their_bytes_and_get_the_suffix_of_their_content(served: Served) -> None:
    kinds = {"JPEG": ".jpg", "WEBP": ".webp", "GIF": ".gif", "BMP": ".bmp", "TIFF": ".tif"}
    files = [(f"lies{number}.png", png(kind=kind)) for number, kind in enumerate(kinds)]
    added = (await served.add("p", *files)).body["added"]
    assert [Path(slot["image"]).suffix for slot in added] == list(kinds.values())
    for slot, (_, data) in zip(added, files, strict=True):
        assert (served.base / "p" / slot["image"]).read_bytes() == data
