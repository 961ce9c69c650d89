"""A bare page on the stand-in that shows one module of the profiler with given data, in ComfyUI's colours."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page

from gates.host.process import HostProcess

SCREENSHOTS = Path(__file__).parents[2] / ".screenshots"
MILLISECONDS = 15_000

DARK = {
    "--fg-color": "#fff",
    "--bg-color": "#202020",
    "--comfy-menu-bg": "#171718",
    "--comfy-input-bg": "#222",
    "--descrip-text": "#999",
    "--error-text": "#ff4444",
    "--border-color": "#4e4e4e",
    "--content-hover-bg": "#222",
    "--base-foreground": "#fff",
    "--base-background": "#171718",
    "--primary-background": "#0b8ce9",
    "--secondary-background": "#262729",
    "--muted-foreground": "#8a8a8a",
    "--border-default": "#494a50",
    "--interface-panel-surface": "#171718",
}
LIGHT = {
    **DARK,
    "--fg-color": "#222",
    "--bg-color": "#ddd",
    "--comfy-menu-bg": "#f5f5f5",
    "--comfy-input-bg": "#c9c9c9",
    "--descrip-text": "#444",
    "--error-text": "#e44e4e",
    "--border-color": "#888",
    "--content-hover-bg": "#adadad",
    "--base-foreground": "#171718",
    "--base-background": "#ffffff",
    "--secondary-background": "#e9e9e9",
    "--muted-foreground": "#55565e",
    "--border-default": "#d9d9d9",
    "--interface-panel-surface": "#ffffff",
}

PAGE = """<!doctype html><meta charset="utf-8"><title>pictures</title>
<link rel="icon" href="data:,">
<body style="margin:0;padding:16px;font-family:sans-serif;background:var(--interface-panel-surface)">
<main id="place"></main></body>"""

SHOW = """async ([address, name, data]) => {
  window.told = []
  window.answers = []
  const module = await import(address)
  const note = (what) => (...values) => void told.push([what, ...values])
  const routes = {
    compare: async (ask) => {
      told.push(['compare', ask])
      const answer = answers.shift()
      if (answer?.error) throw Object.assign(new Error(answer.error), { code: 'refused' })
      return answer
    },
  }
  const services = {
    routes, select: note('select'), openRun: note('openRun'), say: note('say'), fail: note('fail'),
  }
  window.place.replaceChildren()
  window.view = module[name](window.place, services)
  window.data = JSON.parse(data)
  const begin = performance.now()
  view.update(window.data)
  const took = performance.now() - begin
  const loaded = (link) => link.sheet || new Promise((done) => link.addEventListener('load', done))
  await Promise.all([...document.querySelectorAll('link[rel=stylesheet]')].map(loaded))
  return took
}"""

COLOURS = """(colours) => {
  for (const [name, value] of Object.entries(colours)) document.documentElement.style.setProperty(name, value)
}"""

FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


class ChartPage:
    """`show` a module with data, then look; `check` fails for whatever went wrong in the page."""

    def __init__(self, browser: Browser, host: HostProcess, name: str, scale: float = 1) -> None:
        SCREENSHOTS.mkdir(exist_ok=True)
        self.name = name
        self.problems: list[str] = []
        self.context = browser.new_context(viewport={"width": 1100, "height": 800}, device_scale_factor=scale)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(MILLISECONDS)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        self.base = self._base(host)
        address = f"{host.url}bare" if host.url.endswith("/") else f"{host.url}/bare"
        self.page.route("**/bare", lambda route: route.fulfill(content_type="text/html", body=PAGE))
        self.page.goto(address)
        self.colour(DARK)

    @staticmethod
    def _base(host: HostProcess) -> str:
        """Where the pack's own files are served."""
        listed = host.get("/api/extensions").json()
        return str(next(one for one in listed if one.endswith("/comfy.js")).removesuffix("/comfy.js"))

    def show(self, module: str, name: str, data: Any) -> float:
        """Milliseconds that its first update took. The data goes as text, which is many times faster."""
        took = self.page.evaluate(SHOW, [f"{self.base}/profiler/{module}", name, json.dumps(data)])
        self.settle()
        return float(took)

    def update(self, **changes: Any) -> None:
        self.page.evaluate("(changes) => view.update(data = { ...data, ...changes })", changes)
        self.settle()

    def settle(self) -> None:
        """Two frames later everything that was asked for is drawn."""
        self.page.evaluate(FRAMES)

    def colour(self, colours: dict[str, str]) -> None:
        self.page.evaluate(COLOURS, colours)
        self.settle()

    @property
    def told(self) -> list[Any]:
        return list(self.page.evaluate("() => told"))

    def screenshot(self, step: str) -> None:
        name = re.sub(r"[^A-Za-z0-9.-]+", "_", f"{self.name}-{step}").strip("_")
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    def close(self) -> None:
        self.context.close()
        assert not self.problems, "in the page:\n" + "\n".join(self.problems)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text}")
