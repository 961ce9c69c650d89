"""Jobs: queue and history in one list, which is what the page's panels read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from .. import jobs
from ..prompt_server import PromptServer
from .job_ids import checked_job_id
from .queue_items import shown


def add_routes(routes: web.RouteTableDef, server: PromptServer) -> None:
    rooms = JobRoutes(server)
    routes.get("/api/jobs")(rooms.page)
    routes.get("/api/jobs/{job_id}")(rooms.one)
    routes.post("/api/jobs/{job_id}/cancel")(rooms.cancel_one)
    routes.post("/api/jobs/cancel")(rooms.cancel_many)


class JobRoutes:
    def __init__(self, server: PromptServer) -> None:
        self._queue = server.prompt_queue

    async def page(self, request: web.Request) -> web.Response:
        try:
            asked = jobs.read_query(request.query)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        running, pending, history = self._seen(None)
        found, total = jobs.select(running, pending, history, asked)
        pages = {
            "offset": asked.offset,
            "limit": asked.limit,
            "total": total,
            "has_more": asked.offset + len(found) < total,
        }
        return web.json_response({"jobs": found, "pagination": pages})

    async def one(self, request: web.Request) -> web.Response:
        job_id = request.match_info["job_id"]
        job = jobs.one(job_id, *self._seen(job_id))
        if job is None:
            return web.json_response({"error": "Job not found"}, status=404)
        return web.json_response(job)

    async def cancel_one(self, request: web.Request) -> web.Response:
        return web.json_response({"cancelled": self._cancel(request.match_info["job_id"])})

    async def cancel_many(self, request: web.Request) -> web.Response:
        try:
            body = await request.json()
        except json.JSONDecodeError:
            return web.json_response({"error": "Request body must be valid JSON"}, status=400)
        ids = body.get("job_ids") if isinstance(body, dict) else None
        if not isinstance(ids, list):
            return web.json_response({"error": "job_ids must be a list"}, status=400)
        invalid = _invalid(ids)
        if invalid:
            answer = {"error": "job_ids contains invalid id(s)", "invalid_ids": invalid}
            return web.json_response(answer, status=400)
        cancelled = [self._cancel(job_id) for job_id in ids]
        return web.json_response({"cancelled": any(cancelled)})

    def _cancel(self, job_id: str) -> bool:
        """Whether it was waiting or running. It may begin between the two looks, so: waiting first."""
        waited = self._queue.delete_by_id(job_id)
        return waited or self._queue.interrupt_if_running(job_id)

    def _seen(self, job_id: str | None) -> tuple[Any, Any, dict[str, Any]]:
        running, pending = self._queue.get_current_queue_volatile()
        return shown(running), shown(pending), self._queue.get_history(prompt_id=job_id)


def _invalid(ids: Iterable[Any]) -> list[str]:
    wrong = []
    for job_id in ids:
        try:
            checked_job_id(job_id)
        except ValueError:
            wrong.append(job_id if isinstance(job_id, str) else repr(job_id))
    return wrong
