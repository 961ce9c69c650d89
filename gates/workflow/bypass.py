"""Which input of a bypassed node takes the place of one of its outputs."""

from __future__ import annotations

from collections.abc import Sequence

ANY = ("*", "")


def may_connect(one: str, other: str) -> bool:
    """Types match in any case; `A,B` is one of several; `*` and nothing match all."""
    if one in ANY or other in ANY or one == other:
        return True
    ones, others = one.lower().split(","), other.lower().split(",")
    return any(a in ANY or b in ANY or a == b for a in ones for b in others)


def way_through(inputs: Sequence[str], output: str, slot: int, wanted: str) -> int | None:
    """The input whose source is used in place of output `slot`. All are types; None where none fits.

    The input of the same number goes first, then one of exactly the type that is wanted, then any that
    fits both the output and what is wanted.
    """
    if wanted in ANY:
        through = slot if slot < len(inputs) else 0
        return through if inputs else None
    if slot < len(inputs) and may_connect(inputs[slot], output) and may_connect(inputs[slot], wanted):
        return slot
    for at, type in enumerate(inputs):
        if type == wanted:
            return at
    for at, type in enumerate(inputs):
        if may_connect(type, output) and may_connect(type, wanted):
            return at
    return None
