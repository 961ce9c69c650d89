"""The routes of single slots, of several, of the trash and of thumbnails, over HTTP."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.serving import NOW, Served, outside, png, serving

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


# --- one slot ---------------------------------------------------------------------------------


async def test_active_label_and_mask_answer_the_slot(pooled: Served) -> None:
    answer = await pooled.post("/grid_pool/active", pool_id="p", index=1)
    assert set(answer.body) == SUMMARY | {"slot"} and answer.body["active"] == 1
    assert answer.body["slot"]["id"] == "img_0002"
    answer = await pooled.post("/grid_pool/label", pool_id="p", slot="img_0001", label="a \u202e日本\n")
    assert answer.body["slot"]["label"] == "a \u202e日本\n" == (await pooled.listed())["slots"][0]["label"]
    painted = png((255, 255, 255), (4, 3))
    answer = await pooled.send("/grid_pool/set_mask", "mask", [("m.png", painted)], pool_id="p", index=0)
    assert answer.status == 200 and answer.body["slot"]["mask"] == "img_0001.mask.png"
    with Image.open(pooled.base / "p" / "img_0001.mask.png") as mask:
        assert mask.size == (8, 6) and mask.mode == "L", "a mask has the size of its image"
    answer = await pooled.post("/grid_pool/clear_mask", pool_id="p", slot="img_0001")
    assert answer.body["slot"]["mask"] is None
    assert pooled.changes() == ["active", "label", "set_mask", "clear_mask"]


async def test_a_mask_is_made_of_the_images_own_alpha(pooled: Served) -> None:
    await pooled.add("p", ("a.png", png((9, 9, 9, 0), mode="RGBA")))
    fields = {"pool_id": "p", "source": "alpha"}
    answer = await pooled.send("/grid_pool/set_mask", "mask", [], index=2, **fields)
    assert answer.status == 200 and answer.body["slot"]["mask"] is not None, answer
    answer = await pooled.send("/grid_pool/set_mask", "mask", [], index=0, **fields)
    assert (answer.status, answer.code) == (415, "not_an_image")


async def test_replace_keeps_the_slot(pooled: Served) -> None:
    await pooled.post("/grid_pool/label", pool_id="p", slot="img_0001", label="kept")
    answer = await pooled.send(
        "/grid_pool/replace", "image", [("b.jpg", png(kind="JPEG"))], pool_id="p", index=0
    )
    slot = answer.body["slot"]
    assert answer.status == 200 and (slot["id"], slot["label"], slot["name"]) == ("img_0001", "kept", "b.jpg")
    assert slot["image"] != "img_0001.png" and (pooled.base / "p" / slot["image"]).is_file()
    kinds = [item["kind"] for item in (await pooled.get("/grid_pool/trash", pool_id="p")).body["items"]]
    assert kinds == ["image", "slot"]


@pytest.mark.parametrize("path, part", [("/grid_pool/replace", "image"), ("/grid_pool/set_mask", "mask")])
async def test_no_image_changes_nothing(pooled: Served, path: str, part: str) -> None:
    before = await pooled.listed()
    answer = await pooled.send(path, part, [("a.txt", b"hello")], pool_id="p", slot="img_0001")
    assert (answer.status, answer.code) == (415, "not_an_image")
    answer = await pooled.send(path, "other", [("a.png", png())], pool_id="p", slot="img_0001")
    assert (answer.status, answer.code) == (400, "bad_field")
    assert await pooled.listed() == before and pooled.events == []
    assert list((pooled.base / ".staging").iterdir()) == []


@pytest.mark.parametrize(
    "path", ["/grid_pool/remove", "/grid_pool/active", "/grid_pool/label", "/grid_pool/clear_mask"]
)
async def test_a_slot_that_is_not_there(pooled: Served, path: str) -> None:
    before = await pooled.listed()
    for ref in ({"slot": "img_0099"}, {"index": 2}, {"index": -1}, {"index": 10**15}, {"slot": "img_0003"}):
        answer = await pooled.post(path, pool_id="p", label="x", **ref)
        assert (answer.status, answer.code) == (404, "unknown_slot"), ref
    answer = await pooled.post(path, pool_id="p", label="x")
    assert (answer.status, answer.code) == (400, "bad_field")
    assert await pooled.listed() == before


async def test_remove_by_id_by_position_and_many_at_once(served: Served) -> None:
    ids = await served.filled("p", 6)
    await served.post("/grid_pool/active", pool_id="p", slot=ids[3])
    answer = await served.post("/grid_pool/remove", pool_id="p", index=0)
    assert set(answer.body) == SUMMARY | {"removed"} and answer.body["removed"] == [ids[0]]
    assert answer.body["active"] == 2, "the active one moves with its image"
    answer = await served.post("/grid_pool/remove", pool_id="p", slots=[ids[5], 0, ids[5]])
    assert answer.body["removed"] == [ids[1], ids[5]] and answer.body["count"] == 3
    assert await served.ids("p") == [ids[2], ids[3], ids[4]]
    answer = await served.post("/grid_pool/remove", pool_id="p", slots=[ids[2], "img_0099"])
    assert (answer.status, answer.code) == (404, "unknown_slot")
    assert (await served.listed())["count"] == 3, "all of them or none"


async def test_reorder_by_ids_and_by_positions(served: Served) -> None:
    ids = await served.filled("p", 4)
    await served.post("/grid_pool/active", pool_id="p", index=3)
    answer = await served.post("/grid_pool/reorder", pool_id="p", order=list(reversed(ids)))
    assert set(answer.body) == SUMMARY | {"order"} and answer.body["order"] == ids[::-1]
    assert answer.body["active"] == 0
    answer = await served.post("/grid_pool/reorder", pool_id="p", order=[1, 0, 3, 2])
    assert answer.body["order"] == [ids[2], ids[3], ids[0], ids[1]] == await served.ids("p")


@pytest.mark.parametrize(
    "order",
    [
        [],
        ["img_0001"],
        ["img_0001", "img_0001"],
        ["img_0001", "img_0009"],
        [0, 0],
        [0, 2],
        [0, 1, 2],
        [0, -1],
    ],
)
async def test_an_order_that_is_none(pooled: Served, order: list[Any]) -> None:
    answer = await pooled.post("/grid_pool/reorder", pool_id="p", order=order)
    assert (answer.status, answer.code) == (400, "bad_order")
    assert await pooled.ids("p") == ["img_0001", "img_0002"]


async def test_copy_all_some_and_onto_itself(pooled: Served) -> None:
    await pooled.post("/grid_pool/label", pool_id="p", slot="img_0002", label="two")
    await pooled.send("/grid_pool/set_mask", "mask", [("m.png", png())], pool_id="p", slot="img_0002")
    answer = await pooled.post("/grid_pool/copy", pool_id="p", to="q")
    assert answer.body == {
        "pool_id": "q",
        "copied": 2,
        "added": ["img_0001", "img_0002"],
        "active": 0,
        "count": 2,
        "revision": 1,
    }
    second = (await pooled.listed("q"))["slots"][1]
    assert (second["label"], second["mask"], second["name"]) == ("two", "img_0002.mask.png", "1.png")
    answer = await pooled.post("/grid_pool/copy", pool_id="p", to="q", slots=["img_0002", 0])
    assert answer.body["copied"] == 2 and answer.body["count"] == 4
    answer = await pooled.post("/grid_pool/copy", pool_id="p", to="p", slot="img_0001")
    assert answer.body["copied"] == 1 and answer.body["count"] == 3
    assert (
        await pooled.post("/grid_pool/copy", pool_id="p", to="q", slots=["img_0099"])
    ).code == "unknown_slot"
    assert (await pooled.post("/grid_pool/copy", pool_id="p")).code == "bad_field"


async def test_many_names_of_one_slot_cost_little(served: Served) -> None:
    """A list of a hundred thousand ids is answered at once, not searched for one by one."""
    await served.filled("p", 40)
    many = ["img_0040"] * 100_000
    answer = await asyncio.wait_for(served.post("/grid_pool/remove", pool_id="p", slots=many), 10)
    assert answer.body["removed"] == ["img_0040"]


# --- trash ------------------------------------------------------------------------------------


async def test_the_trash_is_listed_newest_first_and_restored(served: Served) -> None:
    ids = await served.filled("p", 4)
    await served.post("/grid_pool/remove", pool_id="p", slot=ids[1])
    served.clock[0] += 60
    await served.post("/grid_pool/remove", pool_id="p", slot=ids[3])
    body = (await served.get("/grid_pool/trash", pool_id="p")).body
    assert set(body) == {"pool_id", "items", "count"} and body["count"] == 2
    newest, oldest = body["items"]
    assert set(newest) == {"item", "kind", "deleted", "slot"} and set(newest["slot"]) == SLOT
    assert (newest["slot"]["id"], newest["deleted"], oldest["deleted"]) == (ids[3], NOW + 60, NOW)
    answer = await served.post("/grid_pool/restore", pool_id="p", slot=ids[3])
    assert set(answer.body) == SUMMARY | {"slot", "index"}
    assert (answer.body["slot"]["id"], answer.body["index"]) == (ids[3], 2)
    answer = await served.post("/grid_pool/restore", pool_id="p", item=oldest["item"])
    assert answer.body["index"] == 1 and await served.ids("p") == ids
    assert (await served.post("/grid_pool/restore", pool_id="p", slot=ids[3])).code == "unknown_item"
    assert (await served.post("/grid_pool/restore", pool_id="p", index=0)).code == "unknown_item"


async def test_a_mask_and_an_image_come_back(pooled: Served) -> None:
    mask = png((255, 255, 255))
    await pooled.send("/grid_pool/set_mask", "mask", [("m.png", mask)], pool_id="p", slot="img_0001")
    await pooled.post("/grid_pool/clear_mask", pool_id="p", slot="img_0001")
    answer = await pooled.post("/grid_pool/restore", pool_id="p", slot="img_0001")
    assert answer.body["slot"]["mask"] == "img_0001.mask.png"
    await pooled.send(
        "/grid_pool/replace", "image", [("b.png", png((5, 5, 5)))], pool_id="p", slot="img_0001"
    )
    answer = await pooled.post("/grid_pool/restore", pool_id="p", slot="img_0001")
    assert answer.body["slot"]["image"] == "img_0001.png" and answer.body["slot"]["mask"] is not None


async def test_purge_one_and_purge_all(served: Served) -> None:
    await served.filled("p", 4)
    await served.post("/grid_pool/remove", pool_id="p", slots=[0, 1, 2])
    item = (await served.get("/grid_pool/trash", pool_id="p")).body["items"][0]
    answer = await served.post("/grid_pool/purge", pool_id="p", item=item["item"])
    assert set(answer.body) == SUMMARY | {"purged"} and answer.body["purged"] == 1
    assert not list((served.base / "p").rglob(item["slot"]["image"]))
    assert (await served.post("/grid_pool/purge", pool_id="p", item=item["item"])).code == "unknown_item"
    assert (await served.post("/grid_pool/purge", pool_id="p")).body["purged"] == 2
    assert (await served.get("/grid_pool/trash", pool_id="p")).body["count"] == 0
    assert (await served.post("/grid_pool/purge", pool_id="p")).body["purged"] == 0
    assert served.changes()[-1] == "purge"


# --- thumbnails -------------------------------------------------------------------------------


async def test_thumbnails_are_small_and_kept_by_browsers_only_under_a_version(served: Served) -> None:
    await served.add("p", ("a.png", png((9, 9, 200), (1000, 600))))
    for asked, made in ((128, 128), (256, 256), (512, 512), (2**40, 512)):
        answer = await served.get("/grid_pool/thumb", pool_id="p", slot="img_0001", size=asked)
        assert answer.status == 200 and answer.headers["Content-Type"] == "image/webp"
        with Image.open(io.BytesIO(answer.data)) as image:
            assert max(image.size) == made and image.size[0] > image.size[1]
        assert answer.headers["Cache-Control"] == "no-cache"
    answer = await served.get("/grid_pool/thumb", pool_id="p", index=0, v="abc")
    assert "immutable" in answer.headers["Cache-Control"]
    with Image.open(io.BytesIO(answer.data)) as image:
        assert max(image.size) == 256


async def test_thumbnails_of_masks_and_of_the_trash(pooled: Served) -> None:
    assert (
        await pooled.get("/grid_pool/thumb", pool_id="p", slot="img_0001", part="mask")
    ).code == "bad_field"
    await pooled.send("/grid_pool/set_mask", "mask", [("m.png", png((255, 255, 255)))], pool_id="p", index=0)
    answer = await pooled.get("/grid_pool/thumb", pool_id="p", slot="img_0001", part="mask")
    with Image.open(io.BytesIO(answer.data)) as image:
        assert image.convert("L").getpixel((3, 3)) == 255
    item = (await pooled.get("/grid_pool/trash", pool_id="p")).body["items"][0]["item"]
    assert (await pooled.get("/grid_pool/thumb", pool_id="p", item=item)).status == 200
    assert (await pooled.get("/grid_pool/thumb", pool_id="p", item="t9999")).code == "unknown_item"
    assert (await pooled.get("/grid_pool/thumb", pool_id="p", slot="img_0003")).code == "unknown_slot"
    assert (await pooled.get("/grid_pool/thumb", pool_id="q", index=0)).code == "unknown_slot"


async def test_a_thumbnail_follows_its_image(pooled: Served) -> None:
    before = await pooled.get("/grid_pool/thumb", pool_id="p", slot="img_0001")
    await pooled.send(
        "/grid_pool/replace", "image", [("b.png", png((250, 250, 1)))], pool_id="p", slot="img_0001"
    )
    assert (await pooled.get("/grid_pool/thumb", pool_id="p", slot="img_0001")).data != before.data
