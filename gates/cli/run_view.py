"""What is shown while `gates run` runs: a bar on a terminal, plain lines elsewhere, JSON for programs."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..client import CachedNodes, NodeDone, NodeStarted, NodeText, Progress, Queued, Reconnected, Started
from ..fleet.decisions import (
    AlreadyDone,
    Ended,
    Gone,
    InTrouble,
    Joined,
    LookedUp,
    Ranked,
    Told,
    told_as_json,
)
from ..workflow import is_api, nodes
from .result import emit, has_terminal, redraw, remark

BAR_WIDTH = 24  # characters
REDRAW_SECONDS = 0.1


class View(Protocol):
    """Hears everything that happens to one job, then `close`."""

    def tell(self, told: Told) -> None: ...

    def tick(self) -> None: ...

    def close(self) -> None: ...


class JsonLines:
    def __init__(self, job: str) -> None:
        self._job = job

    def tell(self, told: Told) -> None:
        emit(told_as_json(told, self._job))

    def tick(self) -> None:
        """Time alone is no event."""

    def close(self) -> None:
        """Every line was written when it came."""


class Names:
    """What a person calls a node: its title, else its class."""

    def __init__(self, workflow: Mapping[str, Any] | None = None) -> None:
        known = () if workflow is None else nodes(workflow)
        self._names = {node.id: node.title or node.class_type for node in known}
        self.count = len(known) if is_api(workflow) else None  # that run; unknown before a conversion

    def of(self, node: str) -> str:
        return self._names.get(node) or f"node {node}"


def sentence(told: Told, names: Names) -> str:
    """What a person is told of an event; "" for most."""
    if isinstance(told, Ranked):
        return "Servers: " + "; ".join(
            f"{one.server} ({one.trouble or f'{one.waiting} waiting'})" for one in told.servers
        )
    if isinstance(told, Queued):
        return f"Queued at {told.server} as {told.job} (prompt {told.prompt_id})"
    if isinstance(told, InTrouble):
        return f"{told.message} Looking for the job there."
    if isinstance(told, LookedUp):
        return f"{told.server} says of the job: {told.state}"
    if isinstance(told, Gone):
        return f"{told.server} has lost the job ({told.reason.replace('_', ' ')})."
    if isinstance(told, AlreadyDone):
        return f"Done before; nothing ran. Its record: {told.record}"
    if isinstance(told, Reconnected):
        return "The connection broke and stands again."
    return f"{names.of(told.node)}: {told.text}" if isinstance(told, NodeText) else ""


class PlainLines:
    """For logs: one line for each thing worth one."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def tell(self, told: Told) -> None:
        text = sentence(told, self._names)
        if isinstance(told, Started):
            text = "Started"
        elif isinstance(told, NodeStarted):
            text = f"{self._names.of(told.display_node)} …"
        if text:
            remark(text)

    def tick(self) -> None:
        """A log needs no clock."""

    def close(self) -> None:
        """Every line was written when it came."""


class Bar:
    """One line that is drawn again and again; sentences stand above it."""

    def __init__(self, names: Names, clock: Callable[[], float] = time.monotonic) -> None:
        self._names = names
        self._clock = clock
        self._began = clock()
        self._drawn = float("-inf")
        self._done: set[str] = set()
        self._node = "waiting"
        self._part = (0.0, 0.0)

    def tell(self, told: Told) -> None:
        text = sentence(told, self._names)
        if text and not isinstance(told, NodeText):
            redraw("")
            remark(text)
        self._take(told)
        self.tick()

    def _take(self, told: Told) -> None:
        if isinstance(told, CachedNodes):
            self._done |= set(told.nodes)
        elif isinstance(told, NodeDone):
            self._done.add(told.node)
        elif isinstance(told, NodeStarted):
            self._node, self._part = self._names.of(told.display_node), (0.0, 0.0)
        elif isinstance(told, Progress):
            self._part = (told.value, told.max)

    def tick(self) -> None:
        now = self._clock()
        if now - self._drawn >= REDRAW_SECONDS:
            self._drawn = now
            redraw(self.line(now))

    def line(self, now: float) -> str:
        value, most = self._part
        step = f" {value:g}/{most:g}" if most else ""
        minutes, seconds = divmod(int(now - self._began), 60)
        return f"{self._share(value / most if most else 0.0)}{minutes}:{seconds:02}  {self._node}{step}"

    def _share(self, of_node: float) -> str:
        """The bar: nodes that are through and the part of the one that runs, of all. "" where unknown."""
        if not self._names.count:
            return ""
        share = min(1.0, (len(self._done) + min(1.0, of_node)) / self._names.count)
        full = round(share * BAR_WIDTH)
        return f"[{'#' * full}{'-' * (BAR_WIDTH - full)}] {share:4.0%}  "

    def close(self) -> None:
        redraw("")


def view_of(job: str, workflow: Mapping[str, Any], as_json: bool) -> View:
    if as_json:
        return JsonLines(job)
    names = Names(workflow)
    return Bar(names) if has_terminal() else PlainLines(names)


class BatchView:
    """For many jobs: a line for each that ends, and on a terminal how far all of it is."""

    def __init__(self, count: int, as_json: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._count = count
        self._as_json = as_json
        self._bar = has_terminal() and not as_json
        self._clock = clock
        self._began = clock()
        self._ended = 0
        self._bad = 0

    def tell(self, told: Told) -> None:
        if self._as_json:
            emit(told_as_json(told, ""))
            return
        if isinstance(told, Ended | AlreadyDone):
            self._ended += 1
            self._bad += isinstance(told, Ended) and told.exit_code != 0
        text = self._sentence(told)
        if text:
            self.close()
            remark(text)
        if self._bar:
            redraw(self.line())

    def _sentence(self, told: Told) -> str:
        if isinstance(told, Ended):
            return f"{told.job}: {told.status}" + (f" - {told.message}" if told.message else "")
        if isinstance(told, Joined):
            return f"{told.server} is ready"
        if isinstance(told, InTrouble | LookedUp | Gone | AlreadyDone):
            return f"{told.job}: {sentence(told, Names())}"
        return ""

    def line(self) -> str:
        share = self._ended / self._count if self._count else 1.0
        full = round(share * BAR_WIDTH)
        minutes, seconds = divmod(int(self._clock() - self._began), 60)
        bad = f", {self._bad} not done" if self._bad else ""
        bar = f"[{'#' * full}{'-' * (BAR_WIDTH - full)}]"
        return f"{bar} {self._ended} of {self._count}{bad}  {minutes}:{seconds:02}"

    def close(self) -> None:
        if self._bar:
            redraw("")
