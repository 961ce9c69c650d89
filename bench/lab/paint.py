"""How soon a pool of 1,000 images is seen in the browser against one of 100, and how much that loads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from statistics import median

from gates import pool, thumbs
from gates.host.process import HostProcess

from . import browser
from .figures import Figure
from .filling import fill, twin
from .pairs import by_turns
from .photos import photos

SMALL, LARGE = 100, 1_000  # images
ROUNDS, QUICK_ROUNDS = 5, 2
SEEN = 150  # pictures, more than are in view
THUMBNAIL = 256  # pixels
NO_BROWSER = "not measured: no Chromium; name one with GATES_BROWSER"


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    executable = browser.chromium()
    if executable is None or find_spec("comfyui_frontend_package") is None:
        yield Figure("first paint in the browser", None, at_most=2, detail=NO_BROWSER)
        return
    base = folder / "host" / "input" / "grid_pool"
    fill(base, "source", islice(photos(10**12), LARGE))
    with HostProcess(folder / "host") as host, browser.opened(executable, host.url) as page:
        rounds = QUICK_ROUNDS if quick else ROUNDS
        yield from Paints(base, page.paint).figures(rounds)


class Paints:
    """Paints of pools that were never shown before: each has an id of its own."""

    def __init__(self, base: Path, paint: Callable[[str], browser.Painted]) -> None:
        self._base = base
        self._paint = paint
        self._large: list[browser.Painted] = []

    def figures(self, rounds: int) -> Iterator[Figure]:
        for name, warm in (("never shown", False), ("shown before", True)):
            found = by_turns(self._paints(LARGE, warm), self._paints(SMALL, warm), rounds)
            large, small = (1000 * seconds for seconds in found.medians)
            detail = f"{large:.0f} ms at {LARGE} images, {small:.0f} ms at {SMALL}"
            yield Figure(
                f"first paint, {LARGE} over {SMALL} images, {name}", found.ratio, at_most=2, detail=detail
            )
        cells = max(one.cells for one in self._large)
        yield Figure(f"cells in the document, {LARGE} images", cells, at_most=300)
        megabytes = median(one.bytes for one in self._large) / 1e6
        yield Figure(f"loaded by the first paint, {LARGE} images", megabytes, " MB")

    def _paints(self, count: int, warm: bool) -> Callable[[int], float]:
        def paint(turn: int) -> float:
            pool_id = f"pool-{count}-{turn}-{'warm' if warm else 'cold'}"
            twin(self._base, "source", pool_id, count)
            if warm:
                self._make_thumbnails(pool_id)
            painted = self._paint(pool_id)
            if count == LARGE:
                self._large.append(painted)
            return painted.seconds

        return paint

    def _make_thumbnails(self, pool_id: str) -> None:
        folder = pool.pool_dir(self._base, pool_id)
        for slot in pool.read_manifest(self._base, pool_id).slots[:SEEN]:
            thumbs.thumbnail(folder, slot.image, THUMBNAIL)
