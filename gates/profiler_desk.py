"""What the routes of the profiler share: whose store, how it is asked, what addresses and prompts mean."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from .errors import BadField, GatesError, UnknownUser
from .profiler.service import ProfilerService
from .profiler.store import ProfilerStore
from .request_fields import Fields

PREFIX = "/holaf/profiler"
NUMBER = re.compile(r"[0-9]{1,18}")
LONGEST_ID = 200  # characters of the id of a client


@dataclass(frozen=True)
class Desk:
    """What the profiler's routes serve, and what the host lends them."""

    service: ProfilerService
    user_of: Callable[[web.Request], str | None]  # None for one that nobody knows
    web_folder: Path
    version: str
    hosts: frozenset[str] = field(default_factory=frozenset)

    def user(self, request: web.Request) -> str:
        """Raises UnknownUser."""
        user = self.user_of(request)
        if user is None:
            raise UnknownUser("ComfyUI does not know this user. Choose one in ComfyUI and come back.")
        return user

    async def ask(self, request: web.Request, question: Callable[[ProfilerStore], Any]) -> web.Response:
        """The answer of the user's store, asked and written out off the event loop."""
        user = self.user(request)
        return await answered(lambda: question(self.service.stores.of(user)))


async def answered(question: Callable[[], Any], status: int = 200) -> web.Response:
    body = await asyncio.to_thread(lambda: written(question()))
    return web.Response(body=body, status=status, content_type="application/json", charset="utf-8")


def number_of(request: web.Request, unknown: type[GatesError], what: str) -> int:
    """The number in the address. Raises `unknown` for what is none."""
    text = request.match_info["number"]
    if not NUMBER.fullmatch(text):
        raise unknown(f"There is no {what} {text[:40]!r}.")
    return int(text)


def written(value: Any) -> bytes:
    """JSON as browsers take it: what a workflow has of infinite numbers is null."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
    except ValueError:
        return json.dumps(_finite(value), separators=(",", ":")).encode("ascii")


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def prompt_of(fields: Fields) -> dict[str, Any] | None:
    """The prompt in API format; None where there is none. Raises BadField."""
    prompt = fields.mapping("prompt")
    if prompt is not None and not (prompt and all(_is_node(node) for node in prompt.values())):
        raise BadField("The field 'prompt' must be a workflow in API format: nodes by id.", field="prompt")
    return prompt


def _is_node(node: Any) -> bool:
    return isinstance(node, dict) and isinstance(node.get("class_type"), str)
