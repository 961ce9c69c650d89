"""Which node runs next."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .graph import DependencyCycleError, DynamicPrompt, NodeInputError, get_input_info
from .graph_builder import is_link

IsCached = Callable[[str], bool]


class Schedule:
    """The nodes that still have to run, each with what it waits for.

    A node enters with everything that it needs and that is not cached; a lazy input enters only when
    its node asks for it. A node that was picked can go back, to wait for more.
    """

    def __init__(self, dynprompt: DynamicPrompt, classes: Mapping[str, Any], is_cached: IsCached) -> None:
        self._dynprompt = dynprompt
        self._classes = classes
        self._is_cached = is_cached
        self._waits_for: dict[str, set[str]] = {}
        self._needed_by: dict[str, set[str]] = {}
        self._slots: dict[str, set[int]] = {}
        self._parked: set[str] = set()
        self._woken = asyncio.Event()

    def is_empty(self) -> bool:
        return not self._waits_for

    def add_node(self, node_id: str) -> None:
        entering = [node_id]
        links: list[tuple[str, int, str]] = []
        while entering:
            current = entering.pop()
            if current in self._waits_for:
                continue
            self._waits_for[current] = set()
            self._needed_by[current] = set()
            for source, slot in self._eager_sources(current):
                links.append((source, slot, current))
                if not self._is_cached(source):
                    entering.append(source)
        for source, slot, target in links:
            self.add_link(source, slot, target)

    def add_link(self, source: str, slot: int, target: str) -> None:
        """Let `target` wait for `source`, unless that is cached."""
        if self._is_cached(source):
            return
        self.add_node(source)
        self._needed_by[source].add(target)
        self._slots.setdefault(source, set()).add(slot)
        self._waits_for[target].add(source)

    def require_input(self, node_id: str, input_name: str) -> None:
        """A node asks for a lazy input: let it wait for where that comes from."""
        inputs = self._dynprompt.get_node(node_id)["inputs"]
        if input_name not in inputs:
            raise NodeInputError(
                f"Node {node_id} says it needs input {input_name}, but there is no input to that node at all"
            )
        if not is_link(inputs[input_name]):
            raise NodeInputError(
                f"Node {node_id} says it needs input {input_name}, but that value is a constant"
            )
        source, slot = inputs[input_name]
        self.add_link(source, slot, node_id)

    def check_outputs(self, node_id: str, outputs: Sequence[Any]) -> None:
        """Raise IndexError where a node gave less than what others wait for."""
        for slot in self._slots.get(node_id, ()):
            outputs[slot]

    def park(self, node_id: str) -> Callable[[], None]:
        """Leave a node out until the returned function is called (on the same event loop)."""
        self._parked.add(node_id)

        def wake() -> None:
            self._parked.discard(node_id)
            self._woken.set()

        return wake

    async def pick(self) -> str:
        """The next node to run. Raises `DependencyCycleError` where nothing can ever run."""
        ready = self._ready()
        while not ready and self._parked:
            await self._woken.wait()
            self._woken.clear()
            ready = self._ready()
        if not ready:
            raise DependencyCycleError("Dependency cycle detected")
        return self._preferred(ready)

    def complete(self, node_id: str) -> None:
        del self._waits_for[node_id]
        for target in self._needed_by.pop(node_id):
            self._waits_for[target].discard(node_id)

    def blamed_for_cycle(self) -> str:
        """The node to name in a cycle's error: one that shows an ephemeral node, else the first."""
        cycle = self._cycle()
        shown = (self._dynprompt.get_display_node_id(node_id) for node_id in cycle)
        return next((show for show, node_id in zip(shown, cycle, strict=True) if show != node_id), cycle[0])

    def _cycle(self) -> list[str]:
        waiting = {node_id: set(sources) for node_id, sources in self._waits_for.items()}
        while free := [node_id for node_id, sources in waiting.items() if not sources]:
            for node_id in free:
                del waiting[node_id]
            for sources in waiting.values():
                sources.difference_update(free)
        return list(waiting)

    def _ready(self) -> list[str]:
        return [
            node_id
            for node_id, sources in self._waits_for.items()
            if not sources and node_id not in self._parked
        ]

    def _preferred(self, ready: list[str]) -> str:
        """What shows something soonest: outputs and async nodes, then what leads to an output."""
        rules: tuple[Callable[[str], bool], ...] = (
            lambda node_id: self._is_output(node_id) or self._is_async(node_id),
            lambda node_id: self._any_output(self._needed_by[node_id]),
            lambda node_id: any(
                self._any_output(self._needed_by[next_id]) for next_id in self._needed_by[node_id]
            ),
        )
        for rule in rules:
            for node_id in ready:
                if rule(node_id):
                    return node_id
        return ready[0]

    def _any_output(self, node_ids: Iterable[str]) -> bool:
        return any(self._is_output(node_id) for node_id in node_ids)

    def _class_of(self, node_id: str) -> Any:
        return self._classes[self._dynprompt.get_node(node_id)["class_type"]]

    def _is_output(self, node_id: str) -> bool:
        return getattr(self._class_of(node_id), "OUTPUT_NODE", False) is True

    def _is_async(self, node_id: str) -> bool:
        node = self._class_of(node_id)
        return inspect.iscoroutinefunction(getattr(node, node.FUNCTION))

    def _eager_sources(self, node_id: str) -> list[tuple[str, int]]:
        inputs = self._dynprompt.get_node(node_id)["inputs"]
        links = {name: (value[0], value[1]) for name, value in inputs.items() if is_link(value)}
        if not links:
            return []
        declared = self._class_of(node_id).INPUT_TYPES()
        return [
            link
            for name, link in links.items()
            if not (get_input_info(None, name, declared)[2] or {}).get("lazy")
        ]
