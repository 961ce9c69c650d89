"""What happens to a run, told to the caller: one frozen class each. No I/O."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any

from ..errors import GatesError
from .values import Output, Result


@dataclass(frozen=True)
class Event:
    """Base of all; `prompt_id` says whose event it is."""

    prompt_id: str


@dataclass(frozen=True)
class Queued(Event):
    job: str
    server: str
    number: float | None


@dataclass(frozen=True)
class Started(Event):
    pass


@dataclass(frozen=True)
class CachedNodes(Event):
    nodes: tuple[str, ...]  # they will not run: their results are there


@dataclass(frozen=True)
class NodeStarted(Event):
    node: str
    display_node: str  # the node in the workflow that it was expanded from; else the same


@dataclass(frozen=True)
class Progress(Event):
    node: str | None
    value: float
    max: float


@dataclass(frozen=True)
class Preview(Event):
    node: str | None
    kind: str  # jpeg, png or webp
    image: bytes = field(repr=False)


@dataclass(frozen=True)
class NodeText(Event):
    """A line that a node shows while it runs."""

    node: str
    text: str


@dataclass(frozen=True)
class NodeDone(Event):
    node: str
    outputs: tuple[Output, ...]
    cached: bool


@dataclass(frozen=True)
class Message(Event):
    """A message of a kind that ComfyUI itself does not have; packs send those."""

    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Reconnected(Event):
    """The websocket broke and stands again; what was sent in between was not heard."""


@dataclass(frozen=True)
class Finished(Event):
    result: Result


@dataclass(frozen=True)
class Failed(Event):
    result: Result
    error: GatesError  # RunFailed


@dataclass(frozen=True)
class Cancelled(Event):
    result: Result
    error: GatesError  # RunCancelled


@dataclass(frozen=True)
class Lost(Event):
    """How it ended is not known: the server died, forgot the prompt or answers nonsense."""

    error: GatesError  # RunLost, or one of ServerTrouble


END = (Finished, Failed, Cancelled, Lost)
NAMES: Mapping[type[Event], str] = {
    Queued: "queued",
    Started: "started",
    CachedNodes: "cached",
    NodeStarted: "node_started",
    Progress: "progress",
    Preview: "preview",
    NodeText: "node_text",
    NodeDone: "node_done",
    Message: "message",
    Reconnected: "reconnected",
    Finished: "finished",
    Failed: "failed",
    Cancelled: "cancelled",
    Lost: "lost",
}


def as_json(event: Event) -> dict[str, Any]:
    """The event as one JSON object, `event` naming its kind. An image is its size in bytes alone."""
    body = {one.name: plain(getattr(event, one.name)) for one in fields(event)}
    return {"event": NAMES[type(event)], **body}


def plain(value: Any) -> Any:
    """`value` as strict JSON: data of servers may hold NaN, which JSON does not know."""
    if isinstance(value, GatesError):
        return {"code": value.code, "message": str(value)}
    if isinstance(value, Result | Output):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)
