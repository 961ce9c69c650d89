"""Many jobs on many servers. Ray keeps the actors alive, gives them jobs and repeats what a dead one had.

A job that its server provably lost goes to the others in another pass. Everything that lasts is on disk: the
record of each job, written before it is given out and when it has ended.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import ClusterFailed, GatesError
from .actor import ComfyActor, Outcome, Ready
from .book import Book, Interrupted
from .decisions import Joined, Tell, Told
from .errand import Rules
from .order import Order
from .ray_door import Cluster, this_node
from .records import Record
from .started import Start

BEAT_SECONDS = 0.3  # between two looks at what the actors heard
SECONDS_TO_CANCEL = 20.0
SECONDS_TO_STOP = 30.0
MOST_PASSES = 4  # a job that nobody finished by then never will be


@dataclass(frozen=True)
class Crew:
    """Which actors there are: one for each address, or `count` that start a ComfyUI with `gpus` each."""

    servers: tuple[str, ...] = ()
    start: Start | None = None
    count: int = 1
    gpus: float = 0.0


@dataclass
class Hand:
    """An actor (`handle`), and what it said of itself last."""

    handle: Any
    ready: Ready
    heard: int = 0  # number of the last event that was told


class Batch:
    """`run` returns the records of the jobs that ended; `stop`, once set, cancels what runs."""

    def __init__(self, cluster: Cluster, crew: Crew, rules: Rules, tell: Tell, stop: threading.Event) -> None:
        self._cluster = cluster
        self._crew = crew
        self._rules = rules if crew.start is None else replace(rules, patience=0.0)  # we see it end
        self._tell = tell
        self._stop = stop
        self._books: dict[str, Book] = {}
        self._records: dict[str, Record] = {}
        self._hands: list[Hand] = []
        self._refs: dict[str, Any] = {}
        self._troubles: dict[str, GatesError] = {}

    def run(self, books: Sequence[Book]) -> tuple[Record, ...]:
        """Every job to its end. Raises StartFailed and ClusterFailed before the first one is given out."""
        self._books = {book.order.job: book for book in books}
        self._records = {
            job: book.done_before(self._tell) for job, book in self._books.items() if book.is_done
        }
        orders = [book.order for job, book in self._books.items() if job not in self._records]
        try:
            if orders:
                self._gather()
            for _ in range(MOST_PASSES):
                orders = self._pass(orders)
            for order in orders:
                self._give_up(order)
        finally:
            self._dismiss()
        return tuple(self._records[job] for job in self._books if job in self._records)

    # --- the actors -----------------------------------------------------------------------------

    def _gather(self) -> None:
        crew = self._crew
        servers = crew.servers if crew.start is None else ("",) * crew.count
        handles = [
            self._cluster.actor(ComfyActor, n, server, crew.start, self._rules, this_node, gpus=crew.gpus)
            for n, server in enumerate(servers)
        ]
        self._hands = [Hand(handle, Ready(n, "", "", 0)) for n, handle in enumerate(handles)]
        refs = [handle.ready.remote() for handle in handles]
        for hand, ref in zip(self._hands, refs, strict=True):
            while not self._stop.is_set():
                ready = self._cluster.first(ref, BEAT_SECONDS)
                if ready is not None:
                    self._meet(hand, ready)
                    break

    def _meet(self, hand: Hand, ready: Ready) -> None:
        if ready != hand.ready:
            hand.ready = ready
            self._tell(Joined("", ready.server, ready.node, ready.pid))

    def _up(self) -> list[Hand]:
        """Those whose server answers; one that was started and ended is started again."""
        checks = [hand.handle.is_up.remote() for hand in self._hands]
        found = self._cluster.answers(checks, None)
        return [hand for hand, is_up in zip(self._hands, found, strict=True) if is_up]

    def _dismiss(self) -> None:
        handles = [hand.handle for hand in self._hands]
        if self._crew.start is not None:
            self._cluster.answers([handle.stop.remote() for handle in handles], SECONDS_TO_STOP)
        self._cluster.end(handles)
        for book in self._books.values():
            shutil.rmtree(book.spool, ignore_errors=True)

    # --- the jobs -------------------------------------------------------------------------------

    def _pass(self, orders: list[Order]) -> list[Order]:
        """Give each order to whoever is free and up; those that nobody finished."""
        if not orders or self._stop.is_set():
            return [] if self._stop.is_set() else orders
        hands = {hand.handle: hand for hand in self._up()}
        pool = self._cluster.pool(list(hands))
        left = {order.job: order for order in orders}
        for order in orders if hands else ():
            pool.give(lambda handle, order: self._give(hands[handle], order), order)
        while pool.works and not self._stop.is_set():
            outcome = pool.next(BEAT_SECONDS)
            self._listen()
            if outcome is not None:
                self._take(outcome, left)
        if self._stop.is_set():
            self._cancel(left)
            return []
        return list(left.values())

    def _give(self, hand: Hand, order: Order) -> Any:
        book = self._books[order.job]
        book.begin(hand.ready.server, order)
        book.spool.parent.mkdir(parents=True, exist_ok=True)
        here = this_node()
        order = order if hand.ready.node == here else carrying(order)
        self._refs[order.job] = hand.handle.run.remote(order, str(book.spool), here)
        return self._refs[order.job]

    def _listen(self) -> None:
        refs = [hand.handle.heard.remote(hand.heard) for hand in self._hands]
        for hand, told in zip(self._hands, self._cluster.answers(refs, BEAT_SECONDS), strict=True):
            self._hear(hand, told or ())

    def _hear(self, hand: Hand, told: Sequence[tuple[int, Told]]) -> None:
        for number, one in told:
            if number > hand.heard:
                hand.heard = number
                self._tell(one)

    def _take(self, outcome: Outcome, left: dict[str, Order]) -> None:
        """Write down how a job ended; one that ended nowhere stays among those `left`."""
        order = outcome.order
        self._refs.pop(order.job, None)
        self._hear(self._hands[outcome.ready.number], outcome.told)
        self._meet(self._hands[outcome.ready.number], outcome.ready)
        if outcome.elsewhere and outcome.error is not None:
            left[order.job] = order
            self._troubles[order.job] = outcome.error
            return
        left.pop(order.job, None)
        if outcome.interrupted:
            self._end(order, Interrupted(f"Stopped; the job {order.job} was cancelled."))
        elif outcome.result is None:
            self._end(order, outcome.error or ClusterFailed("An actor gave no answer."))
        else:
            self._records[order.job] = self._books[order.job].finish(
                order, outcome.result, outcome.pieces, outcome.partial, self._tell
            )

    def _end(self, order: Order, error: GatesError | Interrupted) -> None:
        self._records[order.job] = self._books[order.job].fail(order, error, self._tell)

    def _give_up(self, order: Order) -> None:
        nobody = ClusterFailed(f"No actor could finish the job {order.job}.")
        self._end(order, self._troubles.get(order.job, nobody))

    def _cancel(self, left: dict[str, Order]) -> None:
        """Cancel what runs, and wait for it; what was not given out is left as it was."""
        self._cluster.answers([hand.handle.cancel.remote() for hand in self._hands], SECONDS_TO_CANCEL)
        running = [self._refs[job] for job in left if job in self._refs]
        for outcome in self._cluster.answers(running, SECONDS_TO_CANCEL):
            if outcome is not None:
                self._take(outcome, left)
        self._listen()


def carrying(order: Order) -> Order:
    """The order with its files in it: for a machine that does not share this one's disk."""
    return replace(
        order, inputs=tuple(replace(one, data=Path(one.path).read_bytes()) for one in order.inputs)
    )
