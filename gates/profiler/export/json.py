"""Everything of a run as JSON with a version, and back again.

A file that comes in may come from anybody: sizes, counts and types are bounded and checked, and what this
version does not know is left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import Enum
from typing import Any, TypeVar

from ...errors import BadRecording, TooManyBytes
from ..records import Recording, Run, RunStatus, Series, Step, StepStatus

FORMAT = "dataset-gates/profiled-run"
VERSION = 1
LARGEST_NUMBER = 2**63 - 1
STATUSES = {
    Run: frozenset({"", *(one.value for one in RunStatus)}),
    Step: frozenset({"", *(one.value for one in StepStatus)}),
}
Record = TypeVar("Record", Run, Step)


@dataclass(frozen=True)
class ImportBounds:
    """What one file may hold."""

    size: int = 64 * 2**20  # bytes
    steps: int = 100_000
    series: int = 1_000
    points: int = 2_000_000  # of all series together
    text: int = 4 * 2**20  # characters of one value


def export_json(recording: Recording) -> str:
    """ASCII text. Numbers that JSON cannot say are null."""
    body = {
        "format": FORMAT,
        "version": VERSION,
        "run": _plain(asdict(recording.run)),
        "steps": [_plain(asdict(step)) for step in recording.steps],
        "series": [_plain(asdict(one)) for one in recording.series],
        "prompt": _plain(recording.prompt),
        "workflow": _plain(recording.workflow),
    }
    return json.dumps(body, separators=(",", ":"), allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def parse_json(data: bytes, bounds: ImportBounds | None = None) -> Recording:
    """A run from its export. Raises BadRecording or TooManyBytes."""
    limits = bounds or ImportBounds()
    if len(data) > limits.size:
        raise TooManyBytes(f"The file is larger than {limits.size // 2**20} MB, more than is taken.")
    body = _body(data)
    raw_steps = _list(body, "steps", limits.steps)
    raw_series = _list(body, "series", limits.series)
    return Recording(
        _record(Run, body.get("run"), "run", limits),
        tuple(_record(Step, one, f"steps[{n}]", limits) for n, one in enumerate(raw_steps)),
        _all_series(raw_series, limits),
        _mapping(body, "prompt"),
        _mapping(body, "workflow"),
    )


def _body(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise BadRecording(f"This is no JSON file: {error}") from error
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise BadRecording("This JSON file is no export of a profiled run.")
    if body.get("version") != VERSION:
        raise BadRecording("This export was written by a newer version. Update this pack to read it.")
    return body


def _list(body: Mapping[str, Any], name: str, most: int) -> list[Any]:
    value = body.get(name, [])
    if not isinstance(value, list):
        raise BadRecording(f"{name} must be a list.")
    if len(value) > most:
        raise BadRecording(f"{name} has {len(value)} entries; at most {most} are taken.")
    return value


def _mapping(body: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    value = body.get(name)
    if value is not None and not isinstance(value, dict):
        raise BadRecording(f"{name} must be an object.")
    return value


def _record(record: type[Record], value: Any, where: str, limits: ImportBounds) -> Record:
    if not isinstance(value, dict):
        raise BadRecording(f"{where} must be an object.")
    found = {
        one.name: _value(value[one.name], str(one.type), f"{where}.{one.name}", limits)
        for one in fields(record)
        if one.name in value
    }
    if found.get("status", "") not in STATUSES[record]:
        raise BadRecording(f"{where}.status is {str(found['status'])[:40]!r}, which there is not.")
    return record(**found)


def _value(value: Any, annotation: str, where: str, limits: ImportBounds) -> Any:
    """`value` as a field of this annotation, such as `int | None`. Raises BadRecording."""
    if value is None and "None" in annotation:
        return None
    kind = annotation.split(" | ")[0]
    if kind == "str" and isinstance(value, str) and len(value) <= limits.text:
        return value
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind == "int" and isinstance(value, int) and abs(value) <= LARGEST_NUMBER:
        return int(value)
    if kind == "float" and _is_number(value):
        return float(value)
    raise BadRecording(f"{where} must be {kind}, within the bounds of an import.")


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= LARGEST_NUMBER if isinstance(value, int) else math.isfinite(value)


def _all_series(raw: list[Any], limits: ImportBounds) -> tuple[Series, ...]:
    found = tuple(_series(one, f"series[{n}]", limits) for n, one in enumerate(raw))
    if sum(len(one.times) for one in found) > limits.points:
        raise BadRecording(f"The series have more than {limits.points} points, more than is taken.")
    return found


def _series(value: Any, where: str, limits: ImportBounds) -> Series:
    if not isinstance(value, dict):
        raise BadRecording(f"{where} must be an object.")
    words = {name: _value(value.get(name), "str", f"{where}.{name}", limits) for name in _WORDS}
    device = _value(value.get("device"), "str | None", f"{where}.device", limits)
    times, values = value.get("times"), value.get("values")
    if not isinstance(times, list) or not isinstance(values, list) or len(times) != len(values):
        raise BadRecording(f"{where} must have as many times as values.")
    if not all(map(_is_number, times)) or not all(one is None or _is_number(one) for one in values):
        raise BadRecording(f"{where} must hold numbers.")
    measured = tuple(None if one is None else float(one) for one in values)
    return Series(**words, device=device, times=tuple(map(float, times)), values=measured)


_WORDS = ("name", "unit", "source")
