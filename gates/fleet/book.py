"""The book of one job on disk: what an earlier run left, and what this one adds to it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ..client import Result
from ..errors import BadInput, ClientError, DuplicateName, GatesError, OutputExists, RunCancelled
from . import records
from .decisions import AlreadyDone, Ended, Saved, Tell
from .delivery import Delivery, Piece
from .naming import Pattern, job_values
from .order import Order
from .records import DONE, GIVEN, Record

DONE_CODE = 0
FAILED_CODE = 1
USAGE_CODE = 2
PARTLY_CODE = 6
INTERRUPTED_CODE = 130
STATUSES = {
    FAILED_CODE: "failed",
    USAGE_CODE: "refused",
    3: "refused",
    4: "lost",
    5: "timed_out",
    PARTLY_CODE: "partly_refused",
    INTERRUPTED_CODE: "cancelled",
}
MAY_STILL_RUN = (GIVEN, "lost", DONE)  # done: its files may be gone here and still lie on the server


class Interrupted(Exception):
    """The person stopped it; the run was cancelled on its server."""


class Book:
    """One job's record. `order` is the order as it is to be run now, after what the record says."""

    def __init__(
        self,
        order: Order,
        pattern: Pattern,
        batch: uuid.UUID | None = None,
        overwrite: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._pattern = pattern
        self._overwrite = overwrite
        self._clock = clock
        self.path = pattern.record({"user": order.user, "job": order.job})
        self.found = records.read(self.path)
        self.order = resumed(order, self.found, batch)
        self._check()
        self._record = records.begun(self.order, pattern.text, None, clock())

    def _check(self) -> None:
        """Raise OutputExists, or DuplicateName where the name belongs to another job that is done."""
        found = self.found
        fixed = self._pattern.fixed_file({"user": self.order.user, "job": self.order.job})
        if self._overwrite or self.is_done:
            return
        if fixed is not None and fixed.exists():
            raise OutputExists(f"{fixed} is there. Use another --out, or --overwrite.")
        if found and found.digest != self.order.digest and found.status == DONE:
            raise DuplicateName(
                f"The job {self.order.job} was done before with another workflow, setting or input "
                f"({self.path}). Name this one otherwise, or --overwrite."
            )

    @property
    def spool(self) -> Path:
        """A folder for files on their way, on the disk that they will stay on."""
        return self.path.with_name(f".{self.order.job}.part")

    @property
    def is_done(self) -> bool:
        return records.is_done(self.found, self.order, self.path.parent)

    def done_before(self, tell: Tell) -> Record:
        assert self.found is not None
        tell(AlreadyDone(self.order.job, str(self.path)))
        return self.found

    def begin(self, server: str, order: Order) -> None:
        """Write down, before the server hears of it, that it gets the job."""
        self._record = records.begun(order, self._pattern.text, server, self._clock())
        records.write(self.path, self._record)

    def finish(
        self, order: Order, result: Result, pieces: Sequence[Piece], partial: bool, tell: Tell
    ) -> Record:
        """Put the files in place and write the record. What cannot be kept makes the job a failed one."""
        day = time.strftime("%Y-%m-%d", time.localtime(self._record.asked_at))
        values = job_values(order.user, order.job, order.prompt_id, day)
        delivery = Delivery(self._pattern, values, self.path, self._overwrite)
        kept = delivery.keep(pieces)
        cached = [one.cached for one in kept if one.filename]
        record = replace(
            self._record,
            status=DONE,
            exit_code=PARTLY_CODE if partial else DONE_CODE,
            server=result.server,
            prompt_id=order.prompt_id,
            cached=all(cached) if cached else None,
            cached_nodes=result.cached,
            outputs=kept,
            tries=order.tries,
            ended_at=self._clock(),
            seconds=result.seconds,
        )
        for one in kept:
            if one.path is not None:
                tell(Saved(order.job, str(self.path.parent / one.path), one.size or 0))
        for trouble in delivery.troubles[:1]:
            return self._end(bad_end(record, trouble, self._clock()), tell)
        return self._end(record, tell)

    def fail(self, order: Order, error: GatesError | OSError | Interrupted, tell: Tell) -> Record:
        """Write down how it ended, when it did not end well."""
        record = replace(self._record, tries=order.tries, prompt_id=order.prompt_id)
        return self._end(bad_end(record, error, self._clock()), tell)

    def _end(self, record: Record, tell: Tell) -> Record:
        records.write(self.path, record)
        message = (record.error or {}).get("message", "")
        tell(Ended(record.job, record.status, record.exit_code or 0, str(self.path), message))
        return record


def resumed(order: Order, found: Record | None, batch: uuid.UUID | None) -> Order:
    """The order after what an earlier run of the same job left: where it may be, or its next attempt."""
    if found is None or found.digest != order.digest or batch is None:
        return order
    order = replace(order, attempt=found.attempt, prompt_id=found.prompt_id)
    if found.status not in MAY_STILL_RUN:
        return order.again(batch)
    return replace(order, asked=(found.server,) if found.server else (), tries=found.tries)


def bad_end(record: Record, error: GatesError | OSError | Interrupted, now: float) -> Record:
    code, exit_code = code_of(error)
    status = "cancelled" if isinstance(error, RunCancelled) else STATUSES.get(exit_code, "failed")
    told = {"code": code, "message": str(error)}
    return replace(record, status=status, exit_code=exit_code, error=told, ended_at=now)


def code_of(error: BaseException) -> tuple[str, int]:
    """The stable code of an error, and the exit code of `gates run`."""
    if isinstance(error, Interrupted):
        return "interrupted", INTERRUPTED_CODE
    if isinstance(error, ClientError):
        return error.code, error.exit_code
    if isinstance(error, BadInput):
        return error.code, USAGE_CODE
    return (error.code if isinstance(error, GatesError) else "system_error"), FAILED_CODE
