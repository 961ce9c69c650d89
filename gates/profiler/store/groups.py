"""Groups of nodes. A node may be in many, and a group may be for one workflow alone."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...errors import UnknownGroup
from . import rows
from .rows import Cell
from .schema import GROUPS, MEMBERS, quoted

COLOR = "#888888"


@dataclass(frozen=True)
class Group:
    id: int
    name: str
    color: str = COLOR  # hex code
    description: str = ""
    workflow_hash: str | None = None  # the workflow that it is for; None for all
    members: tuple[str, ...] = ()  # ids of nodes


def groups(conn: sqlite3.Connection, workflow_hash: str | None = None) -> tuple[Group, ...]:
    """Those that are not in the trash, by number; with a hash only those for this workflow and for all."""
    members = defaultdict(list)
    for group_id, node_id in conn.execute(f"SELECT DISTINCT group_id, node_id FROM {MEMBERS}").fetchall():
        members[group_id].append(str(node_id))
    found = conn.execute(
        f"SELECT * FROM {GROUPS} WHERE trashed_at IS NULL"
        " AND (:hash IS NULL OR workflow_hash IS NULL OR workflow_hash = :hash) ORDER BY id",
        {"hash": rows.clean(workflow_hash)},
    )
    return tuple(_read(row, members[row["id"]]) for row in found.fetchall())


def _read(row: sqlite3.Row, members: Iterable[str]) -> Group:
    scope = row["workflow_hash"]
    return Group(
        int(row["id"]),
        str(row["name"] or ""),
        str(row["color"] or COLOR),
        str(row["description"] or ""),
        None if scope is None else str(scope),
        tuple(sorted(members)),
    )


def create(conn: sqlite3.Connection, cells: Mapping[str, Cell], members: Iterable[str] = ()) -> int:
    names = ", ".join(quoted(name) for name in cells)
    values = ", ".join(f":{name}" for name in cells)
    number = conn.execute(f"INSERT INTO {GROUPS} ({names}) VALUES ({values})", dict(cells)).lastrowid
    assert number is not None
    _add(conn, number, members)
    return number


def change(conn: sqlite3.Connection, group_id: int, cells: Mapping[str, Cell]) -> None:
    """Raises UnknownGroup."""
    require(conn, group_id)
    if cells:
        changes = ", ".join(f"{quoted(name)} = :{name}" for name in cells)
        conn.execute(f"UPDATE {GROUPS} SET {changes} WHERE id = :id_", {**cells, "id_": group_id})


def set_members(
    conn: sqlite3.Connection, group_id: int, add: Iterable[str], remove: Iterable[str]
) -> tuple[str, ...]:
    """Who is in the group afterwards. Raises UnknownGroup."""
    require(conn, group_id)
    gone = [(group_id, node_id) for node_id in remove]
    conn.executemany(f"DELETE FROM {MEMBERS} WHERE group_id = ? AND node_id = ?", gone)
    _add(conn, group_id, add)
    found = conn.execute(f"SELECT DISTINCT node_id FROM {MEMBERS} WHERE group_id = ?", (group_id,))
    return tuple(sorted(str(row[0]) for row in found.fetchall()))


def _add(conn: sqlite3.Connection, group_id: int, members: Iterable[str]) -> None:
    conn.executemany(
        f"INSERT INTO {MEMBERS} (group_id, node_id) SELECT :g, :n WHERE NOT EXISTS"
        f" (SELECT 1 FROM {MEMBERS} WHERE group_id = :g AND node_id = :n)",
        [{"g": group_id, "n": node_id} for node_id in members],
    )


def require(conn: sqlite3.Connection, group_id: int) -> None:
    statement = f"SELECT 1 FROM {GROUPS} WHERE id = ? AND trashed_at IS NULL"
    if conn.execute(statement, (rows.clean(group_id),)).fetchone() is None:
        raise UnknownGroup(f"There is no group {group_id}. It may lie in the trash.", group=group_id)
