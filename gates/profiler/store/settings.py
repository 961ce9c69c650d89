"""`profiler_settings.json`: what the profiler obeys, and what the page remembers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ...atomic import replace, write_bytes
from ...errors import BadField, StorageFailed
from .bounds import Bounds
from .opening import alone
from .rows import sendable

NAME = "profiler_settings.json"
LARGEST = 2**20  # bytes of the file
MEGA = 2**20


@dataclass(frozen=True)
class Settings:
    """`ui` is the page's own: columns, their order, sorting; nothing here looks into it."""

    sampler_ms: int = 50  # time between two samples
    max_runs: int = 10_000
    max_mb: int = 1024  # size of the database
    badges: bool = True  # times on the nodes of the graph after a run
    ui: Mapping[str, Any] = field(default_factory=dict)

    @property
    def bounds(self) -> Bounds:
        return Bounds(self.max_runs, self.max_mb * MEGA)


RANGES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"sampler_ms": (20, 1000), "max_runs": (1, 1_000_000), "max_mb": (8, 1_048_576)}
)


def read(file: Path) -> tuple[Settings, tuple[str, ...]]:
    """The settings, and what in the file was wrong; a default stands for each value that was."""
    raw, wrong = _raw(file)
    found = {}
    for one in fields(Settings):
        if one.name in raw:
            try:
                found[one.name] = _checked(one.name, raw[one.name])
            except BadField as error:
                wrong.append(str(error))
    return Settings(**found), tuple(wrong)


def change(file: Path, changes: Mapping[str, Any], now: float) -> Settings:
    """Set these values and keep every other one, known or not.

    Raises BadField, and StorageFailed where the file cannot be written. A damaged file gets another name.
    """
    known = {one.name for one in fields(Settings)}
    for name in changes:
        if name not in known:
            raise BadField(
                f"{str(name)[:80]!r} is no setting. There is: {', '.join(sorted(known))}.", field=name
            )
    checked = {name: _checked(name, value) for name, value in changes.items()}
    try:
        with alone(file):
            raw, wrong = _raw(file)
            if wrong:
                replace(file, file.with_name(f"{file.stem}.damaged-{int(now)}{file.suffix}"))
            _write(file, {**raw, **checked})
    except OSError as error:
        raise StorageFailed(f"{NAME} cannot be written: {error.strerror or error}.") from error
    return read(file)[0]


def _raw(file: Path) -> tuple[dict[str, Any], list[str]]:
    try:
        if file.stat().st_size > LARGEST:
            return {}, [f"{NAME} is larger than a megabyte."]
        raw = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}, []
    except (OSError, ValueError, RecursionError) as error:
        return {}, [f"{NAME} cannot be read: {error}"]
    return (raw, []) if isinstance(raw, dict) else ({}, [f"{NAME} holds no object."])


def _checked(name: str, value: Any) -> Any:
    if name == "badges":
        if not isinstance(value, bool):
            raise BadField("badges must be true or false.", field=name)
        return value
    if name == "ui":
        return _checked_ui(value)
    least, most = RANGES[name]
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadField(f"{name} must be a whole number from {least} to {most}.", field=name)
    return value


def _checked_ui(value: Any) -> dict[str, Any]:
    try:
        size = len(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise BadField("ui must be JSON.", field="ui") from error
    if not isinstance(value, Mapping) or size > LARGEST // 2:
        raise BadField("ui must be an object of at most half a megabyte.", field="ui")
    return dict(value)


def _write(file: Path, raw: Mapping[str, Any]) -> None:
    text = json.dumps(raw, indent=1, ensure_ascii=False)
    write_bytes(file, sendable(text).encode("utf-8") + b"\n")
