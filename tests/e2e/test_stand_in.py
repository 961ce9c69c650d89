"""The page's own panels on the stand-in: run, cancel, queue, save, templates, log."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, expect

from gates.host.process import HostProcess
from tests.e2e.real_comfyui import RealComfyUI, chosen

if TYPE_CHECKING:
    from tests.e2e.conftest import Cell, ComfyPage

RULES_PACK = Path(__file__).parents[1] / "data/rules_pack"
SECONDS_OF_THE_SLOW_NODE = 50.0
SHOWS_A_PICTURE = """(id) => {
  const node = app.canvas.graph.getNodeById(id)
  return LiteGraph.vueNodesMode
    ? document.querySelector(`[data-node-id="${id}"] img`)?.naturalWidth === 64
    : node.imgs?.[0]?.naturalWidth === 64
}"""
COMMAND = "(name) => { void app.extensionManager.command.execute(name) }"


@pytest.fixture
def host(start_host: Callable[..., HostProcess], cell: Cell, tmp_path: Path) -> Iterator[HostProcess]:
    """With a pack that has a slow node."""
    checkout = chosen()
    if checkout is None:
        yield start_host([RULES_PACK], front_end_root=cell.root)
        return
    real = RealComfyUI(checkout, tmp_path / "host", cell.root)
    (real.base / "custom_nodes/rules").symlink_to(RULES_PACK, target_is_directory=True)
    with real:
        yield real


def queue_panel(comfy: ComfyPage) -> Locator:
    comfy.page.get_by_test_id("queue-overlay-toggle").click()
    panel = comfy.page.get_by_test_id("queue-progress-overlay")
    expect(panel).to_be_visible()
    return panel


def test_a_running_prompt_is_cancelled_and_the_next_one_shown(comfy: ComfyPage) -> None:
    text = comfy.add_node("RulesText", 100, 200)
    slow = comfy.add_node("RulesSleep", 400, 200, seconds=SECONDS_OF_THE_SLOW_NODE)
    shown = comfy.add_node("RulesShow", 700, 200)
    comfy.connect(text, 0, slow, "text")
    comfy.connect(slow, 0, shown, "text")
    comfy.page.get_by_test_id("queue-button").click()
    panel = queue_panel(comfy)
    expect(panel).to_contain_text("1 running")
    expect(panel).to_contain_text("RulesSleep")
    comfy.screenshot("running")
    comfy.page.get_by_role("button", name="Cancel current run").click()
    expect(panel.get_by_role("button", name="Failed")).to_be_visible()  # a filter, where there is one
    (job,) = comfy.host.get("/api/jobs").json()["jobs"]
    assert job["status"] == "cancelled"

    comfy.load(comfy.empty)
    source = comfy.add_node("EmptyImage", 100, 200, width=64, height=32, color=0x3366CC)
    turned = comfy.add_node("ImageRotate", 400, 200, rotation="180 degrees")
    target = comfy.add_node("PreviewImage", 700, 200)
    comfy.connect(source, 0, turned, "image")
    comfy.connect(turned, 0, target, "images")
    assert comfy.run()["status"]["status_str"] == "success"
    comfy.page.wait_for_function(SHOWS_A_PICTURE, arg=target)
    expect(panel.locator("img")).to_have_count(1)
    panel.get_by_role("button", name="Completed").click()
    expect(panel.get_by_test_id("job-assets-list")).not_to_contain_text("Failed")


def test_a_workflow_is_saved_and_opened_and_the_other_panels_open(comfy: ComfyPage) -> None:
    comfy.allow("404", "the list of a user's favourite workflows, which ComfyUI lacks too", r"index\.json$")
    comfy.allow("404", "the folder of workflows before the first one is saved", r"/userdata/workflows")
    comfy.add_node("EmptyImage", 300, 200, width=72)
    comfy.evaluate(COMMAND, "Comfy.SaveWorkflow")
    dialog = comfy.page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("kept by name")
    dialog.get_by_role("button", name="Confirm").click()
    expect(comfy.page.get_by_text("kept by name").first).to_be_visible()
    assert (comfy.host.base / "user/default/workflows/kept by name.json").is_file()

    comfy.open()
    comfy.evaluate(COMMAND, "Workspace.ToggleSidebarTab.workflows")
    comfy.page.locator(".workflows-sidebar-tab, [data-testid=workflows-sidebar]").get_by_text(
        re.compile("^kept by name")
    ).first.click()
    comfy.page.wait_for_function(
        "() => app.rootGraph.nodes.length === 1 && app.rootGraph.nodes[0].widgets[0].value === 72"
    )

    comfy.evaluate(COMMAND, "Workspace.ToggleBottomPanelTab.logs-terminal")
    terminal = comfy.page.locator(".xterm-rows")
    expect(terminal).to_contain_text("To see the GUI go to")
    comfy.screenshot("log")
    comfy.evaluate(COMMAND, "Comfy.BrowseTemplates")
    # A real ComfyUI has hundreds more.
    comfy.page.get_by_role("dialog").get_by_placeholder("Search").fill("image_pool")
    expect(comfy.page.get_by_test_id("template-workflow-image_pool")).to_be_visible()
