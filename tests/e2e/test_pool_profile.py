"""Pool Profile: its buttons, and how a profile reaches the pools."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import FilePayload, expect

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
def pair(pools: PoolPage) -> tuple[str, str]:
    """A Pool Profile and a pool with two images of its own, not connected."""
    profile, pool = pools.add_profile(), pools.add_pool()
    pools.upload(pictures(2))
    return profile, pool


def strip(pools: PoolPage) -> Any:
    return pools.bar.locator(".dsg-strip")


def test_create_rename_duplicate_and_delete(pools: PoolPage, comfy: ComfyPage) -> None:
    pools.add_profile()
    expect(pools.bar).to_contain_text("Choose a profile, or create one.")
    expect(pools.bar.get_by_role("button", name="Rename this profile")).to_be_disabled()
    first = pools.create("cats")
    assert pools.values("PoolProfile") == {"profile": "cats", "profile_id": first}
    if comfy.cell.modern:
        expect(pools.page.get_by_test_id("widget-select-default-trigger")).to_have_text("cats (0)")
    comfy.screenshot("created")

    pools.press("Rename this profile")
    pools.answer("big cats")
    expect(strip(pools)).to_contain_text("Profile renamed to “big cats”.")
    assert pools.values("PoolProfile") == {"profile": "big cats", "profile_id": first}
    strip(pools).get_by_role("button", name="Undo").click()
    pools.page.wait_for_function("() => app.rootGraph.nodes[0].widgets[0].value === 'cats'")

    pools.press("Duplicate this profile")
    expect(strip(pools)).to_contain_text("Profile duplicated as “cats (2)”.")
    second = pools.values("PoolProfile")["profile_id"]
    assert second != first

    pools.press("Delete this profile")
    expect(strip(pools)).to_contain_text("Profile “cats (2)” deleted.")
    assert pools.values("PoolProfile") == {"profile": "", "profile_id": ""}
    strip(pools).get_by_role("button", name="Undo").click()
    expect(strip(pools)).to_contain_text("Profile “cats (2)” restored.")
    assert pools.values("PoolProfile") == {"profile": "cats (2)", "profile_id": second}
    assert set(pools.prompt()["PoolProfile"]) == {"profile", "profile_id"}


def test_deleted_profiles_come_back_or_go_for_good(pools: PoolPage, comfy: ComfyPage) -> None:
    pools.add_profile()
    for name in ("one", "two"):
        pools.create(name)
        pools.press("Delete this profile")
        expect(strip(pools)).to_contain_text(f"Profile “{name}” deleted.")
    pools.press("Deleted profiles")
    comfy.screenshot("deleted")
    pools.page.get_by_role("menuitem", name="Restore “one”").click()
    expect(strip(pools)).to_contain_text("Profile “one” restored.")
    pools.press("Deleted profiles")
    pools.page.get_by_role("menuitem", name="Delete them for good…").click()
    dialog = pools.page.get_by_role("dialog")
    expect(dialog).to_contain_text("two")
    dialog.get_by_role("button", name="Delete").click()
    expect(strip(pools)).to_contain_text("1 profile gone for good.")
    pools.press("Deleted profiles")
    expect(pools.page.get_by_role("menuitem", name="No deleted profiles")).to_be_disabled()


def test_a_taken_name_is_refused_in_the_servers_words(pools: PoolPage, comfy: ComfyPage) -> None:
    pools.add_profile()
    pools.create("cats")
    comfy.allow("409", "the refusal itself", url="/profiles/create")
    pools.press("Create a profile")
    pools.answer("CATS")
    expect(pools.page.get_by_text("Create failed").first).to_be_visible()


def test_export_and_import_carry_a_profile(pools: PoolPage, pair: tuple[str, str]) -> None:
    profile, pool = pair
    pools.create("cats")
    pools.connect(profile, pool)
    pools.take("seed-own")
    expect(pools.cells).to_have_count(2)
    with pools.page.expect_download() as download:
        pools.press("Export this profile as a zip")
    data = download.value.path().read_bytes()
    assert download.value.suggested_filename.endswith(".zip")

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
    assert any(name.endswith("profile_meta.json") for name in names), names
    file: FilePayload = {"name": "cats.zip", "mimeType": "application/zip", "buffer": data}
    with pools.page.expect_file_chooser() as chooser:
        pools.press("Import a profile from a zip")
    chooser.value.set_files(file)
    expect(strip(pools)).to_contain_text("Profile “cats (2)” imported with 2 images.")
    pools.wait_for_pool(str(pools.values("PoolProfile")["profile_id"]))
    expect(pools.grid.locator(".dsg-title")).to_have_text("cats (2)")
    expect(pools.cells).to_have_count(2)


def test_a_bad_zip_is_refused_in_the_servers_words(pools: PoolPage, comfy: ComfyPage) -> None:
    pools.add_profile()
    comfy.allow("4(15|22|00)", "the refusal itself", url="/profiles/import")
    with pools.page.expect_file_chooser() as chooser:
        pools.press("Import a profile from a zip")
    chooser.value.set_files({"name": "x.zip", "mimeType": "application/zip", "buffer": picture(1)})
    expect(pools.page.get_by_text("Import failed").first).to_be_visible()


def test_connecting_shows_the_profile_and_keeps_the_own_images(
    pools: PoolPage, pair: tuple[str, str], comfy: ComfyPage
) -> None:
    profile, pool = pair
    own = pools.pool_id()
    cats = pools.create("cats")
    with pools.one_undo_step():
        pools.connect(profile, pool)
        pools.wait_for_pool(cats)
    expect(pools.notes).to_contain_text("“cats” is empty. This node has 2 images of its own.")
    expect(pools.panel).to_contain_text("“cats” is empty")
    comfy.screenshot("connected")
    pools.take("seed-own")
    expect(pools.cells).to_have_count(2)
    assert pools.listed(cats)["count"] == 2 and pools.listed(own)["count"] == 2
    pools.fill(cats, 1)
    expect(pools.cells).to_have_count(3)
    expect(pools.notes).to_contain_text("This node's own 2 images are kept.")

    pools.disconnect(pool)
    expect(pools.notes).to_contain_text("“cats” stays, though no profile is connected.")
    assert pools.pool_id() == cats and pools.prompt()["GridImagePool"]["pool_id"] == cats
    expect(pools.cells).to_have_count(3)
    pools.take("show-own")
    pools.names(["p0.png", "p1.png"])
    assert pools.pool_id() == own
    expect(pools.notes).to_be_empty()


def test_the_own_images_are_copied_into_the_profile(pools: PoolPage, pair: tuple[str, str]) -> None:
    profile, pool = pair
    cats = pools.create("cats")
    pools.fill(cats, 1)
    pools.connect(profile, pool)
    expect(pools.cells).to_have_count(1)
    pools.take("copy-own")
    pools.said("2 images copied into “cats”.")
    expect(pools.cells).to_have_count(3)
    expect(pools.notes).to_be_empty()


def test_a_profile_is_left_for_the_own_images_in_one_step(pools: PoolPage, pair: tuple[str, str]) -> None:
    profile, pool = pair
    own = pools.pool_id()
    cats = pools.create("cats")
    pools.fill(cats, 1)
    pools.connect(profile, pool)
    expect(pools.cells).to_have_count(1)
    with pools.one_undo_step():
        pools.take("disconnect")
    pools.names(["p0.png", "p1.png"])
    assert pools.pool_id() == own
    assert "profile" not in pools.prompt()["GridImagePool"]


def test_choosing_switches_every_connected_pool_in_one_step(pools: PoolPage) -> None:
    profile = pools.add_profile()
    made = [pools.add_pool(), pools.add_pool(950)]
    cats, dogs = pools.create("cats"), pools.create("dogs")
    pools.fill(dogs, 3)
    for pool in made:
        pools.connect(profile, pool)
    pools.wait_for_pool(dogs)
    pools.page.wait_for_timeout(200)
    with pools.one_undo_step():
        pools.choose(profile, cats)
    assert pools.pool_ids() == [cats, cats]
    expect(pools.panel).to_contain_text("“cats” is empty")
    pools.choose(profile, dogs)
    expect(pools.page.locator(".dsg-pool").nth(1).locator(".dsg-cell")).to_have_count(3)


def test_through_reroutes(pools: PoolPage, pair: tuple[str, str]) -> None:
    profile, pool = pair
    cats = pools.create("cats")
    pools.comfy.evaluate(
        """([profile, pool]) => {
          const graph = app.rootGraph
          const [one, two] = ['Reroute', 'Reroute'].map((type) => LiteGraph.createNode(type))
          for (const node of [one, two]) graph.add(node)
          const target = graph.getNodeById(pool)
          two.connect(0, target, target.findInputSlot('profile'))
          graph.getNodeById(profile).connect(0, one, 0)
          one.connect(0, two, 0)
        }""",
        [profile, pool],
    )
    pools.comfy.evaluate("() => window.dispatchEvent(new MouseEvent('mouseup'))")
    pools.wait_for_pool(cats)
    expect(pools.panel).to_contain_text("“cats” is empty")
    assert pools.prompt()["GridImagePool"]["profile"] == [profile, 0]


@pytest.mark.parametrize("mode", [2, 4])
def test_a_muted_or_bypassed_profile_counts_as_disconnected(
    pools: PoolPage, pair: tuple[str, str], mode: int
) -> None:
    profile, pool = pair
    cats = pools.create("cats")
    pools.connect(profile, pool)
    pools.wait_for_pool(cats)
    pools.comfy.evaluate(
        """([id, mode]) => {
          app.rootGraph.getNodeById(id).mode = mode
          window.dispatchEvent(new MouseEvent('mouseup'))
        }""",
        [profile, mode],
    )
    expect(pools.notes).to_contain_text("“cats” stays, though no profile is connected.")
    inputs = pools.prompt()["GridImagePool"]
    assert "profile" not in inputs and inputs["pool_id"] == cats


def test_a_pool_in_a_subgraph_shows_what_the_run_takes(pools: PoolPage, pair: tuple[str, str]) -> None:
    profile, pool = pair
    own = pools.pool_id()
    cats = pools.create("cats")
    pools.fill(cats, 3)
    pools.connect(profile, pool)
    expect(pools.cells).to_have_count(3)
    pools.comfy.evaluate(
        """(id) => {
          const { subgraph, node } = app.rootGraph.convertToSubgraph(new Set([app.rootGraph.getNodeById(id)]))
          window.holder = node
          app.canvas.setGraph(subgraph)
        }""",
        pool,
    )
    expect(pools.cells).to_have_count(3)
    kept = "() => window.holder.subgraph.nodes.find((node) => node.properties['dataset_gates.own_pool'])"
    assert pools.comfy.evaluate(f"() => ({kept})().properties['dataset_gates.own_pool']") == own
    dogs = pools.made_elsewhere("dogs")
    pools.comfy.evaluate(
        """async ([id, dogs]) => {
          const widget = app.rootGraph.getNodeById(id).widgets.find((one) => one.name === 'profile_id')
          widget.value = dogs
          widget.callback(dogs)
        }""",
        [profile, dogs],
    )
    expect(pools.panel).to_contain_text("is empty")
    assert pools.prompt()["GridImagePool"]["profile"] == [profile, 0]
    assert pools.pool_ids() == [dogs]


def test_a_missing_profile_is_named_and_running_it_is_an_error(pools: PoolPage, comfy: ComfyPage) -> None:
    profile, pool = pools.add_profile(), pools.add_pool()
    pools.comfy.connect(pool, 0, comfy.add_node("PreviewImage", 1000, 160), "images")
    cats = pools.create("cats")
    pools.fill(cats, 1)
    pools.connect(profile, pool)
    expect(pools.cells).to_have_count(1)
    saved = pools.save()
    pools.press("Delete this profile")
    expect(strip(pools)).to_contain_text("deleted")
    assert pools.pool_id() != cats
    comfy.allow("404", "a missing profile has no list", url="/grid_pool/list")
    comfy.load(saved)
    expect(pools.panel).to_contain_text("missing: cats")
    expect(pools.bar).to_contain_text("“cats” is not here: a run fails.")
    label = "() => { const w = app.rootGraph.nodes.find((n) => n.type === 'PoolProfile').widgets[1];"
    assert comfy.evaluate(label + " return w.options.getOptionLabel(w.value) }") == "missing: cats"
    comfy.screenshot("missing")
    assert comfy.run()["status"]["status_str"] == "error"
    pools.take("restore-profile")
    expect(pools.cells).to_have_count(1)


def test_a_renamed_profile_keeps_working_in_saved_workflows(pools: PoolPage) -> None:
    profile, pool = pools.add_profile(), pools.add_pool()
    cats = pools.create("cats")
    pools.fill(cats, 2)
    pools.connect(profile, pool)
    expect(pools.cells).to_have_count(2)
    saved = pools.save()
    pools.press("Rename this profile")
    pools.answer("tigers")
    expect(pools.grid.locator(".dsg-title")).to_have_text("tigers")
    pools.comfy.load(saved)
    expect(pools.grid.locator(".dsg-title")).to_have_text("tigers")
    expect(pools.cells).to_have_count(2)
    assert pools.pool_id() == cats


def test_an_unset_profile_never_overrides_the_own_images(pools: PoolPage, pair: tuple[str, str]) -> None:
    profile, pool = pair
    own = pools.pool_id()
    pools.connect(profile, pool)
    expect(pools.notes).to_contain_text("has no profile chosen, so this node uses its own images.")
    expect(pools.cells).to_have_count(2)
    assert pools.pool_id() == own


def test_a_profile_from_some_other_node_is_known_only_to_the_run(
    pools: PoolPage, pair: tuple[str, str]
) -> None:
    pools.comfy.evaluate(
        """(pool) => {
          const node = LiteGraph.createNode('EmptyImage')
          node.title = 'Some switch'
          node.addOutput('out', 'POOL_PROFILE')
          app.rootGraph.add(node)
          const target = app.rootGraph.getNodeById(pool)
          node.connect(1, target, target.findInputSlot('profile'))
        }""",
        pair[1],
    )
    expect(pools.panel).to_contain_text("“Some switch” says which set runs")
    expect(pools.cells.first).to_be_hidden()


def test_an_old_workflow_opens_unchanged(pools: PoolPage, comfy: ComfyPage) -> None:
    """Saved by the first Pool Profile: nulls where its buttons were, an empty text where its grid was."""
    pools.fill("0f2b6c1e-5a77-4b8e-9d5e-2f8f5f0c1a11", 2)
    comfy.load(
        {
            "version": 0.4,
            "last_node_id": 2,
            "last_link_id": 0,
            "nodes": [
                {
                    "id": 1,
                    "type": "PoolProfile",
                    "pos": [100, 120],
                    "size": [300, 200],
                    "inputs": [],
                    "outputs": [{"name": "profile", "type": "POOL_PROFILE", "links": []}],
                    "properties": {},
                    "widgets_values": ["cats", "", None, None, None, None, None, None],
                },
                {
                    "id": 2,
                    "type": "GridImagePool",
                    "pos": [520, 120],
                    "size": [560, 400],
                    "inputs": [{"name": "profile", "type": "POOL_PROFILE", "link": None}],
                    "outputs": [],
                    "properties": {},
                    "widgets_values": [-1, "0f2b6c1e-5a77-4b8e-9d5e-2f8f5f0c1a11", ""],
                },
            ],
            "links": [],
            "groups": [],
            "config": {},
            "extra": {},
        }
    )
    pools.names(["p0.png", "p1.png"])
    assert pools.values("PoolProfile") == {"profile": "cats", "profile_id": ""}
    cats = pools.made_elsewhere("cats")
    expect(pools.bar).to_contain_text("This workflow names “cats” without its id.")
    pools.bar.get_by_role("button", name="Use it").click()
    assert pools.values("PoolProfile") == {"profile": "cats", "profile_id": cats}


def test_a_profile_is_made_of_a_pool(pools: PoolPage, pair: tuple[str, str], comfy: ComfyPage) -> None:
    pools.take("more")
    pools.page.get_by_role("menuitem", name="Make a profile of these images…").click()
    pools.answer("birds")
    pools.said("Profile “birds” made of 2 images.")
    (birds,) = comfy.host.get("/api/grid_pool/profiles/list").json()["profiles"]
    pools.choose(pair[0], birds["id"])
    expect(pools.bar).to_contain_text("2 images")
    pools.take("more")
    pools.page.get_by_role("menuitem", name="Copy all into a profile…").click()
    pools.page.get_by_role("menuitem", name="birds (2)").click()
    pools.said("2 images copied into “birds”.")


def test_the_dropdown_shows_names_and_counts(pools: PoolPage, pair: tuple[str, str]) -> None:
    cats, dogs = pools.made_elsewhere("cats"), pools.made_elsewhere("dogs")
    pools.fill(dogs, 3)
    profile, pool = pair
    pools.connect(profile, pool)
    pools.wait_for_label(profile, dogs, "dogs (3)")  # an open dropdown shows what it was opened with
    open_dropdown(pools, profile)
    entries = pools.page.locator(".litemenu-entry:visible, [role=option]:visible")
    expect(entries.filter(has_text="cats (0)")).to_have_count(1)
    pools.comfy.screenshot("dropdown")
    entries.filter(has_text="dogs (3)").click()
    expect(pools.cells).to_have_count(3)
    if pools.comfy.cell.modern:
        expect(pools.page.get_by_test_id("widget-select-default-trigger").first).to_have_text("dogs (3)")
    assert pools.values("PoolProfile") == {"profile": "dogs", "profile_id": dogs}
    assert pools.pool_id() == dogs != cats


def open_dropdown(pools: PoolPage, profile: str) -> None:
    if pools.comfy.cell.modern:
        pools.page.get_by_test_id("widget-select-default-trigger").first.click()
        return
    middle = pools.comfy.evaluate(
        "(id) => app.rootGraph.getNodeById(id).widgets.find((one) => one.name === 'profile_id').y + 10",
        profile,
    )
    pools.page.mouse.click(*pools.point(profile, 150, middle))


def test_nothing_selected_in_one_pool_counts_in_another(pools: PoolPage, pair: tuple[str, str]) -> None:
    """Slots of different pools have the same ids."""
    profile, pool = pair
    cats = pools.create("cats")
    pools.fill(cats, 3)
    pools.cells.nth(1).locator(".dsg-thumb").click(modifiers=["Control"])
    expect(pools.grid.locator(".dsg-bar")).to_contain_text("1 selected")
    pools.connect(profile, pool)
    expect(pools.cells).to_have_count(3)
    expect(pools.grid.locator(".dsg-bar")).not_to_contain_text("selected")
    expect(pools.grid.locator("[aria-selected=true]")).to_have_count(0)


def test_a_slow_page_forgets_a_selection_too(pools: PoolPage, pair: tuple[str, str]) -> None:
    """Where frames are rare the other pool is read before the grid is drawn again."""
    profile, pool = pair
    cats = pools.create("cats")
    pools.fill(cats, 3)
    pools.cells.nth(1).locator(".dsg-thumb").click(modifiers=["Control"])
    expect(pools.grid.locator(".dsg-bar")).to_contain_text("1 selected")
    pools.comfy.evaluate(
        "() => { window.requestAnimationFrame = (draw) => setTimeout(() => draw(performance.now()), 700) }"
    )
    pools.connect(profile, pool)
    expect(pools.cells).to_have_count(3)
    expect(pools.grid.locator(".dsg-bar")).not_to_contain_text("selected")
