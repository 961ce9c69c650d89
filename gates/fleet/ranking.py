"""Which of several servers is asked first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ..client import Client, Limits
from ..errors import ServerTrouble
from .decisions import Standing

BRIEF = Limits(connect=3.0, answer=10.0, retries=0)


async def rank(servers: Sequence[str], limits: Limits = BRIEF) -> tuple[Standing, ...]:
    """The least busy first, by the length of its queue; as given where equal; those in trouble last."""
    found = await asyncio.gather(*(standing(server, limits) for server in servers))
    return tuple(sorted(found, key=lambda one: (one.waiting is None, one.waiting or 0)))


async def standing(server: str, limits: Limits = BRIEF) -> Standing:
    try:
        async with Client(server, limits=limits) as client:
            return Standing(server, (await client.queue()).length)
    except ServerTrouble as error:
        return Standing(server, None, str(error))
