"""One host and one page for many tests: booting them takes longer than most tests do.

What a test leaves behind is cleared before the next; after a failure the page is given up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Cell, ComfyPage

CLEAR = """() => {
  for (const left of document.querySelectorAll('.dsg-menu, .dsg-dialog')) left.remove()
  const { toast, setting } = app.extensionManager
  for (const clear of ['dismissAll', 'removeAll']) toast[clear]?.()
  setting.set('dataset_gates.pool.alpha_mask', false)
  app.canvas.ds.reset()
}"""

Boot = Callable[["Cell", ExitStack], "ComfyPage"]


class KeptPages:
    """The pages of one test module, one for each cell."""

    def __init__(self, boot: Boot) -> None:
        self._boot = boot
        self._booted: dict[str, tuple[ComfyPage, ExitStack]] = {}

    def lend(self, cell: Cell, request: pytest.FixtureRequest) -> Iterator[ComfyPage]:
        failed = request.session.testsfailed
        comfy = self._clean(cell)
        comfy.name = request.node.name
        yield comfy
        comfy.screenshot("end")
        problems = list(comfy.problems)
        if problems or request.session.testsfailed > failed:
            self._give_up(cell)
        assert not problems, "in the page:\n" + "\n".join(problems)

    def close(self) -> None:
        for _, stack in self._booted.values():
            stack.close()

    def _clean(self, cell: Cell) -> ComfyPage:
        if cell.name not in self._booted:
            stack = ExitStack()
            self._booted[cell.name] = (self._boot(cell, stack), stack)
        comfy = self._booted[cell.name][0]
        comfy.page.unroute_all()
        comfy.page.mouse.move(20, 600)
        comfy.evaluate(CLEAR)
        comfy.load({**comfy.empty})
        forget_profiles(comfy)
        comfy.problems.clear()
        comfy.forget_allowed()
        return comfy

    def _give_up(self, cell: Cell) -> None:
        self._booted.pop(cell.name)[1].close()


def forget_profiles(comfy: ComfyPage) -> None:
    """Delete every profile of the host for good, so that their names are free again."""
    for verb, listed in (("delete", "list"), ("purge", "trash")):
        for profile in comfy.host.get(f"/api/grid_pool/profiles/{listed}").json()["profiles"]:
            answer = comfy.host.post(f"/api/grid_pool/profiles/{verb}", {"id": profile["id"]})
            assert answer.status == 200, answer.text
