"""Whether anything listens at an address: the only proof, from outside, that a server has ended."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from typing import Any
from urllib.parse import urlsplit

PROBE_SECONDS = 1.0
PORTS = {"http": 80, "https": 443}


async def refuses(url: str, seconds: float = 5.0) -> bool:
    """True where every address behind `url` answers that nobody listens. Silence is no answer: False."""
    parts = urlsplit(url)
    port = parts.port or PORTS.get(parts.scheme, 80)
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except OSError:
        return False
    answers = [await _refuses(family, address, seconds) for family, _, _, _, address in found]
    return bool(answers) and all(answers)


async def refused_for(url: str, seconds: float) -> None:
    """Return once nobody has listened at `url` for `seconds` in a row, however often it is asked."""
    since = None
    while True:
        now = time.monotonic()
        since = (since if since is not None else now) if await refuses(url) else None
        if since is not None and now - since >= seconds:
            return
        await asyncio.sleep(PROBE_SECONDS)


async def _refuses(family: int, address: Any, seconds: float) -> bool:
    with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setblocking(False)
        connecting = asyncio.ensure_future(asyncio.get_running_loop().sock_connect(probe, address))
        try:
            await asyncio.wait({connecting}, timeout=seconds)  # wait_for may swallow a cancellation
        finally:
            connecting.cancel()
        outcome = (await asyncio.gather(connecting, return_exceptions=True))[0]
        return isinstance(outcome, ConnectionRefusedError)
