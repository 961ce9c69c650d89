"""One job on one server or several, from the order to its record."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence

from ..client import Client, Result
from ..errors import GatesError
from .book import Book, Interrupted
from .decisions import Given, Ranked, Tell, Told
from .delivery import Piece, fetch
from .errand import Errand, NobodyHasIt, Rules
from .ranking import rank
from .records import Record


async def run_alone(book: Book, servers: Sequence[str], tell: Tell, rules: Rules) -> Record:
    """Run the job of `book`; its record says how it ended, also where the task was cancelled."""
    if book.is_done:
        return book.done_before(tell)

    def heard(told: Told) -> None:
        if isinstance(told, Given):
            book.begin(told.server, errand.order)
        tell(told)

    async def fetched(client: Client, result: Result) -> tuple[Piece, ...]:
        return await fetch(client, result, book.spool)

    errand = Errand(book.order, fetched, heard, rules)
    try:
        carried = await errand.run(await ranked(book, servers, tell))
        partial = bool(carried.refused)
        return book.finish(carried.order, carried.result, carried.fetched, partial, tell)
    except asyncio.CancelledError:
        told = Interrupted(f"Stopped; the job {book.order.job} was cancelled, and nothing else.")
        return book.fail(errand.order, told, tell)
    except NobodyHasIt as nobody:
        return book.fail(nobody.order, nobody.last, tell)
    except (GatesError, OSError) as error:
        return book.fail(errand.order, error, tell)
    finally:
        shutil.rmtree(book.spool, ignore_errors=True)


async def ranked(book: Book, servers: Sequence[str], tell: Tell) -> Sequence[str]:
    """The servers in the order in which they are asked; one alone needs no order."""
    if len(servers) == 1:
        return servers
    standings = await rank(servers)
    tell(Ranked(book.order.job, standings))
    return [one.server for one in standings]
