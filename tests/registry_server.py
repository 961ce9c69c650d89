"""A registry on 127.0.0.1 that answers as the ComfyUI Registry does, and as badly as a test wants.

    with RegistryServer({"my-pack": {"1.0.0": {"__init__.py": ""}}}) as server:
        server.script("/nodes/my-pack", Reply(429, {"Retry-After": "1"}))  # once, then as usual again
        NodeRegistry(..., base_url=server.url)
        assert not server.asked("/install")

A folder in the place of the dict holds `ID/VERSION/` with the files of each pack.
"""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Files = Mapping[str, str | bytes]
Packs = Mapping[str, Mapping[str, Files]]
PIECE = 16  # bytes of a body that drips


@dataclass(frozen=True)
class Reply:
    """One answer. Without `body` it is the usual one of the path, sent in the way that the rest says."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay: float = 0.0  # s before the first byte
    drip: float = 0.0  # s between pieces of the body
    cut: int | None = None  # bytes of the body that are sent before the connection ends
    announced: str | None = None  # Content-Length, where it is not the true one
    hang_up: bool = False  # without any answer


def json_reply(value: Any, status: int = 200) -> Reply:
    return Reply(status, {"Content-Type": "application/json"}, json.dumps(value).encode())


def redirect(to: str, status: int = 302) -> Reply:
    return Reply(status, {"Location": to}, b"")


def zip_of(files: Files) -> bytes:
    """The same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            data = files[name]
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data.encode() if isinstance(data, str) else data)
    return out.getvalue()


def packs_in(folder: Path) -> dict[str, dict[str, dict[str, bytes]]]:
    return {
        pack.name: {version.name: _files_in(version) for version in sorted(pack.iterdir())}
        for pack in sorted(folder.iterdir())
    }


def _files_in(folder: Path) -> dict[str, bytes]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


class RegistryServer:
    def __init__(self, packs: Packs | Path | None = None) -> None:
        self.nodes: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, dict[str, dict[str, Any]]] = {}
        self.archives: dict[str, bytes] = {}  # by path
        self.calls: list[str] = []  # path and query, in order
        self.headers: list[dict[str, str]] = []  # of each call
        self.ended = threading.Event()
        self._scripts: dict[str, list[Reply]] = {}
        self._always: dict[str, Reply] = {}
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="registry")
        for node_id, versions in (packs_in(packs) if isinstance(packs, Path) else packs or {}).items():
            for version, files in versions.items():
                self.add(node_id, version, files)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> RegistryServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def add(self, node_id: str, version: str, files: Files | bytes, **fields: Any) -> None:
        """Publish a version, which is the newest by that; bytes are an archive as it is.

        `fields` are of the node (`name`, `description`, `repository`, …).
        """
        path = f"/archives/{node_id}/{version}/node.zip"
        self.archives[path] = files if isinstance(files, bytes) else zip_of(files)
        published = {
            "id": f"{node_id}-{version}",
            "version": version,
            "node_id": node_id,
            "downloadUrl": f"{self.url}{path}",
            "dependencies": [],
            "deprecated": False,
            "status": "NodeVersionStatusActive",
        }
        self.versions.setdefault(node_id, {})[version] = published
        self.nodes[node_id] = {
            "id": node_id,
            "name": node_id.title(),
            "description": f"The pack {node_id}.",
            "repository": f"https://example.invalid/{node_id}",
            "status": "NodeStatusActive",
            **self.nodes.get(node_id, {}),
            **fields,
            "latest_version": published,
        }

    def script(self, path: str, *replies: Reply) -> None:
        """The next answers to `path` (without its query), each once; afterwards it answers as usual."""
        self._scripts.setdefault(path, []).extend(replies)

    def always(self, path: str, reply: Reply | None) -> None:
        """Every answer to `path` from now on; None takes that back."""
        self._always = {key: value for key, value in self._always.items() if key != path}
        if reply is not None:
            self._always[path] = reply

    def asked(self, part: str) -> list[str]:
        """The calls with `part` in their path."""
        return [call for call in self.calls if part in urlsplit(call).path]

    def reply_to(self, call: str) -> Reply:
        path = urlsplit(call).path
        usual = self._usual(path, parse_qs(urlsplit(call).query))
        scripted = self._scripts.get(path)
        told = scripted.pop(0) if scripted else self._always.get(path)
        if told is None:
            return usual
        if told.body is not None:
            return told
        return Reply(
            told.status or usual.status,
            {**usual.headers, **told.headers},
            usual.body,
            *(told.delay, told.drip, told.cut, told.announced, told.hang_up),
        )

    def _usual(self, path: str, query: Mapping[str, Sequence[str]]) -> Reply:
        if path in self.archives:
            return Reply(200, {"Content-Type": "application/zip"}, self.archives[path])
        match [unquote(part) for part in path.strip("/").split("/")]:
            case ["nodes", "search"]:
                return json_reply(self._found(query))
            case ["nodes", node_id] if node_id in self.nodes:
                return json_reply(self.nodes[node_id])
            case ["nodes", node_id] if node_id.lower() in self.nodes:
                return redirect(f"/nodes/{node_id.lower()}")
            case ["nodes", node_id, "versions"] if node_id in self.nodes:
                return json_reply(list(self.versions[node_id].values()))
            case ["nodes", node_id, "versions", version] if version in self.versions.get(node_id, {}):
                return json_reply(self.versions[node_id][version])
        return json_reply({"error": "Not found", "message": path}, 404)

    def _found(self, query: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        wanted = query.get("search", [""])[0].lower()
        limit = int(query.get("limit", ["10"])[0])
        found = [node for node in self.nodes.values() if wanted in json.dumps(node).lower()]
        return {"total": len(found), "nodes": found[:limit], "page": 1, "limit": limit, "totalPages": 1}


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # joined by server_close

    def __init__(self, registry: RegistryServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.registry = registry

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        registry = self.server.registry
        registry.calls.append(self.path)
        registry.headers.append(dict(self.headers))
        reply = registry.reply_to(self.path)
        if registry.ended.wait(reply.delay) or reply.hang_up:
            return
        body = (reply.body or b"")[: reply.cut]
        self.send_response(reply.status or 200)
        announced = reply.announced if reply.announced is not None else str(len(reply.body or b""))
        for name, value in {**reply.headers, "Content-Length": announced}.items():
            self.send_header(name, value)
        self.end_headers()
        for piece in _pieces(body, reply.drip):
            self.wfile.write(piece)
            self.wfile.flush()
            if registry.ended.wait(reply.drip):
                return

    do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Calls are in `calls`."""


def _pieces(body: bytes, drip: float) -> list[bytes]:
    size = PIECE if drip else max(len(body), 1)
    return [body[at : at + size] for at in range(0, len(body), size)]
