"""Nodes that stand in for nodes that are gone, in prompts that still name those."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from .graph import PromptGraph
from .graph_builder import is_link


class Replacement(Protocol):
    new_node_id: str
    input_mapping: Sequence[Mapping[str, Any]] | None
    output_mapping: Sequence[Mapping[str, int]] | None


def replace_nodes(
    prompt: PromptGraph, known: Mapping[str, Sequence[Replacement]], classes: Mapping[str, Any]
) -> None:
    """Change the prompt in place: the first replacement of each class that nobody has any more."""
    for node_id, node in list(prompt.items()) if known else ():
        found = known.get(node.get("class_type", ""), ())
        if "inputs" not in node or node["class_type"] in classes or not found:
            continue
        if found[0].new_node_id in classes:
            _replace(prompt, node_id, found[0])


def _replace(prompt: PromptGraph, node_id: str, replacement: Replacement) -> None:
    old = prompt[node_id]
    inputs = {
        each["new_id"]: each["set_value"] if "set_value" in each else old["inputs"][each["old_id"]]
        for each in replacement.input_mapping or ()
    }
    prompt[node_id] = {**old, "class_type": replacement.new_node_id, "inputs": inputs}
    slots = {each["old_idx"]: each["new_idx"] for each in replacement.output_mapping or ()}
    for node in prompt.values():
        for name, value in node.get("inputs", {}).items():
            if is_link(value) and value[0] == node_id:
                node["inputs"][name] = [node_id, slots.get(value[1], value[1])]
