"""The websocket, and the page that opens it."""

from __future__ import annotations

import os

from aiohttp import web

from ..prompt_server import PromptServer


def add_routes(routes: web.RouteTableDef, server: PromptServer) -> None:
    rooms = SocketRoutes(server)
    routes.get("/ws")(rooms.websocket)
    routes.get("/")(rooms.page)


class SocketRoutes:
    def __init__(self, server: PromptServer) -> None:
        self._server = server

    async def websocket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        server, connections = self._server, self._server.connections
        sid = connections.join(socket, request.query.get("clientId", ""))
        try:
            await server.send("status", {"status": server.get_queue_info(), "sid": sid}, sid)
            if server.client_id == sid and server.last_node_id is not None:
                await server.send("executing", {"node": server.last_node_id}, sid)
            await connections.hear(socket, sid)
        finally:
            connections.leave(socket, sid)
        return socket

    async def page(self, request: web.Request) -> web.FileResponse:
        index = web.FileResponse(os.path.join(self._server.web_root, "index.html"))
        index.headers.update(
            {"Cache-Control": "no-store, must-revalidate", "Pragma": "no-cache", "Expires": "0"}
        )
        return index
