"""The recorded workflows of tests/data/workflows, and how they are converted as they were recorded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from gates.workflow import to_api

DATA = Path(__file__).parent / "data" / "workflows"
NAMES = sorted(path.name for path in DATA.iterdir() if path.is_dir())
RECORDED_AT = datetime(2026, 2, 3, 4, 5, 6)


@cache
def _text(name: str, part: str) -> str:
    return (DATA / name / f"{part}.json").read_text("utf-8")


def recorded(name: str, part: str) -> Any:
    """`part` is workflow, prompt or object_info. A fresh copy each time."""
    return json.loads(_text(name, part))


def converted(workflow: Mapping[str, Any], node_info: Mapping[str, Any]) -> dict[str, Any]:
    """With the first choice of each prompt, at the time of the recordings."""
    return to_api(workflow, node_info, choose=lambda choices: choices[0], now=lambda: RECORDED_AT)


def convert(name: str, **changes: Any) -> dict[str, Any]:
    """A recorded workflow, with other values at the top of its file."""
    return converted({**recorded(name, "workflow"), **changes}, recorded(name, "object_info"))


def as_text(prompt: Mapping[str, Any], pack: bool = True) -> list[str]:
    """A prompt as lines that are the same for the same content; 2 and 2.0 differ, as in JSON."""
    lines = []
    for id, node in prompt.items():
        meta = node["_meta"] if pack else {"title": node["_meta"]["title"]}
        for name, value in {**node["inputs"], "class": node["class_type"], "meta": meta}.items():
            lines.append(f"{id} {name} = {json.dumps(value, sort_keys=True)}")
    return sorted(lines)
