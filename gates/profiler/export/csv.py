"""One row for each step, with the unit of each column in its head (RFC 4180)."""

from __future__ import annotations

import csv
import io
from enum import Enum
from typing import Any

from ..records import Recording, Step, columns_of

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a text that begins so
LEFT_OUT = ("id", "run_id")


def export_csv(recording: Recording) -> str:
    """The steps as text that every spreadsheet opens; an empty cell was not measured."""
    columns = {name: one["unit"] for name, one in columns_of(Step).items() if name not in LEFT_OUT}
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([f"{name} [{unit}]" if unit else name for name, unit in columns.items()])
    writer.writerows([_cell(getattr(step, name)) for name in columns] for step in recording.steps)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return int(value)
    return _text(value) if isinstance(value, str) else value


def _text(value: str) -> str:
    plain = value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    return f"'{plain}" if plain.startswith(FORMULA) else plain
