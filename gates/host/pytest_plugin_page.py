"""A page of the real frontend in a real browser, for tests that run where playwright is installed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .asking import Answer, PromptRefused
from .process import HostFailed
from .testing.browsers import ARGUMENTS, BROWSER, found_browser
from .testing.listener import SECONDS_TO_WAIT
from .testing.messages import Message, Preview, read_binary, read_text
from .testing.page_parts import (
    ADD_NODE,
    ALLOWED,
    BOOTED,
    CONNECT,
    EMPTY_WORKFLOW,
    LOAD,
    SETTINGS,
    Allowed,
)
from .testing.result import Result, result_of
from .testing.server import ServerUnderTest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, Route, WebSocket

VIEWPORT = {"width": 1400, "height": 900}
MILLISECONDS_TO_BOOT = 90_000
MILLISECONDS_TO_ACT = 30_000
MILLISECONDS_BETWEEN_LOOKS = 50
PICTURE = "comfy_page.png"
NO_PLAYWRIGHT = "no playwright: pip install playwright"
NO_BROWSER = f"no Chromium: playwright install chromium, or name one with {BROWSER}"

pages_key = pytest.StashKey[tuple["ComfyPage", Path]]()


class ComfyPage:
    """A booted page with an empty workflow. `page` is playwright's; `problems` is what went wrong in it."""

    def __init__(self, page: Page, server: ServerUnderTest) -> None:
        self.page = page
        self.server = server
        self.problems: list[str] = []
        self._allowed = list(ALLOWED)
        self._heard: list[Message | Preview] = []
        page.set_default_timeout(MILLISECONDS_TO_ACT)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self._problem("uncaught", str(error), ""))
        page.on("request", self._requested)
        page.on("websocket", self._websocket)
        page.route("**/api/settings", _with_settings)

    def open(self, workflow: Mapping[str, Any] | None = EMPTY_WORKFLOW) -> None:
        """Load the page, wait until extensions are set up, open a workflow; None: what opens by itself."""
        self.page.goto(self.server.url)
        self.page.wait_for_function(BOOTED, timeout=MILLISECONDS_TO_BOOT)
        if workflow is not None:
            self.load(workflow)

    def load(self, workflow: Mapping[str, Any]) -> None:
        """Open a workflow in the format that the page saves."""
        self.evaluate(LOAD, workflow)

    def evaluate(self, script: str, argument: Any = None) -> Any:
        """Run a JavaScript function in the page; `app` and `LiteGraph` are there."""
        return self.page.evaluate(script, argument)

    def add_node(self, class_type: str, at: tuple[int, int] = (100, 100), **widgets: Any) -> str:
        """Put a node into the open graph and set its widgets; its id."""
        return str(self.evaluate(ADD_NODE, [class_type, *at, widgets]))

    def connect(self, source: str, slot: int, target: str, name: str) -> None:
        """Connect an output, counted from 0, with an input by its name."""
        self.evaluate(CONNECT, [source, slot, target, name])

    def allow(self, text: str, reason: str, url: str = "") -> None:
        """Expect an error in the console, in this test alone; `text` and `url` are regular expressions."""
        self._allowed.append(Allowed(text, url, reason))

    def run(self, timeout: float = SECONDS_TO_WAIT) -> Result:
        """Press Run and wait for the end. Raises PromptRefused, HostFailed."""
        mark = len(self._heard)
        with self.page.expect_response(lambda answer: answer.url.endswith("/api/prompt")) as asked:
            self.page.get_by_test_id("queue-button").click()
        answer = Answer(asked.value.status, asked.value.headers, asked.value.body())
        if answer.status != 200:
            raise PromptRefused(answer)
        said = answer.json()
        history = self._wait(said["prompt_id"], timeout)
        heard = [one for one in self._heard[mark:] if one.prompt_id in (None, said["prompt_id"])]
        return result_of(said["prompt_id"], heard, history, said.get("node_errors") or {}, self.server)

    def check(self, picture: Path | None = None) -> None:
        """Raises AssertionError for an error in the console that nothing allowed; names its picture."""
        shown = [f"screenshot: {picture}"] if picture is not None else []
        assert not self.problems, "\n".join(["in the page:", *self.problems, *shown])

    def _wait(self, prompt_id: str, timeout: float) -> Mapping[str, Any]:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            ended = any(one.prompt_id == prompt_id for one in self._ends())
            history = self.server.history(prompt_id)
            if history is not None and (ended or not self._heard):
                return history
            self.page.wait_for_timeout(MILLISECONDS_BETWEEN_LOOKS)
        raise HostFailed(f"the prompt {prompt_id} did not end within {timeout:.0f} s", self.server.log)

    def _ends(self) -> list[Message]:
        return [one for one in self._heard if isinstance(one, Message) and one.ends_prompt]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._problem("console error", message.text, message.location.get("url", ""))

    def _problem(self, kind: str, text: str, url: str) -> None:
        if not any(row.explains(text, url) for row in self._allowed):
            self.problems.append(f"{kind}: {text} {url and f'({url})'}".strip())

    def _requested(self, request: Request) -> None:
        """A real ComfyUI may be set up to reach other servers; a page of the stand-in never does."""
        if self.server.is_stand_in and not request.url.startswith((self.server.url, "data:", "blob:")):
            self._problem("left the host", request.url, request.url)

    def _websocket(self, socket: WebSocket) -> None:
        def hear(payload: str | bytes) -> None:
            self._heard.append(read_text(payload) if isinstance(payload, str) else read_binary(payload))

        socket.on("framereceived", hear)


def _with_settings(route: Route) -> None:
    """Settings as the server has them with ours over them; nothing is written to the server."""
    if route.request.method != "GET":
        route.continue_()
        return
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), **SETTINGS})


# For a module, not a session: while playwright runs, its thread has a running event loop, and
# asynchronous tests of other files could not have theirs.
@pytest.fixture(scope="module")
def comfy_browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A headless Chromium; skips with what to install where there is none."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.skip(NO_PLAYWRIGHT)
    with ExitStack() as stack:
        playwright: Playwright
        if request.config.pluginmanager.has_plugin("playwright"):  # pytest-playwright runs the only one
            playwright = request.getfixturevalue("playwright")
        else:
            playwright = stack.enter_context(sync_playwright())
        executable = found_browser(playwright.chromium.executable_path)
        if executable is None:
            pytest.skip(NO_BROWSER)
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        stack.callback(browser.close)
        yield browser


@pytest.fixture
def comfy_page(
    comfy_browser: Browser, comfy_host: ServerUnderTest, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[ComfyPage]:
    """A booted page of `comfy_host`. The test fails for an error in its console that was not allowed."""
    context = comfy_browser.new_context(viewport=VIEWPORT)  # type: ignore[arg-type]
    try:
        made = ComfyPage(context.new_page(), comfy_host)
        request.node.stash[pages_key] = (made, tmp_path)
        made.open()
        yield made
        if made.problems:
            made.page.screenshot(path=tmp_path / PICTURE)
    finally:
        context.close()
    made.check(tmp_path / PICTURE)


def told_of_page(item: pytest.Item) -> str | None:
    """What a page looked like and complained of when its test failed; None for a test without one."""
    if pages_key not in item.stash:
        return None
    made, folder = item.stash[pages_key]
    from playwright.sync_api import Error

    picture = folder / PICTURE
    try:
        made.page.screenshot(path=picture)
    except Error as error:  # the page may be what failed
        return f"no screenshot: {error}"
    return "\n".join([f"screenshot: {picture}", *made.problems])
