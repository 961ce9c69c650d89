"""Image Pool (Grid), button by button and key by key."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Route, expect

from tests.e2e.pool_page import PoolPage, picture, pictures

if TYPE_CHECKING:
    from tests.e2e.conftest import ComfyPage


@pytest.fixture
def comfy(kept_comfy: ComfyPage) -> ComfyPage:
    return kept_comfy


@pytest.fixture
def pools(comfy: ComfyPage) -> PoolPage:
    return PoolPage(comfy)


@pytest.fixture
def four(pools: PoolPage) -> PoolPage:
    """A pool of four images."""
    pools.add_pool()
    pools.upload(pictures(4))
    return pools


FOUR = ["p0.png", "p1.png", "p2.png", "p3.png"]


def test_an_empty_pool_says_what_to_do_and_takes_files(pools: PoolPage) -> None:
    pools.add_pool()
    expect(pools.panel).to_contain_text("No images yet")
    expect(pools.panel).to_contain_text("Drop images here, paste them, or add them from disk.")
    pool_id = pools.pool_id()
    assert len(pool_id) == 32 and int(pool_id, 16)
    pools.upload(pictures(4))
    pools.said("4 images added.")
    pools.names(FOUR)
    assert pools.values("GridImagePool") == {"index": -1, "pool_id": pool_id}
    assert pools.prompt()["GridImagePool"] == {"index": -1, "pool_id": pool_id}
    assert [slot["name"] for slot in pools.listed(pool_id)["slots"]] == FOUR


def test_many_files_go_up_with_progress_and_can_be_cancelled(pools: PoolPage) -> None:
    pools.add_pool()

    def slowly(route: Route) -> None:
        time.sleep(0.5)
        route.continue_()

    pools.page.route("**/grid_pool/add", slowly)
    pools.upload(pictures(60))
    expect(pools.strip.locator("progress")).to_be_visible()
    expect(pools.strip).to_contain_text("Adding 60 images: 20 done")
    pools.strip.get_by_role("button", name="Cancel").click()
    pools.said("Cancelled.")
    count = len(pools.listed(pools.pool_id())["slots"])
    assert 20 <= count < 60
    expect(pools.grid.locator(".dsg-title")).to_have_text(f"{count} images")


def test_drops_anywhere_on_the_node_are_taken_once(pools: PoolPage) -> None:
    pool = pools.add_pool()
    pools.drop(*pools.point(pool, 180, 300), pictures(2))
    expect(pools.cells).to_have_count(2)
    pools.drop(*pools.point(pool, 150, 30), pictures(2, first=2))
    expect(pools.cells).to_have_count(4)
    pools.page.wait_for_timeout(300)
    expect(pools.cells).to_have_count(4)
    assert pools.node_count() == 1


def test_pastes_go_into_the_focused_grid_or_the_selected_node(pools: PoolPage) -> None:
    pool = pools.add_pool()
    pools.upload(pictures(1))
    pools.cells.first.click()
    pools.paste(pictures(1, first=1), ".dsg-cell")
    expect(pools.cells).to_have_count(2)
    pools.comfy.evaluate(
        """(id) => {
          document.activeElement.blur()
          app.canvas.selectNode(app.canvas.graph.getNodeById(id))
        }""",
        pool,
    )
    pools.paste(pictures(2, first=2))
    expect(pools.cells).to_have_count(4)
    pools.page.wait_for_timeout(300)
    assert pools.node_count() == 1, "no other node was made of the pasted images"
    pools.paste([], ".dsg-cell")
    pools.said("There is no image in the clipboard.")


def test_what_is_no_image_is_refused_in_the_servers_words(four: PoolPage) -> None:
    wrong: FilePayload = {"name": "notes.png", "mimeType": "image/png", "buffer": b"just text"}
    with four.page.expect_file_chooser() as chooser:
        four.take("upload")
    four.comfy.allow("415", "the refusal itself", url="/grid_pool/add")
    chooser.value.set_files([wrong])
    toast = four.page.get_by_text("Nothing was added").first
    expect(toast).to_be_visible()
    expect(four.page.get_by_text("notes.png").first).to_be_visible()
    with four.page.expect_file_chooser() as chooser:
        four.take("upload")
    chooser.value.set_files([wrong, *pictures(1, first=4)])
    expect(four.page.get_by_text("1 of 2 were not added").first).to_be_visible()
    four.names([*FOUR, "p4.png"])


def test_a_click_sets_active_and_enter_does_too(four: PoolPage) -> None:
    expect(four.cell("p0.png")).to_have_attribute("aria-current", "true")
    four.cell("p2.png").locator(".dsg-thumb").click()
    expect(four.cell("p2.png")).to_have_attribute("aria-current", "true")
    expect(four.cell("p0.png")).not_to_have_attribute("aria-current", "true")
    four.page.keyboard.press("ArrowRight")
    expect(four.cell("p3.png")).to_be_focused()
    four.page.keyboard.press("Enter")
    expect(four.cell("p3.png")).to_have_attribute("aria-current", "true")
    assert four.listed(four.pool_id())["active"] == 3


def test_a_forced_index_says_that_it_runs_instead(four: PoolPage) -> None:
    four.comfy.evaluate(
        """() => {
          const widget = app.rootGraph.nodes[0].widgets.find((one) => one.name === 'index')
          widget.value = 2
          widget.callback?.(2)
        }"""
    )
    expect(four.cell("p2.png")).to_have_attribute("aria-current", "true")
    expect(four.notes).to_contain_text("Index is 2, so that image runs, not the active one.")
    four.take("free-index")
    expect(four.cell("p0.png")).to_have_attribute("aria-current", "true")
    assert four.values("GridImagePool")["index"] == -1
    expect(four.notes).to_be_empty()


def test_labels_are_edited_in_place(four: PoolPage) -> None:
    four.cell("p1.png").locator(".dsg-thumb").click()
    four.page.keyboard.press("F2")
    four.page.keyboard.type("<b>cat & dog</b>")
    four.page.keyboard.press("Enter")
    expect(four.cell("<b>cat & dog</b>")).to_be_focused()
    assert four.listed(four.pool_id())["slots"][1]["label"] == "<b>cat & dog</b>"
    four.page.keyboard.press("F2")
    four.page.keyboard.type("never kept")
    four.page.keyboard.press("Escape")
    four.names(["p0.png", "<b>cat & dog</b>", "p2.png", "p3.png"])


def test_deleting_is_undone_by_the_button_and_by_the_key(four: PoolPage) -> None:
    four.cell("p1.png").locator(".dsg-thumb").click()
    four.page.keyboard.press("Delete")
    four.said("1 image deleted.")
    four.names(["p0.png", "p2.png", "p3.png"])
    assert four.node_count() == 1, "the key did not reach the canvas"
    expect(four.cell("p2.png")).to_be_focused()
    four.strip.get_by_role("button", name="Undo").click()
    four.names(FOUR)
    four.cell("p0.png").locator(".dsg-thumb").click()
    four.page.keyboard.press("Space")
    four.page.keyboard.press("Shift+ArrowRight")
    four.page.keyboard.press("Shift+ArrowRight")
    expect(four.grid.locator(".dsg-bar")).to_contain_text("3 selected")
    four.page.keyboard.press("Delete")
    four.said("3 images deleted.")
    four.names(["p3.png"])
    four.page.keyboard.press("Control+z")
    four.names(FOUR)
    assert four.node_count() == 1, "the undo key undid the deletion, not the workflow"


def test_several_are_selected_with_the_mouse_and_deleted(four: PoolPage) -> None:
    four.cell("p0.png").locator(".dsg-thumb").click()
    four.cell("p2.png").locator(".dsg-thumb").click(modifiers=["Shift"])
    four.cell("p1.png").locator(".dsg-thumb").click(modifiers=["Control"])
    expect(four.grid.locator(".dsg-bar")).to_contain_text("2 selected")
    four.grid.get_by_role("button", name="Delete 2 images").click()
    four.names(["p1.png", "p3.png"])
    four.cell("p1.png").locator(".dsg-thumb").click()
    four.page.keyboard.press("Control+a")
    expect(four.grid.locator(".dsg-bar")).to_contain_text("2 selected")
    four.page.keyboard.press("Escape")
    expect(four.grid.locator(".dsg-title")).to_have_text("2 images")
    four.cells.first.hover()
    four.cells.first.locator("[data-do=delete]").click()
    four.names(["p3.png"])


def test_images_are_reordered_by_drag_and_by_key(four: PoolPage) -> None:
    page = four.page
    source, target = four.cell("p0.png").bounding_box(), four.cell("p2.png").bounding_box()
    assert source and target
    page.mouse.move(source["x"] + 40, source["y"] + 40)
    page.mouse.down()
    page.mouse.move(source["x"] + 60, source["y"] + 40, steps=3)
    page.mouse.move(target["x"] + target["width"] - 6, target["y"] + 40, steps=6)
    expect(four.grid.locator(".dsg-drop-line")).to_be_visible()
    four.comfy.screenshot("dragging")
    page.mouse.up()
    moved = ["p1.png", "p2.png", "p0.png", "p3.png"]
    four.names(moved)
    expect(four.cell("p0.png")).to_have_attribute("aria-current", "true")
    four.cell("p3.png").locator(".dsg-thumb").click()
    page.keyboard.press("Alt+ArrowLeft")
    four.names(["p1.png", "p2.png", "p3.png", "p0.png"])
    expect(four.cell("p3.png")).to_be_focused()
    page.keyboard.press("Alt+Home")
    four.names(["p3.png", "p1.png", "p2.png", "p0.png"])
    assert [slot["name"] for slot in four.listed(four.pool_id())["slots"]][0] == "p3.png"


def test_escape_ends_a_drag_where_it_began(four: PoolPage) -> None:
    source = four.cell("p0.png").bounding_box()
    assert source
    four.page.mouse.move(source["x"] + 40, source["y"] + 40)
    four.page.mouse.down()
    four.page.mouse.move(source["x"] + 200, source["y"] + 40, steps=5)
    four.page.keyboard.press("Escape")
    four.page.mouse.up()
    expect(four.grid.locator(".dsg-drop-line")).to_have_count(0)
    four.names(FOUR)


def test_every_entry_of_the_menu(four: PoolPage) -> None:
    four.menu("p1.png", "Set active")
    expect(four.cell("p1.png")).to_have_attribute("aria-current", "true")
    four.menu("p1.png", "Move to the end")
    four.names(["p0.png", "p2.png", "p3.png", "p1.png"])
    four.menu("p1.png", "Move to the front")
    four.names(["p1.png", "p0.png", "p2.png", "p3.png"])
    with four.page.expect_file_chooser() as chooser:
        four.menu("p0.png", "Replace…")
    chooser.value.set_files(pictures(1, first=5))
    four.said("Image replaced.")
    four.names(["p1.png", "p5.png", "p2.png", "p3.png"])
    four.strip.get_by_role("button", name="Undo").click()
    four.names(["p1.png", "p0.png", "p2.png", "p3.png"])
    four.menu("p2.png", "Edit label")
    four.page.keyboard.type("two")
    four.page.keyboard.press("Enter")
    four.names(["p1.png", "p0.png", "two", "p3.png"])
    four.menu("p3.png", "Delete")
    four.said("1 image deleted.")


def test_the_menu_works_with_keys_and_gives_the_focus_back(four: PoolPage) -> None:
    four.cell("p0.png").locator(".dsg-thumb").click()
    four.page.keyboard.press("Shift+F10")
    menu = four.page.get_by_role("menu")
    expect(menu).to_be_visible()
    expect(menu.get_by_role("menuitem", name="Open")).to_be_focused()
    four.page.keyboard.press("ArrowDown")
    expect(menu.get_by_role("menuitem", name="Edit label")).to_be_focused()
    four.page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    expect(four.cell("p0.png")).to_be_focused()
    four.cell("p1.png").click(button="right")
    expect(menu).to_be_visible()
    four.page.mouse.click(20, 600)
    expect(menu).to_have_count(0)


def test_an_image_opens_in_full_and_is_copied(four: PoolPage) -> None:
    four.cell("p1.png").locator(".dsg-thumb").dblclick()
    box = four.page.get_by_role("dialog", name="Image")
    expect(box).to_contain_text("p1.png")
    expect(box).to_contain_text("2 of 4 · 96 × 64")
    four.page.keyboard.press("ArrowRight")
    expect(box).to_contain_text("p2.png")
    four.comfy.screenshot("open")
    four.page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    four.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    four.menu("p1.png", "Copy image")
    four.said("Image copied.")
    kinds = "async () => (await navigator.clipboard.read()).flatMap((item) => item.types)"
    assert four.comfy.evaluate(kinds) == ["image/png"]


def test_deleted_images_are_restored_or_deleted_for_good(four: PoolPage) -> None:
    four.cell("p0.png").locator(".dsg-thumb").click()
    four.page.keyboard.press("Delete")
    four.names(["p1.png", "p2.png", "p3.png"])
    four.page.keyboard.press("Delete")
    four.names(["p2.png", "p3.png"])
    four.take("trash")
    trash = four.grid.locator(".dsg-in-trash")
    expect(trash).to_have_count(2)
    expect(four.grid.locator(".dsg-bar")).to_contain_text("2 deleted items")
    four.comfy.screenshot("trash")
    trash.filter(has_text="p0.png").hover()
    trash.filter(has_text="p0.png").get_by_role("button", name="Restore").click()
    expect(trash).to_have_count(1)
    trash.first.hover()
    trash.first.get_by_role("button", name="Delete for good…").click()
    four.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(trash).to_have_count(0)
    expect(four.grid).to_contain_text("Nothing is deleted here.")
    four.grid.get_by_role("button", name="Back to the images").click()
    four.names(["p0.png", "p2.png", "p3.png"])


def test_the_mask_painter(four: PoolPage, comfy: ComfyPage) -> None:
    page = four.page
    pool_id = four.pool_id()

    def mask() -> Image.Image | None:
        name = four.listed(pool_id)["slots"][0]["mask"]
        path = f"/api/view?type=input&subfolder=grid_pool/{pool_id}&filename={name}"
        return Image.open(io.BytesIO(comfy.host.get(path).body)) if name else None

    def stroke(dx: float) -> None:
        box = page.locator(".dsg-paint-area").bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2 + dx, box["y"] + box["height"] / 2
        page.mouse.move(x - 20, y)
        page.mouse.down()
        page.mouse.move(x + 20, y, steps=4)
        page.mouse.up()

    four.cell("p0.png").locator(".dsg-thumb").click()
    page.keyboard.press("m")
    painter = page.get_by_role("dialog", name="Mask of p0.png")
    expect(painter.get_by_role("button", name="Brush (B)")).to_have_attribute("aria-pressed", "true")
    undo = painter.get_by_role("button", name="Undo (Ctrl+Z)")
    redo = painter.get_by_role("button", name="Redo (Ctrl+Shift+Z)")
    expect(undo).to_be_disabled()
    stroke(0)
    page.keyboard.press("Control+z")
    expect(undo).to_be_disabled()
    expect(redo).to_be_enabled()
    assert four.node_count() == 1, "the painter's undo is not the workflow's"
    redo.click()
    comfy.screenshot("painter")
    page.keyboard.press("Control+s")
    expect(painter).to_have_count(0)
    first = mask()
    assert first is not None and first.mode == "L" and first.size == (96, 64)
    assert (first.getpixel((48, 32)), first.getpixel((1, 1))) == (255, 0)

    four.menu("p0.png", "Edit mask")
    painter.get_by_role("button", name="Invert (I)").click()
    painter.get_by_role("button", name="Save mask").click()
    expect(painter).to_have_count(0)
    second = mask()
    assert second is not None and (second.getpixel((48, 32)), second.getpixel((1, 1))) == (0, 255)

    four.menu("p0.png", "Edit mask")
    painter.get_by_role("button", name="Eraser (E)").click()
    painter.get_by_label("Brush size").fill("100")
    stroke(-40)
    page.keyboard.press("Escape")
    expect(painter).to_contain_text("The mask is not saved.")
    painter.get_by_role("button", name="Keep painting").click()
    page.keyboard.press("Escape")
    painter.get_by_role("button", name="Discard").click()
    expect(painter).to_have_count(0)

    four.menu("p0.png", "Edit mask")
    painter.get_by_role("button", name="Clear", exact=True).click()
    painter.get_by_role("button", name="Save mask").click()
    four.said("Mask cleared.")
    assert mask() is None
    four.strip.get_by_role("button", name="Undo").click()
    expect(four.cell("p0.png").locator(".dsg-mask")).to_be_visible()
    four.menu("p0.png", "Clear mask")
    four.said("Mask cleared.")
    assert mask() is None


def test_an_update_touches_one_cell_and_reads_nothing(four: PoolPage) -> None:
    four.comfy.evaluate(
        """() => {
          const plane = document.querySelector('.dsg-plane')
          window.touched = new Set()
          new MutationObserver((changes) => {
            for (const { target } of changes) {
              const cell = (target.nodeType === 1 ? target : target.parentElement).closest('.dsg-cell')
              window.touched.add(cell ? cell.dataset.id : 'the grid')
            }
          }).observe(plane, { subtree: true, childList: true, attributes: true, characterData: true,
            attributeFilter: ['src', 'title', 'aria-label', 'aria-current', 'aria-selected', 'data-id'] })
        }"""
    )
    asked: list[str] = []
    four.page.on("request", lambda request: asked.append(request.url))
    four.comfy.evaluate(
        """async () => {
          const { slots } = await (await app.api.fetchApi('/grid_pool/list?pool_id=' +
            app.rootGraph.nodes[0].widgets.find((one) => one.name === 'pool_id').value)).json()
          window.second = slots[1].id
        }"""
    )
    asked.clear()
    four.cell("p1.png").locator(".dsg-thumb").hover()
    four.page.keyboard.press("Escape")
    four.cell("p1.png").locator(".dsg-label").dblclick()
    four.page.wait_for_timeout(200)
    four.page.keyboard.press("Escape")
    four.page.wait_for_timeout(200)
    four.comfy.evaluate("() => window.touched.clear()")
    asked.clear()
    four.page.keyboard.press("F2")
    four.page.keyboard.type("x")
    four.page.keyboard.press("Enter")
    expect(four.cell("x")).to_be_visible()
    four.page.wait_for_timeout(300)
    assert four.comfy.evaluate("() => [...window.touched]") == [four.comfy.evaluate("() => window.second")]
    assert [url.rsplit("/", 1)[-1] for url in asked] == ["label"]


def test_a_thousand_images_are_as_light_as_a_hundred(pools: PoolPage) -> None:
    pools.add_pool()
    pool_id = pools.pool_id()
    for start in range(0, 1000, 200):
        pools.comfy.evaluate(
            """async ([pool, start]) => {
              const body = new FormData()
              body.append('pool_id', pool)
              const canvas = new OffscreenCanvas(8, 8)
              const context = canvas.getContext('2d')
              for (let at = start; at < start + 200; at += 1) {
                context.fillStyle = `rgb(${at % 256}, ${at >> 8}, 90)`
                context.fillRect(0, 0, 8, 8)
                body.append('image', await canvas.convertToBlob(), `n${at}.png`)
              }
              await app.api.fetchApi('/grid_pool/add', { method: 'POST', body })
            }""",
            [pool_id, start],
        )
    expect(pools.grid.locator(".dsg-title")).to_have_text("1000 images")
    count: Any = pools.cells.count()
    assert 6 <= count <= 40
    pools.comfy.evaluate("() => app.rootGraph.nodes[0].setSize([2000, 2600])")
    pools.comfy.evaluate("() => { app.canvas.ds.scale = 0.2; app.canvas.setDirty(true, true) }")
    pools.page.wait_for_function("() => document.querySelectorAll('.dsg-pool .dsg-cell').length > 40")
    assert 40 < pools.cells.count() <= 300
    pools.comfy.evaluate("() => { document.querySelector('.dsg-scroller').scrollTop = 1e6 }")
    expect(pools.cell("n999.png")).to_have_count(1)


def test_a_focused_cell_that_is_scrolled_away_keeps_the_keys(pools: PoolPage) -> None:
    pools.add_pool()
    pools.fill(pools.pool_id(), 60)
    expect(pools.grid.locator(".dsg-title")).to_have_text("60 images")
    pools.cell("p1.png").locator(".dsg-thumb").click()
    pools.comfy.evaluate("() => { document.querySelector('.dsg-scroller').scrollTop = 1e6 }")
    expect(pools.cell("p59.png")).to_be_visible()
    pools.page.keyboard.press("Delete")
    pools.said("1 image deleted.")
    assert pools.node_count() == 1
    pools.page.keyboard.press("End")
    expect(pools.cell("p59.png")).to_be_focused()


def test_transparency_becomes_the_mask_when_it_is_wished(pools: PoolPage, comfy: ComfyPage) -> None:
    half = Image.new("RGBA", (40, 20), (10, 200, 10, 255))
    half.paste((10, 200, 10, 0), (0, 0, 20, 20))
    out = io.BytesIO()
    half.save(out, "PNG")
    files: list[FilePayload] = [{"name": "half.png", "mimeType": "image/png", "buffer": out.getvalue()}]
    pools.add_pool()
    pools.upload(files)
    expect(pools.cell("half.png").locator(".dsg-mask")).to_be_hidden()
    comfy.evaluate("() => app.extensionManager.setting.set('dataset_gates.pool.alpha_mask', true)")
    pools.upload(files)
    expect(pools.cells.nth(1).locator(".dsg-mask")).to_be_visible()


def test_a_missing_file_is_said_in_its_cell(four: PoolPage, comfy: ComfyPage) -> None:
    pool_id = four.pool_id()
    image = four.listed(pool_id)["slots"][1]["image"]
    (comfy.host.base / "input" / "grid_pool" / pool_id / image).unlink()
    four.comfy.evaluate("() => app.rootGraph.nodes[0]._datasetePoolRefresh()")
    expect(four.cell("p1.png")).to_contain_text("file missing")
    assert picture(0) != picture(1)
