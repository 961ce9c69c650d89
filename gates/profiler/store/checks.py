"""What a person or a page may write into the database."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ...errors import BadField
from .rows import Cell, sendable

LONGEST_NAME = 200  # characters
LONGEST_COMMENT = 20_000
LONGEST_NODE_ID = 200
MOST_MEMBERS = 10_000  # of one request
COLOR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


def text(field: str, value: Any, longest: int) -> str:
    """Raises BadField."""
    if not isinstance(value, str):
        raise BadField(f"{field} must be text.", field=field)
    if len(value) > longest:
        raise BadField(f"{field} has {len(value)} characters; at most {longest} are kept.", field=field)
    return sendable(value)


def name(field: str, value: Any) -> str:
    """A name that can be seen. Raises BadField."""
    found = text(field, value, LONGEST_NAME).strip()
    if not found or not found.isprintable():
        raise BadField(f"{field} must have a visible character, and no control characters.", field=field)
    return found


def color(value: Any) -> str:
    if not isinstance(value, str) or not COLOR.fullmatch(value):
        raise BadField("color must be a hex code such as #4a90d9.", field="color")
    return value.lower()


def scope(value: Any) -> str | None:
    """The workflow that a group belongs to; None for all."""
    return None if value is None else text("workflow_hash", value, LONGEST_NAME)


def node_ids(field: str, values: Any) -> tuple[str, ...]:
    if not isinstance(values, list | tuple) or len(values) > MOST_MEMBERS:
        raise BadField(f"{field} must be a list of at most {MOST_MEMBERS} ids of nodes.", field=field)
    return tuple(dict.fromkeys(_node_id(field, value) for value in values))


def _node_id(field: str, value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    found = text(field, value, LONGEST_NODE_ID)
    if not found:
        raise BadField(f"{field} must not hold an empty id.", field=field)
    return found


def group_cells(**given: Any) -> dict[str, Cell]:
    """Columns of a group, checked. Raises BadField."""
    made: dict[str, Callable[[Any], Cell]] = {
        "name": lambda value: name("name", value),
        "color": color,
        "description": lambda value: text("description", value, LONGEST_COMMENT),
        "workflow_hash": scope,
    }
    if unknown := given.keys() - made.keys():
        raise BadField(
            f"A group has no {min(unknown)[:80]!r}. It has: {', '.join(made)}.", field=min(unknown)
        )
    return {key: made[key](value) for key, value in given.items()}
