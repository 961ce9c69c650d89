"""How our routes answer: an error becomes its status and `{"error": {"code", "message"}}`, in one place."""

from __future__ import annotations

import ipaddress
import json
import logging
import re
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from aiohttp import web

from . import errors
from .errors import ForeignRequest, GatesError, ImageGone, StorageFailed
from .limits import Limits

log = logging.getLogger("gates.routes")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
STATUS: Mapping[type[GatesError], int] = {
    errors.BadInput: 400,
    errors.Forbidden: 403,
    errors.Missing: 404,
    errors.WrongMethod: 405,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.Unsupported: 415,
    errors.Refused: 422,
    errors.ClientError: 502,
    errors.DockError: 400,  # of the command line alone
    errors.StorageFull: 507,
}
TOLD = ("differences", "hash", "expected", "node_errors")  # of what an error carries
HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
LOCAL_ENDINGS = (".localhost", ".local", ".lan", ".internal", ".home.arpa")


@dataclass(frozen=True)
class Service:
    """What the routes serve, and what the host lends them. Handed in once, by the extension."""

    base: Callable[[], str]  # the pool base, input/grid_pool
    notify: Callable[[str, dict[str, Any]], None]  # event to every tab
    user_of: Callable[[web.Request], str | None]
    clock: Callable[[], float]  # seconds since 1970
    new_id: Callable[[], str]
    limits: Limits = Limits()
    hosts: frozenset[str] = frozenset()  # host names that a person allowed, lower case

    def now(self) -> int:
        return int(self.clock())


def status_of(error: GatesError) -> int:
    """The HTTP status of an error: that of its nearest ancestor in STATUS."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


def error_response(error: GatesError) -> web.Response:
    told = {name: error.data[name] for name in TOLD if name in error.data}
    body = {"error": {"code": error.code, "message": str(error), **told}}
    return web.json_response(body, status=status_of(error))


def json_bytes(value: Any) -> web.Response:
    return web.Response(body=encode(value), content_type="application/json", charset="utf-8")


def encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def reading(handler: Handler) -> Handler:
    """A handler that changes nothing: its errors become answers."""

    @wraps(handler)
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except GatesError as error:
            return error_response(error)
        except ConnectionError:
            raise  # there is nobody left to answer
        except FileNotFoundError as error:
            log.warning("[Dataset Gates] A file went away during %s: %s", request.path, error)
            return error_response(ImageGone("A file of this went away meanwhile. Look again."))
        except OSError as error:
            log.exception("[Dataset Gates] %s failed", request.path)
            return error_response(StorageFailed(f"The folder of the pools fails: {error.strerror or error}."))

    return answer


class KnowsHosts(Protocol):
    @property
    def hosts(self) -> frozenset[str]: ...


def changing(service: KnowsHosts) -> Callable[[Handler], Handler]:
    """A handler that changes something: only pages of this very host may ask for it."""

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            require_own_page(request.headers, service.hosts)
            return await handler(request)

        return reading(guarded)

    return decorate


def require_own_page(headers: Mapping[str, str], allowed: frozenset[str]) -> None:
    """Raise ForeignRequest unless a request comes from a page of this host, or from no page at all.

    Sec-Fetch-Site and Origin stop other sites. The Host must be an address, a local name or one that the
    person allowed: a public name that was pointed at this machine (DNS rebinding) is none of these.
    """
    host = headers.get("Host", "")
    origin = headers.get("Origin")
    foreign = headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin", "same-site")
    if origin is not None and _host_port(origin) != host.lower():
        foreign = True
    if foreign:
        raise ForeignRequest("Another site asked for this change. Open ComfyUI's own page and do it there.")
    if not _is_local(host, allowed):
        raise ForeignRequest(
            f"This change was asked for under the name {host[:80]!r}, which is not known to be this machine. "
            "If it is, add the name to the environment variable DATASET_GATES_HOSTS and restart ComfyUI."
        )


def _host_port(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _is_local(host: str, allowed: frozenset[str]) -> bool:
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".").lower()
    except ValueError:
        return False
    if name in allowed or name == socket.gethostname().lower():
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return HOST_NAME.fullmatch(name) is not None and ("." not in name or name.endswith(LOCAL_ENDINGS))
    return True


def attachment(name: str) -> str:
    """A Content-Disposition that every browser saves under `name`, whatever it holds."""
    plain = "".join(one if one.isascii() and (one.isalnum() or one in " -_.()") else "_" for one in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
