"""Whether anything listens at an address: the only proof, from outside, that a server has ended."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any
from urllib.parse import urlsplit

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


async def _refuses(family: int, address: Any, seconds: float) -> bool:
    with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setblocking(False)
        try:
            await asyncio.wait_for(asyncio.get_running_loop().sock_connect(probe, address), seconds)
        except ConnectionRefusedError:
            return True
        except (OSError, asyncio.TimeoutError):
            return False
    return False
