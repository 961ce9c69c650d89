"""What the pools that a prompt uses hold, as one hash each, so that a later run can be told from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import pool, registry
from .errors import GatesError
from .places import Base

ID_INPUT = {"GridImagePool": "pool_id", "PoolProfile": "profile_id"}  # by class of node


def prints_of(base: Base, prompt: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By id of the pool: `fingerprint`, `images` and `name`; a pool that cannot be read says why."""
    ids = dict.fromkeys(filter(None, (_pool_id(node) for node in prompt.values())))
    return {pool_id: _print(base, pool_id) for pool_id in ids}


def _pool_id(node: Any) -> str | None:
    if not isinstance(node, Mapping) or not isinstance(node.get("inputs"), Mapping):
        return None
    value = node["inputs"].get(ID_INPUT.get(str(node.get("class_type")), ""))
    return value if isinstance(value, str) else None


def _print(base: Base, pool_id: str) -> dict[str, Any]:
    try:
        if not pool.exists(base, pool_id):
            return {"fingerprint": None, "images": 0, "name": None, "why": "there is no such pool"}
        entry = registry.find_by_id(registry.read_registry(base), pool_id)
        return {
            "fingerprint": pool.fingerprint(base, pool_id),
            "images": len(pool.read_manifest(base, pool_id).slots),
            "name": entry["name"] if entry else None,
        }
    except (GatesError, OSError) as error:
        return {"fingerprint": None, "images": None, "name": None, "why": str(error)}
