"""What the tests of the client against whole servers share: the server, and workflows that are new to it."""

from __future__ import annotations

import os
import secrets
from typing import Any

import pytest

from gates.client import Limits

PATIENT = Limits(answer=120.0, silence=240.0, poll=0.5)


def server_of(request: pytest.FixtureRequest) -> str:
    """The address of the stand-in, or of the real server that COMFYUI_URL names."""
    return os.environ.get("COMFYUI_URL") or str(request.getfixturevalue("rules_host").url)


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def picture(**more: Any) -> dict[str, Any]:
    """A workflow that no server has run before."""
    color = secrets.randbelow(2**24)
    return {
        "1": node("EmptyImage", width=8, height=6, batch_size=2, color=color),
        "2": node("SaveImage", images=["1", 0], filename_prefix="mine"),
        **more,
    }


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"1": node("RulesText", text=f"{text}{secrets.token_hex(4)}"), **more}
