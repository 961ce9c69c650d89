"""The database of the model index: what a model is, its hashes, and where a file with that content lies."""

from __future__ import annotations

import json
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from .content import KIND
from .databases import Database
from .model_files import ModelFile
from .records import ModelInfo

# `models` and `model_hashes` hold one row for each content, so a second copy is a second location.
SCHEMA = """
CREATE TABLE models (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT,
    size INTEGER,
    local_path TEXT,
    original_name TEXT,
    last_seen TIMESTAMP,
    metadata JSON
);
CREATE TABLE model_hashes (
    model_id INTEGER,
    hash_type TEXT,
    hash_value TEXT,
    PRIMARY KEY (hash_type, hash_value),
    FOREIGN KEY (model_id) REFERENCES models(id)
);
CREATE TABLE model_locations (
    path TEXT PRIMARY KEY,
    model_id INTEGER NOT NULL REFERENCES models(id),
    name TEXT NOT NULL,
    root TEXT,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode TEXT NOT NULL,
    device TEXT NOT NULL,
    missing_since TIMESTAMP
);
CREATE INDEX idx_models_name ON models(name);
CREATE INDEX idx_models_path ON models(local_path);
CREATE INDEX idx_hash_value ON model_hashes(hash_value);
CREATE INDEX idx_locations_model ON model_locations(model_id)"""
VERSION = 1
# Of the locations that are there, the first by its path speaks for the model.
REFRESH = """
UPDATE models SET
    local_path = (SELECT min(path) FROM model_locations WHERE model_id = models.id AND missing_since IS NULL),
    name = coalesce((SELECT name FROM model_locations WHERE model_id = models.id AND missing_since IS NULL
        ORDER BY path LIMIT 1), name)"""

SEEN = "UPDATE models SET last_seen = ? WHERE id = (SELECT model_id FROM model_locations WHERE path = ?)"
HASHES = "SELECT model_id, hash_type, hash_value FROM model_hashes WHERE model_id = coalesce(?, model_id)"
PLACES = (
    "SELECT model_id, path, root, inode, device FROM model_locations "
    "WHERE model_id = coalesce(?, model_id) AND missing_since IS NULL ORDER BY path"
)
MODELS = (
    "SELECT id, name, size, original_name, last_seen, metadata FROM models "
    "WHERE id = coalesce(?, id) ORDER BY name, id"
)


@dataclass(frozen=True)
class Located:
    """A file as it was when its content was read; `root` is the folder that was scanned, None: it alone."""

    file: ModelFile
    content: str
    root: str | None = None
    is_there: bool = True


class ModelStore:
    def __init__(self, file: Path) -> None:
        self._database = Database(file, SCHEMA, VERSION)

    def keep(self, found: Iterable[Located], now: float) -> None:
        """What lies there now; what lay at that path before is known on, without it."""
        rows = [*found]

        def kept(conn: sqlite3.Connection) -> None:
            for one in rows:
                _keep(conn, one, now)
            conn.execute(REFRESH)

        if rows:
            self._database.write(kept)

    def see(self, paths: Iterable[str], now: float) -> None:
        """These lie there still, as they were."""
        self._mark(SEEN, paths, now)

    def lose(self, paths: Iterable[str], now: float) -> None:
        """These are gone. If they come back as they were, their content is known without reading it."""
        self._mark("UPDATE model_locations SET missing_since = ? WHERE path = ?", paths, now)

    def _mark(self, statement: str, paths: Iterable[str], now: float) -> None:
        rows = [(now, path) for path in paths]

        def marked(conn: sqlite3.Connection) -> None:
            conn.executemany(statement, rows)
            conn.execute(REFRESH)

        if rows:
            self._database.write(marked)

    def describe(self, content: str, metadata: Mapping[str, Any]) -> None:
        """Add to what is said of a model."""

        def described(conn: sqlite3.Connection) -> None:
            number = _id_of(conn, content)
            row = conn.execute("SELECT metadata FROM models WHERE id = ?", (number,)).fetchone()
            if row is not None:
                text = json.dumps({**json.loads(row[0]), **metadata}, ensure_ascii=False)
                conn.execute("UPDATE models SET metadata = ? WHERE id = ?", (text, number))

        self._database.write(described)

    def located(self) -> list[Located]:
        """Every place where a model lies, or lay."""
        query = (
            "SELECT path, size, mtime_ns, inode, device, hash_type, hash_value, root, missing_since "
            "FROM model_locations JOIN model_hashes USING (model_id) WHERE hash_type = ?"
        )
        none: list[tuple[Any, ...]] = []
        rows = self._database.read(lambda conn: conn.execute(query, (KIND,)).fetchall(), none)
        return [_located(row) for row in rows]

    def models(self) -> list[ModelInfo]:
        """All that are known, by name."""
        return self._database.read(_models, [])

    def with_hash(self, kind: str | None, value: str) -> ModelInfo | None:
        """One query, whatever the kind of hash; None as `kind`: any."""
        query = (
            "SELECT m.id FROM models m JOIN model_hashes h ON m.id = h.model_id "
            "WHERE h.hash_value = ? AND h.hash_type = coalesce(?, h.hash_type)"
        )

        def found(conn: sqlite3.Connection) -> list[ModelInfo]:
            row = conn.execute(query, (value, kind)).fetchone()
            return _models(conn, row[0]) if row is not None else []

        none: list[ModelInfo] = []
        return next(iter(self._database.read(found, none)), None)


def _keep(conn: sqlite3.Connection, one: Located, now: float) -> None:
    number = _id_of(conn, one.content)
    if number is None:
        number = _made(conn, one)
    conn.execute("UPDATE models SET last_seen = ? WHERE id = ?", (now, number))
    size, modified, inode, device = one.file.identity
    name = os.path.basename(one.file.path)
    conn.execute(
        "INSERT OR REPLACE INTO model_locations VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        (one.file.path, number, name, one.root, size, modified, str(inode), str(device)),
    )


def _made(conn: sqlite3.Connection, one: Located) -> int | None:
    name = os.path.basename(one.file.path)
    made = conn.execute(
        "INSERT INTO models (name, size, original_name, metadata) VALUES (?, ?, ?, '{}')",
        (name, one.file.size, name),
    )
    conn.execute("INSERT INTO model_hashes VALUES (?, ?, ?)", (made.lastrowid, *one.content.split(":")))
    return made.lastrowid


def _id_of(conn: sqlite3.Connection, content: str) -> int | None:
    query = "SELECT model_id FROM model_hashes WHERE hash_type = ? AND hash_value = ?"
    row = conn.execute(query, tuple(content.split(":"))).fetchone()
    return row[0] if row is not None else None


def _located(row: tuple[Any, ...]) -> Located:
    """Inodes can be larger than what sqlite has as a number, so they lie there as text."""
    path, size, modified, inode, device, kind, value, root, missing = row
    file = ModelFile(path, size, modified, int(inode), int(device))
    return Located(file, f"{kind}:{value}", root, missing is None)


class Place(NamedTuple):
    path: str
    root: str | None
    inode: str
    device: str

    @property
    def relative(self) -> str:
        below = self.path[len(self.root) :] if self.root is not None else os.path.basename(self.path)
        return below.replace(os.sep, "/").lstrip("/")

    @property
    def file(self) -> tuple[str, str]:
        """The same for two names of one file."""
        return (self.device, self.inode) if self.inode != "0" else (self.device, self.path)


def _models(conn: sqlite3.Connection, number: int | None = None) -> list[ModelInfo]:
    """All, or the one of that number."""
    hashes: dict[int, dict[str, str]] = defaultdict(dict)
    for model, kind, value in conn.execute(HASHES, (number,)):
        hashes[model][kind] = value
    places: dict[int, list[Place]] = defaultdict(list)
    for model, *place in conn.execute(PLACES, (number,)):
        places[model].append(Place(*place))
    return [_info(row, hashes[row[0]], places[row[0]]) for row in conn.execute(MODELS, (number,))]


def _info(row: tuple[Any, ...], hashes: Mapping[str, str], places: Sequence[Place]) -> ModelInfo:
    _, name, size, original_name, last_seen, metadata = row
    return ModelInfo(
        name,
        size,
        f"{KIND}:{hashes[KIND]}",
        tuple(Path(place.path) for place in places),
        tuple(place.relative for place in places),
        len({place.file for place in places}),
        hashes,
        original_name,
        last_seen,
        json.loads(metadata),
    )
