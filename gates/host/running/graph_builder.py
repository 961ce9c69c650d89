"""Graphs that nodes build while they run, under the names of `comfy_execution.graph_utils`."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

Link = list[Any]
Graph = dict[str, dict[str, Any]]


def is_link(obj: object) -> bool:
    """Whether a value of a prompt is `[node id, slot]`."""
    return (
        isinstance(obj, list)
        and len(obj) == 2
        and isinstance(obj[0], str)
        and isinstance(obj[1], (int, float))
    )


class ExecutionBlocker:
    """A value that keeps every node that receives it from running; with a message, loudly."""

    def __init__(self, message: str | None) -> None:
        self.message = message


@dataclass(frozen=True)
class _Origin:
    """Which call of which node builds; it becomes the front of the new nodes' ids."""

    root: str = ""
    call_index: int = 0
    graph_index: int = 0


# A context variable, so that nodes running side by side never take each other's ids.
_origin: ContextVar[_Origin] = ContextVar("gates.host.graph_origin", default=_Origin())  # noqa: B039


class Node:
    def __init__(self, id: str, class_type: str, inputs: dict[str, Any]) -> None:
        self.id = id
        self.class_type = class_type
        self.inputs = inputs
        self.override_display_id: str | None = None

    def out(self, index: int) -> Link:
        return [self.id, index]

    def set_input(self, key: str, value: Any) -> None:
        if value is None:
            self.inputs.pop(key, None)
        else:
            self.inputs[key] = value

    def get_input(self, key: str) -> Any:
        return self.inputs.get(key)

    def set_override_display_id(self, override_display_id: str) -> None:
        self.override_display_id = override_display_id

    def serialize(self) -> dict[str, Any]:
        out: dict[str, Any] = {"class_type": self.class_type, "inputs": self.inputs}
        if self.override_display_id is not None:
            out["override_display_id"] = self.override_display_id
        return out


class GraphBuilder:
    """Makes nodes whose ids are unique within the prompt."""

    def __init__(self, prefix: str | None = None) -> None:
        self.prefix = self.alloc_prefix() if prefix is None else prefix
        self.nodes: dict[str, Node] = {}
        self.id_gen = 1

    @classmethod
    def set_default_prefix(cls, prefix_root: str, call_index: int, graph_index: int = 0) -> None:
        _origin.set(_Origin(prefix_root, call_index, graph_index))

    @classmethod
    def alloc_prefix(
        cls, root: str | None = None, call_index: int | None = None, graph_index: int | None = None
    ) -> str:
        now = _origin.get()
        _origin.set(replace(now, graph_index=now.graph_index + 1))
        parts = (
            now.root if root is None else root,
            now.call_index if call_index is None else call_index,
            now.graph_index if graph_index is None else graph_index,
        )
        return "".join(f"{part}." for part in parts)

    def node(self, class_type: str, id: str | None = None, **kwargs: Any) -> Node:
        if id is None:
            id = str(self.id_gen)
            self.id_gen += 1
        full_id = self.prefix + id
        if full_id not in self.nodes:
            self.nodes[full_id] = Node(full_id, class_type, kwargs)
        return self.nodes[full_id]

    def lookup_node(self, id: str) -> Node | None:
        return self.nodes.get(self.prefix + id)

    def remove_node(self, id: str) -> None:
        del self.nodes[self.prefix + id]

    def replace_node_output(self, node_id: str, index: int, new_value: Any) -> None:
        """Turn every use of one output into `new_value`; None removes the input that used it."""
        old = [self.prefix + node_id, index]
        for node in self.nodes.values():
            for key in [key for key, value in node.inputs.items() if value == old]:
                node.set_input(key, new_value)

    def finalize(self) -> Graph:
        return {node_id: node.serialize() for node_id, node in self.nodes.items()}


def add_graph_prefix(graph: Graph, outputs: Sequence[Any], prefix: str) -> tuple[Graph, tuple[Any, ...]]:
    """The same graph with `prefix` before every id, and its outputs to match."""

    def moved(value: Any) -> Any:
        return [prefix + value[0], value[1]] if is_link(value) else value

    new_graph = {
        prefix + node_id: {
            "class_type": node["class_type"],
            "inputs": {name: moved(value) for name, value in node.get("inputs", {}).items()},
        }
        for node_id, node in graph.items()
    }
    return new_graph, tuple(moved(output) for output in outputs)
