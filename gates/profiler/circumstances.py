"""What else was different: environment, pools and inputs; and whether memory was counted alike."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .matching import Pair
from .records import Recording, Run

MOST = 1000  # differences of one kind that are named
LONGEST = 200  # characters of a value that is shown
SHOWN = 3  # values of one side


@dataclass(frozen=True)
class Differing:
    """Something that is not the same on both sides; the values that it had on each, as text."""

    kind: str  # environment, pool, input or workflow
    name: str  # torch.version, id of a pool, name of an input
    a: tuple[str, ...]
    b: tuple[str, ...]
    node: str | None = None  # id on the first side, for an input
    varies: bool = False  # within one side too, as a seed does


def circumstances(
    a: Sequence[Recording], b: Sequence[Recording], pairs: Iterable[Pair]
) -> tuple[Differing, ...]:
    first, second = [one.run for one in a], [one.run for one in b]
    return (
        *_named("workflow", _hashes(first), _hashes(second)),
        *_named("environment", _flat_all(first, "environment_json"), _flat_all(second, "environment_json")),
        *_named("pool", _flat_all(first, "pools_json"), _flat_all(second, "pools_json")),
        *_inputs(a, b, pairs),
    )


Values = dict[str, set[str]]  # by name, everything that it was


def _values(of_runs: Iterable[Mapping[str, Any]]) -> Values:
    """A name that some runs know and others do not is unknown there, not different."""
    found: Values = {}
    for one in of_runs:
        for name, value in one.items():
            if value is not None:
                found.setdefault(name, set()).add(_text(value))
    return found


def _named(kind: str, a: Values, b: Values, node: str | None = None) -> Iterator[Differing]:
    """What is not the same on both sides. Where one side knows nothing at all, nothing is said."""
    if not a or not b:
        return
    for name in sorted(a.keys() | b.keys())[:MOST]:
        first, second = a.get(name, set()), b.get(name, set())
        if first != second:
            varies = len(first) > 1 or len(second) > 1
            yield Differing(kind, name, _shown(first), _shown(second), node, varies)


def _shown(values: set[str]) -> tuple[str, ...]:
    return tuple(sorted(values)[:SHOWN])


def _hashes(runs: Iterable[Run]) -> Values:
    return _values([{"hash": run.workflow_hash} for run in runs])


def _flat_all(runs: Iterable[Run], column: str) -> Values:
    return _values([dict(_flat("", _parsed(getattr(run, column)))) for run in runs])


def _parsed(text: str | None) -> Any:
    try:
        return json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Names with dots; a list of things that have names, or of name==version, is taken apart by them."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _flat(f"{name}.{key}" if name else str(key), one)
    elif (
        isinstance(value, list) and value and all(isinstance(one, Mapping) and "name" in one for one in value)
    ):
        for one in value:
            yield from _flat(
                f"{name}.{one['name']}", {key: inner for key, inner in one.items() if key != "name"}
            )
    elif isinstance(value, list) and value and all(isinstance(one, str) and "==" in one for one in value):
        for one in value:
            package, _, version = one.partition("==")
            yield f"{name}.{package}", version
    else:
        yield name, value


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _inputs(a: Sequence[Recording], b: Sequence[Recording], pairs: Iterable[Pair]) -> Iterator[Differing]:
    first, second = _inputs_of(a), _inputs_of(b)
    for pair in pairs:
        if pair.a is not None and pair.b is not None:
            yield from _named("input", first.get(pair.a, {}), second.get(pair.b, {}), pair.a)


def _inputs_of(side: Sequence[Recording]) -> dict[str, Values]:
    """By node, what each input was. Links are left out: the workflow says them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for recording in side:
        for step in recording.steps:
            value = _parsed(step.inputs_json)
            if isinstance(value, dict):
                found.setdefault(step.node_id, []).append(
                    {name: one for name, one in value.items() if not _is_link(one)}
                )
    return {key: _values(values) for key, values in found.items()}


def _is_link(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and type(value[1]) is int


# --- memory ---------------------------------------------------------------------------------------


def memory_mode(run: Run) -> dict[str, str]:
    """What decides how memory is counted, as far as it is known."""
    environment = _parsed(run.environment_json)
    known = environment if isinstance(environment, dict) else {}
    torch = known.get("torch")
    found = {
        "device": run.device,
        "source": run.vram_source,
        "allocator": torch.get("allocator") if isinstance(torch, dict) else None,
        "dynamic VRAM": known.get("dynamic_vram"),
    }
    return {name: _text(value) for name, value in found.items() if value is not None}


def apart(a: Iterable[Run], b: Iterable[Run]) -> tuple[str, ...]:
    """In what memory was counted differently, so that it is not to be compared; nothing when alike."""
    modes = _values([memory_mode(run) for run in a]), _values([memory_mode(run) for run in b])
    names = sorted(modes[0].keys() | modes[1].keys())
    return tuple(name for name in names if len(modes[0].get(name, set()) | modes[1].get(name, set())) > 1)
