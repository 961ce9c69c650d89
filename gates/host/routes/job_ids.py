"""Which texts are job ids."""

from __future__ import annotations

import uuid


def checked_job_id(value: object) -> str:
    """The id itself, where it is a UUID in the form that ids are compared in; else ValueError."""
    if not isinstance(value, str) or str(uuid.UUID(value)) != value:
        raise ValueError(f"{value!r} is no UUID in lowercase with hyphens")
    return value
