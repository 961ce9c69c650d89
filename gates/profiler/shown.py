"""Runs, steps and what belongs to them as JSON values, as the routes and the command line show them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from typing import Any

from ..errors import BadField
from .records import Run, Series, Step
from .store import RANGES, Group, Settings, Trashed

DOCUMENT = "_json"  # columns of this ending are shown as they are, and parsed under the name without it
MEGA = 2**20
LARGE = ("environment_json", "pools_json", "unmeasured_json")  # not in a list of runs


def run_json(run: Run, whole: bool = True) -> dict[str, Any]:
    """`whole` with what is large; a list of runs goes without."""
    return _shown(run, () if whole else LARGE)


def step_json(step: Step, prompt_id: str | None) -> dict[str, Any]:
    """`prompt_id` is that of the run: kept once, told with each step."""
    return {**_shown(step, ()), "prompt_id": prompt_id}


def _shown(record: Run | Step, without: tuple[str, ...]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for one in fields(record):
        if one.name in without:
            continue
        value = getattr(record, one.name)
        out[one.name] = None if isinstance(value, float) and not math.isfinite(value) else value
        if one.name.endswith(DOCUMENT):
            out[one.name.removesuffix(DOCUMENT)] = parsed(value)
    return out


def parsed(text: Any) -> Any:
    """The value of JSON that came out of a database; None for what is none."""
    if not isinstance(text, str):
        return None
    try:
        return json.loads(text, parse_constant=lambda _: None, parse_float=_finite)
    except (ValueError, RecursionError):
        return None


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def plain(value: Any) -> Any:
    """Values as JSON knows them: lists, plain words, no infinite numbers."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def series_json(series: Series) -> dict[str, Any]:
    return {
        "name": series.name,
        "unit": series.unit,
        "source": series.source,
        "device": series.device,
        "times": [_number(one) for one in series.times],
        "values": [_number(one) for one in series.values],
    }


def _number(value: float | None) -> float | None:
    return value if value is None or math.isfinite(value) else None


def group_json(group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": group.name,
        "color": group.color,
        "description": group.description,
        "workflow_hash": group.workflow_hash,
        "members": list(group.members),
    }


def trashed_json(item: Trashed) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "number": item.id,
        "name": item.name,
        "timestamp": item.timestamp,
        "trashed_at": item.trashed_at,
    }


def settings_json(settings: Settings) -> dict[str, Any]:
    """What the page remembers, and over it what the profiler obeys."""
    return {
        **settings.ui,
        "sample_ms": settings.sampler_ms,
        "max_runs": settings.max_runs,
        "max_bytes": settings.max_mb * MEGA,
        "badges": settings.badges,
    }


def settings_of(changes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The inverse: what the store obeys by its own names, and the page's keys. Raises BadField."""
    obeyed: dict[str, Any] = {}
    ui: dict[str, Any] = {}
    for key, value in changes.items():
        if key == "sample_ms":
            obeyed["sampler_ms"] = _within(key, value, *RANGES["sampler_ms"])
        elif key == "max_bytes":
            least, most = RANGES["max_mb"]
            obeyed["max_mb"] = -(-_within(key, value, least * MEGA, most * MEGA) // MEGA)
        elif key in ("max_runs", "badges"):
            obeyed[key] = value
        else:
            ui[key] = value
    return obeyed, ui


def _within(name: str, value: Any, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise BadField(f"{name} must be a whole number from {least} to {most}.", field=name)
    return value
