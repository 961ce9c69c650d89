"""Watching a run where ComfyUI's `execute` is not there to be wrapped: by progress, or by messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .session import NO_READING, Graph, Mark, Reading, Segment, Session

BLOCKED = "ExecutionBlocked"  # a notice in the middle of a run, not its end


def on_progress(
    session: Session,
    kind: str,
    node_id: str,
    graph: Graph,
    ns: Callable[[], int],
    read: Callable[[], Reading],
) -> None:
    """A node starts, or finishes: a cached one without having started. One that waits starts again later."""
    entered = ns()
    mark = session.mark
    if kind == "start":
        _put_down(session, entered, "PENDING", None, read)
        if node_id not in session.inputs:
            session.meet(node_id, graph)
        _pick_up(session, node_id, ns, read)
    elif mark is not None and mark.node_id == node_id:
        _put_down(session, entered, "RAN", None, read)
    else:
        if node_id not in session.inputs:
            session.meet(node_id, graph)
        ran = any(segment.node_id == node_id for segment in session.segments)
        outcome = "RAN" if ran else "CACHED"
        session.segments.append(
            Segment(node_id, entered, entered, outcome, None, None, NO_READING, NO_READING)
        )
    session.overhead += ns() - entered


def on_event(
    session: Session, kind: str, data: Mapping[str, Any], ns: Callable[[], int], read: Callable[[], Reading]
) -> None:
    """A node lasts until the next one is named, or until an error is told."""
    entered = ns()
    node = data.get("node")
    if kind == "executing":
        _put_down(session, entered, "RAN", None, read)
        if isinstance(node, str):
            inputs = (session.prompt.get(node) or {}).get("inputs") or {}
            session.inputs.setdefault(node, dict(inputs))
            _pick_up(session, node, ns, read)
    elif kind == "execution_interrupted":
        _put_down(session, entered, "FAILURE", "InterruptProcessingException", read)
    elif kind == "execution_error" and data.get("exception_type") != BLOCKED:
        _put_down(session, entered, "FAILURE", str(data.get("exception_type")), read)
    session.overhead += ns() - entered


def end_of_run(session: Session, failed: str | None) -> None:
    """What still runs when the run ends came to that end, or failed with it."""
    if session.mark is not None and session.end is not None:
        outcome = "RAN" if failed is None else "FAILURE"
        _put_down(session, session.end, outcome, failed, lambda: NO_READING)


def _pick_up(session: Session, node_id: str, ns: Callable[[], int], read: Callable[[], Reading]) -> None:
    mark = session.mark = Mark(node_id, read())
    mark.begin = ns()


def _put_down(
    session: Session, end: int, outcome: str, error: str | None, read: Callable[[], Reading]
) -> None:
    mark, session.mark = session.mark, None
    if mark is not None:
        session.segments.append(
            Segment(mark.node_id, mark.begin, end, outcome, error, None, mark.before, read())
        )
