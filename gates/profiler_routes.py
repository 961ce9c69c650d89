"""The routes of what is kept: runs, steps, the reference, settings. Each asks a store off the event loop."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from .errors import BadField, UnknownRun, UnknownStep
from .profiler.records import Mode, RunStatus
from .profiler.shown import run_json, series_json, settings_json, settings_of, step_json
from .profiler.snapshot import snapshot_of
from .profiler.store import Filters, ProfilerStore
from .profiler_desk import PREFIX, Desk, answered, number_of, prompt_of
from .request_fields import Fields, query, read_json
from .responses import changing, reading

MOST_RUNS = 1000  # of one page


def add_routes(routes: web.RouteTableDef, desk: Desk) -> None:
    _add_runs(routes, desk)
    _add_run_changes(routes, desk)
    _add_reference_and_settings(routes, desk)


def _add_runs(routes: web.RouteTableDef, desk: Desk) -> None:
    @routes.get(f"{PREFIX}/runs")
    @reading
    async def runs(request: web.Request) -> web.Response:
        fields = query(request)
        limit, offset = fields.within("limit", 1, MOST_RUNS, 50), fields.within("offset", 0, 2**53, 0)
        filters = _filters(fields)

        def listed(store: ProfilerStore) -> dict[str, Any]:
            page = store.runs(limit, offset, filters)
            return {"runs": [run_json(run, whole=False) for run in page.runs], "total": page.total}

        return await desk.ask(request, listed)

    @routes.get(f"{PREFIX}/runs/{{number}}")
    @reading
    async def run(request: web.Request) -> web.Response:
        number = number_of(request, UnknownRun, "run")

        def whole(store: ProfilerStore) -> dict[str, Any]:
            run = store.run(number)
            steps = [step_json(step, run.prompt_id) for step in store.steps(number)]
            return {"run": run_json(run), "steps": steps}

        return await desk.ask(request, whole)

    @routes.get(f"{PREFIX}/runs/{{number}}/steps")
    @reading
    async def steps(request: web.Request) -> web.Response:
        number, fields = number_of(request, UnknownRun, "run"), query(request)
        since = fields.whole_number("since_seq") if fields.has("since_seq") else None

        def after(store: ProfilerStore) -> dict[str, Any]:
            run = store.run(number)
            steps = [step_json(step, run.prompt_id) for step in store.steps(number, since)]
            return {"steps": steps, "status": run.status}

        return await desk.ask(request, after)

    @routes.get(f"{PREFIX}/runs/{{number}}/samples")
    @reading
    async def samples(request: web.Request) -> web.Response:
        number = number_of(request, UnknownRun, "run")
        return await desk.ask(
            request, lambda store: {"series": [series_json(one) for one in store.series(number)]}
        )

    @routes.get(f"{PREFIX}/runs/{{number}}/workflow")
    @reading
    async def workflow(request: web.Request) -> web.Response:
        number = number_of(request, UnknownRun, "run")

        def both(store: ProfilerStore) -> dict[str, Any]:
            recording = store.recording(number)
            return {"prompt": recording.prompt, "workflow": recording.workflow}

        return await desk.ask(request, both)


def _filters(fields: Fields) -> Filters:
    return Filters(
        text=fields.optional_text("q"),
        status=_one_of(fields, "status", [one.value for one in RunStatus]),
        workflow_hash=fields.optional_text("hash"),
        series=fields.optional_text("series"),
        mode=_one_of(fields, "mode", [one.value for one in Mode]),
        since=fields.number("since"),
        until=fields.number("until"),
    )


def _one_of(fields: Fields, name: str, known: list[str]) -> str | None:
    value = fields.optional_text(name)
    if value is not None and value not in known:
        raise BadField(f"The field {name!r} is one of: {', '.join(known)}.", field=name)
    return value


def _add_run_changes(routes: web.RouteTableDef, desk: Desk) -> None:
    @routes.delete(f"{PREFIX}/runs")
    @changing(desk)
    async def delete_runs(request: web.Request) -> web.Response:
        return await desk.ask(request, lambda store: {"deleted": store.delete_runs()})

    @routes.patch(f"{PREFIX}/runs/{{number}}")
    @changing(desk)
    async def change_run(request: web.Request) -> web.Response:
        number = number_of(request, UnknownRun, "run")
        changes = (await read_json(request)).only("name", "comment")

        def change(store: ProfilerStore) -> dict[str, Any]:
            store.set_run(number, **changes)
            return {"run": run_json(store.run(number))}

        return await desk.ask(request, change)

    @routes.delete(f"{PREFIX}/runs/{{number}}")
    @changing(desk)
    async def delete_run(request: web.Request) -> web.Response:
        number = number_of(request, UnknownRun, "run")

        def delete(store: ProfilerStore) -> dict[str, Any]:
            store.delete_run(number)
            return {"trashed": {"kind": "run", "number": number}}

        return await desk.ask(request, delete)

    @routes.patch(f"{PREFIX}/steps/{{number}}")
    @changing(desk)
    async def change_step(request: web.Request) -> web.Response:
        number = number_of(request, UnknownStep, "step")
        comment = (await read_json(request)).only("comment")["comment"]

        def change(store: ProfilerStore) -> dict[str, Any]:
            store.set_step_comment(number, comment)
            step = store.step(number)
            run = store.run(step.run_id) if step.run_id is not None else None
            return {"step": step_json(step, run.prompt_id if run is not None else None)}

        return await desk.ask(request, change)


def _add_reference_and_settings(routes: web.RouteTableDef, desk: Desk) -> None:
    @routes.post(f"{PREFIX}/update_nodes")
    @changing(desk)
    async def update_nodes(request: web.Request) -> web.Response:
        fields = await read_json(request)
        prompt, workflow = prompt_of(fields), fields.mapping("workflow")
        if prompt is None:
            raise BadField("The field 'prompt' is needed: the workflow in API format.", field="prompt")

        def refer(store: ProfilerStore) -> dict[str, Any]:
            snapshot = snapshot_of(prompt, workflow)
            before = store.reference()
            number = store.set_reference(snapshot, workflow=workflow)
            return {
                "snapshot_id": number,
                "hash": snapshot.hash,
                "node_count": len(snapshot.nodes),
                "created": before is None or before[0] != number,
            }

        return await desk.ask(request, refer)

    @routes.get(f"{PREFIX}/settings")
    @reading
    async def settings(request: web.Request) -> web.Response:
        return await desk.ask(request, lambda store: settings_json(store.settings()))

    @routes.patch(f"{PREFIX}/settings")
    @changing(desk)
    async def change_settings(request: web.Request) -> web.Response:
        user = desk.user(request)
        obeyed, ui = settings_of((await read_json(request)).all())
        stores = desk.service.stores
        return await answered(lambda: settings_json(stores.change_settings(user, obeyed, ui)))
