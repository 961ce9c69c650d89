"""The route that compares runs: one or a series on each side."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aiohttp import web

from .errors import BadField, UnknownRun
from .profiler.compare import Comparison, compare
from .profiler.shown import plain
from .profiler.store import Filters, ProfilerStore
from .profiler.verdict import OF_RUNS, OF_STEPS, Rules
from .profiler_desk import PREFIX, Desk
from .request_fields import Fields, read_json
from .responses import changing

MOST_RUNS = 100  # of one side
METRICS = {one.name for one in (*OF_RUNS, *OF_STEPS)}


def add_routes(routes: web.RouteTableDef, desk: Desk) -> None:
    @routes.post(f"{PREFIX}/compare")
    @changing(desk)
    async def compare_runs(request: web.Request) -> web.Response:
        fields = await read_json(request)
        a, b, metric = _side(fields, "a"), _side(fields, "b"), fields.optional_text("metric")
        if metric is not None and metric not in METRICS:
            raise BadField(f"The field 'metric' is one of: {', '.join(sorted(METRICS))}.", field="metric")
        rules = Rules(share=_share(fields), force=fields.flag("force"))

        def compared(store: ProfilerStore) -> dict[str, Any]:
            sides = numbers_of(store, a), numbers_of(store, b)
            first, second = ([store.recording(number) for number in side] for side in sides)
            found = compare(first, second, rules)
            return {"a": {"runs": sides[0]}, "b": {"runs": sides[1]}, **comparison_json(found, metric)}

        return await desk.ask(request, compared)


def _side(fields: Fields, name: str) -> list[int] | str:
    """Numbers of runs, or the name of a series. Raises BadField."""
    side = fields.mapping(name) or {}
    runs, series = side.get("runs"), side.get("series")
    if isinstance(series, str) and series and runs is None:
        return series
    if series is None and _are_numbers(runs):
        return list(dict.fromkeys(runs or []))
    wanted = f'{{"runs": [numbers]}} with at most {MOST_RUNS}, or {{"series": "name"}}'
    raise BadField(f"The field {name!r} must be {wanted}.", field=name)


def _are_numbers(runs: Any) -> bool:
    return isinstance(runs, list) and 0 < len(runs) <= MOST_RUNS and all(type(one) is int for one in runs)


def _share(fields: Fields) -> float | None:
    share = fields.number("share")
    if share is not None and not 0 <= share <= 1:
        raise BadField("The field 'share' is the smallest change that matters, from 0 to 1.", field="share")
    return share


def numbers_of(store: ProfilerStore, side: list[int] | str) -> list[int]:
    """Raises UnknownRun."""
    if isinstance(side, list):
        return side
    page = store.runs(MOST_RUNS, 0, Filters(series=side))
    found = [run.id for run in page.runs if run.id is not None]
    if not found:
        raise UnknownRun(f"There is no run of the series {side[:80]!r}.", series=side)
    return found


def comparison_json(comparison: Comparison, metric: str | None = None) -> dict[str, Any]:
    """Every field by its name; with a `metric` the findings of that one alone."""
    shown: dict[str, Any] = plain(asdict(comparison))
    if metric is not None:
        shown["totals"] = [one for one in shown["totals"] if one["metric"]["name"] == metric]
        for node in shown["nodes"]:
            node["findings"] = [one for one in node["findings"] if one["metric"]["name"] == metric]
    return shown
