"""Opening the database file: made, checked, brought up to date; or why it cannot be used."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ...atomic import replace, take_lock
from . import presence, runs
from .migrations import ForeignTables, check, is_current, migrate
from .schema import META

CHECKED_WHOLE = 64 * 2**20  # bytes up to which a file is checked at each opening, else after a crash alone


class Damaged(Exception):
    """The file is no database, or a broken one, or holds other things under our names."""


def connect(uri: str, patience: float = 5.0) -> sqlite3.Connection:
    """A connection that no thread owns, without transactions of its own. `patience`: s for a lock."""
    conn = sqlite3.connect(
        uri, uri=True, timeout=patience, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        conn.row_factory = sqlite3.Row
        conn.text_factory = _text
        conn.create_function("folded", 1, _folded, deterministic=True)
        conn.execute("PRAGMA trusted_schema=OFF")
        conn.execute("PRAGMA foreign_keys=ON")
        conn.execute("PRAGMA synchronous=NORMAL")
    except BaseException:
        conn.close()
        raise
    return conn


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _folded(text: Any) -> str:
    """For searching: sqlite's own lower() knows English letters alone."""
    return str(text).casefold()


def uri_of(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?mode={mode}"


def is_damage(error: sqlite3.Error) -> bool:
    """Malformed, or no database: what sqlite says with the bare class."""
    return type(error) is sqlite3.DatabaseError


def prepare(path: Path, now: float, patience: float) -> None:
    """Make the file, or check it, bring it up to date and close the runs that a crash left open.

    Raises Damaged, or OSError or sqlite3.Error where it cannot be written.
    """
    size = path.stat().st_size if path.exists() else 0
    logged = path.with_name(f"{path.name}-wal").exists()
    try:
        with closing(connect(uri_of(path, "rwc"), patience)) as conn:
            if size:
                _check_pages(conn, size, logged)
                check(conn)
            else:
                conn.execute("PRAGMA auto_vacuum=INCREMENTAL")
            conn.execute("PRAGMA journal_mode=WAL")
            if not is_current(conn):
                migrate(conn, now)
            _begin_use(conn, path)
    except sqlite3.Error as error:
        if is_damage(error):
            raise Damaged(str(error)) from error
        raise
    except ForeignTables as error:
        raise Damaged(str(error)) from error


def _check_pages(conn: sqlite3.Connection, size: int, logged: bool) -> None:
    """`logged`: there is a log, from which sqlite may mend a page that was half written."""
    if not logged and size % conn.execute("PRAGMA page_size").fetchone()[0]:
        raise Damaged("it ends within a page")
    if size > CHECKED_WHOLE and get_meta(conn, "in_use") == "0":
        conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return
    found = [str(row[0]) for row in conn.execute("PRAGMA quick_check(3)").fetchall()]
    if found != ["ok"]:
        raise Damaged("; ".join(found))


def _begin_use(conn: sqlite3.Connection, path: Path) -> None:
    """Also shows that the file can be written at all."""
    conn.execute("BEGIN IMMEDIATE")
    set_meta(conn, "in_use", "1")
    left = {owner for owner in runs.owners_of_running(conn) if not presence.is_alive(path, owner)}
    runs.abort(conn, left)
    conn.execute("COMMIT")


def end_use(conn: sqlite3.Connection) -> None:
    set_meta(conn, "in_use", "0")


def set_meta(conn: sqlite3.Connection, key: str, value: str) -> None:
    conn.execute(f"INSERT OR REPLACE INTO {META} VALUES (?, ?)", (key, value))


def get_meta(conn: sqlite3.Connection, key: str) -> str | None:
    if conn.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (META,)).fetchone() is None:
        return None
    row = conn.execute(f"SELECT value FROM {META} WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


@contextmanager
def alone(path: Path, patience: float = 10.0) -> Iterator[None]:
    """While this holds, no other program makes, migrates or sets aside the database at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        take_lock(descriptor, patience=patience)
        yield
    finally:
        os.close(descriptor)


def set_aside(path: Path, now: float) -> Path:
    """Give the damaged file, and what sqlite keeps beside it, a name with the date; the new name."""
    day = datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H-%M-%SZ")
    target = path.with_name(f"{path.stem}.damaged-{day}{path.suffix}")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.stem}.damaged-{day}-{number}{path.suffix}")
    for ending in ("-wal", "-shm", ""):
        source = path.with_name(path.name + ending)
        if source.exists():
            replace(source, target.with_name(target.name + ending))
    return target


def set_aside_before(path: Path) -> tuple[str, ...]:
    """Names of the damaged files that lie beside the database, oldest first."""
    return tuple(sorted(file.name for file in path.parent.glob(f"{path.stem}.damaged-*{path.suffix}")))
