"""One hash for prompts that mean the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from ..errors import NotAWorkflow
from .formats import NEITHER, TOO_DEEP, is_api, is_link
from .values import as_page_reads

CIRCLE = "in a circle"
NOWHERE = "nowhere"
MOST_ROUNDS = 32


def canonical_hash(prompt: Mapping[str, Any]) -> str:
    """64 hex digits of a prompt in API format: its classes, inputs and links.

    The same for another order of keys, other titles and other node ids, and for 2.0 in place of 2.
    Raises NotAWorkflow.
    """
    if not is_api(prompt):
        raise NotAWorkflow(NEITHER)
    try:
        nodes = {str(id): _plain(node) for id, node in prompt.items()}
        return _digest(sorted(_hashes(nodes).values()))
    except RecursionError:
        raise NotAWorkflow(TOO_DEEP) from None


def _hashes(nodes: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    known = _from_the_sources_on(nodes)
    circling = {id: node for id, node in nodes.items() if id not in known}
    for _ in range(min(len(circling), MOST_ROUNDS)):  # each time, a node knows of one link further away
        known |= {id: _hash(node, known) for id, node in circling.items()}
    return known


def _plain(node: Mapping[str, Any]) -> dict[str, Any]:
    return {"class": node["class_type"], "inputs": as_page_reads(node["inputs"])}


def _from_the_sources_on(nodes: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """Hashes of all nodes that no circle stands before, each after those that it is connected to."""
    waits = {id: {source for source in _sources(node) if source in nodes} for id, node in nodes.items()}
    leads: dict[str, list[str]] = {id: [] for id in nodes}
    for id, sources in waits.items():
        for source in sources:
            leads[source].append(id)
    known: dict[str, str] = {}
    ready = [id for id, sources in waits.items() if not sources]
    while ready:
        id = ready.pop()
        known[id] = _hash(nodes[id], known, NOWHERE)
        for target in leads[id]:
            waits[target].discard(id)
            if not waits[target]:
                ready.append(target)
    return known


def _sources(node: Mapping[str, Any]) -> list[str]:
    return [value[0] for value in node["inputs"].values() if is_link(value)]


def _hash(node: Mapping[str, Any], known: Mapping[str, str], otherwise: str = CIRCLE) -> str:
    inputs = {
        name: {"link": [known.get(value[0], otherwise), value[1]]} if is_link(value) else {"value": value}
        for name, value in node["inputs"].items()
    }
    return _digest([node["class"], inputs])


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
