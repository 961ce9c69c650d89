"""Changes of a manifest as lines."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gates import journal
from gates.manifest import Item, Manifest, Slot


def slots(count: int) -> tuple[Slot, ...]:
    return tuple(Slot(f"img_{n:04d}", f"img_{n:04d}.png", label=f"label {n}") for n in range(1, count + 1))


NUMBERS = st.lists(st.integers(1, 12), max_size=8, unique=True)


def masked(slot: Slot) -> Slot:
    return replace(slot, mask=f"{slot.id}.mask.png", masks=1)


@st.composite
def changes(draw: st.DrawFn) -> tuple[Manifest, Manifest]:
    """A manifest, and one that shares some of its slots and items, in any order, with new ones between."""
    labels = st.text(max_size=3)
    pool = {n: replace(slot, label=draw(labels)) for n, slot in enumerate(slots(12), 1)}
    items = {n: Item(f"t{n + 50:04d}", "mask", 1, n, masked(slot)) for n, slot in pool.items()}
    old, new = draw(NUMBERS), draw(NUMBERS)
    fresh = draw(st.sets(st.integers(1, 12)))
    after = {n: replace(slot, label="changed") if n in fresh else slot for n, slot in pool.items()}
    before = Manifest(0, tuple(pool[n] for n in old), 63, 4, tuple(items[n] for n in draw(NUMBERS)))
    active = draw(st.integers(0, max(len(new) - 1, 0)))
    there = Manifest(active, tuple(after[n] for n in new), 64, 5, tuple(items[n] for n in draw(NUMBERS)))
    return before, there


@settings(deadline=None, derandomize=True, max_examples=300)
@given(changes())
def test_a_line_applied_gives_what_was_written(pair: tuple[Manifest, Manifest]) -> None:
    before, after = pair
    line = journal.journal_line(before, after)
    assert line is not None and line.endswith(b"\n") and line.count(b"\n") == 1
    raw = json.loads(line)
    assert journal.apply_line(before, raw) == after
    assert journal.apply_line(replace(before, revision=5), raw) is None


def test_a_change_of_everything_is_a_snapshot() -> None:
    many = tuple(Slot(f"img_{n:04d}", f"img_{n:04d}.png") for n in range(1, 1001))
    before = Manifest(slots=many, next_seq=1001)
    assert journal.journal_line(before, replace(before, slots=many[::-1], revision=1)) is None
    assert journal.journal_line(before, replace(before, slots=many[1:], revision=1)) is not None
