"""workspace.json: read and changed by one command at a time, so that none takes back what another wrote."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .. import atomic
from ..errors import BadConfig

Change = Callable[[dict[str, Any]], Mapping[str, Any]]


def read_object(file: Path) -> dict[str, Any]:
    """What a file of JSON holds; nothing where there is none. Raises BadConfig."""
    try:
        data = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise BadConfig(f"{file} cannot be read ({error}). Mend it, or move it away.") from None
    if not isinstance(data, dict):
        raise BadConfig(f"{file} is no JSON object. Mend it, or move it away.")
    return data


def change_object(file: Path, change: Change) -> None:
    """`change` gets what stands there now, while nobody else changes it. Raises BadConfig."""
    with atomic.hold(file.with_name(f".{file.name}.lock")):
        write_object(file, change(read_object(file)))


def write_object(file: Path, data: Mapping[str, Any]) -> None:
    atomic.write_bytes(file, json.dumps(data, indent=1, ensure_ascii=False).encode("utf-8"))
