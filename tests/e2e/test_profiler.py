"""The profiler as a person uses it: one click names the slowest node, and all that follows from there."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect

from gates.host.process import HostProcess
from gates.profiler.export import export_json
from gates.profiler.records import Recording, Run, Step
from tests.conftest import RULES_PACK
from tests.e2e.kept_page import KeptPages
from tests.e2e.profiler_page import HARM, JSON, SLOW, ProfilerPage, ProfilerTab, clear_profiler, watched

if TYPE_CHECKING:
    from tests.e2e.conftest import Cell, ComfyPage

SCREENSHOTS = Path(__file__).parents[2] / ".screenshots"
MANY = 10_000
SECONDS_TO_SHOW = 1.0  # generous: 0.1 is the aim on a machine at rest
MILLISECONDS_OF_A_FRAME = 250.0  # generous: 33 is the aim there


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
        yield ProfilerTab(comfy)
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


@pytest.fixture(scope="module")
def many_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    """A host that knows a run of very many steps."""
    with HostProcess(tmp_path_factory.mktemp("many") / "host") as host:
        answer = host.request("POST", "/holaf/profiler/import", export_json(many()).encode(), JSON)
        assert answer.status == 200, answer.text
        yield host


def many() -> Recording:
    run = Run(None, 1_700_000_000.0, "Many", "a" * 64, "", 100.0, status="success")
    step = Step(node_type="Thing", status="executed", cpu_max=50.0)
    steps = tuple(
        replace(
            step,
            node_id=f"{at % 40}:{at}",
            node_title=f"Node {at * 7919 % MANY}",
            exec_time=at * 31 % 977 / 100,
            seq=at,
            t_start=at / 100,
            ram_max=at * 1009 % 4_000_000_000,
        )
        for at in range(MANY)
    )
    return Recording(run, steps, prompt={"1": {"class_type": "Nothing", "inputs": {}}}, workflow=None)


# Scrolls as fast as one can and times the frames: p95 in ms.
SCROLL = """async () => {
  const scroller = document.querySelector('.dsg-steps')
  const times = []
  let last = await new Promise(requestAnimationFrame)
  for (let frame = 0; frame < 90; frame += 1) {
    scroller.scrollTop += 700
    const now = await new Promise(requestAnimationFrame)
    times.push(now - last)
    last = now
  }
  return times.sort((one, other) => one - other)[Math.floor(times.length * 0.95)]
}"""
SORT = """(key) => {
  const begin = performance.now()
  document.querySelector(`[data-sort=${key}]`).click()
  document.querySelector('.dsg-steps').getBoundingClientRect()
  return performance.now() - begin
}"""
FILTER = """(words) => {
  const field = document.querySelector('[aria-label="Filter nodes"]')
  field.value = words
  const begin = performance.now()
  field.dispatchEvent(new Event('input'))
  document.querySelector('.dsg-steps').getBoundingClientRect()
  return performance.now() - begin
}"""


def test_ten_thousand_rows_and_no_tab_to_run_in(browser: Browser, many_host: HostProcess) -> None:
    problems: list[str] = []
    context = browser.new_context(viewport={"width": 1400, "height": 900}, color_scheme="light")
    page = context.new_page()
    page.goto(f"{many_host.url}/holaf/profiler/view")
    window = watched(page, problems)
    expect(window.root.locator(".dsg-steps-foot")).to_contain_text("10\u202f000 nodes")
    took = {key: page.evaluate(SORT, key) for key in ("exec_time", "node_title", "ram_max")}
    took["filter"] = page.evaluate(FILTER, "node 12")
    page.evaluate(FILTER, "")
    took["frame"] = page.evaluate(SCROLL)
    logging.getLogger("tests").info("10,000 rows, ms: %s", took)
    assert max(took[key] for key in took if key != "frame") < SECONDS_TO_SHOW * 1000, took
    assert took["frame"] < MILLISECONDS_OF_A_FRAME, took
    assert page.locator(".dsg-step").count() < 100
    window.do("run")
    note = window.root.locator(".dsg-run-note")
    expect(note).to_contain_text("No ComfyUI tab is open")
    expect(note.get_by_role("link", name="Open ComfyUI")).to_be_visible()
    page.screenshot(path=SCREENSHOTS / "profiler-many-light.png")
    note.get_by_role("button", name="Run the workflow of this run again").click()
    expect(note).to_contain_text("Nothing")  # refused: no such class, in the server's words
    context.close()
    assert not [each for each in problems if "status of 422" not in each], problems
