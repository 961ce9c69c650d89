"""What has run."""

from __future__ import annotations

from aiohttp import web

from ..prompt_server import PromptServer


def add_routes(routes: web.RouteTableDef, server: PromptServer) -> None:
    queue = server.prompt_queue

    async def everything(request: web.Request) -> web.Response:
        most = request.query.get("max_items")
        first = request.query.get("offset")
        found = queue.get_history(
            max_items=None if most is None else int(most), offset=-1 if first is None else int(first)
        )
        return web.json_response(found)

    async def one(request: web.Request) -> web.Response:
        return web.json_response(queue.get_history(prompt_id=request.match_info["prompt_id"]))

    async def change(request: web.Request) -> web.Response:
        body = await request.json()
        # A body that is a list is no mistake to ComfyUI: it holds neither word.
        if "clear" in body and body["clear"]:
            queue.wipe_history()
        for prompt_id in body["delete"] if "delete" in body else ():  # noqa: SIM401
            queue.delete_history_item(prompt_id)
        return web.Response(status=200)

    routes.get("/history")(everything)
    routes.get("/history/{prompt_id}")(one)
    routes.post("/history")(change)
