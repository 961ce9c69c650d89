"""What subgraphs and expanded nodes took, with all that lies in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .records import Step


@dataclass(frozen=True)
class Subtree:
    """Seconds. `own` is the sum of the own times of all steps in it, `wall` runs from its first moment to its
    last; `own` is less where it waited, and more where async steps ran side by side."""

    node_id: str
    own: float
    wall: float
    steps: int


def subtrees(steps: Iterable[Step]) -> dict[str, Subtree]:
    """For each subgraph (`12` of `12:3`) and each node that others were made of, by its id."""
    found: dict[str, list[Step]] = {}
    all_steps = list(steps)
    parents = {step.node_id: step.parent_id for step in all_steps}
    for step in all_steps:
        for holder in _holders(step.node_id, parents):
            found.setdefault(holder, []).append(step)
    for step in all_steps:
        if step.node_id in found:
            found[step.node_id].append(step)
    return {holder: _sum(holder, members) for holder, members in found.items()}


def _holders(node_id: str, parents: dict[str, str | None]) -> list[str]:
    holders: list[str] = []
    current: str | None = node_id
    while current is not None:
        parts = current.split(":")
        holders += [":".join(parts[:n]) for n in range(len(parts) - 1, 0, -1)]
        current = parents.get(current)
        if current in holders:
            break
        if current is not None:
            holders.append(current)
    return list(dict.fromkeys(holders))


def _sum(holder: str, members: list[Step]) -> Subtree:
    moments = [
        (step.t_start, step.t_start + (step.wall_time or 0.0)) for step in members if step.t_start is not None
    ]
    wall = max(end for _, end in moments) - min(begin for begin, _ in moments) if moments else 0.0
    return Subtree(holder, sum(step.exec_time or 0.0 for step in members), wall, len(members))
