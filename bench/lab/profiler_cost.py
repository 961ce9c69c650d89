"""What being measured costs a run, and what the profiler costs where nothing is measured."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from gates.hook_wrappers import Slot, watched_execute
from gates.host.process import HostProcess

from .figures import Figure
from .talking import JOIN, Prompt, Talker, chain, shared_kind, talking

RULES_PACK = Path(__file__).parents[2] / "tests/data/rules_pack"
NODES = 200
MEASURED = {"holaf_profile": {"name": "bench"}}
MOST_RATIO, OR_MORE = 1.10, 0.003  # of an unprofiled run on the stand-in; or so many seconds
MOST_SHARE = 0.5  # % of a run on a real ComfyUI, by the profiler's own account
SECONDS_ASLEEP = 4.0
SECONDS_TO_KEEP = 20.0
IDLE_CALLS = 100_000


def measure(folder: Path, quick: bool) -> Iterator[Figure]:
    yield _idle()
    rounds = 5 if quick else 25
    with HostProcess(folder / "host", [RULES_PACK]) as host:
        yield from asyncio.run(_costs(host.url, "the stand-in", rounds, is_real=False))
    real = os.environ.get("COMFYUI_URL")
    if real:
        yield from asyncio.run(_costs(real.rstrip("/"), "COMFYUI_URL", rounds, is_real=True))


def _idle() -> Figure:
    """What the hook around each node costs while nothing is recorded."""

    class Nobody:
        session = None
        tier = "execute"

    async def node(*args: Any) -> int:
        return 0

    watched = watched_execute(node, Slot(Nobody()))  # type: ignore[arg-type]

    async def calls(function: Any) -> float:
        began = time.perf_counter()
        for _ in range(IDLE_CALLS):
            await function()
        return time.perf_counter() - began

    async def difference() -> float:
        bare, hooked = [], []
        for _ in range(5):
            bare.append(await calls(node))
            hooked.append(await calls(watched))
        return (median(hooked) - median(bare)) / IDLE_CALLS

    return Figure("a node while nothing is recorded", asyncio.run(difference()) * 1e6, " µs", at_most=1.0)


async def _costs(url: str, where: str, rounds: int, is_real: bool) -> list[Figure]:
    fresh = itertools.count(time.time_ns() % 1_000_000_000)
    async with talking(url) as talker:
        kind = await shared_kind([talker])
        on, off, again = await _by_turns(talker, kind, rounds, fresh)
        runs = await _runs(talker, rounds)
        asleep = await _asleep(talker, kind, fresh)
    return [*_walls(where, on, off, again, is_real), *_accounts(where, runs, is_real), *asleep]


async def _by_turns(
    talker: Talker, kind: str, rounds: int, fresh: Iterator[int]
) -> tuple[list[float], list[float], list[float]]:
    """Seconds of runs that are measured, that are not, and that are not once more; in changing order."""
    found: dict[int, list[float]] = {0: [], 1: [], 2: []}
    for turn in range(rounds + 1):
        for at in ((0, 1, 2), (2, 0, 1), (1, 2, 0))[turn % 3]:
            seconds = await _seconds(talker, chain(kind, NODES, next(fresh)), is_measured=at == 0)
            if turn:  # the first round imports what is needed
                found[at].append(seconds)
    return found[0], found[1], found[2]


async def _seconds(talker: Talker, prompt: Prompt, is_measured: bool) -> float:
    began = time.perf_counter()
    prompt_id = await talker.submit(prompt, MEASURED if is_measured else None)
    await talker.ended(prompt_id)
    seconds = time.perf_counter() - began
    deadline = time.monotonic() + SECONDS_TO_KEEP
    while is_measured and not await _is_kept(talker, prompt_id):
        if time.monotonic() > deadline:
            raise RuntimeError(f"{talker.url} keeps no measured runs. Is this pack installed there?")
        await asyncio.sleep(0.02)  # what is done after the run must not fall into the next one
    return seconds


async def _is_kept(talker: Talker, prompt_id: str) -> bool:
    runs = (await talker.get("/holaf/profiler/runs?limit=5"))["runs"]
    return any(run["prompt_id"] == prompt_id and run["status"] != "running" for run in runs)


async def _runs(talker: Talker, count: int) -> list[dict[str, Any]]:
    found = (await talker.get(f"/holaf/profiler/runs?limit={count}"))["runs"]
    return list(found)


def _walls(
    where: str, on: Sequence[float], off: Sequence[float], again: Sequence[float], is_real: bool
) -> Iterator[Figure]:
    ratio = median(one / other for one, other in zip(on, off, strict=True))
    more = median(one - other for one, other in zip(on, off, strict=True))
    null = median(one / other for one, other in zip(again, off, strict=True))
    detail = f"{median(on) * 1e3:.1f} and {median(off) * 1e3:.1f} ms, {more * 1e3:+.1f} ms; {NODES} nodes"
    few = more <= OR_MORE
    most = None if is_real or few else MOST_RATIO
    yield Figure(f"a measured run over another, {where}", ratio, at_most=most, detail=detail)
    yield Figure(f"one that is not over another, {where}", null, detail="what chance does")


def _accounts(where: str, runs: Sequence[dict[str, Any]], is_real: bool) -> Iterator[Figure]:
    each = [run["overhead_ns"] / run["executed_count"] / 1e3 for run in runs if run["executed_count"]]
    share = [100 * run["overhead_ns"] / 1e9 / run["total_time"] for run in runs]
    load = f"; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores" if hasattr(os, "getloadavg") else ""
    best = f"best {min(each):.1f} µs{load}"
    yield Figure(f"own account, each node, {where}", median(each), " µs", at_most=10.0, detail=best)
    most, best = MOST_SHARE if is_real else None, f"best {min(share):.2f} %"
    yield Figure(f"own account, of the run, {where}", median(share), " %", at_most=most, detail=best)


async def _asleep(talker: Talker, kind: str, fresh: Iterator[int]) -> list[Figure]:
    """What the sampler takes while a node does nothing."""
    if kind != JOIN:
        return []
    prompt: Prompt = {
        "1": {"class_type": "RulesText", "inputs": {"text": str(next(fresh))}},
        "2": {"class_type": "RulesSleep", "inputs": {"text": ["1", 0], "seconds": SECONDS_ASLEEP}},
        "3": {"class_type": "PreviewAny", "inputs": {"source": ["2", 0]}},
    }
    await _seconds(talker, prompt, is_measured=True)
    run = (await _runs(talker, 1))[0]
    share = 100 * run["sampler_cpu"] / run["total_time"]
    return [Figure(f"the sampler at {run['sampler_ms']} ms, of a core", share, " %", at_most=0.3)]
