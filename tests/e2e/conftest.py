"""The real page in a real browser, on a running host.

`comfy` is a page that has booted, once for each cell: a version of the frontend and one of its two ways
to draw nodes. A test fails for an error in the console that no row of `ALLOWED` explains, and for any
request that leaves the host. What the page looked like at the end lies in `.screenshots/`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from gates.host.process import HostProcess
from tests.e2e.kept_page import KeptPages
from tests.e2e.real_comfyui import RealComfyUI, chosen

SCREENSHOTS = Path(__file__).parents[2] / ".screenshots"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
VIEWPORT = {"width": 1400, "height": 900}
MILLISECONDS_TO_BOOT = 60_000
MILLISECONDS_TO_ACT = 15_000
MILLISECONDS_BETWEEN_LOOKS = 50
SECONDS_TO_RUN = 60

BOOTED = """() => {
  const app = window.app
  if (!app?.extensionManager?.workflow?.activeWorkflow || app.extensionManager.spinner) return false
  return app.canvas?.graph && app.extensions.some(({ name }) => name.startsWith('dataset_gates.'))
}"""

EMPTY_WORKFLOW: dict[str, Any] = {
    "version": 0.4,
    "last_node_id": 0,
    "last_link_id": 0,
    "nodes": [],
    "links": [],
    "groups": [],
    "config": {},
    "extra": {},
}

# Settings that every page starts with. The last one would put the page's advice over the canvas.
SETTINGS: dict[str, Any] = {
    "Comfy.TutorialCompleted": True,
    "Comfy.Workflow.Persist": False,
    "Comfy.Notification.ShowVersionUpdates": False,
}


@dataclass(frozen=True)
class Allowed:
    """An error in the console that is not ours; `text` and `url` are searched for."""

    text: str
    url: str
    reason: str


ALLOWED = (
    Allowed("404", r"/user\.css$", "a style sheet that a user may have; ComfyUI answers 404 too"),
    Allowed("404", r"/comfy\.templates\.json$", "templates that a user may have saved; 404 as in ComfyUI"),
    Allowed("404", r"/userdata\?dir=(workflows|subgraphs)&", "folders that a new user does not have yet"),
    Allowed(
        r"https://huggingface\.co/.*Content Security Policy",
        "",
        "a real ComfyUI's default graph asks after its models; the page's own policy holds it back",
    ),
    Allowed(r"^ComfyApp graph accessed before initialization", "", "frontend 1.47.10 says it of itself"),
)


@dataclass(frozen=True)
class Cell:
    """`root` None is the installed frontend."""

    version: str
    root: Path | None
    modern: bool

    @property
    def name(self) -> str:
        return f"{self.version}-{'nodes2' if self.modern else 'canvas'}"


def _cells() -> list[Any]:
    try:
        versions: dict[str, Path | None] = {metadata.version("comfyui-frontend-package"): None}
    except metadata.PackageNotFoundError:
        versions = {}
    more = json.loads(os.environ.get("GATES_FRONTENDS", "{}"))
    versions |= {version: Path(root) for version, root in more.items()}
    return [
        pytest.param(
            cell := Cell(version, root, modern),
            id=cell.name,
            marks=[pytest.mark.extended] if root is not None else [],
        )
        for version, root in versions.items()
        for modern in (False, True)
    ]


@pytest.fixture(params=_cells())
def cell(request: pytest.FixtureRequest) -> Cell:
    found: Cell = request.param
    return found


@pytest.fixture(scope="session")
def chromium() -> Path:
    expect.set_options(timeout=MILLISECONDS_TO_ACT)
    named = os.environ.get("GATES_BROWSER") or os.environ.get("GATES_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is not None:
        return Path(found)
    reason = "no Chromium: name one with GATES_BROWSER"
    if os.environ.get("GATES_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


# For a module, not a session: while playwright runs, the thread has a running event loop, and
# the asynchronous tests of other files could not have theirs.
@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        yield running
        running.close()


@dataclass
class ComfyPage:
    """A page of the host, and what went wrong in it."""

    page: Page
    host: HostProcess
    cell: Cell
    name: str
    problems: list[str] = field(default_factory=list)
    allowed: list[Allowed] = field(default_factory=lambda: list(ALLOWED))

    def __post_init__(self) -> None:
        self.page.set_default_timeout(MILLISECONDS_TO_ACT)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        self.page.on("request", self._requested)

    def open(self, workflow: dict[str, Any] | None = EMPTY_WORKFLOW) -> None:
        """Load the page, wait until its extensions are set up, and open a workflow.

        `workflow` None leaves what the page opens by itself: what it kept, or a default graph of nodes
        that the host does not have.
        """
        self.page.goto(self.host.url)
        self.page.wait_for_function(BOOTED, timeout=MILLISECONDS_TO_BOOT)
        if workflow is not None:
            self.load(workflow)

    def load(self, workflow: dict[str, Any]) -> None:
        """Open a workflow in the format that the page saves."""
        self.evaluate("(workflow) => app.loadGraphData(workflow)", workflow)

    @property
    def empty(self) -> dict[str, Any]:
        return EMPTY_WORKFLOW

    def forget_allowed(self) -> None:
        self.allowed = list(ALLOWED)

    def restart_host(self) -> None:
        """Restart the host and open the page again; nothing asks a host that is not there."""
        self.page.goto("about:blank")
        self.host.restart()
        self.open()

    def allow(self, text: str, reason: str, url: str = "") -> None:
        """Expect an error in the console, in this test alone."""
        self.allowed.append(Allowed(text, url, reason))

    def evaluate(self, script: str, argument: Any = None) -> Any:
        return self.page.evaluate(script, argument)

    def screenshot(self, step: str = "end") -> Path:
        path = SCREENSHOTS / f"{re.sub(r'[^A-Za-z0-9.-]+', '_', f'{self.name}-{step}').strip('_')}.png"
        self.page.screenshot(path=path)
        return path

    def set(self, settings: dict[str, Any]) -> None:
        """Settings that the page reads when it is opened next."""
        assert self.host.post("/api/settings", settings).status == 200

    def add_node(self, class_type: str, x: int, y: int, **widgets: Any) -> str:
        """Put a node into the open graph; its id."""
        made = self.evaluate(
            """([type, x, y, widgets]) => {
              const node = LiteGraph.createNode(type)
              node.pos = [x, y]
              app.canvas.graph.add(node)
              for (const widget of node.widgets ?? []) {
                if (!(widget.name in widgets)) continue
                widget.value = widgets[widget.name]
                widget.callback?.(widget.value)
              }
              return String(node.id)
            }""",
            [class_type, x, y, widgets],
        )
        return str(made)

    def connect(self, source: str, slot: int, target: str, name: str) -> None:
        self.evaluate(
            """([source, slot, target, name]) => {
              const [from, to] = [source, target].map((id) => app.canvas.graph.getNodeById(id))
              from.connect(slot, to, to.findInputSlot(name))
            }""",
            [source, slot, target, name],
        )

    def run(self) -> dict[str, Any]:
        """Press Run and wait for the end: the history entry of that prompt."""
        before = self._ran()
        self.page.get_by_test_id("queue-button").click()
        deadline = time.monotonic() + SECONDS_TO_RUN
        while time.monotonic() < deadline:
            new = [entry for prompt_id, entry in self._ran().items() if prompt_id not in before]
            if new:
                return dict(new[0])
            self.page.wait_for_timeout(MILLISECONDS_BETWEEN_LOOKS)
        raise AssertionError(f"no prompt ended within {SECONDS_TO_RUN} s; the log:\n{self.host.log}")

    def _ran(self) -> dict[str, Any]:
        return dict(self.host.get("/api/history").json())

    def check(self) -> None:
        assert not self.problems, "in the page:\n" + "\n".join(self.problems)

    def _heard(self, message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        if message.type == "error" and not any(
            re.search(row.text, message.text) and re.search(row.url, url) for row in self.allowed
        ):
            self.problems.append(f"console error: {message.text} ({url})")

    def _requested(self, request: Request) -> None:
        if not request.url.startswith((self.host.url, "data:", "blob:")):
            self.problems.append(f"left the host: {request.url}")


OpenPage = Callable[[], ComfyPage]


@pytest.fixture
def host(start_host: Callable[..., HostProcess], cell: Cell, tmp_path: Path) -> Iterator[HostProcess]:
    """A fresh host that serves the cell's frontend: the stand-in, or the ComfyUI that was named."""
    checkout = chosen()
    if checkout is None:
        yield start_host(front_end_root=cell.root)
        return
    with RealComfyUI(checkout, tmp_path / "host", cell.root) as real:
        yield real


@pytest.fixture
def new_page(
    browser: Browser, host: HostProcess, cell: Cell, request: pytest.FixtureRequest
) -> Iterator[OpenPage]:
    """Open as many pages as a test wants, each as a browser of its own would."""
    SCREENSHOTS.mkdir(exist_ok=True)
    pages: list[ComfyPage] = []

    def new() -> ComfyPage:
        context = browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]
        made = ComfyPage(context.new_page(), host, cell, request.node.name)
        pages.append(made)
        made.set({**SETTINGS, "Comfy.VueNodes.Enabled": cell.modern})
        made.open()
        return made

    yield new
    for number, made in enumerate(pages):
        made.screenshot("end" if number == 0 else f"end{number}")
        made.page.context.close()
    for made in pages:
        made.check()


@pytest.fixture
def comfy(new_page: OpenPage) -> ComfyPage:
    return new_page()


@pytest.fixture(scope="module")
def kept_pages(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptPages]:
    SCREENSHOTS.mkdir(exist_ok=True)

    def boot(cell: Cell, stack: ExitStack) -> ComfyPage:
        started = stack.enter_context(_host_of(cell, tmp_path_factory.mktemp("kept") / "host"))
        context = browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]
        stack.callback(context.close)
        made = ComfyPage(context.new_page(), started, cell, "boot")
        made.set({**SETTINGS, "Comfy.VueNodes.Enabled": cell.modern})
        made.open()
        return made

    kept = KeptPages(boot)
    yield kept
    kept.close()


@pytest.fixture
def kept_comfy(kept_pages: KeptPages, cell: Cell, request: pytest.FixtureRequest) -> Iterator[ComfyPage]:
    """A page that other tests of the module used before, with an empty workflow and no profiles."""
    yield from kept_pages.lend(cell, request)


def _host_of(cell: Cell, place: Path) -> HostProcess:
    checkout = chosen()
    if checkout is None:
        return HostProcess(place, (), cell.root)
    return RealComfyUI(checkout, place, cell.root)


@pytest.fixture
def page(comfy: ComfyPage) -> Page:
    return comfy.page
