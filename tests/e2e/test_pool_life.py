"""What happens to pools when nodes are copied, undone, saved, moved, or the server has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.pool_page import PoolPage, pictures

if TYPE_CHECKING:
    from tests.e2e.conftest import ComfyPage, OpenPage


@pytest.fixture
def comfy(kept_comfy: ComfyPage) -> ComfyPage:
    return kept_comfy


@pytest.fixture
def pools(comfy: ComfyPage) -> PoolPage:
    return PoolPage(comfy)


def copy(pools: PoolPage, *nodes: str) -> None:
    pools.comfy.evaluate(
        """(ids) => {
          app.canvas.deselectAll()
          app.canvas.selectItems(ids.map((id) => app.canvas.graph.getNodeById(id)))
          app.canvas.copyToClipboard()
          app.canvas.graph_mouse[0] = 950
          app.canvas.graph_mouse[1] = 120
          app.canvas.pasteFromClipboard()
        }""",
        list(nodes),
    )


def test_a_copied_pool_is_its_own_and_offers_the_images(pools: PoolPage) -> None:
    node = pools.add_pool()
    pools.upload(pictures(3))
    (original,) = pools.pool_ids()
    copy(pools, node)
    second = pools.page.locator(".dsg-pool").nth(1)
    expect(second.locator(".dsg-notes")).to_contain_text("Copy of 3 images from the original.")
    before, after = pools.pool_ids()
    assert before == original and after != original
    second.locator("[data-do=copy-original]").click()
    expect(second.locator(".dsg-cell")).to_have_count(3)
    expect(second.locator(".dsg-notes")).to_be_empty()
    second.locator(".dsg-cell").first.locator(".dsg-thumb").click()
    pools.page.keyboard.press("Delete")
    expect(second.locator(".dsg-cell")).to_have_count(2)
    expect(pools.cells).to_have_count(3)


def test_a_copy_that_wants_nothing_is_left_alone(pools: PoolPage) -> None:
    node = pools.add_pool()
    pools.upload(pictures(1))
    copy(pools, node)
    second = pools.page.locator(".dsg-pool").nth(1)
    second.locator("[data-do=forget-original]").click()
    expect(second.locator(".dsg-notes")).to_be_empty()
    expect(second.locator(".dsg-panel")).to_contain_text("No images yet")
    pools.comfy.load(pools.save())
    expect(pools.page.locator(".dsg-pool").nth(1).locator(".dsg-notes")).to_be_empty()


def test_what_is_cut_and_pasted_stays_the_same_pool(pools: PoolPage) -> None:
    node = pools.add_pool()
    pools.upload(pictures(2))
    before = pools.pool_ids()
    pools.comfy.evaluate(
        """(id) => {
          app.canvas.deselectAll()
          const node = app.canvas.graph.getNodeById(id)
          app.canvas.selectItems([node])
          app.canvas.copyToClipboard()
          app.canvas.graph.remove(node)
          app.canvas.pasteFromClipboard()
        }""",
        node,
    )
    assert pools.pool_ids() == before
    expect(pools.cells).to_have_count(2)


def test_copying_alone_makes_no_pool(pools: PoolPage) -> None:
    node = pools.add_pool()
    pools.upload(pictures(1))
    asked: list[str] = []
    pools.page.on("request", lambda request: asked.append(request.url))
    pools.comfy.evaluate(
        """(id) => {
          app.canvas.selectItems([app.canvas.graph.getNodeById(id)])
          app.canvas.copyToClipboard()
        }""",
        node,
    )
    pools.page.wait_for_timeout(300)
    assert [url for url in asked if "grid_pool" in url] == []


def test_undo_and_redo_leave_a_living_grid(pools: PoolPage) -> None:
    pools.add_pool()
    pools.upload(pictures(2))
    pools.comfy.evaluate("() => window.dispatchEvent(new MouseEvent('mouseup'))")
    pool_id = pools.pool_id()
    pools.comfy.evaluate(
        """() => {
          app.rootGraph.nodes[0].pos = [300, 200]
          window.dispatchEvent(new MouseEvent('mouseup'))
        }"""
    )
    pools.page.wait_for_timeout(100)
    for step in (pools.undo, pools.redo, pools.undo):
        step()
        expect(pools.page.locator(".dsg-pool:visible")).to_have_count(1)
        expect(pools.page.locator(".dsg-pool:visible .dsg-cell")).to_have_count(2)
    assert pools.pool_id() == pool_id
    grid = pools.page.locator(".dsg-pool:visible")
    grid.locator(".dsg-cell").nth(1).locator(".dsg-thumb").click()
    expect(grid.locator(".dsg-cell").nth(1)).to_have_attribute("aria-current", "true")


def test_connecting_can_be_undone_and_done_again(pools: PoolPage) -> None:
    profile, pool = pools.add_profile(), pools.add_pool()
    pools.upload(pictures(2))
    own = pools.pool_id()
    cats = pools.create("cats")
    pools.comfy.evaluate("() => window.dispatchEvent(new MouseEvent('mouseup'))")
    pools.page.wait_for_timeout(150)
    with pools.one_undo_step():
        pools.connect(profile, pool)
        pools.wait_for_pool(cats)
    pools.undo()
    pools.wait_for_pool(own)
    expect(pools.page.locator(".dsg-pool:visible .dsg-cell")).to_have_count(2)
    pools.page.wait_for_timeout(150)  # a step written by us after the undo would end the redo
    pools.redo()
    pools.wait_for_pool(cats)
    expect(pools.page.locator(".dsg-pool:visible .dsg-panel")).to_contain_text("“cats” is empty")
    pools.undo()
    pools.wait_for_pool(own)


def test_a_workflow_is_saved_and_opened_with_its_pool(pools: PoolPage, comfy: ComfyPage) -> None:
    pools.add_pool()
    pools.upload(pictures(3))
    pools.take("more")
    pools.page.get_by_role("menuitemcheckbox", name="Small thumbnails").click()
    saved = pools.save()
    (node,) = saved["nodes"]
    assert node["widgets_values"] == [-1, pools.pool_id()]
    comfy.open()
    comfy.load(saved)
    expect(pools.cells).to_have_count(3)
    pools.take("more")
    expect(pools.page.get_by_role("menuitemcheckbox", name="Small thumbnails")).to_have_attribute(
        "aria-checked", "true"
    )


def test_two_pools_of_one_saved_workflow_may_share(pools: PoolPage, comfy: ComfyPage) -> None:
    pools.add_pool()
    pools.upload(pictures(2))
    saved = pools.save()
    twin = {**saved["nodes"][0], "id": 9, "pos": [1000, 120]}
    comfy.load({**saved, "nodes": [saved["nodes"][0], twin]})
    expect(pools.page.locator(".dsg-pool").nth(1).locator(".dsg-cell")).to_have_count(2)
    first, second = pools.pool_ids()
    assert first == second
    pools.cells.first.locator(".dsg-thumb").click()
    pools.page.keyboard.press("Delete")
    expect(pools.page.locator(".dsg-pool").nth(1).locator(".dsg-cell")).to_have_count(1)


def test_a_node_grows_and_shrinks_with_its_grid(pools: PoolPage, comfy: ComfyPage) -> None:
    pools.add_pool()
    pools.fill(pools.pool_id(), 60)
    expect(pools.grid.locator(".dsg-title")).to_have_text("60 images")

    def height() -> int:
        return int(comfy.evaluate("() => document.querySelector('.dsg-scroller').clientHeight"))

    first = height()
    for size, larger in ((900, True), (480, False)):
        comfy.evaluate("(height) => app.rootGraph.nodes[0].setSize([380, height])", size)
        comfy.evaluate("() => app.canvas.setDirty(true, true)")
        pools.page.wait_for_function(
            """([first, larger]) =>
              (document.querySelector('.dsg-scroller').clientHeight > first + 200) === larger""",
            arg=[first, larger],
        )


def test_the_wheel_scrolls_a_grid_that_has_the_focus(pools: PoolPage, comfy: ComfyPage) -> None:
    pools.add_pool()
    pools.fill(pools.pool_id(), 60)
    expect(pools.grid.locator(".dsg-title")).to_have_text("60 images")
    pools.cells.first.locator(".dsg-thumb").click()
    scale = comfy.evaluate("() => app.canvas.ds.scale")
    pools.page.mouse.wheel(0, 400)
    pools.page.wait_for_function("() => document.querySelector('.dsg-scroller').scrollTop > 100")
    assert comfy.evaluate("() => app.canvas.ds.scale") == scale


def test_running_from_within_the_grid(pools: PoolPage, comfy: ComfyPage) -> None:
    """Ctrl and a key passes through the grid, so that the workflow can be run and saved from there."""
    pool = pools.add_pool()
    pools.upload(pictures(1))
    comfy.connect(pool, 0, comfy.add_node("PreviewImage", 1000, 160), "images")
    pools.cells.first.locator(".dsg-thumb").click()
    pools.page.keyboard.press("Control+Enter")
    ran = "async () => Object.keys(await (await fetch('/api/history')).json()).length > 0"
    pools.page.wait_for_function(ran)


def test_a_server_without_pools_is_said_once_and_in_the_nodes(new_page: OpenPage) -> None:
    comfy = new_page()
    pools = PoolPage(comfy)
    reason = "Another pack already serves /grid_pool/list."
    pools.page.route(
        "**/dataset_gates/status",
        lambda route: route.fulfill(json={"pools": {"available": False, "reason": reason}}),
    )
    comfy.open()
    expect(pools.page.get_by_text(reason).first).to_be_visible()
    pools.add_pool()
    pools.add_profile()
    expect(pools.panel).to_contain_text("Image pools are off")
    expect(pools.panel).to_contain_text(reason)
    expect(pools.bar).to_contain_text(reason)
    expect(pools.bar.get_by_role("button", name="Create a profile")).to_be_disabled()


def test_no_text_of_a_person_becomes_markup(pools: PoolPage, comfy: ComfyPage) -> None:
    nasty = "<img src=x onerror=window.hurt=1>"
    profile, pool = pools.add_profile(), pools.add_pool()
    pools.upload([{**pictures(1)[0], "name": f"{nasty}.png"}])
    pools.create(nasty)
    pools.connect(profile, pool)
    expect(pools.panel).to_contain_text(nasty)
    pools.take("seed-own")
    pools.cells.first.locator(".dsg-thumb").dblclick()
    expect(pools.page.get_by_role("dialog", name="Image")).to_contain_text(nasty)
    pools.page.keyboard.press("Escape")
    pools.press("Delete this profile")
    pools.press("Deleted profiles")
    expect(pools.page.get_by_role("menuitem", name=f"Restore “{nasty}”")).to_be_visible()
    assert comfy.evaluate("() => window.hurt") is None


def test_a_pasted_subgraph_brings_pools_of_its_own(pools: PoolPage) -> None:
    node = pools.add_pool()
    pools.upload(pictures(2))
    original = pools.pool_id()
    holder = pools.comfy.evaluate(
        """(id) => {
          const { node } = app.rootGraph.convertToSubgraph(new Set([app.rootGraph.getNodeById(id)]))
          return String(node.id)
        }""",
        node,
    )
    copy(pools, holder)
    first, second = pools.two_pools()
    assert first == original and second != original
    pools.comfy.evaluate(
        """(original) => {
          const inner = app.rootGraph.nodes.map((holder) => holder.subgraph)
          const poolOf = (graph) => graph.nodes[0].widgets.find((one) => one.name === 'pool_id').value
          app.canvas.setGraph(inner.find((graph) => poolOf(graph) !== original))
        }""",
        original,
    )
    notes = pools.page.locator(".dsg-pool:visible .dsg-notes")
    expect(notes).to_contain_text("Copy of 2 images from the original.")


def test_pictures_of_the_page_can_be_dragged_into_a_pool(pools: PoolPage, comfy: ComfyPage) -> None:
    pools.add_pool()
    pools.upload(pictures(1))
    pool_id = pools.pool_id()
    image = pools.listed(pool_id)["slots"][0]["image"]
    drop = """([address]) => {
      const transfer = new DataTransfer()
      transfer.setData('text/uri-list', new URL(address, location.href).href)
      const event = { dataTransfer: transfer, bubbles: true, cancelable: true, composed: true }
      document.querySelector('.dsg-scroller').dispatchEvent(new DragEvent('drop', event))
    }"""
    comfy.evaluate(drop, [f"/api/view?type=input&subfolder=grid_pool/{pool_id}&filename={image}"])
    expect(pools.cells).to_have_count(2)
    comfy.evaluate(drop, ["https://example.com/strange.png"])
    pools.said("There is no image in what was dropped.")


def test_a_restarted_server_is_asked_again(new_page: OpenPage) -> None:
    comfy = new_page()
    pools = PoolPage(comfy)
    pools.add_pool()
    pools.upload(pictures(2))
    pool_id = pools.pool_id()
    for row in (r"ERR_CONNECTION|WebSocket|Failed to load resource", r"Failed to fetch|reconnect"):
        comfy.allow(row, "the host is away")
    comfy.host.stop()
    pools.cells.nth(1).locator(".dsg-thumb").click()
    expect(pools.page.get_by_text("ComfyUI does not answer. Is it still running?").first).to_be_visible()
    comfy.host.start()
    slots = [slot["id"] for slot in pools.listed(pool_id)["slots"]]
    assert comfy.host.post("/api/grid_pool/remove", {"pool_id": pool_id, "slots": slots[:1]}).status == 200
    expect(pools.cells).to_have_count(1, timeout=15_000)


def test_other_pages_follow_without_being_asked(new_page: OpenPage) -> None:
    pools, other = PoolPage(new_page()), PoolPage(new_page())
    pools.add_pool()
    pools.upload(pictures(3))
    other.comfy.load(pools.save())
    other.names(["p0.png", "p1.png", "p2.png"])
    pools.cell("p2.png").locator(".dsg-thumb").click()
    expect(other.cell("p2.png")).to_have_attribute("aria-current", "true")
    other.cell("p0.png").locator(".dsg-thumb").click()
    other.page.keyboard.press("Delete")
    pools.names(["p1.png", "p2.png"])
