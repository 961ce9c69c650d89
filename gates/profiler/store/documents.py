"""JSON that many runs share (workflows, prompts, environments), kept once and compressed."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from typing import Any

LARGEST = 64 * 2**20  # bytes of JSON that are read back


def put(conn: sqlite3.Connection, value: Any) -> int | None:
    """Number of the document; None for None, and for what is no JSON or too large."""
    text = None if value is None else _encoded(value)
    if text is None:
        return None
    digest = hashlib.sha256(text).hexdigest()
    row = conn.execute("SELECT id FROM profiler_documents WHERE sha256 = ?", (digest,)).fetchone()
    if row is not None:
        return int(row[0])
    statement = "INSERT INTO profiler_documents (sha256, body) VALUES (?, ?)"
    return conn.execute(statement, (digest, zlib.compress(text, 6))).lastrowid


def _encoded(value: Any) -> bytes | None:
    try:
        text = json.dumps(value, separators=(",", ":"), allow_nan=True).encode("ascii")
    except (TypeError, ValueError, RecursionError):
        return None
    return text if len(text) <= LARGEST else None


def get(conn: sqlite3.Connection, number: Any) -> Any:
    """The JSON value; None where there is none, or nothing that can be read."""
    row = conn.execute("SELECT body FROM profiler_documents WHERE id = ?", (number,)).fetchone()
    text = None if row is None else inflated(row[0], LARGEST)
    return None if text is None else parsed(text)


def parsed(text: bytes | str) -> Any:
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def inflated(body: Any, most: int) -> bytes | None:
    """What was compressed, when that is at most `most` bytes; None otherwise."""
    if not isinstance(body, bytes):
        return None
    decoder = zlib.decompressobj()
    try:
        data = decoder.decompress(body, most + 1)
    except zlib.error:
        return None
    return data if decoder.eof and len(data) <= most else None


def remove_unused(conn: sqlite3.Connection) -> None:
    """Forget the documents that no run and no snapshot refers to."""
    conn.execute(
        """DELETE FROM profiler_documents WHERE id NOT IN (
            SELECT prompt_doc FROM profiler_runs WHERE prompt_doc IS NOT NULL
            UNION SELECT workflow_doc FROM profiler_runs WHERE workflow_doc IS NOT NULL
            UNION SELECT environment_doc FROM profiler_runs WHERE environment_doc IS NOT NULL
            UNION SELECT workflow_doc FROM profiler_snapshots WHERE workflow_doc IS NOT NULL)"""
    )
