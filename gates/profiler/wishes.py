"""A run as it is asked for over HTTP: a body for /prompt comes of it, or differences by node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .arming import KEY, Ask
from .records import Mode
from .snapshot import Snapshot, differences

WHAT = {"renamed": "title", "retyped": "type", "rewired": "links"}


@dataclass(frozen=True)
class Wish:
    """A run as it was asked for over HTTP. Without a prompt the next one of the client is meant."""

    user: str
    client_id: str | None
    ask: Ask
    mode: Mode = Mode.NATURAL
    repeat: int = 1
    check: bool = True  # hold the workflow against the reference
    prompt: Mapping[str, Any] | None = None
    workflow: Mapping[str, Any] | None = None
    extra_data: Mapping[str, Any] | None = None


def body_of(wish: Wish, ask: Ask, prompt_id: str, recorded: bool) -> dict[str, Any]:
    """What a POST to /prompt is told."""
    extra = {**(wish.extra_data or {})}
    extra.pop(KEY, None)
    if wish.workflow is not None:
        extra["extra_pnginfo"] = {**(extra.get("extra_pnginfo") or {}), "workflow": dict(wish.workflow)}
    if recorded:
        extra[KEY] = ask.as_json()
    body: dict[str, Any] = {"prompt": wish.prompt, "prompt_id": prompt_id, "extra_data": extra}
    if wish.client_id:
        body["client_id"] = wish.client_id
    return body


def told_differences(expected: Snapshot, found: Snapshot) -> dict[str, Any]:
    """By node, as a page shows them."""
    difference = differences(expected, found)
    nodes = {node.id: node for node in (*expected.nodes, *found.nodes)}

    def named(node_id: str) -> dict[str, Any]:
        node = nodes[node_id]
        return {"id": node.id, "title": node.title or node.class_type, "type": node.class_type}

    what: dict[str, list[str]] = {}
    for change in difference.changed:
        what.setdefault(change.id, []).append(WHAT[change.kind])
    return {
        "added": [named(node.id) for node in difference.added],
        "removed": [named(node.id) for node in difference.removed],
        "changed": [{**named(node_id), "what": kinds} for node_id, kinds in what.items()],
    }
