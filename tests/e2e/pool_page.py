"""What a person does with pools in the page, and the pictures for it."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from PIL import Image
from playwright.sync_api import FilePayload, Locator, expect

if TYPE_CHECKING:
    from tests.e2e.conftest import ComfyPage

COLOURS = ((200, 40, 40), (40, 160, 60), (40, 80, 200), (220, 180, 40), (150, 60, 180), (30, 170, 190))
POOL_AT = (520, 120)
SECONDS_FOR_AN_ID = 10.0
PROFILE_AT = (120, 120)

TRANSFER = """const transfer = new DataTransfer()
  for (const { name, type, data } of files) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))
    transfer.items.add(new File([bytes], name, { type }))
  }"""
PASTE = f"""([selector, files]) => {{
  {TRANSFER}
  const target = selector ? document.querySelector(selector) : document.body
  const event = {{ clipboardData: transfer, bubbles: true, cancelable: true, composed: true }}
  target.dispatchEvent(new ClipboardEvent('paste', event))
}}"""
DROP = f"""([x, y, files]) => {{
  {TRANSFER}
  const target = document.elementFromPoint(x, y)
  for (const type of ['dragenter', 'dragover', 'drop']) {{
    const at = {{ dataTransfer: transfer, clientX: x, clientY: y }}
    target.dispatchEvent(new DragEvent(type, {{ ...at, bubbles: true, cancelable: true, composed: true }}))
  }}
}}"""
WHERE = """([id, dx, dy]) => {
  const node = app.canvas.graph.getNodeById(id)
  const [x, y] = app.canvasPosToClientPos([node.pos[0] + dx, node.pos[1] + dy])
  return [x, y]
}"""


def picture(at: int, size: tuple[int, int] = (96, 64)) -> bytes:
    """A small image of one colour, another for each number."""
    out = io.BytesIO()
    red, green, blue = COLOURS[at % len(COLOURS)]
    Image.new("RGB", size, (red, green, (blue + at // len(COLOURS)) % 256)).save(out, "PNG")
    return out.getvalue()


def pictures(count: int, first: int = 0, size: tuple[int, int] = (96, 64)) -> list[FilePayload]:
    return [
        {"name": f"p{at}.png", "mimeType": "image/png", "buffer": picture(at, size)}
        for at in range(first, first + count)
    ]


def packed(files: list[FilePayload]) -> list[dict[str, str]]:
    """Files as a script in the page can take them."""
    return [
        {"name": one["name"], "type": one["mimeType"], "data": base64.b64encode(one["buffer"]).decode()}
        for one in files
    ]


class PoolPage:
    """A page with pool nodes in it; `grid` and the like mean the first pool node."""

    def __init__(self, comfy: ComfyPage) -> None:
        self.comfy = comfy
        self.page = comfy.page
        self.grid = self.page.locator(".dsg-pool").first
        self.cells = self.grid.locator(".dsg-cell:not(.dsg-in-trash)")
        self.strip = self.grid.locator(".dsg-strip")
        self.notes = self.grid.locator(".dsg-notes")
        self.panel = self.grid.locator(".dsg-panel")
        self.bar = self.page.locator(".dsg-profile").first

    def add_pool(self, x: int = POOL_AT[0], y: int = POOL_AT[1]) -> str:
        node = self.comfy.add_node("GridImagePool", x, y)
        expect(self.page.locator(".dsg-pool").last).to_be_visible()
        return node

    def add_profile(self, x: int = PROFILE_AT[0], y: int = PROFILE_AT[1]) -> str:
        node = self.comfy.add_node("PoolProfile", x, y)
        expect(self.page.locator(".dsg-profile").last).to_be_visible()
        return node

    def upload(self, files: list[FilePayload]) -> None:
        before = self.cells.count()
        button = self.grid.locator("[data-do=upload]:visible").first
        with self.page.expect_file_chooser() as chooser:
            button.click()
        chooser.value.set_files(files)
        if len(files) < 20:
            expect(self.cells).to_have_count(before + len(files))

    def fill(self, pool_id: str, count: int) -> list[str]:
        """Put images into a pool without the page; the ids of its slots."""
        script = f"""async ([pool, files]) => {{
          {TRANSFER}
          const body = new FormData()
          body.append('pool_id', pool)
          for (const file of transfer.files) body.append('image', file)
          const answer = await app.api.fetchApi('/grid_pool/add', {{ method: 'POST', body }})
          return (await answer.json()).added.map((slot) => slot.id)
        }}"""
        return list(self.comfy.evaluate(script, [pool_id, packed(pictures(count))]))

    def paste(self, files: list[FilePayload], selector: str = "") -> None:
        self.comfy.evaluate(PASTE, [selector, packed(files)])

    def drop(self, x: float, y: float, files: list[FilePayload]) -> None:
        self.comfy.evaluate(DROP, [x, y, packed(files)])

    def point(self, node: str, dx: float, dy: float) -> tuple[float, float]:
        """A place in the window, by its distance from the corner of a node."""
        x, y = self.comfy.evaluate(WHERE, [node, dx, dy])
        return float(x), float(y)

    def label(self, position: int) -> str:
        return self.cells.nth(position).get_attribute("aria-label") or ""

    def labels(self) -> list[str]:
        """The names of all images in their order, as a screen reader says them."""
        spoken = self.comfy.evaluate(
            """() => [...document.querySelector('.dsg-pool').querySelectorAll('.dsg-cell')]
              .sort((one, other) => one.ariaPosInSet - other.ariaPosInSet)
              .map((cell) => cell.querySelector('.dsg-label').textContent)"""
        )
        return list(spoken)

    def names(self, expected: list[str]) -> None:
        """Wait until the grid shows these images in this order."""
        self.page.wait_for_function(
            """(expected) => {
              const cells = [...document.querySelector('.dsg-pool').querySelectorAll('.dsg-cell')]
              cells.sort((one, other) => one.ariaPosInSet - other.ariaPosInSet)
              const names = cells.map((cell) => cell.querySelector('.dsg-label').textContent)
              return JSON.stringify(names) === JSON.stringify(expected)
            }""",
            arg=expected,
        )

    def cell(self, name: str) -> Locator:
        return self.cells.filter(has=self.page.locator(f".dsg-label:text-is('{name}')"))

    def menu(self, name: str, entry: str) -> None:
        """Open the menu of an image and take an entry of it."""
        cell = self.cell(name)
        cell.hover()
        cell.locator("[data-do=menu]").click()
        self.page.get_by_role("menuitem", name=entry, exact=True).click()

    def said(self, text: str) -> None:
        expect(self.strip).to_contain_text(text)

    def take(self, what: str) -> None:
        self.grid.locator(f"[data-do={what}]:visible").first.click()

    def press(self, name: str) -> None:
        """A button of the Pool Profile."""
        self.bar.get_by_role("button", name=name, exact=True).click()

    def answer(self, text: str) -> None:
        """Fill in the frontend's question for a text."""
        dialog = self.page.get_by_role("dialog")
        field = dialog.get_by_role("textbox")
        field.fill(text)
        field.press("Enter")
        expect(dialog).to_have_count(0)

    def create(self, name: str) -> str:
        self.press("Create a profile")
        self.answer(name)
        expect(self.bar.locator(".dsg-strip")).to_contain_text(f"Profile “{name}” created")
        return str(self.values("PoolProfile")["profile_id"])

    def choose(self, node: str, profile_id: str) -> None:
        """Choose a profile as the dropdown of either renderer does: value, then callback."""
        self.comfy.evaluate(
            """([id, value]) => {
              const widget = app.canvas.graph.getNodeById(id).widgets.find((one) => one.name === 'profile_id')
              widget.value = value
              widget.callback(value)
            }""",
            [node, profile_id],
        )

    def connect(self, profile: str, pool: str) -> None:
        self.comfy.connect(profile, 0, pool, "profile")

    def disconnect(self, pool: str) -> None:
        self.comfy.evaluate(
            """(id) => {
              const node = app.canvas.graph.getNodeById(id)
              node.disconnectInput(node.findInputSlot('profile'))
            }""",
            pool,
        )

    def made_elsewhere(self, name: str) -> str:
        """A profile that somebody else makes; its id."""
        answer = self.comfy.host.post("/api/grid_pool/profiles/create", {"name": name})
        return str(answer.json()["id"])

    def pool_ids(self) -> list[str]:
        """The ids of all pools of the workflow, those inside of subgraphs too."""
        ids = self.comfy.evaluate(
            """() => {
              const found = []
              const walk = (graph) => {
                for (const node of graph.nodes) {
                  if (node.subgraph) walk(node.subgraph)
                  if (node.type !== 'GridImagePool') continue
                  found.push(node.widgets.find((one) => one.name === 'pool_id').value)
                }
              }
              walk(app.rootGraph)
              return found
            }"""
        )
        return list(ids)

    def two_pools(self) -> list[str]:
        """Both ids, once there are two pools and each has an id of its own."""
        deadline = time.monotonic() + SECONDS_FOR_AN_ID
        while len(set(self.pool_ids())) < 2 and time.monotonic() < deadline:
            self.page.wait_for_timeout(50)
        return self.pool_ids()

    def values(self, class_type: str) -> dict[str, Any]:
        """The widgets of the first node of a class that anything outside of this page can see."""
        found = self.comfy.evaluate(
            """(type) => {
              const node = app.rootGraph.nodes.find((one) => one.type === type)
              const kept = node.widgets.filter((widget) => widget.serialize !== false)
              return Object.fromEntries(kept.map((widget) => [widget.name, widget.value]))
            }""",
            class_type,
        )
        return dict(found)

    def prompt(self) -> dict[str, Any]:
        """What Run would send, by the class of the node."""
        output = self.comfy.evaluate("async () => (await app.graphToPrompt()).output")
        return {node["class_type"]: node["inputs"] for node in output.values()}

    def pool_id(self) -> str:
        return str(self.values("GridImagePool")["pool_id"])

    def wait_for_label(self, profile: str, profile_id: str, label: str) -> None:
        """Until the page calls a profile so: it hears of a change from the server."""
        self.page.wait_for_function(
            """([node, id, label]) => app.rootGraph.getNodeById(node).widgets
              .find((one) => one.name === 'profile_id').options.getOptionLabel(id) === label""",
            arg=[profile, profile_id, label],
        )

    def wait_for_pool(self, pool_id: str) -> None:
        self.page.wait_for_function(
            """(id) => app.rootGraph.nodes.find((node) => node.type === 'GridImagePool')
              .widgets.find((widget) => widget.name === 'pool_id').value === id""",
            arg=pool_id,
        )

    def listed(self, pool_id: str) -> dict[str, Any]:
        return dict(self.comfy.host.get(f"/api/grid_pool/list?pool_id={pool_id}").json())

    def node_count(self) -> int:
        return int(self.comfy.evaluate("() => app.rootGraph.nodes.length"))

    def undo(self) -> None:
        self.comfy.evaluate("() => app.extensionManager.workflow.activeWorkflow.changeTracker.undo()")

    def redo(self) -> None:
        self.comfy.evaluate("() => app.extensionManager.workflow.activeWorkflow.changeTracker.redo()")

    def save(self) -> dict[str, Any]:
        return dict(self.comfy.evaluate("() => app.rootGraph.serialize()"))

    @contextmanager
    def one_undo_step(self) -> Iterator[None]:
        """What happens inside is to be exactly one step of the workflow's history."""
        count = (
            "() => { window.dispatchEvent(new MouseEvent('mouseup'));"
            " return app.extensionManager.workflow.activeWorkflow.changeTracker.undoQueue.length }"
        )
        self.page.wait_for_timeout(100)
        before = self.comfy.evaluate(count)
        yield
        self.page.wait_for_timeout(100)
        assert self.comfy.evaluate(count) == before + 1
