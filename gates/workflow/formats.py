"""Which of the two formats a workflow is in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NEITHER = (
    "This is no workflow: the page saves an object with a list of nodes, a server runs nodes by their id"
)

TOO_DEEP = "The workflow is nested deeper than any page would save it"


def is_ui(workflow: Any) -> bool:
    """Whether this is what the page saves: an object with a list of nodes."""
    return isinstance(workflow, Mapping) and isinstance(workflow.get("nodes"), list)


def is_api(workflow: Any) -> bool:
    """Whether this is what a server runs: nodes by id, each with its class and inputs."""
    return (
        isinstance(workflow, Mapping)
        and bool(workflow)
        and all(
            isinstance(node, Mapping)
            and isinstance(node.get("class_type"), str)
            and isinstance(node.get("inputs"), Mapping)
            for node in workflow.values()
        )
    )


def is_link(value: Any) -> bool:
    """Whether an input of the API format is connected: `[node, output]`."""
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], int)
        and not isinstance(value[1], bool)
    )
