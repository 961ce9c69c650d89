"""The profiler as a person uses it: one click names the slowest node, and all that follows from there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect

from gates.host.process import HostProcess
from tests.conftest import RULES_PACK
from tests.e2e.kept_page import KeptPages
from tests.e2e.profiler_page import HARM, SCREENSHOTS, SLOW, ProfilerPage, ProfilerTab, clear_profiler

if TYPE_CHECKING:
    from tests.e2e.conftest import Cell, ComfyPage


@pytest.fixture(scope="module")
def profiled_pages(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptPages]:
    """A page and a host with nodes that take a known time, for each cell."""
    from tests.e2e.conftest import SETTINGS, VIEWPORT, ComfyPage

    SCREENSHOTS.mkdir(exist_ok=True)

    def boot(cell: Cell, stack: ExitStack) -> ComfyPage:
        place = tmp_path_factory.mktemp("profiled") / "host"
        host = stack.enter_context(HostProcess(place, [RULES_PACK], cell.root))
        context = browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]
        stack.callback(context.close)
        made = ComfyPage(context.new_page(), host, cell, "boot")
        made.set({**SETTINGS, "Comfy.VueNodes.Enabled": cell.modern})
        made.open()
        return made

    kept = KeptPages(boot)
    yield kept
    kept.close()


@pytest.fixture
def tab(profiled_pages: KeptPages, cell: Cell, request: pytest.FixtureRequest) -> Iterator[ProfilerTab]:
    """The tab, with nothing measured yet."""
    for comfy in profiled_pages.lend(cell, request):
        clear_profiler(comfy)
        comfy.page.evaluate("() => localStorage.removeItem('dataset_gates.profiler.reference')")
        tab = ProfilerTab(comfy)
        tab.forget()
        yield tab
        for window in comfy.page.context.pages[1:]:
            window.close()


def test_one_click_names_the_slowest_node(tab: ProfilerTab) -> None:
    slow, quick = tab.build(seconds=0.6)
    tab.do("run")
    expect(tab.rows.first).to_be_visible()  # while it runs
    expect(tab.root.locator("[data-do=stop]")).to_be_visible()
    tab.ended()
    expect(tab.slowest).to_contain_text(SLOW)
    expect(tab.slowest).to_contain_text("of the run")
    assert tab.nodes()[0] == f"#{slow}"
    dash = tab.cell(slow, "vram_max")
    expect(dash).to_have_text("–")
    assert (dash.get_attribute("title") or "") not in ("", "Not measured.")
    texts = tab.badges()
    assert re.fullmatch(r"6\d\d ms|[1-9]\.\d+ s", texts[slow][-1]), texts
    assert re.search(r"ms|µs", texts[quick][-1]), texts
    tab.comfy.screenshot("ran")
    assert (tab.page.locator(".dsg-node-badge").count() > 0) is tab.comfy.cell.modern
    tab.show_badges(False)
    assert not timed(tab.badges())
    tab.show_badges(True)
    assert timed(tab.badges())
    tab.harmless()


def timed(badges: dict[str, list[str]]) -> list[str]:
    return [text for texts in badges.values() for text in texts if re.search(r"\d (ms|s|µs)$", text)]


def test_a_changed_workflow_is_told_by_node_and_can_be_forced(tab: ProfilerTab) -> None:
    tab.build(seconds=0.02)
    tab.do("update-nodes")
    tab.said("5 nodes are the reference now")
    tab.comfy.evaluate(f"() => {{ app.graph.nodes.at(-1).title = `New {HARM}` }}")
    tab.do("run")
    dialog = tab.page.get_by_role("dialog", name="Workflow changed")
    expect(dialog).to_contain_text("Workflow changed. Please Update Nodes.")
    expect(dialog.locator("li")).to_contain_text(f"New {HARM}")
    expect(dialog.locator("li")).to_contain_text("title changed")
    tab.comfy.screenshot("mismatch")
    dialog.get_by_role("button", name="Force Run").click()
    tab.ended()
    expect(tab.head).to_contain_text("Forced: the workflow was not the one of the reference.")
    tab.do("run")
    dialog.get_by_role("button", name="Update Nodes and run").click()
    tab.ended()
    expect(tab.runs).to_have_count(2)
    tab.harmless()


def test_the_window_runs_what_is_open_in_the_tab(tab: ProfilerTab) -> None:
    slow, quick = tab.build(seconds=0.3)
    tab.do("update-nodes")
    window = tab.open_window()
    expect(window.root.locator(".dsg-run-target")).to_contain_text("open in ComfyUI")
    window.do("run")
    window.ended()
    expect(window.slowest).to_contain_text(SLOW)
    expect(tab.slowest).to_contain_text(SLOW)  # the same run, in both
    comment_and_rename(window, slow)
    group_by_dragging(window, slow, quick)
    choose_columns(window)
    window.page.screenshot(path=SCREENSHOTS / f"{tab.comfy.name}-window.png")
    for view in ("timeline", "time", "history", "details"):
        expect(window.view(view)).to_be_visible()
    window.page.reload()
    expect(window.root.locator("[role=tab][data-view=details]")).to_have_attribute("aria-selected", "true")
    window.view("table")
    expect(window.root.locator("[data-sort=fn_time]")).to_be_visible()
    delete_and_undo(window)
    window.harmless()


def comment_and_rename(window: ProfilerPage, slow: str) -> None:
    window.do("rename")
    window.type_into(f"Name {HARM}")
    expect(window.runs.first).to_contain_text(f"Name {HARM}")
    window.do("comment-run")
    window.type_into(f"Words {HARM}", "Control+Enter")
    expect(window.head).to_contain_text(f"Words {HARM}")
    window.cell(slow, "step_comment").click()
    window.type_into(f"Step {HARM}")
    expect(window.cell(slow, "step_comment")).to_have_text(f"Step {HARM}")
    window.cell(slow, "node_title").click()
    for key in ("ArrowDown", "ArrowUp", "Enter"):  # down and back, then its comment
        window.page.keyboard.press(key)
    expect(window.root.locator(".dsg-edit")).to_have_value(f"Step {HARM}")
    window.type_into("", "Escape")
    expect(window.cell(slow, "step_comment")).to_have_text(f"Step {HARM}")


def group_by_dragging(window: ProfilerPage, slow: str, quick: str) -> None:
    window.do("new-group")
    dialog = window.page.get_by_role("dialog", name="New group")
    dialog.get_by_label("Name").fill(f"Sleepers {HARM}")
    dialog.get_by_role("button", name="Create group").click()
    chip = window.root.locator(".dsg-chip[data-group]")
    for count, node in enumerate((slow, quick), 1):
        window.cell(node, "node_title").drag_to(chip)
        expect(chip.locator(".dsg-chip-count")).to_have_text(str(count))
    chip.click()
    expect(window.rows).to_have_count(2)
    window.root.locator("[data-shape=groups]").click()
    expect(window.rows.first).to_contain_text(f"Sleepers {HARM}")
    window.root.locator("[data-shape=list]").click()
    chip.click()
    expect(window.rows).to_have_count(5)


def choose_columns(window: ProfilerPage) -> None:
    window.do("columns")
    window.page.get_by_role("dialog", name="Columns").get_by_text("Function", exact=True).click()
    window.page.keyboard.press("Escape")
    window.sort("fn_time")
    expect(window.root.locator("[data-column=fn_time][aria-sort]")).to_have_attribute(
        "aria-sort", "descending"
    )
    window.root.get_by_label("Filter nodes").fill("quick")
    expect(window.rows).to_have_count(1)
    expect(window.root.locator(".dsg-steps-foot")).to_contain_text("1 of 5 nodes")
    window.root.get_by_label("Filter nodes").fill("")


def delete_and_undo(window: ProfilerPage) -> None:
    window.do("run-menu")
    with window.page.expect_download() as saved:
        window.menu("Export as CSV")
    assert saved.value.suggested_filename.endswith(".csv")
    window.do("run-menu")
    window.menu("Delete run")
    expect(window.runs).to_have_count(0)
    window.strip.get_by_role("button", name="Undo").click()
    expect(window.runs).to_have_count(1)
    window.ended()


OTHERS = {
    "1": {"class_type": "RulesText", "inputs": {"text": "somebody else's"}},
    "2": {"class_type": "RulesShow", "inputs": {"text": ["1", 0]}},
}


def test_stop_ends_what_was_asked_for_and_nothing_else(tab: ProfilerTab) -> None:
    tab.build(seconds=20)
    tab.ask(repeat=3, name=f"Long {HARM}")
    before = set(tab.comfy.host.get("/api/history").json())
    tab.do("run")
    expect(tab.progress).to_have_text("Run 1 of 3…")
    others = tab.comfy.host.queue(OTHERS, client_id="somebody else")
    tab.comfy.screenshot("running")
    tab.do("stop")
    tab.ended("interrupted")
    expect(tab.root.locator("[data-do=stop]")).to_be_hidden()
    expect(tab.progress).to_contain_text("Stopped")
    assert tab.comfy.host.result(others)["status"]["status_str"] == "success"
    expect(tab.runs).to_have_count(1)
    expect(tab.runs).to_contain_text("interrupted")
    after = tab.comfy.host.get("/api/history").json()
    assert len(after.keys() - before) == 2  # the one that was stopped, and somebody else's
    queue = tab.comfy.host.get("/api/queue").json()
    assert not queue["queue_running"] and not queue["queue_pending"]
    tab.harmless()


def test_the_trash_gives_back_and_deletes_for_good(tab: ProfilerTab) -> None:
    tab.measure(f"Kept {HARM}", f"Gone {HARM}")
    tab.delete_run()
    tab.delete_run()
    trash = tab.open_trash()
    rows = trash.locator(".dsg-trash-row")
    expect(rows).to_have_count(2)
    tab.comfy.screenshot("trash")
    restore = rows.filter(has_text="Kept").get_by_role("button", name="Restore")
    full = {"error": {"code": "disk_full", "message": "The disk is full."}}
    tab.comfy.allow("status of 507", "the disk is full for once", "/trash/restore")
    tab.page.route("**/trash/restore", lambda route: route.fulfill(status=507, json=full), times=1)
    restore.click()
    tab.said("It could not be restored: The disk is full.")
    expect(rows).to_have_count(2)
    restore.click()
    expect(rows).to_have_count(1)
    expect(tab.runs).to_contain_text(f"Kept {HARM}")
    sure = tab.dialog("for good?")
    for answer, left in (("Cancel", 1), ("Delete for good", 0)):
        rows.get_by_role("button", name="Delete for good").click()
        expect(sure).to_contain_text(f"Delete “Gone {HARM}” for good?")
        expect(sure.get_by_role("button", name="Cancel")).to_be_focused()
        sure.get_by_role("button", name=answer, exact=True).click()
        expect(rows).to_have_count(left)
    expect(trash).to_contain_text("Nothing is deleted.")
    tab.harmless()
    trash.get_by_role("button", name="Close").click()
    expect(tab.runs).to_have_count(1)
    assert tab.kept_runs()[0]["name"] == f"Kept {HARM}"


def test_a_warm_series_leaves_its_warm_up_out(tab: ProfilerTab) -> None:
    tab.build(seconds=0.03)
    tab.ask("warm", repeat=2)
    tab.do("run")
    expect(tab.runs).to_have_count(2)
    tab.ended()
    series = {run["series"] for run in tab.kept_runs()}
    assert len(series) == 1 and None not in series
    for row in tab.runs.all():
        expect(row).to_contain_text(f"warm · series {next(iter(series))}")
    expect(tab.head).to_contain_text(f"warm · series {next(iter(series))}")
    assert [run["cached_count"] for run in tab.kept_runs()] == [0, 0]
    tab.comfy.screenshot("series")


def test_an_exported_run_comes_back_by_import(tab: ProfilerTab, tmp_path: Path) -> None:
    tab.measure(f"Travels {HARM}")
    tab.do("run-menu")
    with tab.page.expect_download() as saved:
        tab.menu("Export as JSON")
    file = tmp_path / saved.value.suggested_filename
    saved.value.save_as(file)
    assert file.suffix == ".json"
    tab.delete_run()
    trash = tab.open_trash()
    trash.get_by_role("button", name="Empty trash").click()
    tab.dialog("for good?").get_by_role("button", name="Empty trash", exact=True).click()
    expect(trash).to_contain_text("Nothing is deleted.")
    trash.get_by_role("button", name="Close").click()
    tab.import_file(file)
    tab.said("1 run imported.")
    expect(tab.runs).to_contain_text(f"Travels {HARM}")
    expect(tab.head).to_contain_text(f"Travels {HARM}")
    expect(tab.rows).to_have_count(5)
    file.write_text(file.read_text()[:200])
    tab.comfy.allow("status of 4", "a file that is none is refused", r"/holaf/profiler/import")
    tab.import_file(file)
    tab.said(f"{file.name} could not be imported: This is no JSON file")
    tab.comfy.screenshot("refused")
    expect(tab.runs).to_have_count(1)
    tab.harmless()


def test_two_single_runs_are_not_enough_to_compare(tab: ProfilerTab) -> None:
    tab.measure(f"Before {HARM}", f"After {HARM}", mode="warm")
    window = tab.open_window()
    window.runs.filter(has_text="Before").click(button="right")
    window.menu("Compare with the open run")
    sides = {side: window.root.get_by_label(f"{side}, what it") for side in "AB"}
    expect(sides["A"].locator("option:checked")).to_contain_text(f"Before {HARM}")
    expect(sides["B"].locator("option:checked")).to_contain_text(f"After {HARM}")
    result = window.root.locator(".dsg-compare-result")
    expect(result).to_contain_text("Not enough runs to tell a difference from chance.")
    expect(result.locator(".dsg-compare-row").filter(has_text=SLOW)).to_contain_text("not enough runs")
    window.page.screenshot(path=SCREENSHOTS / f"{tab.comfy.name}-compare.png")
    sides["B"].select_option(sides["A"].input_value())
    expect(window.view("compare")).to_contain_text("A and B are the same.")
    window.harmless()
