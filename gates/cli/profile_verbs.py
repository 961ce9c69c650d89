"""What each verb of `gates profile` asks the server for, and its answer."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from ..atomic import write_bytes
from ..client import ProfilerClient
from ..errors import BadField, OutputExists
from ..fleet.sources import read_workflow
from .profile import SLOWER, TOO_FEW
from .profile_view import comparison_lines, list_lines, run_lines, series_lines, verdicts_of
from .result import FAILED, Result, printable
from .run_alone import headers_of

ENDINGS = {"csv": "csv", "json": "json", "chrome": "trace.json"}
MOST_RUNS = 100  # of one side
Verb = Callable[[ProfilerClient, argparse.Namespace], Awaitable[Result]]


def answer(args: argparse.Namespace) -> Result:
    return asyncio.run(_answer(args))


async def _answer(args: argparse.Namespace) -> Result:
    async with ProfilerClient(args.server, headers=headers_of(args.headers)) as profiler:
        return await VERBS[args.verb](profiler, args)


def _result(lines: list[str], data: Mapping[str, Any], exit_code: int = 0) -> Result:
    return Result("profile", exit_code, tuple(printable(line) for line in lines), data)


async def _run(profiler: ProfilerClient, args: argparse.Namespace) -> Result:
    workflow = read_workflow(args.workflow)
    measuring = await profiler.start(
        workflow,
        name=args.name,
        comment=args.comment,
        series=args.series,
        mode=args.mode,
        repeat=args.repeat,
    )
    runs = await profiler.wait(measuring, args.timeout)
    failed = any(run["status"] != "success" for run in runs)
    lines = run_lines(runs[0]) if len(runs) == 1 else series_lines(runs)
    return _result(lines, {"series": measuring.series, "runs": runs}, FAILED if failed else 0)


async def _list(profiler: ProfilerClient, args: argparse.Namespace) -> Result:
    query = {"limit": args.limit, "series": args.series, "status": args.status, "q": args.find}
    runs = await profiler.runs(**query)
    return _result(list_lines(runs), {"runs": runs})


async def _show(profiler: ProfilerClient, args: argparse.Namespace) -> Result:
    run = await profiler.run(args.number)
    return _result(run_lines(run, args.limit), {"run": run})


async def _compare(profiler: ProfilerClient, args: argparse.Namespace) -> Result:
    a, b = await side_of(profiler, args.a), await side_of(profiler, args.b)
    more = {"force": args.force, **({"metric": args.metric} if args.metric else {})}
    found = await profiler.compare(a, b, **more)
    return _result(comparison_lines(found), {"comparison": found})


async def _export(profiler: ProfilerClient, args: argparse.Namespace) -> Result:
    path: Path = args.out or Path(f"run-{args.number}.{ENDINGS[args.format]}")
    if path.exists() and not args.overwrite:
        raise OutputExists(f"{path} is there already. Name another with --out, or pass --overwrite.")
    data = await profiler.export(args.number, args.format)
    write_bytes(path, data)
    return _result([str(path)], {"file": str(path), "bytes": len(data)})


async def _check(profiler: ProfilerClient, args: argparse.Namespace) -> Result:
    baseline = await side_of(profiler, args.baseline)
    against = await side_of(profiler, args.against) if args.against else await _newest(profiler, baseline)
    if not against:
        line = (
            "There are no runs of this workflow beside the baseline: measure some with `gates profile run`."
        )
        return _result([line], {"baseline": baseline, "against": []}, TOO_FEW)
    found = await profiler.compare(baseline, against, share=args.fail_above)
    slower, unknown = verdicts_of(found)
    lines = comparison_lines(found)
    if slower:
        lines.append(f"Slower than allowed ({args.fail_above:.1%}): {', '.join(slower)}")
    elif unknown:
        lines.append(f"This cannot be told: {unknown}")
    else:
        lines.append(f"Not slower than allowed ({args.fail_above:.1%}).")
    exit_code = SLOWER if slower else TOO_FEW if unknown else 0
    data = {"baseline": baseline, "against": against, "slower": slower, "unknown": unknown or None}
    return _result(lines, {**data, "comparison": found}, exit_code)


async def side_of(profiler: ProfilerClient, text: str) -> list[int]:
    """Numbers of the runs that are meant. Raises BadField."""
    if text.startswith("series:"):
        return [run["id"] for run in await profiler.runs(series=text[7:], limit=MOST_RUNS)] or _none(text)
    parts = text.split(",")
    if all(part.strip().isdecimal() for part in parts):
        numbers = [int(part) for part in parts]
    elif Path(text).is_file():
        numbers = list(await profiler.bring(Path(text)))
    else:
        numbers = _none(text)
    return numbers if len(numbers) > 1 else await _whole_series(profiler, numbers[0])


def _none(text: str) -> list[int]:
    raise BadField(f"{text!r} names no run: give a number, several with commas, series:NAME, or a file.")


async def _whole_series(profiler: ProfilerClient, number: int) -> list[int]:
    run = await profiler.run(number)
    if not run["series"]:
        return [number]
    found = await profiler.runs(series=run["series"], hash=run["workflow_hash"], limit=MOST_RUNS)
    return [one["id"] for one in found] or [number]


async def _newest(profiler: ProfilerClient, baseline: list[int]) -> list[int]:
    """The newest runs of the workflow of the baseline that are none of it."""
    first = await profiler.run(baseline[0])
    found = await profiler.runs(hash=first["workflow_hash"], status="success", limit=MOST_RUNS)
    others = [run for run in found if run["id"] not in baseline]
    if not others:
        return []
    series = others[0]["series"]
    return [run["id"] for run in others if run["series"] == series] if series else [others[0]["id"]]


VERBS: dict[str, Verb] = {
    "run": _run,
    "list": _list,
    "show": _show,
    "compare": _compare,
    "export": _export,
    "check": _check,
}
