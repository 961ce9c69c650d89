"""From what the prompt thread and the sampler wrote down to a run, its steps and its series. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from .figures import (
    Samples,
    device_load,
    device_memory,
    process_figures,
    samples_of,
    ticks_in,
    torch_figures,
)
from .inputs import Redactor, inputs_json
from .records import Recording, Step, StepStatus
from .session import Session
from .totals import SECOND, Facts, run_of, series_of
from .visits import Visit, status_of, visits


def assemble(session: Session, facts: Facts, now: int) -> Recording:
    """The whole run; where it has not ended, up to `now` (ns of the clock), with the steps that have."""
    until = session.end if session.end is not None else now
    seen = visits(list(session.segments), until)
    samples = samples_of(facts.tracks, list(session.device_edges), list(session.segments))
    redactor = _redactor(session)
    steps = [_step(session, visit, samples, redactor) for visit in seen]
    if session.end is None:
        steps = [step for step, visit in zip(steps, seen, strict=True) if visit.settled]
    else:
        steps = _with_parents(steps)
        steps += _unreached(session, {step.node_id for step in steps}, redactor)
        steps = _blamed(session, steps)
    steps = [replace(step, seq=seq) for seq, step in enumerate(steps)]
    return Recording(
        run_of(session, facts, seen, steps, samples, until),
        tuple(steps),
        series_of(facts.tracks, session.begin, until),
        _document(redactor, dict(session.prompt)),
        _document(redactor, session.workflow),
    )


def _document(redactor: Redactor, value: dict[str, Any] | None) -> dict[str, Any] | None:
    """None for what lies too deep to be gone through: a run is not lost for its workflow."""
    try:
        return None if value is None else redactor.clean(value)
    except RecursionError:
        return None


def settled_steps(session: Session, nodes: Iterable[str], now: int) -> list[Step]:
    """Rows of some nodes while the run is on, without what only the samples tell."""
    wanted = set(nodes)
    segments = [segment for segment in list(session.segments) if segment.node_id in wanted]
    redactor = Redactor()
    steps = (_step(session, v, Samples(), redactor, False) for v in visits(segments, now) if v.settled)
    return list(steps)


def _redactor(session: Session) -> Redactor:
    redactor = Redactor.of(session.prompt, {})
    redactor.secrets |= session.secrets.secrets
    return redactor


def _step(
    session: Session, visit: Visit, samples: Samples, redactor: Redactor, with_inputs: bool = True
) -> Step:
    spans = visit.at_work()
    exec_time = sum(end - begin for begin, end in spans)
    fn_time = visit.fn_time()
    about = _identity(session, visit.node_id)
    memory = device_memory(samples, spans)
    return Step(
        **about,
        status=status_of(visit).value,
        exec_time=exec_time / SECOND,
        inputs_json=inputs_json(session.inputs.get(visit.node_id, {}), redactor) if with_inputs else None,
        t_start=(visit.begin - session.begin) / SECOND,
        wall_time=(visit.end - visit.begin) / SECOND,
        fn_time=fn_time / SECOND if fn_time is not None else None,
        n_calls=visit.n_calls if visit.rounds else None,
        n_segments=len(visit.segments),
        is_async=visit.is_async,
        error_type=visit.failure,
        items_json=json.dumps(visit.items()) if visit.rounds else None,
        segments_json=json.dumps([[b - session.begin, e - session.begin] for b, e in visit.turns()]),
        n_samples=ticks_in(samples.ticks, spans),
        **memory,
        **device_load(samples, spans),
        **process_figures(visit.segments, samples, spans),
        **torch_figures(visit.segments),
    )


def _identity(session: Session, node_id: str) -> dict[str, Any]:
    made = session.made.get(node_id)
    if made is not None:
        return {
            "node_id": node_id,
            "node_title": made.title,
            "node_type": made.class_type,
            "display_id": made.display_id,
            "parent_id": made.parent_id,
            "real_id": made.real_id,
        }
    node = session.prompt.get(node_id) or {}
    meta = node.get("_meta")
    title = meta.get("title") if isinstance(meta, Mapping) else None
    return {
        "node_id": node_id,
        "node_title": title if isinstance(title, str) else None,
        "node_type": node.get("class_type"),
        "display_id": node_id,
        "parent_id": None,
        "real_id": node_id,
    }


def _with_parents(steps: list[Step]) -> list[Step]:
    """A node that waited for the nodes made of it ends as the first of them that failed."""
    failed = {
        step.node_id: step for step in steps if step.status in ("error", "interrupted") and step.parent_id
    }
    ended: dict[str, Step] = {}
    for step in failed.values():
        parent = step.parent_id
        while parent is not None and parent not in ended:
            ended[parent] = step
            parent = next((each.parent_id for each in steps if each.node_id == parent), None)
    return [
        replace(step, status=ended[step.node_id].status, error_type=ended[step.node_id].error_type)
        if step.node_id in ended and step.status == StepStatus.INTERRUPTED.value
        else step
        for step in steps
    ]


def _unreached(session: Session, seen: set[str], redactor: Redactor) -> list[Step]:
    cached = {node for kind, data in session.messages if kind == "execution_cached" for node in data["nodes"]}
    return [
        Step(
            **_identity(session, node_id),
            status=(StepStatus.CACHED if node_id in cached else StepStatus.SKIPPED).value,
            inputs_json=inputs_json(node.get("inputs") or {}, redactor),
        )
        for node_id, node in session.prompt.items()
        if node_id not in seen
    ]


def _blamed(session: Session, steps: list[Step]) -> list[Step]:
    """A cycle ends a run without any node's turn: the message says which node is at fault."""
    blamed = {
        str(data.get("node_id")): str(data.get("exception_type"))
        for kind, data in session.messages
        if kind == "execution_error"
    }
    return [
        replace(step, status=StepStatus.ERROR.value, error_type=blamed[step.node_id])
        if step.node_id in blamed and step.status in (StepStatus.SKIPPED.value, StepStatus.INTERRUPTED.value)
        else step
        for step in steps
    ]
