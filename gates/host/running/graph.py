"""The graph of one prompt with what is added while it runs, under the names of `comfy_execution.graph`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from .graph_builder import ExecutionBlocker

__all__ = [
    "DependencyCycleError",
    "DynamicPrompt",
    "ExecutionBlocker",
    "NodeInputError",
    "NodeNotFoundError",
    "get_input_info",
]

Category = Literal["required", "optional", "hidden"]
CATEGORIES: tuple[Category, ...] = ("required", "optional", "hidden")
REPORTED_MODULE = "comfy_execution.graph"  # clients read exception types as module.name
PromptGraph = dict[str, dict[str, Any]]


class DependencyCycleError(Exception):
    """Nodes wait for each other."""

    __module__ = REPORTED_MODULE


class NodeInputError(Exception):
    """A node asks for an input that it does not have, or that is no link."""

    __module__ = REPORTED_MODULE


class NodeNotFoundError(Exception):
    """There is no node of this id."""

    __module__ = REPORTED_MODULE


class DynamicPrompt:
    """The prompt as it was sent, and the ephemeral nodes that running nodes added."""

    def __init__(self, original_prompt: PromptGraph) -> None:
        self.original_prompt = original_prompt
        self.ephemeral_prompt: PromptGraph = {}
        self.ephemeral_parents: dict[str, str] = {}
        self.ephemeral_display: dict[str, str] = {}

    def get_node(self, node_id: str) -> dict[str, Any]:
        node = self.ephemeral_prompt.get(node_id) or self.original_prompt.get(node_id)
        if node is None:
            raise NodeNotFoundError(f"Node {node_id} not found")
        return node

    def has_node(self, node_id: str) -> bool:
        return node_id in self.original_prompt or node_id in self.ephemeral_prompt

    def add_ephemeral_node(
        self, node_id: str, node_info: dict[str, Any], parent_id: str, display_id: str
    ) -> None:
        self.ephemeral_prompt[node_id] = node_info
        self.ephemeral_parents[node_id] = parent_id
        self.ephemeral_display[node_id] = display_id

    def get_real_node_id(self, node_id: str) -> str:
        """The node of the sent prompt that this one came from."""
        return _followed(node_id, self.ephemeral_parents)

    def get_parent_node_id(self, node_id: str) -> str | None:
        return self.ephemeral_parents.get(node_id)

    def get_display_node_id(self, node_id: str) -> str:
        """The node that shows what this one does."""
        return _followed(node_id, self.ephemeral_display)

    def all_node_ids(self) -> set[str]:
        return {*self.original_prompt, *self.ephemeral_prompt}

    def get_original_prompt(self) -> PromptGraph:
        return self.original_prompt


def _followed(node_id: str, table: Mapping[str, str]) -> str:
    while node_id in table:
        node_id = table[node_id]
    return node_id


def get_input_info(
    class_def: Any, input_name: str, valid_inputs: Mapping[str, Any] | None = None
) -> tuple[Any, Category, dict[str, Any]] | tuple[None, None, None]:
    """Type, category and options of one input of a node class; three Nones where it has no such input."""
    declared = class_def.INPUT_TYPES() if valid_inputs is None else valid_inputs
    for category in CATEGORIES:
        if input_name in declared.get(category, {}):
            entry = declared[category][input_name]
            return entry[0], category, entry[1] if len(entry) > 1 else {}
    return None, None, None
