"""What is said of a whole run: its status, its ledger, its highest figures, its series."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .figures import WINDOW, Samples, highest
from .inputs import inputs_hash
from .ledger import Ledger, ledger
from .quantities import Missing, Track
from .records import Run, RunStatus, Series, Step, StepStatus
from .session import Session
from .visits import INTERRUPT, Visit

SECOND = 1e9


@dataclass(frozen=True)
class Facts:
    """What is known of a run from elsewhere."""

    workflow_hash: str | None = None
    environment: Mapping[str, Any] | None = None
    pools: Mapping[str, Any] | None = None
    missing: tuple[Missing, ...] = ()
    device: str | None = None
    sampler_cpu: float | None = None
    sampler_ms: int | None = None
    tracks: Mapping[str, Track] = field(default_factory=dict)


def run_status(session: Session) -> RunStatus:
    if session.end is None:
        return RunStatus.RUNNING
    kinds = {kind for kind, _ in session.messages}
    failures = [segment.error for segment in session.segments if segment.outcome == "FAILURE"]
    if "execution_interrupted" in kinds or INTERRUPT in failures or session.raised == INTERRUPT:
        return RunStatus.INTERRUPTED
    if "execution_error" in kinds or failures or session.raised is not None:
        return RunStatus.ERROR
    return RunStatus.SUCCESS


def _error(session: Session) -> str | None:
    for kind, data in session.messages:
        if kind == "execution_error":
            said = str(data.get("exception_message") or "").strip().partition("\n")[0]
            where = f"node {data.get('node_id')}, {data.get('node_type')}"
            return session.secrets.text(f"{data.get('exception_type')}: {said} ({where})")[:1000]
    return session.raised


def run_of(
    session: Session, facts: Facts, seen: list[Visit], steps: list[Step], samples: Samples, until: int
) -> Run:
    sums = _ledger(session, seen, until)
    ended = session.end is not None
    ask = session.ask
    waited = session.began_at - session.queued_at if session.queued_at is not None else None
    run = Run(
        timestamp=session.began_at,
        name=ask.name,
        workflow_hash=facts.workflow_hash,
        global_comment=ask.comment,
        total_time=sums.total / SECOND if ended else None,
        prompt_id=session.prompt_id,
        status=run_status(session).value,
        series=ask.series,
        mode=ask.mode,
        queued_at=session.queued_at,
        queue_wait=max(waited, 0.0) if waited is not None else None,
        finished_at=session.began_at + sums.total / SECOND if ended else None,
        nodes_time=sums.nodes / SECOND,
        async_idle=sums.async_idle / SECOND,
        framework_time=sums.framework / SECOND,
        node_count=len({*session.prompt, *session.made}),
        executed_count=sum(step.status == StepStatus.EXECUTED.value for step in steps),
        cached_count=sum(step.status == StepStatus.CACHED.value for step in steps),
        overhead_ns=session.overhead,
        hook_tier=session.tier,
        inputs_hash=inputs_hash(session.prompt),
        expected_hash=ask.expected_hash if ask.expected_hash != facts.workflow_hash else None,
        snapshot_id=ask.snapshot_id,
        error=_error(session),
    )
    return replace(run, **_measured(session, facts, steps, samples), **_surroundings(session, facts, steps))


def _ledger(session: Session, seen: list[Visit], until: int) -> Ledger:
    turns = [span for visit in seen for span in visit.turns()]
    return ledger((session.begin, until), turns, [span for visit in seen for span in visit.out()])


def _measured(session: Session, facts: Facts, steps: list[Step], samples: Samples) -> dict[str, Any]:
    first, last = session.first, session.last
    peaks = [segment.after.ram_peak for segment in session.segments]
    ram = [first.ram, last.ram, last.ram_peak, *(step.ram_max for step in steps)]
    energy = samples.energy
    return {
        "vram_peak": highest([*(step.vram_max for step in steps), *(int(v) for _, v in samples.memory)]),
        "vram_source": samples.memory_source,
        "torch_peak": highest(step.torch_peak for step in steps),
        "ram_peak": highest([*ram, *(int(value) for _, value in samples.ram)]),
        "ram_source": "hwm" if highest(peaks) is not None else ("sampled" if highest(ram) else None),
        "cpu_time": (last.cpu - first.cpu) / SECOND
        if last.cpu is not None and first.cpu is not None
        else None,
        "energy_mj": int(energy[-1][1] - energy[0][1]) if len(energy) > 1 else None,
        "device": facts.device,
        "sampler_cpu": facts.sampler_cpu,
        "sampler_ms": facts.sampler_ms,
    }


def _surroundings(session: Session, facts: Facts, steps: list[Step]) -> dict[str, Any]:
    why = {
        column: {"why": missing.why, "install": missing.install}
        for missing in facts.missing
        for column in missing.columns
        if all(getattr(step, column, None) is None for step in steps)
    }
    if session.faults:
        why["*"] = {"why": "; ".join(session.faults[:5]), "install": None}
    if session.tier != "execute" and steps:
        told = f"told by {session.tier} alone, so waits may be counted in"
        why["exec_time"] = {"why": told, "install": None}
    return {
        "environment_json": _json(facts.environment),
        "pools_json": _json(facts.pools),
        "unmeasured_json": _json(why) if why else None,
    }


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=True, default=str)


def series_of(tracks: Mapping[str, Track], begin: int, until: int) -> tuple[Series, ...]:
    """Times in seconds from the start; the load of the process is worked out of its processor time."""
    found = []
    for name, track in tracks.items():
        points = list(zip(track.times, track.values, strict=False))
        points = [(at, value) for at, value in points if begin - WINDOW <= at <= until + WINDOW]
        quantity = track.quantity
        if name == "cpu_time":
            points, name, unit = _loads(points), "cpu", "% of one core"
        else:
            unit = quantity.unit
        times = tuple(round((at - begin) / SECOND, 6) for at, _ in points)
        values = tuple(value for _, value in points)
        found.append(Series(name, unit, quantity.source, quantity.device, times, values))
    return tuple(found)


def _loads(points: list[tuple[int, float | None]]) -> list[tuple[int, float | None]]:
    """% of one core over the 100 ms before each."""
    loads: list[tuple[int, float | None]] = []
    start = 0
    for at, value in points:
        while start + 1 < len(points) and at - points[start + 1][0] >= WINDOW:
            start += 1
        before = points[start]
        if value is not None and before[1] is not None and at - before[0] >= WINDOW:
            loads.append((at, 100.0 * (value - before[1]) / (at - before[0])))
    return loads
