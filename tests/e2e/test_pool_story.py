"""The story: a profile, images dropped into a pool, a mask, a run, and the picked image comes out."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.pool_page import COLOURS, PoolPage, pictures

if TYPE_CHECKING:
    from tests.e2e.conftest import ComfyPage


@pytest.fixture
def pools(comfy: ComfyPage) -> PoolPage:
    return PoolPage(comfy)


def shown(comfy: ComfyPage, history: dict[str, Any], node: str) -> Image.Image:
    """The picture that a preview of a run shows."""
    assert history["status"]["status_str"] == "success", history["status"]
    (ref,) = history["outputs"][node]["images"]
    path = f"/api/view?filename={ref['filename']}&subfolder={ref['subfolder']}&type={ref['type']}"
    return Image.open(io.BytesIO(comfy.host.get(path).body))


def paint(pools: PoolPage) -> None:
    """A stroke through the middle of the image that the painter shows."""
    area = pools.page.locator(".dsg-paint-area")
    expect(area).to_be_visible()
    box = area.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    pools.page.mouse.move(x - 80, y)
    pools.page.mouse.down()
    pools.page.mouse.move(x + 80, y, steps=6)
    pools.page.mouse.up()


def test_the_story(pools: PoolPage, comfy: ComfyPage) -> None:
    profile, pool = pools.add_profile(), pools.add_pool()
    preview = comfy.add_node("PreviewImage", 1000, 160)
    comfy.connect(pool, 0, preview, "images")
    profile_id = pools.create("cats")
    pools.connect(profile, pool)
    pools.wait_for_pool(profile_id)

    x, y = pools.point(pool, 180, 300)
    pools.drop(x, y, pictures(4))
    expect(pools.cells).to_have_count(4)
    pools.cell("p2.png").locator(".dsg-thumb").click()
    expect(pools.cell("p2.png")).to_have_attribute("aria-current", "true")
    pools.menu("p2.png", "Paint mask")
    paint(pools)
    pools.page.get_by_role("button", name="Save mask").click()
    pools.said("Mask saved.")
    expect(pools.cell("p2.png").locator(".dsg-mask")).to_be_visible()
    comfy.screenshot("pool")

    assert shown(comfy, comfy.run(), preview).convert("RGB").getpixel((0, 0)) == COLOURS[2]
    inputs = pools.prompt()
    assert set(inputs["PoolProfile"]) == {"profile", "profile_id"}
    assert set(inputs["GridImagePool"]) == {"index", "pool_id", "profile"}

    saved = pools.save()
    comfy.restart_host()
    comfy.load(saved)
    expect(pools.cells).to_have_count(4)
    expect(pools.cell("p2.png")).to_have_attribute("aria-current", "true")
    expect(pools.cell("p2.png").locator(".dsg-mask")).to_be_visible()
    pools.cell("p0.png").locator(".dsg-thumb").click()
    expect(pools.cell("p0.png")).to_have_attribute("aria-current", "true")
    assert shown(comfy, comfy.run(), preview).convert("RGB").getpixel((0, 0)) == COLOURS[0]


def test_the_mask_that_was_painted_comes_out_of_a_run(pools: PoolPage, comfy: ComfyPage) -> None:
    pools.add_pool()
    pools.upload(pictures(1))
    pools.menu("p0.png", "Paint mask")
    paint(pools)
    pools.page.get_by_role("button", name="Save mask").click()
    pools.said("Mask saved.")
    pool_id = pools.pool_id()
    (slot,) = pools.listed(pool_id)["slots"]
    path = f"/api/view?type=input&subfolder=grid_pool/{pool_id}&filename={slot['mask']}"
    mask = Image.open(io.BytesIO(comfy.host.get(path).body))
    assert (mask.mode, mask.size) == ("L", (96, 64))
    assert mask.getpixel((48, 32)) == 255
    assert mask.getpixel((2, 2)) == 0
