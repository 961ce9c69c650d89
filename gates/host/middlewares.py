"""What every request passes: cache headers, the guard against other sites, and no way off this host."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

logger = logging.getLogger("gates.host.middlewares")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HOUR_SECONDS = 3_600
DAY_SECONDS = 86_400
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
KEPT_FOR_A_DAY = frozenset({200, 201, 202, 203, 204, 205, 206, 301, 308})
NEVER_KEPT = frozenset({302, 303, 307})

# A page may load and ask nothing but this host: a test in a browser reaches no network.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self' data:; frame-src 'self'; object-src 'self';"
)


def standard_middlewares() -> list[Middleware]:
    return [cache_control, origin_only, stay_on_this_host]


@web.middleware
async def cache_control(request: web.Request, handler: Handler) -> web.StreamResponse:
    response = await handler(request)
    value = _cache_value(request.path, response.status)
    if value is not None:
        response.headers.setdefault("Cache-Control", value)
    return response


def _cache_value(path: str, status: int) -> str | None:
    name = path.rsplit("/", 1)[-1]
    if path.endswith((".js", ".css")) or (name.startswith("index") and name.endswith(".json")):
        return "no-store"
    if not path.lower().endswith(IMAGE_SUFFIXES):
        return None
    if status == 404:
        return f"public, max-age={HOUR_SECONDS}"
    if status in KEPT_FOR_A_DAY:
        return f"public, max-age={DAY_SECONDS}"
    return "no-cache" if status in NEVER_KEPT else None


@web.middleware
async def origin_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what a page of another site sends: browsers let it, and the host has no other guard."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return web.Response(status=403)
    host, origin = request.headers.get("Host"), request.headers.get("Origin")
    if host and origin and _foreign(host.lower(), origin.lower()):
        logger.warning("request with non matching host and origin %s != %s, refused", host, origin)
        return web.Response(status=403)
    return await _answer(request, handler)


@web.middleware
async def stay_on_this_host(request: web.Request, handler: Handler) -> web.StreamResponse:
    response = await _answer(request, handler)
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    return web.Response() if request.method == "OPTIONS" else await handler(request)


def _foreign(host: str, origin: str) -> bool:
    """Whether a loopback `host` is asked by a page that came from elsewhere."""
    asked, page = urlsplit("//" + host), urlsplit(origin)
    wanted = host if page.port is not None else asked.hostname
    came_from = page.netloc if asked.port is not None else page.hostname
    return bool(is_loopback(asked.hostname) and wanted and came_from and wanted != came_from)


def is_loopback(host: str | None) -> bool:
    """Names are judged as they are written: to resolve one would be to ask the network."""
    if not host:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
