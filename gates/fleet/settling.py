"""What became of a job on a server that failed: asked there by its prompt id, within a bound."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from ..client import Client, State
from ..errors import RunUnsettled, ServerTrouble
from .decisions import Gone, LookedUp, Tell
from .port import refuses
from .ranking import BRIEF

FIRST_PAUSE = 0.25  # seconds between two looks; doubled up to
LONGEST_PAUSE = 4.0
LATE_ARRIVAL = 1.0  # seconds after which a server that knows nothing is asked once more

REFUSED = "refused_connection"  # nobody listens there: the process that had the job has ended
FORGOTTEN = "forgotten"  # it answers and does not know the job: it was restarted, or never took it


@dataclass(frozen=True)
class Settled:
    """Either the `state` in which the server has the job, or why it cannot end there any more (`gone`)."""

    state: State = State.UNKNOWN
    gone: str = ""


async def settle(server: str, prompt_id: str, job: str, patience: float, tell: Tell) -> Settled:
    """Look the job up on `server` for up to `patience` seconds, and at least once.

    Raises RunUnsettled where the server neither answers nor is provably gone: the job may still run there.
    """
    deadline = time.monotonic() + patience
    pause = FIRST_PAUSE
    while True:
        try:
            state = await look(server, prompt_id)
        except ServerTrouble as error:
            trouble: ServerTrouble = error
        else:
            tell(LookedUp(job, server, prompt_id, state.value))
            return (
                Settled(state)
                if state is not State.UNKNOWN
                else gone(server, prompt_id, job, FORGOTTEN, tell)
            )
        left = deadline - time.monotonic()
        if left <= 0:
            break
        await asyncio.sleep(min(pause, left))
        pause = min(2 * pause, LONGEST_PAUSE)
    if await refuses(server):
        return gone(server, prompt_id, job, REFUSED, tell)
    raise RunUnsettled(
        f"{server} has the job {job} (prompt {prompt_id}) and does not answer, so it may still run there. "
        f"No other server was given it. Run it again by its name to look there again: --job {job}. "
        f"The last trouble: {trouble}",
        server=server,
        prompt_id=prompt_id,
    )


async def look(server: str, prompt_id: str) -> State:
    """The state of a prompt; what is unknown is asked twice, as a request may still be on its way in."""
    async with Client(server, limits=BRIEF) as client:
        state = await client.lookup(prompt_id)
        if state is State.UNKNOWN:
            await asyncio.sleep(LATE_ARRIVAL)
            state = await client.lookup(prompt_id)
        return state


def gone(server: str, prompt_id: str, job: str, reason: str, tell: Tell) -> Settled:
    tell(Gone(job, server, prompt_id, reason))
    return Settled(gone=reason)
