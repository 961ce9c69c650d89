"""Which node of one run is which node of another."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .records import Recording, Step
from .snapshot import link

DEEPEST = 10_000  # links in a row; beyond that a prompt is no graph without circles


@dataclass(frozen=True)
class Place:
    """A node as it can be told without its id: the n-th of its class and title along the links."""

    node_type: str
    title: str
    n: int


@dataclass(frozen=True)
class Pair:
    """One node on both sides, or on one alone. `how`: by id, by place, or ""."""

    a: str | None
    b: str | None
    node_type: str
    title: str
    how: str = ""


def match(a: Sequence[Recording], b: Sequence[Recording]) -> tuple[Pair, ...]:
    """Every node of both sides once: by id where the class is the same, else by place."""
    first, second = places_of(a), places_of(b)
    same = {key for key in first.keys() & second.keys() if first[key].node_type == second[key].node_type}
    left = {place: key for key, place in second.items() if key not in same}
    pairs = [_pair(key, place, same, left) for key, place in first.items()]
    taken = {pair.b for pair in pairs}
    alone = [
        Pair(None, key, place.node_type, place.title) for key, place in second.items() if key not in taken
    ]
    return (*pairs, *alone)


def _pair(key: str, place: Place, same: set[str], left: dict[Place, str]) -> Pair:
    if key in same:
        return Pair(key, key, place.node_type, place.title, "id")
    other = left.pop(place, None)
    return Pair(key, other, place.node_type, place.title, "place" if other else "")


def places_of(side: Sequence[Recording]) -> dict[str, Place]:
    """The place of each node of some runs of one workflow, in the order in which nodes ran."""
    steps: dict[str, Step] = {}
    prompt: dict[str, Any] = {}
    for recording in side:
        for step in recording.steps:
            steps.setdefault(step.node_id, step)
        prompt = {**(recording.prompt or {}), **prompt}
    order = _along_links(prompt, steps)
    seen: dict[tuple[str, str], int] = defaultdict(int)
    found: dict[str, Place] = {}
    for key in sorted(steps, key=order.__getitem__):
        kind = (steps[key].node_type or "", steps[key].node_title or "")
        found[key] = Place(*kind, seen[kind])
        seen[kind] += 1
    return {key: found[key] for key in steps}


def _along_links(
    prompt: Mapping[str, Any], steps: Mapping[str, Step]
) -> dict[str, tuple[int, str, int, str]]:
    """What to sort nodes by: how deep they lie, what hangs on them, when they ran."""
    depths, marks = _depths(prompt)
    return {
        key: (depths.get(key, DEEPEST), marks.get(key, ""), step.seq or 0, key) for key, step in steps.items()
    }


def _depths(prompt: Mapping[str, Any]) -> tuple[dict[str, int], dict[str, str]]:
    """Of each node: the longest way to it, and a hash of everything before it, ids left out."""
    sources = {str(key): _sources(node) for key, node in prompt.items()}
    depths: dict[str, int] = {}
    marks: dict[str, str] = {}
    waiting = list(sources)
    while waiting:
        ready = [key for key in waiting if all(s in depths or s not in sources for _, s, _ in sources[key])]
        if not ready:
            break  # a circle: what is in it has no depth
        for key in ready:
            before = [(name, marks.get(source, ""), slot) for name, source, slot in sources[key]]
            depths[key] = 1 + max((depths.get(source, 0) for _, source, _ in sources[key]), default=0)
            text = repr((_class_of(prompt, key), before))
            marks[key] = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        done = set(ready)
        waiting = [key for key in waiting if key not in done]
    return depths, marks


def _class_of(prompt: Mapping[str, Any], key: str) -> str:
    return str(prompt[key].get("class_type", "")) if isinstance(prompt[key], Mapping) else ""


def _sources(node: Any) -> list[tuple[str, str, int]]:
    inputs = node.get("inputs") if isinstance(node, Mapping) else None
    pairs = inputs.items() if isinstance(inputs, Mapping) else ()
    return sorted((str(name), *source) for name, value in pairs if (source := link(value)))
