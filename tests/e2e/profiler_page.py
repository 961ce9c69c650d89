"""What a person does with the profiler, in ComfyUI's page and in a window of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import ConsoleMessage, Locator, Page, expect

if TYPE_CHECKING:
    from tests.e2e.conftest import ComfyPage

SCREENSHOTS = Path(__file__).parents[2] / ".screenshots"
HARM = "<img src=x onerror='window.harmed = 1'>"
SLOW = f"Slow {HARM}"
TAB = "dataset_gates.profiler"

# Two chains behind one text: the first sleeps longer. Titles are as hostile as a workflow's may be.
BUILD = """([slow, seconds]) => {
  const add = (type, x, y, title, widgets = {}) => {
    const node = LiteGraph.createNode(type)
    node.pos = [x, y]
    app.graph.add(node)
    if (title) node.title = title
    for (const widget of node.widgets ?? []) if (widget.name in widgets) widget.value = widgets[widget.name]
    return node
  }
  const text = add('RulesText', 460, 160, '', { text: 'a' })
  const nodes = [[slow, seconds], ['Quick', 0.02]].map(([title, time], at) => {
    const sleep = add('RulesSleep', 760, 160 + 220 * at, title, { seconds: time })
    const show = add('RulesShow', 1060, 160 + 220 * at)
    text.connect(0, sleep, 0)
    sleep.connect(0, show, 0)
    return sleep
  })
  return nodes.map((node) => String(node.id))
}"""
# What stands above each node, whichever way nodes are drawn.
BADGES = """() => Object.fromEntries(app.graph.nodes.map((node) => {
  const drawn = (node.badges ?? []).map((badge) => (typeof badge === 'function' ? badge() : badge).text)
  const pinned = document.querySelectorAll(`[data-node-id="${node.id}"] .dsg-node-badge`)
  return [node.id, [...drawn, ...[...pinned].map((badge) => badge.textContent)]]
}))"""


class ProfilerPage:
    """The profiler in a page: `root` is its tab, or the whole window."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator(".dsg-profiler")
        self.slowest = self.root.locator(".dsg-slowest")
        self.rows = self.root.locator(".dsg-step:visible")
        self.strip = self.root.locator(".dsg-strip")
        self.head = self.root.locator(".dsg-run-head")
        self.runs = self.root.locator(".dsg-run-row")
        self.progress = self.root.locator(".dsg-run-progress")

    def do(self, what: str) -> None:
        self.root.locator(f"[data-do={what}]:visible").first.click()

    def cell(self, node: str, column: str) -> Locator:
        row = self.rows.filter(has=self.page.locator(f".dsg-step-about:text-is('#{node}')"))
        return row.locator(f"[data-column={column}]")

    def nodes(self) -> list[str]:
        """The numbers of the nodes, from the top down."""
        found = self.page.evaluate(
            """() => [...document.querySelectorAll('.dsg-profiler .dsg-step:not([hidden])')]
              .sort((one, other) => one.dataset.at - other.dataset.at)
              .map((row) => row.querySelector('.dsg-step-about').textContent)"""
        )
        return [str(text) for text in found]

    def ask(self, mode: str = "natural", repeat: int = 1, name: str = "") -> None:
        """What the next run is asked to be."""
        self.root.get_by_label("Mode", exact=True).select_option(mode)
        for label, text in (("Repeats", str(repeat)), ("Name of the run", name)):
            field = self.root.get_by_label(label, exact=True)
            field.fill(text)
            field.dispatch_event("change")

    def sort(self, column: str) -> None:
        self.root.locator(f"[data-sort={column}]").click()

    def ended(self, status: str = "success") -> None:
        expect(self.head.locator(".dsg-badge")).to_have_text(status)
        expect(self.root.locator("[data-do=run]")).to_be_visible()
        expect(self.head.locator("[data-do=run-menu]")).to_be_visible()

    def said(self, text: str) -> None:
        expect(self.strip).to_contain_text(text)

    def type_into(self, text: str, end: str = "Enter") -> None:
        """Fill the field that lies over a text."""
        field = self.root.locator(".dsg-edit")
        field.fill(text)
        field.press(end)
        expect(field).to_have_count(0)

    def menu(self, entry: str) -> None:
        self.page.get_by_role("menu").get_by_text(entry, exact=True).click()

    def dialog(self, name: str) -> Locator:
        return self.page.get_by_role("dialog", name=name)

    def delete_run(self) -> None:
        """The one that is open."""
        count = self.runs.count()
        self.do("run-menu")
        self.menu("Delete run")
        expect(self.runs).to_have_count(count - 1)

    def open_trash(self) -> Locator:
        self.do("runs-menu")
        self.menu("Trash…")
        return self.dialog("Trash")

    def import_file(self, path: Path) -> None:
        self.do("runs-menu")
        with self.page.expect_file_chooser() as chooser:
            self.menu("Import…")
        chooser.value.set_files(path)

    def view(self, name: str) -> Locator:
        self.root.locator(f"[role=tab][data-view={name}]").click()
        return self.root.locator(f"[role=tabpanel][data-view={name}]")

    def harmless(self) -> None:
        assert self.page.evaluate("() => window.harmed") is None
        places = ":is(.dsg-profiler, .dsg-dialog, .dsg-menu, .dsg-node-badge)"
        assert self.page.locator(f"{places} img").count() == 0


class ProfilerTab(ProfilerPage):
    """The tab in ComfyUI's page."""

    def __init__(self, comfy: ComfyPage) -> None:
        super().__init__(comfy.page)
        self.comfy = comfy
        if self.root.count() == 0:
            comfy.evaluate(f"() => app.extensionManager.command.execute('Workspace.ToggleSidebarTab.{TAB}')")
        self.root.wait_for()

    def build(self, seconds: float = 0.3) -> list[str]:
        """A workflow that takes a while; the ids of its slow and its quick node."""
        return [str(node) for node in self.comfy.evaluate(BUILD, [SLOW, seconds])]

    def forget(self) -> None:
        """Show what the server has now, and ask for nothing special."""
        self.ask()
        self.root.get_by_label("Status of runs").dispatch_event("change")
        expect(self.runs).to_have_count(0)

    def measure(self, *names: str, mode: str = "natural") -> None:
        """A short run of each name; the last is open."""
        self.build(seconds=0.03)
        for count, name in enumerate(names, 1):
            self.ask(mode, name=name)
            self.do("run")
            expect(self.runs).to_have_count(count)
            self.ended()
            expect(self.head).to_contain_text(name)

    def kept_runs(self) -> list[dict[str, Any]]:
        """As the server has them, newest first."""
        runs: list[dict[str, Any]] = self.comfy.host.get("/holaf/profiler/runs").json()["runs"]
        return runs

    def badges(self) -> dict[str, list[str]]:
        return dict(self.comfy.evaluate(BADGES))

    def show_badges(self, on: bool) -> None:
        script = "(on) => app.extensionManager.setting.set('dataset_gates.profiler.badges', on)"
        self.comfy.evaluate(script, on)

    def open_window(self) -> ProfilerPage:
        with self.page.context.expect_page() as opened:
            self.do("open-window")
        return watched(opened.value, self.comfy.problems)


def watched(page: Page, problems: list[str]) -> ProfilerPage:
    """A window of which every error is one of the test."""
    page.set_default_timeout(15_000)

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(f"console error in the window: {message.text}")

    page.on("console", heard)
    page.on("pageerror", lambda error: problems.append(f"uncaught in the window: {error}"))
    window = ProfilerPage(page)
    window.root.wait_for()
    return window


def clear_profiler(comfy: ComfyPage) -> None:
    """No runs, no groups, and no memory of what was chosen."""
    for path in ("runs", *groups_of(comfy)):
        assert comfy.host.request("DELETE", f"/holaf/profiler/{path}", b"{}", JSON).status == 200
    assert comfy.host.post("/holaf/profiler/trash/purge", {}).status == 200
    chosen = {"ui": {}, "badges": True}
    assert comfy.host.request("PATCH", "/holaf/profiler/settings", dumped(chosen), JSON).status == 200


JSON = {"Content-Type": "application/json"}


def groups_of(comfy: ComfyPage) -> list[str]:
    groups: list[dict[str, Any]] = comfy.host.get("/holaf/profiler/groups").json()["groups"]
    return [f"groups/{group['id']}" for group in groups]


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()
