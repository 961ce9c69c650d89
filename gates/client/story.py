"""One run as its messages tell it: messages in, events out. No I/O, no clock.

Messages may come twice, late or not at all, so nothing here is needed for a run to end well: the history
decides what a run put out, and polls decide when the websocket says nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from .answers import ENDS, Entry, names
from .events import CachedNodes, Event, Message, NodeDone, NodeStarted, Progress, Started
from .messages import Heard, name_of
from .output_lists import node_outputs
from .values import State

Data = Mapping[str, Any]
QUIET = ("status", "feature_flags", "logs")  # of the server, not of a run
VERDICTS = {
    "execution_success": State.DONE,
    "execution_error": State.FAILED,
    "execution_interrupted": State.CANCELLED,
}


class Story:
    """What is known of a run from its messages alone."""

    def __init__(self, prompt_id: str, server: str) -> None:
        self.started = False
        self.at_end = False  # `executing` null was heard: the history has the run now
        self.verdict: State | None = None
        self._prompt_id = prompt_id
        self._server = server
        self._node: str | None = None
        self._cached: tuple[str, ...] = ()
        self._done: dict[str, Mapping[str, Any]] = {}
        self._kept: list[tuple[str, Data]] = []
        self._readers: dict[str, Callable[[Data], list[Event]]] = {
            "execution_start": self._start,
            "execution_cached": self._cache,
            "executing": self._executing,
            "executed": self._executed,
            "progress": self._progress,
            "progress_state": self._progress_state,
        }

    def hear(self, message: Heard) -> list[Event]:
        """The events that a message makes; [] for one that says nothing new."""
        if message.kind in QUIET:
            return []
        if message.kind in ("execution_start", "execution_cached", *ENDS):
            self._keep(message)
        if message.kind in ENDS:
            return []
        reader = self._readers.get(message.kind)
        if reader is None:
            return [Message(self._prompt_id, message.kind, message.data)]
        return reader(message.data)

    def entry(self) -> Entry | None:
        """What the history would say, as far as it was heard; None before the verdict."""
        if self.verdict is None:
            return None
        return Entry(self.verdict, dict(self._done), tuple(self._kept))

    def start(self) -> list[Event]:
        """The run is known to run, from whatever source."""
        if self.started:
            return []
        self.started = True
        return [Started(self._prompt_id)]

    def _keep(self, message: Heard) -> None:
        if all(kind != message.kind for kind, _ in self._kept):
            self._kept.append((message.kind, message.data))
        self.verdict = VERDICTS.get(message.kind, self.verdict)

    def _start(self, data: Data) -> list[Event]:
        return self.start()

    def _cache(self, data: Data) -> list[Event]:
        nodes = names(data.get("nodes"))
        if not nodes or self._cached:
            return []
        self._cached = nodes
        return [CachedNodes(self._prompt_id, nodes)]

    def _executing(self, data: Data) -> list[Event]:
        if data.get("node") is None:
            self.at_end = "node" in data or self.at_end
            return []
        node = name_of(data["node"])
        if node is None or node == self._node:
            return []
        self._node = node
        shown = name_of(data.get("display_node")) or node
        return [*self.start(), NodeStarted(self._prompt_id, node, shown)]

    def _executed(self, data: Data) -> list[Event]:
        node, output = name_of(data.get("node")), data.get("output")
        if node is None or node in self._done:
            return []
        return self._finish(node, output if isinstance(output, Mapping) else {})

    def _progress(self, data: Data) -> list[Event]:
        value, most = number(data.get("value")), number(data.get("max"))
        if value is None or most is None:
            return []
        return [Progress(self._prompt_id, name_of(data.get("node")), value, most)]

    def _progress_state(self, data: Data) -> list[Event]:
        nodes = data.get("nodes")
        events: list[Event] = []
        for node, said in nodes.items() if isinstance(nodes, Mapping) else ():
            done = isinstance(said, Mapping) and said.get("state") == "finished"
            if done and node not in self._done:
                events += self._finish(node, {})
        return events

    def _finish(self, node: str, output: Mapping[str, Any]) -> list[Event]:
        self._done[node] = output
        cached = node in self._cached
        outputs = tuple(node_outputs(node, output, self._server, cached))
        return [NodeDone(self._prompt_id, node, outputs, cached)]


def number(value: Any) -> float | None:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if fits else None
