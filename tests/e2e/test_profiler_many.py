"""A run of ten thousand steps, in a window without a tab to run in."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, expect

from gates.host.process import HostProcess
from gates.profiler.export import export_json
from gates.profiler.records import Recording, Run, Step
from tests.e2e.profiler_page import JSON, SCREENSHOTS, watched

MANY = 10_000
SECONDS_TO_SHOW = 1.0  # generous: 0.1 is the aim on a machine at rest
MILLISECONDS_OF_A_FRAME = 250.0  # generous: 33 is the aim there


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
    took["clear"] = page.evaluate(FILTER, "")
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
