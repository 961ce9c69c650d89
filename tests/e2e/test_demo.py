"""The demo in the browser: the example opens, shows its photographs, and a run puts one out.

With GATES_PICTURES=1 the pictures of the README and of the example workflow are taken anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import expect

from gates.cli import demo
from gates.host.process import HostProcess

if TYPE_CHECKING:
    from tests.e2e.conftest import Cell, ComfyPage

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs" / "images" / "pool.jpg"
THUMBNAIL = ROOT / "example_workflows" / "image_pool.jpg"
MILLISECONDS_OF_A_NOTICE = 8_000  # "Job completed" lies over the graph for a while


@pytest.fixture
def host(start_host: Callable[..., HostProcess], cell: Cell, tmp_path: Path) -> HostProcess:
    """A host with the data of a fresh demo, started as `gates demo` starts it."""
    base = tmp_path / "demo"
    demo.make_base(base)
    return start_host(packs=[demo.PACK], base=base, front_end_root=cell.root)


@pytest.fixture
def comfy(new_page: Callable[[], ComfyPage]) -> ComfyPage:
    """A page with what it opens by itself."""
    made = new_page()
    made.page.goto("about:blank")
    made.open(workflow=None)
    return made


def node_types(comfy: ComfyPage) -> list[str]:
    types: list[str] = comfy.evaluate("() => app.graph.nodes.map((node) => node.type).sort()")
    return types


EXAMPLE = ["GridImagePool", "MarkdownNote", "PoolProfile", "PreviewImage"]


def test_the_example_opens_and_runs(comfy: ComfyPage) -> None:
    assert node_types(comfy) == EXAMPLE
    values = comfy.evaluate(
        """() => Object.fromEntries(app.graph.nodes.flatMap((node) =>
          (node.widgets ?? []).map((widget) => [`${node.type}.${widget.name}`, widget.value])))"""
    )
    assert values["PoolProfile.profile_id"] == "animals"
    assert values["GridImagePool.pool_id"] == "animals"
    pictures = comfy.page.locator("img[src*='/grid_pool/thumb']")
    expect(pictures).to_have_count(12)
    history = comfy.run()
    assert history["status"]["status_str"] == "success"
    (saved,) = (image for out in history["outputs"].values() for image in out.get("images", []))
    with Image.open(comfy.host.base / "temp" / saved["filename"]) as shown:
        assert shown.size == (768, 432)
    if "GATES_PICTURES" in os.environ and comfy.cell.root is None and not comfy.cell.modern:
        take_pictures(comfy)


def test_the_pool_has_images_of_its_own_beside_the_profile(comfy: ComfyPage) -> None:
    comfy.page.locator("img[src*='/grid_pool/thumb']").first.wait_for()
    comfy.evaluate(
        """() => {
          const pool = app.graph.nodes.find((node) => node.type === 'GridImagePool')
          pool.disconnectInput(pool.findInputSlot('profile'))
        }"""
    )
    comfy.page.get_by_role("button", name="Back to own pool").click()
    expect(comfy.page.get_by_text("No images yet")).to_be_visible()


def test_the_default_graph_can_still_be_opened(comfy: ComfyPage) -> None:
    comfy.evaluate("() => app.extensionManager.command.execute('Comfy.LoadDefaultWorkflow')")
    comfy.page.wait_for_function("() => app.graph.nodes.some((node) => node.type === 'KSampler')")


def take_pictures(comfy: ComfyPage) -> None:
    comfy.set({"Comfy.Minimap.Visible": False})
    comfy.page.set_viewport_size({"width": 1400, "height": 800})
    comfy.page.goto("about:blank")
    comfy.open(workflow=None)
    comfy.run()
    comfy.page.mouse.move(700, 780)
    comfy.page.wait_for_timeout(MILLISECONDS_OF_A_NOTICE)
    with Image.open(comfy.screenshot("picture")) as shot:
        shot.convert("RGB").save(PICTURE, quality=88, optimize=True)
        part = shot.convert("RGB").crop((60, 80, 1340, 720))
        part.thumbnail((640, 640))
        part.save(THUMBNAIL, quality=85, optimize=True)
