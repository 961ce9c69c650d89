"""From whatever lies there to the tables of today: named steps, each of them done once.

`profiler_meta` says which were done, under `migration:<name>`, and `user_version` how many. A file that a
newer version of the pack has changed is used as it is: nothing is ever taken away.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

from . import schema
from .schema import GROUPS, MEMBERS, META, RUNS, STEPS, TABLES, quoted

Migration = Callable[[sqlite3.Connection], None]


class ForeignTables(Exception):
    """Tables of our names that are none of ours."""


def migrate(conn: sqlite3.Connection, now: float) -> None:
    """Bring the database up to date, in one transaction. `conn` has no transaction open.

    Raises ForeignTables, or what sqlite raises; the file is then as it was.
    """
    conn.execute("PRAGMA foreign_keys=OFF")  # a table is rebuilt under those that refer to it
    conn.execute("PRAGMA legacy_alter_table=ON")
    conn.execute("BEGIN IMMEDIATE")
    try:
        check(conn)
        conn.execute(f"CREATE TABLE IF NOT EXISTS {META} (key TEXT PRIMARY KEY, value TEXT)")
        for number, (name, step) in enumerate(MIGRATIONS, 1):
            if not _done(conn, name):
                step(conn)
                conn.execute(f"INSERT INTO {META} VALUES (?, ?)", (f"migration:{name}", str(now)))
            if version(conn) < number:
                conn.execute(f"PRAGMA user_version={number}")
        own_columns(conn)  # those that the records got since
        if not _complete(conn):
            raise ForeignTables("tables of ours are missing, though they were made")
        conn.execute("COMMIT")
    except BaseException:
        conn.execute("ROLLBACK")
        raise
    finally:
        conn.execute("PRAGMA legacy_alter_table=OFF")
        conn.execute("PRAGMA foreign_keys=ON")


def is_current(conn: sqlite3.Connection) -> bool:
    """Whether there is nothing to migrate. Reads alone."""
    if version(conn) < len(MIGRATIONS) or not _complete(conn):
        return False
    done = all(_done(conn, name) for name, _ in MIGRATIONS)
    return done and not any(missing_columns(conn, table) for table in TABLES)


def version(conn: sqlite3.Connection) -> int:
    return int(conn.execute("PRAGMA user_version").fetchone()[0])


def _done(conn: sqlite3.Connection, name: str) -> bool:
    key = (f"migration:{name}",)
    return conn.execute(f"SELECT 1 FROM {META} WHERE key = ?", key).fetchone() is not None


def _kinds(conn: sqlite3.Connection) -> dict[str, str]:
    return dict(conn.execute("SELECT name, type FROM sqlite_master WHERE name LIKE 'profiler%'").fetchall())


def _complete(conn: sqlite3.Connection) -> bool:
    kinds = _kinds(conn)
    return all(kinds.get(name) == "table" for name in (META, *TABLES, *schema.OWN_TABLES))


def check(conn: sqlite3.Connection) -> None:
    """Raise ForeignTables where a name of ours is a view, or a table that cannot hold our rows."""
    kinds = _kinds(conn)
    for table in TABLES:
        if kinds.get(table, "table") != "table":
            raise ForeignTables(f"{table} is a {kinds[table]}")
        key = [(name, kind.upper()) for name, (kind, primary) in declared(conn, table).items() if primary]
        if table in kinds and key != ([("id", "INTEGER")] if "id" in TABLES[table] else []):
            raise ForeignTables(f"{table} has another key")


def declared(conn: sqlite3.Connection, table: str) -> dict[str, tuple[str, bool]]:
    """Type as declared, and whether it is the key, of each column that can be written."""
    rows = conn.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
    return {str(name): (str(kind), bool(primary)) for _, name, kind, _, _, primary in rows}


def missing_columns(conn: sqlite3.Connection, table: str) -> list[str]:
    there = {name.lower() for name in declared(conn, table)}
    return [name for name in TABLES[table] if name not in there]


def the_four_tables(conn: sqlite3.Connection) -> None:
    for table, columns in TABLES.items():
        if not declared(conn, table):
            conn.execute(schema.create(table, columns))


def ids_as_text(conn: sqlite3.Connection) -> None:
    """In an INTEGER column 1.10 becomes 1.1 and 007 becomes 7: rebuild the tables that have one."""
    for table in (STEPS, MEMBERS):
        if declared(conn, table)["node_id"][0].upper() != "TEXT":
            _rebuild(conn, table)


def _rebuild(conn: sqlite3.Connection, table: str) -> None:
    """The table with its columns as we declare them; what it has beyond that, and every row, is kept."""
    there = {name: kind for name, (kind, _) in declared(conn, table).items()}
    columns = {name: TABLES[table].get(name, kind) for name, kind in there.items()}
    names = ", ".join(quoted(name) for name in columns)
    values = ", ".join("CAST(node_id AS TEXT)" if name == "node_id" else quoted(name) for name in columns)
    conn.execute(schema.create(table, columns, name=f"{table}_new"))
    conn.execute(f"INSERT OR IGNORE INTO {table}_new ({names}) SELECT {values} FROM {quoted(table)}")
    conn.execute(f"DROP TABLE {quoted(table)}")
    conn.execute(f"ALTER TABLE {table}_new RENAME TO {table}")


def own_tables(conn: sqlite3.Connection) -> None:
    for name, statement in schema.OWN_TABLES.items():
        if name in _kinds(conn):
            raise ForeignTables(f"{name} is there, and none of ours")
        conn.execute(statement)


def own_columns(conn: sqlite3.Connection) -> None:
    for table in (RUNS, STEPS, GROUPS):
        for name in missing_columns(conn, table):
            conn.execute(f"ALTER TABLE {quoted(table)} ADD COLUMN {quoted(name)} {TABLES[table][name]}")


def own_indexes(conn: sqlite3.Connection) -> None:
    for statement in schema.INDEXES:
        conn.execute(statement)


MIGRATIONS: Final[tuple[tuple[str, Migration], ...]] = (
    ("the four tables", the_four_tables),
    ("ids as text", ids_as_text),
    ("own tables", own_tables),
    ("own columns", own_columns),
    ("own indexes", own_indexes),
)
