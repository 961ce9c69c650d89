"""The pictures of the profiler, each alone in a bare page with fixed data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from gates.host.process import HostProcess
from tests.e2e import chart_data
from tests.e2e.chart_page import LIGHT, ChartPage

OpenPage = Callable[..., ChartPage]


@pytest.fixture(scope="module")
def chart_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    with HostProcess(tmp_path_factory.mktemp("charts") / "host") as host:
        yield host


@pytest.fixture
def chart_page(
    browser: Browser, chart_host: HostProcess, request: pytest.FixtureRequest
) -> Iterator[OpenPage]:
    pages: list[ChartPage] = []

    def new(scale: float = 1) -> ChartPage:
        pages.append(ChartPage(browser, chart_host, request.node.name, scale))
        return pages[-1]

    yield new
    for page in pages:
        page.close()


def run_data(**more: Any) -> dict[str, Any]:
    return {
        "run": chart_data.run(),
        "steps": chart_data.steps(),
        "series": chart_data.series(),
        "groups": [],
        "selected": None,
        **more,
    }


def test_the_timeline_shows_a_run_in_dark_and_light(chart_page: OpenPage) -> None:
    page = chart_page()
    page.show("charts/timeline.js", "createTimeline", run_data())
    stage = page.page.locator(".dsg-timeline-stage")
    expect(page.page.locator(".dsg-counter .uplot")).to_have_count(4)
    page.screenshot("dark")
    stage.hover(position={"x": 600, "y": 60})
    page.settle()
    page.screenshot("hover")
    page.colour(LIGHT)
    page.screenshot("light")
    assert page.page.evaluate("() => window.harmed") is None


MOST_MS = 33
TRIES = 8  # the machine may be busy with other things; the best counts

# Moves the pointer while pressed, once a frame, and times what is drawn: [p50, p95] in ms.
PAN = """async (frames) => {
  const stage = document.querySelector('.dsg-timeline-stage')
  const box = stage.getBoundingClientRect()
  const times = []
  const ask = window.requestAnimationFrame.bind(window)
  window.requestAnimationFrame = (draw) => ask((now) => {
    const begin = performance.now()
    draw(now)
    queueMicrotask(() => times.push(performance.now() - begin))  // after those of the curves
  })
  const send = (type, x) => stage.dispatchEvent(new PointerEvent(type, {
    bubbles: true, button: 0, pointerId: 1, clientX: box.left + x, clientY: box.top + 40,
  }))
  stage.setPointerCapture = () => undefined
  send('pointerdown', 500)
  for (let frame = 0; frame < frames; frame += 1) {
    send('pointermove', 500 + Math.round(200 * Math.sin(frame / 5)))
    await new Promise((done) => ask(done))
  }
  send('pointerup', 500)
  window.requestAnimationFrame = ask
  times.sort((a, b) => a - b)
  return [0.5, 0.95].map((share) => times[Math.floor(times.length * share)])
}"""


def test_ten_thousand_steps_stay_fluid(chart_page: OpenPage) -> None:
    page = chart_page()
    page.show("charts/timeline.js", "createTimeline", chart_data.many(10_000))
    expect(page.page.locator(".dsg-counter .uplot")).to_have_count(4)
    page.screenshot("whole")
    for zooms in (1, 6):  # nearly the whole run, then a part of it
        for _ in range(zooms):
            page.page.get_by_role("button", name="Zoom in").click()
        measured: list[float] = []
        while len(measured) < TRIES and (not measured or min(measured) > MOST_MS):
            measured.append(page.page.evaluate(PAN, 40)[1])
        assert min(measured) <= MOST_MS, measured
    page.screenshot("part")


def test_keys_go_through_the_timeline(chart_page: OpenPage) -> None:
    page = chart_page()
    page.show("charts/timeline.js", "createTimeline", run_data())
    stage = page.page.get_by_role("application", name="Timeline of the run")
    said = page.page.locator(".dsg-timeline [aria-live]")
    expect(page.page.locator(".dsg-counter .uplot")).to_have_count(4)
    stage.focus()
    stage.press("ArrowRight")
    expect(said).to_have_text(
        "Load Checkpoint (4). 3.10 s, from 4.00 ms to 3.10 s. ran, in the longest chain."
    )
    stage.press("ArrowRight")
    expect(said).to_contain_text("Positive (6)")
    stage.press("ArrowDown")
    expect(said).to_contain_text("KSampler (3.0.0.1)")
    stage.press("ArrowDown")
    expect(said).to_contain_text("Ask for a caption (20). 4.20 s")
    for _ in range(6):
        stage.press("+")
    page.settle()
    page.screenshot("zoomed")
    seen = page.page.locator(".dsg-chart-head .dsg-chart-muted")
    expect(seen).to_contain_text(" to ")
    before = seen.inner_text()
    stage.press("Shift+ArrowRight")
    expect(seen).not_to_have_text(before)
    stage.press("End")
    expect(said).to_contain_text("failed, OSError")
    stage.press("Enter")
    assert page.told == [["select", "9"]]
    page.settle()
    page.screenshot("failed")
    stage.press("0")
    expect(seen).to_have_text("9.66 s")
    assert page.page.evaluate("() => window.harmed") is None


def test_the_wheel_zooms_where_the_pointer_is_and_dragging_pans(chart_page: OpenPage) -> None:
    page = chart_page()
    page.show("charts/timeline.js", "createTimeline", run_data())
    stage = page.page.locator(".dsg-timeline-stage")
    seen = page.page.locator(".dsg-chart-head .dsg-chart-muted")
    stage.hover(position={"x": 630, "y": 40})
    page.page.mouse.wheel(0, -600)
    expect(seen).to_contain_text(" to ")
    before = seen.inner_text()
    page.page.mouse.down()
    page.page.mouse.move(400, 90, steps=4)
    page.page.mouse.up()
    expect(seen).not_to_have_text(before)
    assert page.told == [], "a drag is no click"
    page.page.get_by_role("button", name="Show the whole run").click()
    expect(seen).to_have_text("9.66 s")
    stage.click(position={"x": 260, "y": 34})
    assert page.told == [["select", "4"]]
    page.update(selected="4")
    page.screenshot("selected")


def test_lines_are_sharp_on_a_dense_screen_and_other_palettes_are_followed(chart_page: OpenPage) -> None:
    page = chart_page(scale=2)
    page.base = "/holaf/profiler/static"  # where the window loads them from
    page.show("charts/timeline.js", "createTimeline", run_data())
    look = """() => {
      const canvas = document.querySelector('.dsg-timeline-scroll canvas')
      const [x, y] = [Math.round(300 * canvas.width / canvas.clientWidth), 2 * 14]
      const copy = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
      copy.drawImage(canvas, -x, -y)
      return [canvas.width / canvas.clientWidth, ...copy.getImageData(0, 0, 1, 1).data]
    }"""
    assert page.page.evaluate(look) == [2, 0x0B, 0x8C, 0xE9, 255]
    page.colour({"--primary-background": "#336699"})
    assert page.page.evaluate(look) == [2, 0x33, 0x66, 0x99, 255]
    page.screenshot("dense")


def test_the_timeline_has_a_text_and_says_what_to_do_when_empty(chart_page: OpenPage) -> None:
    page = chart_page()
    page.show("charts/timeline.js", "createTimeline", run_data(steps=[], series=None, run=None))
    expect(page.page.get_by_text("No step was recorded yet.")).to_be_visible()
    page.update(**run_data())
    page.page.get_by_text("As text").click()
    rows = page.page.locator(".dsg-chart-text tbody tr")
    expect(rows.first).to_contain_text("Load Checkpoint (4)")
    expect(rows).to_have_count(11)
    assert chart_data.HOSTILE.replace("\u202e", "") in rows.last.inner_text()
    described = page.page.locator(".dsg-timeline-stage").get_attribute("aria-describedby")
    about = page.page.locator(f"#{described}")
    expect(about).to_contain_text("Longest: Ask for a caption (20), 4.20 s.")
    page.page.evaluate("() => view.destroy()")
    expect(page.page.locator("#place > *")).to_have_count(0)


def test_bars_show_where_the_time_went(chart_page: OpenPage) -> None:
    page = chart_page()
    page.show("charts/time_bars.js", "createTimeBars", run_data())
    bars = page.page.get_by_role("option")
    expect(bars.first).to_contain_text("Load Checkpoint (4)")
    page.screenshot("dark")
    expect(bars.nth(2)).to_have_attribute("aria-disabled", "true")  # waiting is no node
    bars.nth(1).click()
    page.update(selected=page.told[0][1])
    expect(bars.nth(1)).to_have_attribute("aria-selected", "true")
    bars.nth(1).press("ArrowUp")
    page.page.keyboard.press("Enter")
    assert [name for name, _ in page.told] == ["select", "select"]
    page.colour(LIGHT)
    page.screenshot("light")
    page.update(run=None, steps=[])
    expect(page.page.get_by_text("No node took any time yet.")).to_be_visible()


def test_ten_thousand_bars_are_a_window(chart_page: OpenPage) -> None:
    page = chart_page()
    page.show("charts/time_bars.js", "createTimeBars", {**chart_data.many(10_000), "series": None})
    assert page.page.get_by_role("option").count() < 40
    page.page.get_by_role("option").first.focus()
    page.page.keyboard.press("End")
    expect(page.page.locator(":focus")).to_have_attribute("aria-posinset", "10001")
    page.screenshot("end")


def test_the_history_shows_runs_with_their_spread(chart_page: OpenPage) -> None:
    page = chart_page()
    page.show("charts/history.js", "createHistory", {"runs": chart_data.runs(), "hash": "a1", "current": 21})
    points = page.page.get_by_role("option", include_hidden=False).locator(".dsg-history-dot")
    expect(points).to_have_count(33)
    expect(page.page.get_by_text("A spread needs")).to_have_count(0)
    expect(page.page.get_by_text("1 run without this figure.")).to_be_visible()
    page.screenshot("dark")
    page.page.locator("[data-run='17']").click()
    assert page.told == [["openRun", 17]]
    page.page.keyboard.press("ArrowRight")
    page.page.locator("[data-run='4'] .dsg-history-dot").hover()
    expect(page.page.locator(".dsg-timeline-tip b")).to_have_text(chart_data.HOSTILE.replace("\u202e", ""))
    page.colour(LIGHT)
    page.page.get_by_label("Shown figure").select_option("vram_peak")
    page.screenshot("light")
    page.update(runs=[], current=None)
    expect(page.page.get_by_text("No run of this workflow yet.")).to_be_visible()
    assert page.page.evaluate("() => window.harmed") is None


def show_comparison(page: ChartPage, answers: list[Any], **more: Any) -> None:
    page.show("compare/comparison.js", "createComparison", {"runs": [], "a": None, "b": None})
    page.page.evaluate("(answers) => window.answers.push(...answers)", answers)
    newest_first = [{**one, "workflow_hash": "h"} for one in reversed(chart_data.runs())]
    page.update(runs=newest_first, **more)


def test_a_comparison_says_what_differs_and_what_else_did(chart_page: OpenPage) -> None:
    page = chart_page()
    show_comparison(page, [chart_data.comparison()] * 2)
    title = page.page.get_by_role("heading", level=3)
    expect(title).to_have_text("“after the update” is slower than “before” by 1.50 s (+16 %).")
    page.screenshot("dark")
    rows = page.page.get_by_role("option").filter(has=page.page.locator(".dsg-compare-verdict"))
    expect(rows.first).to_contain_text("KSampler (3)")
    expect(rows.first).to_contain_text("slower")
    expect(rows.nth(3)).to_contain_text("no difference")
    assert rows.nth(3).locator("[data-found='more'], [data-found='less']").count() == 0
    page.page.get_by_role("button", name="Node", exact=True).click()
    expect(rows.first).to_contain_text(chart_data.HOSTILE[:10])
    rows.first.click()
    page.page.get_by_label("Compared figure").select_option("vram_max")
    expect(page.page.get_by_text("not comparable").first).to_be_visible()
    page.page.get_by_role("button", name="Judge all the same").click()
    expect(page.page.get_by_text("it is judged all the same")).to_be_visible()
    page.colour(LIGHT)
    page.screenshot("light")
    told = page.told
    assert [one[0] for one in told] == ["compare", "select", "compare"]
    assert told[0][1] == {"a": {"series": "before"}, "b": {"series": "after the update"}, "force": False}
    assert told[2][1]["force"] is True
    assert page.page.evaluate("() => window.harmed") is None


def test_too_few_runs_are_never_judged(chart_page: OpenPage) -> None:
    page = chart_page()
    show_comparison(page, [chart_data.comparison(few=True)], a={"runs": [3]}, b={"runs": [34]})
    title = page.page.get_by_role("heading", level=3)
    expect(title).to_have_text("Not enough runs to tell a difference from chance.")
    expect(page.page.get_by_text("4 on each side can.").first).to_be_visible()
    assert page.page.locator("[data-found='more'], [data-found='less']").count() == 0
    page.screenshot("end")


def test_a_comparison_that_fails_says_why_and_can_be_tried_again(chart_page: OpenPage) -> None:
    page = chart_page()
    show_comparison(page, [{"error": "There is no run 3."}, chart_data.comparison()])
    expect(page.page.get_by_text("There is no run 3.")).to_be_visible()
    page.page.get_by_role("button", name="Compare again").click()
    expect(page.page.get_by_role("heading", level=3)).to_contain_text("slower")
    page.page.get_by_label("B, what it is now").select_option("series:before")
    expect(page.page.get_by_text("A and B are the same.")).to_be_visible()
    page.update(runs=[], a=None, b=None)
    page.page.get_by_label("B, what it is now").select_option("")
    expect(page.page.get_by_text("Choose both; series tell more")).to_be_visible()


def test_without_its_library_the_timeline_still_shows_the_lanes(chart_page: OpenPage) -> None:
    page = chart_page()
    page.page.route("**/uPlot.mjs*", lambda route: route.abort())
    page.show("charts/timeline.js", "createTimeline", run_data())
    expect(page.page.get_by_text("The curves could not be loaded.")).to_be_visible()
    page.page.locator(".dsg-timeline-stage").click(position={"x": 260, "y": 34})
    assert page.told == [["select", "4"]]
    page.problems = [one for one in page.problems if "ERR_FAILED" not in one]


def test_pictures_fit_into_a_narrow_place(chart_page: OpenPage) -> None:
    page = chart_page()
    page.page.set_viewport_size({"width": 340, "height": 700})
    too_wide = "() => document.documentElement.scrollWidth > innerWidth"
    page.show("charts/time_bars.js", "createTimeBars", run_data())
    page.screenshot("bars")
    assert not page.page.evaluate(too_wide)
    page.show("charts/history.js", "createHistory", {"runs": chart_data.runs(), "hash": "a", "current": 2})
    assert not page.page.evaluate(too_wide)
    show_comparison(page, [chart_data.comparison()])
    expect(page.page.get_by_text("slower").last).to_be_visible()
    page.screenshot("comparison")
    assert not page.page.evaluate(too_wide)
