"""Queueing a prompt, looking at the queue, stopping what runs."""

from __future__ import annotations

import json
import logging
import time
import uuid
from typing import Any

from aiohttp import web

from .. import execution
from ..prompt_server import PromptServer
from ..running import complaints
from ..running.inputs import SENSITIVE_EXTRA_DATA_KEYS
from ..running.replacements import replace_nodes
from .job_ids import checked_job_id
from .queue_items import shown

logger = logging.getLogger("gates.host.prompts")


def add_routes(routes: web.RouteTableDef, server: PromptServer) -> None:
    rooms = PromptRoutes(server)
    routes.get("/prompt")(rooms.remaining)
    routes.post("/prompt")(rooms.submit)
    routes.get("/queue")(rooms.queue)
    routes.post("/queue")(rooms.change_queue)
    routes.post("/interrupt")(rooms.interrupt)
    routes.post("/free")(rooms.free)


class PromptRoutes:
    def __init__(self, server: PromptServer) -> None:
        self._server = server
        self._queue = server.prompt_queue

    async def remaining(self, request: web.Request) -> web.Response:
        return web.json_response(self._server.get_queue_info())

    async def submit(self, request: web.Request) -> web.Response:
        body = self._server.trigger_on_prompt(await request.json())
        number = self._number(body)  # counts refused prompts too
        if "prompt" not in body:
            return _refused(complaints.no_prompt())
        try:
            prompt_id = _prompt_id(body)
        except ValueError:
            return _refused(complaints.bad_prompt_id())
        prompt, targets = body["prompt"], body.get("partial_execution_targets")
        nodes = self._server.runtime.nodes
        replace_nodes(prompt, nodes.replacements, nodes.classes)
        # By its name in the module, so that a function which a pack puts there is the one that is asked.
        valid, error, outputs, node_errors = await execution.validate_prompt(prompt_id, prompt, targets)
        if not valid:
            logger.warning("invalid prompt: %s", error)
            return _refused(error or {}, node_errors)
        extra_data, sensitive = _extra_data(body, request)
        self._queue.put((number, prompt_id, prompt, extra_data, outputs, sensitive))
        answer = {"prompt_id": prompt_id, "number": number, "node_errors": node_errors}
        return web.json_response(answer)

    def _number(self, body: dict[str, Any]) -> float:
        if "number" in body:
            return float(body["number"])
        number = self._server.number
        self._server.number += 1
        return -number if "front" in body and body["front"] else number

    async def queue(self, request: web.Request) -> web.Response:
        running, pending = self._queue.get_current_queue_volatile()
        return web.json_response({"queue_running": shown(running), "queue_pending": shown(pending)})

    async def change_queue(self, request: web.Request) -> web.Response:
        body = await request.json()
        # A body that is a list is no mistake to ComfyUI: it holds neither word.
        if "clear" in body and body["clear"]:
            self._queue.wipe_queue()
        for prompt_id in body["delete"] if "delete" in body else ():  # noqa: SIM401
            self._queue.delete_by_id(prompt_id)
        return web.Response(status=200)

    async def interrupt(self, request: web.Request) -> web.Response:
        """Stop what runs; with an id, only if it is that prompt."""
        try:
            prompt_id = (await request.json()).get("prompt_id")
        except json.JSONDecodeError:
            prompt_id = None
        if prompt_id:
            self._queue.interrupt_if_running(prompt_id)
        else:
            self._server.runtime.interrupts.interrupt()
        return web.Response(status=200)

    async def free(self, request: web.Request) -> web.Response:
        body = await request.json()
        for flag in ("unload_models", "free_memory"):
            if body.get(flag, False):
                self._queue.set_flag(flag, body[flag])
        return web.Response(status=200)


def _refused(error: complaints.Complaint, node_errors: dict[str, Any] | None = None) -> web.Response:
    return web.json_response({"error": error, "node_errors": node_errors or {}}, status=400)


def _prompt_id(body: dict[str, Any]) -> str:
    given = body.get("prompt_id")
    return str(uuid.uuid4()) if given is None else checked_job_id(given)


def _extra_data(body: dict[str, Any], request: web.Request) -> tuple[dict[str, Any], dict[str, Any]]:
    """What goes along with a prompt, and the part of it that is never shown again."""
    extra = body.get("extra_data", {})
    if "client_id" in body:
        extra["client_id"] = body["client_id"]
    source = request.headers.get("Comfy-Usage-Source")
    if source:
        extra.setdefault("comfy_usage_source", source)
    sensitive = {key: extra.pop(key) for key in SENSITIVE_EXTRA_DATA_KEYS if key in extra}
    extra["create_time"] = int(time.time() * 1000)
    return extra, sensitive
