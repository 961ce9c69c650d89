"""What is remembered from prompt to prompt: results by signature, node objects by id."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, NamedTuple

from .graph import DynamicPrompt
from .signatures import ChangeLog, Signature, Signatures

MAX_ENTRIES = 2_000
MAX_BYTES = 256 * 1024**2


class CacheEntry(NamedTuple):
    """`ui` is None where there was nothing to show, else {"meta": …, "output": …}."""

    ui: dict[str, Any] | None
    outputs: list[Any]


class OutputCache:
    """Results of nodes, found again by whatever prompt asks for the same.

    Results of earlier prompts are let go, the longest unused first, when there are too many or they
    are too big; those that the present prompt can use stay until it ends.
    """

    def __init__(self, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._entries: OrderedDict[Signature, CacheEntry] = OrderedDict()
        self._sizes: dict[Signature, int] = {}
        self._signatures: Signatures | None = None
        self._children: dict[tuple[str, str], set[str]] = {}

    async def set_prompt(
        self, dynprompt: DynamicPrompt, node_ids: Iterable[str], classes: dict[str, Any], changes: ChangeLog
    ) -> None:
        self._signatures = Signatures(dynprompt, classes, changes)
        for node_id in node_ids:
            await self._signatures.add(node_id)
            self._touch(node_id)
        live = {(each, node["class_type"]) for each, node in dynprompt.original_prompt.items()}
        self._children = {key: ids for key, ids in self._children.items() if key in live}
        self._let_go()

    async def add_children(self, parent_id: str, class_type: str, node_ids: Iterable[str]) -> None:
        """Ephemeral nodes join the prompt."""
        added = set(node_ids)
        self._children[(parent_id, class_type)] = added
        for node_id in added:
            await self._keys().add(node_id)
            self._touch(node_id)

    def all_node_ids(self) -> set[str]:
        return self._keys().node_ids().union(*self._children.values())

    def get(self, node_id: str) -> CacheEntry | None:
        key = self._keys().key(node_id)
        return self._entries.get(key) if key is not None else None

    def set(self, node_id: str, entry: CacheEntry) -> None:
        key = self._keys().key(node_id)
        if key is not None:
            self._entries[key] = entry
            self._sizes[key] = _size(entry.outputs)

    def outputs_of(self, node_id: str) -> list[Any] | None:
        entry = self.get(node_id)
        return entry.outputs if entry is not None else None

    def _keys(self) -> Signatures:
        if self._signatures is None:
            raise RuntimeError("the cache was asked before any prompt was set")
        return self._signatures

    def _touch(self, node_id: str) -> None:
        key = self._keys().key(node_id)
        if key is not None and key in self._entries:
            self._entries.move_to_end(key)

    def _let_go(self) -> None:
        used = {self._keys().key(node_id) for node_id in self._keys().node_ids()}
        size = sum(self._sizes.values())
        for key in list(self._entries):
            if key in used or (len(self._entries) <= self._max_entries and size <= self._max_bytes):
                return
            del self._entries[key]
            size -= self._sizes.pop(key)


def _size(value: Any) -> int:
    """Bytes held by the tensors and arrays in a result; everything else counts as nothing."""
    if isinstance(value, (list, tuple)):
        return sum(_size(item) for item in value)
    if isinstance(value, dict):
        return sum(_size(item) for item in value.values())
    size = getattr(value, "nbytes", 0)
    return size if isinstance(size, int) else 0


class ObjectCache:
    """One object for each node of a pack, kept while prompts go on having that node."""

    def __init__(self) -> None:
        self._objects: dict[tuple[str, str], Any] = {}
        self._roots: dict[tuple[str, str], tuple[str, str]] = {}

    def set_prompt(self, dynprompt: DynamicPrompt) -> None:
        live = {(each, node["class_type"]) for each, node in dynprompt.original_prompt.items()}
        for key in [key for key, root in self._roots.items() if root not in live]:
            del self._objects[key], self._roots[key]

    def get(self, dynprompt: DynamicPrompt, node_id: str, class_def: Any) -> Any:
        key = (node_id, dynprompt.get_node(node_id)["class_type"])
        if key not in self._objects:
            self._objects[key] = class_def()
            root = dynprompt.get_real_node_id(node_id)
            self._roots[key] = (root, dynprompt.get_node(root)["class_type"])
        return self._objects[key]


class CacheSet:
    """The two together, under the names that hooks read."""

    def __init__(self) -> None:
        self.outputs = OutputCache()
        self.objects = ObjectCache()
