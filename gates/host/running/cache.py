"""What is remembered from prompt to prompt: results by signature, node objects by id."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from .graph import DynamicPrompt
from .signatures import ChangeLog, Signature, Signatures


class CacheEntry(NamedTuple):
    """`ui` is None where there was nothing to show, else {"meta": …, "output": …}."""

    ui: dict[str, Any] | None
    outputs: list[Any]


class OutputCache:
    """Results of nodes, found again by the next prompt that asks for the same.

    As soon as a node of the next prompt has run, what that prompt cannot use is let go. ComfyUI does so
    wherever less than 128 GB of memory, or less than all of it, are free, and that is nearly everywhere.
    """

    def __init__(self) -> None:
        self._entries: dict[Signature, CacheEntry] = {}
        self._let_go = True
        self._signatures: Signatures | None = None
        self._children: dict[tuple[str, str], set[str]] = {}

    async def set_prompt(
        self, dynprompt: DynamicPrompt, node_ids: Iterable[str], classes: dict[str, Any], changes: ChangeLog
    ) -> None:
        self._signatures = Signatures(dynprompt, classes, changes)
        for node_id in node_ids:
            await self._signatures.add(node_id)
        live = {(each, node["class_type"]) for each, node in dynprompt.original_prompt.items()}
        self._children = {key: ids for key, ids in self._children.items() if key in live}
        self._let_go = False

    async def add_children(self, parent_id: str, class_type: str, node_ids: Iterable[str]) -> None:
        """Ephemeral nodes join the prompt."""
        added = set(node_ids)
        self._children[(parent_id, class_type)] = added
        for node_id in added:
            await self._keys().add(node_id)

    def let_go(self) -> None:
        """A node has run: forget what its prompt has no use for. Only the first call of a prompt does."""
        if self._let_go:
            return
        self._let_go = True
        used = {self._keys().key(node_id) for node_id in self._keys().node_ids()}
        self._entries = {key: entry for key, entry in self._entries.items() if key in used}

    def all_node_ids(self) -> set[str]:
        return self._keys().node_ids().union(*self._children.values())

    def get(self, node_id: str) -> CacheEntry | None:
        key = self._keys().key(node_id)
        return self._entries.get(key) if key is not None else None

    def set(self, node_id: str, entry: CacheEntry) -> None:
        key = self._keys().key(node_id)
        if key is not None:
            self._entries[key] = entry

    def outputs_of(self, node_id: str) -> list[Any] | None:
        entry = self.get(node_id)
        return entry.outputs if entry is not None else None

    def _keys(self) -> Signatures:
        if self._signatures is None:
            raise RuntimeError("the cache was asked before any prompt was set")
        return self._signatures


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
