"""The record of a job: one JSON file beside its outputs, written when it is given out and when it ends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..atomic import write_bytes
from ..workflow import canonical_hash, is_api
from .order import Order, Try

VERSION = 1
LARGEST = 16 * 2**20  # bytes of a record that is read
GIVEN = "given"  # status of a job that a server was given and that has not ended, as far as is known
DONE = "done"


@dataclass(frozen=True)
class Kept:
    """One output. `path` is relative to the record's folder, None for a text and for what was not kept."""

    node: str
    kind: str
    filename: str = ""
    subfolder: str = ""
    type: str = ""
    cached: bool = False  # an old result, rendered by an earlier run
    path: str | None = None
    size: int | None = None  # bytes
    sha256: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Record:
    """What is known of a job. Times are seconds since 1970; `seconds` is the run by the server's clock."""

    job: str
    user: str
    status: str
    exit_code: int | None
    server: str | None
    prompt_id: str
    attempt: int
    digest: str
    workflow: str
    workflow_hash: str
    settings: tuple[str, ...]
    inputs: tuple[dict[str, Any], ...]
    out: str
    cached: bool | None = None  # whether every file is an old one; None without files
    cached_nodes: tuple[str, ...] = ()
    outputs: tuple[Kept, ...] = ()
    tries: tuple[Try, ...] = ()  # servers that had the job and are provably gone
    error: dict[str, str] | None = None
    asked_at: float | None = None
    ended_at: float | None = None
    seconds: float | None = None
    version: int = field(default=VERSION)


def begun(order: Order, out: str, server: str | None, now: float) -> Record:
    """The record of a job that is given out now."""
    return Record(
        job=order.job,
        user=order.user,
        status=GIVEN,
        exit_code=None,
        server=server,
        prompt_id=order.prompt_id,
        attempt=order.attempt,
        digest=order.digest,
        workflow=order.source,
        workflow_hash=hash_of(order.workflow),
        settings=order.settings,
        inputs=tuple(
            {"target": one.target, "file": one.path, "name": one.name, "sha256": one.sha256}
            for one in order.inputs
        ),
        out=out,
        tries=order.tries,
        asked_at=now,
    )


def hash_of(workflow: Mapping[str, Any]) -> str:
    """The canonical hash in API format, in which names of nodes do not count; else that of the text."""
    if is_api(workflow):
        return canonical_hash(workflow)
    text = json.dumps(workflow, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def as_dict(record: Record) -> dict[str, Any]:
    body = asdict(record)
    return {"version": body.pop("version"), **body}


def write(path: Path, record: Record) -> None:
    """Replace the record, durably: what it says survives a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(as_dict(record), indent=1, ensure_ascii=False, allow_nan=False)
    write_bytes(path, text.encode("utf-8", "backslashreplace") + b"\n")


def read(path: Path) -> Record | None:
    """The record at `path`; None where there is none, or something else."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        return from_dict(json.loads(path.read_text("utf-8")))
    except (FileNotFoundError, IsADirectoryError, ValueError, TypeError, KeyError):
        return None


def from_dict(body: Mapping[str, Any]) -> Record | None:
    """The inverse of `as_dict`. Raises TypeError or KeyError for what no record is."""
    if body["version"] != VERSION:
        return None
    outputs = tuple(Kept(**one) for one in body["outputs"])
    tries = tuple(Try(**one) for one in body["tries"])
    lists = {name: tuple(body[name]) for name in ("settings", "inputs", "cached_nodes")}
    return Record(**{**body, **lists, "outputs": outputs, "tries": tries})


def is_done(record: Record | None, order: Order, folder: Path) -> bool:
    """Whether this very job was done before and its files still lie below `folder`, of the same size."""
    if record is None or record.status != DONE or record.digest != order.digest:
        return False
    return all(has_file(folder, one) for one in record.outputs if one.path is not None)


def has_file(folder: Path, kept: Kept) -> bool:
    try:
        return (folder / (kept.path or "")).stat().st_size == kept.size
    except OSError:
        return False
