"""Events as JSON, one line each for programs: names, fields and their order are pinned here."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from gates.client import (
    CachedNodes,
    Cancelled,
    Event,
    Failed,
    Finished,
    Lost,
    Message,
    NodeDone,
    NodeStarted,
    NodeText,
    Output,
    Preview,
    Progress,
    Queued,
    Reconnected,
    Result,
    Started,
    State,
    as_json,
)
from gates.client.events import NAMES
from gates.errors import RunFailed, Unreachable

RESULT = Result("p", "j", "http://s.test", State.DONE, (Output("2", "text", text="t"),), ("1",), (), 1.5)
RESULT_JSON = {
    "prompt_id": "p",
    "job": "j",
    "server": "http://s.test",
    "status": "done",
    "outputs": [
        {
            "node": "2",
            "kind": "text",
            "filename": "",
            "subfolder": "",
            "type": "output",
            "url": "",
            "cached": False,
            "text": "t",
        }
    ],
    "cached": ["1"],
    "messages": [],
    "seconds": 1.5,
}
ERROR = RunFailed("Node 1 raised")
ERROR_JSON = {"code": "run_failed", "message": "Node 1 raised"}
EVENTS: tuple[tuple[Event, dict[str, Any]], ...] = (
    (Queued("p", "j", "s", 3), {"event": "queued", "prompt_id": "p", "job": "j", "server": "s", "number": 3}),
    (Started("p"), {"event": "started", "prompt_id": "p"}),
    (CachedNodes("p", ("1",)), {"event": "cached", "prompt_id": "p", "nodes": ["1"]}),
    (
        NodeStarted("p", "1", "2"),
        {"event": "node_started", "prompt_id": "p", "node": "1", "display_node": "2"},
    ),
    (
        Progress("p", "1", 2, 4.5),
        {"event": "progress", "prompt_id": "p", "node": "1", "value": 2, "max": 4.5},
    ),
    (
        Preview("p", "1", "png", b"abc"),
        {"event": "preview", "prompt_id": "p", "node": "1", "kind": "png", "image": 3},
    ),
    (NodeText("p", "1", "t"), {"event": "node_text", "prompt_id": "p", "node": "1", "text": "t"}),
    (
        NodeDone("p", "1", (), True),
        {"event": "node_done", "prompt_id": "p", "node": "1", "outputs": [], "cached": True},
    ),
    (
        Message("p", "k", {"a": float("nan"), "b": [b"xy", None, True, {"c": (1,)}]}),
        {
            "event": "message",
            "prompt_id": "p",
            "kind": "k",
            "data": {"a": None, "b": [2, None, True, {"c": [1]}]},
        },
    ),
    (Reconnected("p"), {"event": "reconnected", "prompt_id": "p"}),
    (Finished("p", RESULT), {"event": "finished", "prompt_id": "p", "result": RESULT_JSON}),
    (
        Failed("p", RESULT, ERROR),
        {"event": "failed", "prompt_id": "p", "result": RESULT_JSON, "error": ERROR_JSON},
    ),
    (
        Cancelled("p", RESULT, ERROR),
        {"event": "cancelled", "prompt_id": "p", "result": RESULT_JSON, "error": ERROR_JSON},
    ),
    (
        Lost("p", Unreachable("gone")),
        {"event": "lost", "prompt_id": "p", "error": {"code": "unreachable", "message": "gone"}},
    ),
)


@pytest.mark.parametrize(("event", "body"), EVENTS, ids=[pair[1]["event"] for pair in EVENTS])
def test_events_as_json(event: Event, body: dict[str, Any]) -> None:
    assert as_json(event) == body
    assert list(as_json(event)) == list(body), "in this order"
    json.dumps(as_json(event), allow_nan=False)


def test_each_event_has_a_name_and_is_pinned() -> None:
    assert {type(event) for event, _ in EVENTS} == set(NAMES) == set(Event.__subclasses__())
    assert len(set(NAMES.values())) == len(NAMES)
    assert all(dataclasses.is_dataclass(kind) for kind in NAMES)
