"""The list of runs, page by page."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, fields

from ..records import Run
from . import rows
from .rows import Cell
from .schema import RUNS, quoted

LEFT_OUT = ("environment_json", "pools_json")  # large, and of no use in a list
MOST = 1000  # runs of one page


@dataclass(frozen=True)
class Filters:
    """Which runs; None takes all. `text` is looked for in names, comments and series."""

    text: str | None = None
    status: str | None = None
    workflow_hash: str | None = None
    series: str | None = None
    mode: str | None = None
    named: bool | None = None
    since: float | None = None  # s since 1970
    until: float | None = None


@dataclass(frozen=True)
class RunPage:
    """Newest first; without `environment_json` and `pools_json`, which `run` has."""

    runs: tuple[Run, ...]
    total: int  # of all pages


def page(conn: sqlite3.Connection, limit: int, offset: int, filters: Filters) -> RunPage:
    where, values = _where(filters)
    total = conn.execute(f"SELECT count(*) FROM {RUNS} WHERE {where}", values).fetchone()[0]
    names = [one.name for one in fields(Run) if one.name not in LEFT_OUT]
    found = conn.execute(
        f"SELECT {', '.join(map(quoted, names))} FROM {RUNS} WHERE id IN "
        f"(SELECT id FROM {RUNS} WHERE {where} ORDER BY timestamp DESC, id DESC"
        " LIMIT :limit_ OFFSET :offset_)"
        " ORDER BY timestamp DESC, id DESC",
        {**values, "limit_": max(0, min(limit, MOST)), "offset_": max(0, offset)},
    ).fetchall()
    return RunPage(rows.read_all(Run, found), int(total))


def _where(filters: Filters) -> tuple[str, dict[str, Cell]]:
    parts, values = ["trashed_at IS NULL"], {}
    for name in ("status", "workflow_hash", "series", "mode"):
        if (wanted := getattr(filters, name)) is not None:
            parts.append(f"{name} = :{name}")
            values[name] = rows.clean(wanted)
    if filters.named is not None:
        parts.append("coalesce(name, '') != ''" if filters.named else "coalesce(name, '') = ''")
    if filters.since is not None:
        parts.append("timestamp >= :since")
        values["since"] = rows.clean(filters.since)
    if filters.until is not None:
        parts.append("timestamp < :until")
        values["until"] = rows.clean(filters.until)
    if filters.text:
        sought = " || ' ' || ".join(f"coalesce({name}, '')" for name in ("name", "global_comment", "series"))
        parts.append(f"instr(folded({sought}), :text_)")
        values["text_"] = rows.sendable(filters.text).casefold()
    return " AND ".join(parts), values
