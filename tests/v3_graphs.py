"""Short ways to write prompts for the V3 packs in tests/data."""

from __future__ import annotations

from typing import Any

Graph = dict[str, Any]


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


def text(value: str) -> dict[str, Any]:
    return node("V3Text", text=value)


def show(source: str, slot: int = 0) -> dict[str, Any]:
    return node("V1Show", text=[source, slot])
