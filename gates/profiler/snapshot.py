"""What a workflow is made of (ids, classes, titles, links), as one hash, and how two of them differ.

It is taken from the prompt, which the page and a script send alike. Titles are those that the page puts
beside each node; values of inputs do not count, so another seed is the same workflow.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Link = tuple[str, str, int]  # input, id of the source, number of its output


@dataclass(frozen=True)
class Node:
    id: str
    class_type: str
    title: str | None
    links: tuple[Link, ...]  # sorted


@dataclass(frozen=True)
class Snapshot:
    hash: str  # 64 hex digits
    nodes: tuple[Node, ...]  # sorted by id


@dataclass(frozen=True)
class Change:
    """A node that is not what it was: `before` and `after` are titles, classes or links."""

    id: str
    kind: str  # renamed, retyped or rewired
    before: Any
    after: Any


@dataclass(frozen=True)
class Difference:
    added: tuple[Node, ...]  # in the second alone
    removed: tuple[Node, ...]  # in the first alone
    changed: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def snapshot_of(prompt: Mapping[str, Any], workflow: Mapping[str, Any] | None = None) -> Snapshot:
    """`prompt` in API format; `workflow`, as the page has it, gives titles that the prompt lacks."""
    titles = _titles(workflow)
    nodes = [_node(str(key), value, titles) for key, value in prompt.items() if isinstance(value, Mapping)]
    return of_nodes(tuple(nodes))


def of_nodes(nodes: tuple[Node, ...]) -> Snapshot:
    ordered = tuple(sorted(nodes, key=lambda node: node.id))
    text = json.dumps(_listed(ordered), separators=(",", ":"))
    return Snapshot(hashlib.sha256(text.encode("ascii")).hexdigest(), ordered)


def _node(key: str, value: Mapping[str, Any], titles: Mapping[str, str]) -> Node:
    class_type = str(value.get("class_type", ""))
    beside = value.get("_meta")
    title = beside.get("title") if isinstance(beside, Mapping) else None
    title = title if isinstance(title, str) else titles.get(key)
    inputs = value.get("inputs")
    pairs = inputs.items() if isinstance(inputs, Mapping) else ()
    links = sorted((str(name), *source) for name, one in pairs if (source := link(one)))
    return Node(key, class_type, None if title == class_type else title, tuple(links))


def link(value: Any) -> tuple[str, int] | None:
    """Source and output when an input of a prompt is a link."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    source, slot = value
    return (source, slot) if isinstance(source, str) and type(slot) is int else None


def _titles(workflow: Mapping[str, Any] | None) -> dict[str, str]:
    nodes = workflow.get("nodes") if isinstance(workflow, Mapping) else None
    return {
        str(node.get("id")): node["title"]
        for node in (nodes if isinstance(nodes, list) else [])
        if isinstance(node, Mapping) and isinstance(node.get("title"), str)
    }


def _listed(nodes: tuple[Node, ...]) -> list[list[Any]]:
    return [[node.id, node.class_type, node.title, [list(one) for one in node.links]] for node in nodes]


def to_json(snapshot: Snapshot) -> list[list[Any]]:
    return _listed(snapshot.nodes)


def from_json(value: Any) -> Snapshot | None:
    """The inverse of `to_json`; None for what is none."""
    try:
        nodes = tuple(
            Node(
                str(key), str(kind), None if title is None else str(title), tuple(_link(one) for one in links)
            )
            for key, kind, title, links in value
        )
    except (TypeError, ValueError):
        return None
    return of_nodes(nodes)


def _link(value: Any) -> Link:
    name, source, slot = value
    return str(name), str(source), int(slot)


def differences(before: Snapshot, after: Snapshot) -> Difference:
    """What differs, by id of node, in the order of the ids."""
    old = {node.id: node for node in before.nodes}
    new = {node.id: node for node in after.nodes}
    changed = [change for key in sorted(old.keys() & new.keys()) for change in _changes(old[key], new[key])]
    return Difference(
        tuple(node for node in after.nodes if node.id not in old),
        tuple(node for node in before.nodes if node.id not in new),
        tuple(changed),
    )


def _changes(old: Node, new: Node) -> list[Change]:
    pairs = (
        ("retyped", old.class_type, new.class_type),
        ("renamed", old.title, new.title),
        ("rewired", old.links, new.links),
    )
    return [Change(old.id, kind, before, after) for kind, before, after in pairs if before != after]
