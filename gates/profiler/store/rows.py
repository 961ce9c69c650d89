"""Between the values of `records` and the cells of a row.

The file may have been written by anybody, so a cell is never trusted to be of the declared type.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from enum import Enum
from typing import Any, TypeVar

from ..records import Run, Step

Record = TypeVar("Record", Run, Step)
Row = sqlite3.Row | Mapping[str, Any]
Cell = int | float | str | bytes | None
LARGEST = 2**63 - 1
UNWRITTEN = frozenset({"id"})
KEPT_ELSEWHERE = frozenset({"environment_json"})  # a document, the same for many runs


@dataclass(frozen=True)
class Column:
    name: str
    kind: str  # int, bool, float or str
    required: bool  # "" where there is nothing, instead of None


def columns(record: type[Run] | type[Step]) -> tuple[Column, ...]:
    return tuple(_column(one.name, str(one.type)) for one in fields(record))


def _column(name: str, annotation: str) -> Column:
    kind = annotation.split(" | ")[0]
    return Column(name, kind, required="None" not in annotation)


def cells(record: Run | Step) -> dict[str, Cell]:
    """What to write, by column; `id` and what is kept elsewhere are left out."""
    left_out = UNWRITTEN | KEPT_ELSEWHERE
    return {one.name: clean(getattr(record, one.name)) for one in fields(record) if one.name not in left_out}


def clean(value: Any) -> Cell:
    """A value as sqlite keeps it: NaN, the infinities and whole numbers beyond 64 bits are not measured."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if -LARGEST <= value <= LARGEST else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return sendable(value)
    return None


def sendable(text: str) -> str:
    """Text without lone surrogates, which neither sqlite nor UTF-8 takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def read(record: type[Record], row: Row, shape: tuple[Column, ...]) -> Record:
    """A record from a row; `shape` is `columns(record)`, made once for many rows."""
    cells = dict(zip(row.keys(), row, strict=True)) if isinstance(row, sqlite3.Row) else row
    return record(**{one.name: value_of(one, cells.get(one.name)) for one in shape})


def read_all(record: type[Record], rows: Iterable[Row]) -> tuple[Record, ...]:
    shape = columns(record)
    return tuple(read(record, row, shape) for row in rows)


def value_of(column: Column, cell: Any) -> Any:
    """A cell as the column's type; None, or "" where the field is never None, for what cannot be that."""
    if cell is None:
        return "" if column.required else None
    if type(cell).__name__ == column.kind and column.kind != "float":
        return cell
    if column.kind == "str":
        return _text(cell)
    if column.name == "timestamp" and isinstance(cell, str):
        return _moment(cell)
    number = _number(cell)
    if number is None:
        return None
    return {"float": float, "bool": bool, "int": int}[column.kind](number)


def _text(cell: Any) -> str:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else sendable(str(cell))


def _number(cell: Any) -> float | int | None:
    if isinstance(cell, str):
        try:
            cell = float(cell)
        except ValueError:
            return None
    return cell if isinstance(cell, int | float) and math.isfinite(cell) else None


def _moment(cell: str) -> float | None:
    """CURRENT_TIMESTAMP, which is UTC, as seconds since 1970."""
    try:
        return datetime.fromisoformat(cell).replace(tzinfo=timezone.utc).timestamp()
    except (ValueError, OverflowError):
        return None
