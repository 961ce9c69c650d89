"""What makes two nodes the same: their class, their inputs, and the same of everything upstream."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .graph import DynamicPrompt
from .graph_builder import ExecutionBlocker, is_link
from .inputs import get_input_data
from .mapping import map_over_lists, wait_for
from .v3 import own_method

logger = logging.getLogger("gates.host.execution")

# Name of an input, the node it comes from, the slot there.
Linked = tuple[str, str, int]


class Signature:
    """A cache key. Its hash is given, since keys of deep graphs are long."""

    __slots__ = ("_hash", "_parts")

    def __init__(self, parts: tuple[Hashable, ...], known_hash: int) -> None:
        self._parts = parts
        self._hash = known_hash

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Signature) and self._parts == other._parts


class ChangeLog:
    """What IS_CHANGED or fingerprint_inputs said, asked once a prompt for each node."""

    def __init__(self, prompt_id: str, dynprompt: DynamicPrompt, classes: Mapping[str, Any]) -> None:
        self._prompt_id = prompt_id
        self._dynprompt = dynprompt
        self._classes = classes
        self._known: dict[str, Any] = {}

    async def of(self, node_id: str) -> Any:
        if node_id not in self._known:
            self._known[node_id] = await self._ask(node_id)
        return self._known[node_id]

    async def _ask(self, node_id: str) -> Any:
        node = self._dynprompt.get_node(node_id)
        class_def = self._classes[node["class_type"]]
        question = own_method(class_def, "fingerprint_inputs", "IS_CHANGED")
        if question is None:
            return False
        if "is_changed" in node:
            return node["is_changed"]
        try:
            data = get_input_data(node["inputs"], class_def, node_id)
            answers = await wait_for(
                await map_over_lists(self._prompt_id, node_id, class_def, data.lists, question, v3=data.v3)
            )
        except Exception as error:
            logger.warning("%s of node %s failed, so it runs again: %s", question, node_id, error)
            return float("nan")
        return [None if isinstance(answer, ExecutionBlocker) else answer for answer in answers]


class Span(NamedTuple):
    """A node and all before it, depth first by the names of their inputs; `parts` say what each is.

    A part names the sources of its links by how far on they stand, so that two equal graphs are equal
    whatever their ids, and so that the span of a node's first source is a piece of its own.
    """

    order: tuple[str, ...]
    parts: tuple[Hashable, ...]
    known_hash: int


class Signatures:
    """The cache key of each node of a prompt, computed when it is first asked for."""

    def __init__(self, dynprompt: DynamicPrompt, classes: Mapping[str, Any], changes: ChangeLog) -> None:
        self._dynprompt = dynprompt
        self._classes = classes
        self._changes = changes
        self._keys: dict[str, Signature] = {}
        self._spans: dict[str, Span] = {}
        self._own: dict[str, tuple[Any, ...]] = {}
        self._links: dict[str, tuple[Linked, ...]] = {}

    def node_ids(self) -> set[str]:
        return set(self._keys)

    def key(self, node_id: str) -> Signature | None:
        return self._keys.get(node_id)

    async def add(self, node_id: str) -> None:
        if node_id in self._keys or not self._dynprompt.has_node(node_id):
            return
        span = await self._span(node_id)
        self._keys[node_id] = Signature(span.parts, span.known_hash)

    async def _span(self, node_id: str) -> Span:
        """Follows the first sources down to a known span, then comes back; not recursive, for long chains."""
        down = [node_id]
        while down[-1] not in self._spans and self._links_of(down[-1]):
            first = self._links_of(down[-1])[0][1]
            if first in down:  # nodes that wait for each other: an error once they are to run
                return await self._extended(node_id, Span((), (), 0))
            down.append(first)
        for each in reversed(down):
            if each not in self._spans:
                links = self._links_of(each)
                before = self._spans[links[0][1]] if links else Span((), (), 0)
                self._spans[each] = await self._extended(each, before)
        return self._spans[node_id]

    async def _extended(self, node_id: str, before: Span) -> Span:
        """The span of a node whose first source has the span `before`."""
        order = (node_id, *before.order)
        sources = [source for _, source, _ in self._links_of(node_id)]
        if any(source not in order for source in sources):
            order = tuple(self._grown(order, sources))
        own = await self._part(node_id, order, 0)
        known = 1 + len(before.order)
        rest = [await self._part(order[at], order, at) for at in range(known, len(order))]
        return Span(order, (own, *before.parts, *rest), hash((own, before.known_hash, *rest)))

    def _grown(self, order: Iterable[str], sources: Sequence[str]) -> Iterable[str]:
        """`order`, and behind it what leads to `sources` and is not there yet."""
        found = dict.fromkeys(order)
        waiting = list(reversed(sources))
        while waiting:
            source = waiting.pop()
            if source not in found:
                found[source] = None
                waiting.extend(further for _, further, _ in reversed(self._links_of(source)))
        return found

    def _links_of(self, node_id: str) -> tuple[Linked, ...]:
        if node_id not in self._links:
            known = self._dynprompt.has_node(node_id)
            inputs = self._dynprompt.get_node(node_id)["inputs"] if known else {}
            self._links[node_id] = tuple(
                (name, value[0], value[1]) for name, value in sorted(inputs.items()) if is_link(value)
            )
        return self._links[node_id]

    async def _part(self, node_id: str, order: Sequence[str], at: int) -> Hashable:
        if not self._dynprompt.has_node(node_id):
            return float("nan")  # a new one equals no other
        if node_id not in self._own:
            self._own[node_id] = await self._class_part(node_id)
        links = tuple(
            (name, order.index(source) - at, slot) for name, source, slot in self._links_of(node_id)
        )
        return (*self._own[node_id], links)

    async def _class_part(self, node_id: str) -> tuple[Any, ...]:
        node = self._dynprompt.get_node(node_id)
        class_def = self._classes[node["class_type"]]
        constants = tuple(
            (name, to_hashable(value)) for name, value in sorted(node["inputs"].items()) if not is_link(value)
        )
        identity = node_id if _differs_by_id(class_def) else None
        return (node["class_type"], to_hashable(await self._changes.of(node_id)), identity, constants)


def _differs_by_id(class_def: Any) -> bool:
    if getattr(class_def, "NOT_IDEMPOTENT", False):
        return True
    return "UNIQUE_ID" in class_def.INPUT_TYPES().get("hidden", {}).values()


def to_hashable(value: Any) -> Hashable:
    """A value that is equal exactly when the JSON values are; anything else equals nothing."""
    if isinstance(value, (int, float, str, bytes, type(None))):
        return value
    if isinstance(value, Mapping):
        return ("map", tuple((key, to_hashable(value[key])) for key in sorted(value)))
    if isinstance(value, (list, tuple)):
        return ("list", tuple(to_hashable(item) for item in value))
    return float("nan")
