"""A page of the stand-in host in a real Chromium, and what it shows of a pool."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
WINDOW = {"width": 1400, "height": 1000}  # pixels
NODE = [900, 800]  # pixels, of the pool node
MILLISECONDS_TO_BOOT = 120_000

BOOTED = """() => {
  const app = window.app
  if (!app?.extensionManager?.workflow?.activeWorkflow || app.extensionManager.spinner) return false
  return Boolean(app.canvas?.graph)
}"""
A_POOL_NODE = """([width, height]) => {
  const node = LiteGraph.createNode('GridImagePool')
  node.pos = [60, 80]
  app.canvas.graph.add(node)
  node.setSize([width, height])
  const made = app.rootGraph.serialize()
  made.extra = { ds: { scale: 1, offset: [0, 0] } }
  return [made, node.widgets.findIndex((widget) => widget.name === 'pool_id')]
}"""
# From opening the workflow until every picture in view is decoded and a frame with them was drawn.
PAINT = """async ([workflow]) => {
  const frame = () => new Promise((done) => requestAnimationFrame(done))
  performance.setResourceTimingBufferSize(5000)
  performance.clearResourceTimings()
  const started = performance.now()
  void app.loadGraphData(workflow)
  const painted = () => {
    const view = document.querySelector('.dsg-scroller')?.getBoundingClientRect()
    const pictures = [...document.querySelectorAll('.dsg-cell img')].filter((one) => {
      const at = one.getBoundingClientRect()
      return at.bottom > view.top && at.top < view.bottom
    })
    return pictures.length > 0 && pictures.every((one) => one.complete && one.naturalWidth > 0)
  }
  while (!painted()) {
    if (performance.now() - started > 60000) throw new Error('the pool was not painted within a minute')
    await frame()
  }
  await frame()
  return performance.now() - started
}"""
LOADED = """() => {
  const ours = (one) => one.name.includes('/grid_pool/') || one.name.includes('/view?')
  const loaded = performance.getEntriesByType('resource').filter(ours)
  const bytes = loaded.reduce((sum, one) => sum + one.encodedBodySize, 0)
  return [document.querySelectorAll('.dsg-cell').length, bytes]
}"""
TO_THE_END = (
    "() => { const grid = document.querySelector('.dsg-scroller'); grid.scrollTop = grid.scrollHeight }"
)


@dataclass(frozen=True)
class Painted:
    seconds: float
    cells: int  # in the document, the most of top and end of the pool
    bytes: int  # loaded from the pool's routes


@dataclass(frozen=True)
class PoolPage:
    """A booted page that opens workflows with one pool node in them."""

    page: Page
    workflow: dict[str, Any]
    pool_id_at: int  # among the widgets' values

    def paint(self, pool_id: str) -> Painted:
        """Open a pool that this page never showed."""
        self.workflow["nodes"][0]["widgets_values"][self.pool_id_at] = pool_id
        milliseconds = self.page.evaluate(PAINT, [self.workflow])
        self.page.wait_for_timeout(500)
        cells, loaded = self.page.evaluate(LOADED)
        self.page.evaluate(TO_THE_END)
        self.page.wait_for_timeout(500)
        at_end, _ = self.page.evaluate(LOADED)
        self.page.evaluate("(empty) => app.loadGraphData(empty)", {**self.workflow, "nodes": []})
        return Painted(milliseconds / 1000, max(cells, at_end), loaded)


def chromium() -> str | None:
    """The browser that GATES_BROWSER names, or an installed one."""
    return os.environ.get("GATES_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def opened(executable: str, url: str) -> Iterator[PoolPage]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        try:
            page = running.new_page(viewport={"width": WINDOW["width"], "height": WINDOW["height"]})
            page.goto(url)
            page.wait_for_function(BOOTED, timeout=MILLISECONDS_TO_BOOT)
            page.evaluate("(empty) => app.loadGraphData(empty)", EMPTY)
            workflow, at = page.evaluate(A_POOL_NODE, NODE)
            yield PoolPage(page, workflow, at)
        finally:
            running.close()


EMPTY: dict[str, Any] = {
    "version": 0.4,
    "last_node_id": 0,
    "last_link_id": 0,
    "nodes": [],
    "links": [],
    "groups": [],
    "config": {},
    "extra": {},
}
