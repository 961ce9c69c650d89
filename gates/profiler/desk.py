"""One thread that works off what the prompt thread hands over: live rows, then the assembled run."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from .assembly import assemble, settled_steps
from .records import Recording, Step
from .sampler import Sampler
from .session import Session
from .totals import Facts

log = logging.getLogger("gates.profiler.desk")

LIVE_SECONDS = 0.1
CHECKPOINT_SECONDS = 2.0
SECONDS_TO_JOIN = 5.0  # the sampler, which may sit in a driver that hangs
SECONDS_IDLE = 5.0
SECONDS_TO_LET_END = 0.1  # ComfyUI has yet to tell of the end, and would wait for what is assembled
MOST_WAITING = 64  # runs that ended and are not assembled yet
MOST_ROWS = 25  # in one message: making a row takes time from the prompt

Live = Callable[[str, "str | None", Sequence[Step]], None]
Sink = Callable[[Recording], None]
Begun = Callable[[Session], None]
FactsOf = Callable[[Session, Sampler], "Facts | None"]


@dataclass(eq=False)
class Job:
    """A run from its start to its being handed on. `told` counts the segments that live rows have shown."""

    session: Session
    sampler: Sampler
    told: int = 0
    told_at: float = 0.0  # s of the clock
    checkpointed: float = 0.0
    announced: bool = False  # that it has begun
    abandoned: bool = False  # its end was never told, so it is not kept
    ended: threading.Event = field(default_factory=threading.Event)


class Desk:
    """Its thread begins with the first run and ends when there was nothing to do for a while."""

    def __init__(
        self,
        facts: FactsOf,
        sink: Sink,
        live: Live | None,
        checkpoint: Sink | None,
        ns: Callable[[], int],
        idle: float = SECONDS_IDLE,
        begun: Begun | None = None,
        lost: Begun | None = None,
    ) -> None:
        self.dropped = 0
        self._facts = facts
        self._sink = sink
        self._live = live
        self._checkpoint = checkpoint
        self._ns = ns
        self._idle = idle
        self._begun = begun
        self._lost = lost
        self._news = threading.Condition()
        self._jobs: deque[Job] = deque()
        self._thread: threading.Thread | None = None
        self._closed = False

    def take(self, job: Job) -> bool:
        """Begin to watch a run; False where too many wait."""
        with self._news:
            if len(self._jobs) >= MOST_WAITING or self._closed:
                self.dropped += 1
                return False
            for earlier in self._jobs:  # one prompt runs at a time: the end of an earlier one was never told
                if not earlier.ended.is_set():
                    earlier.abandoned = True
                    earlier.sampler.stop()
                    earlier.ended.set()
            self._jobs.append(job)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="gates-profiler-desk", daemon=True)
                self._thread.start()
            self._news.notify()
        return True

    def ended(self, job: Job) -> None:
        job.ended.set()
        with self._news:
            self._news.notify()

    def close(self, timeout: float) -> bool:
        """Work off what has ended, then stop; False where that takes longer."""
        with self._news:
            self._closed = True
            self._news.notify()
            thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def wait(self, timeout: float) -> bool:
        """Until every run that was taken is handed on."""
        with self._news:
            return self._news.wait_for(lambda: not self._jobs, timeout)

    def _work(self) -> None:
        while True:
            job = self._next()
            if job is None:
                return
            self._announce(job)
            if job.ended.is_set():
                self._quietly("The end of a run was not waited for", self._let_it_end)
                self._quietly("A run could not be kept", partial(self._hand_on, job))
                with self._news:
                    self._jobs.remove(job)
                    self._news.notify_all()
            else:
                self._quietly("A row could not be shown", partial(self._tell, job))
                self._quietly("A run could not be kept so far", partial(self._keep, job))

    def _let_it_end(self) -> None:
        """Threads take turns of 5 ms: assembling at once held up the end of a run of 200 nodes by 20 ms.

        Where the next run is on already there is nothing to wait for.
        """
        with self._news:
            self._news.wait_for(lambda: self._closed or len(self._jobs) > 1, SECONDS_TO_LET_END)

    def _next(self) -> Job | None:
        """The oldest run, when it ended or it is time to tell of it; None when the thread is to end."""
        with self._news:
            if not self._jobs and not self._closed:
                self._news.wait_for(lambda: self._jobs or self._closed, self._idle)
            if not self._jobs or (self._closed and not self._jobs[0].ended.is_set()):
                self._thread = None
                return None
            job = self._jobs[0]
            if not job.announced and self._begun is not None:
                return job
            self._news.wait_for(lambda: job.ended.is_set() or self._closed, LIVE_SECONDS)
            return job

    def _announce(self, job: Job) -> None:
        if job.announced or job.abandoned or self._begun is None:
            return
        job.announced = True
        self._quietly("The beginning of a run could not be told", partial(self._begun, job.session))

    def _tell(self, job: Job) -> None:
        """At most ten times a second; rows that do not fit are in the run when it is handed on."""
        now = self._ns() / 1e9
        segments = job.session.segments
        fresh = segments[job.told : job.told + MOST_ROWS]
        if self._live is None or not fresh or now - job.told_at < LIVE_SECONDS * 0.9:
            return
        job.told, job.told_at = job.told + len(fresh), now
        steps = settled_steps(job.session, {segment.node_id for segment in fresh}, self._ns())
        if steps:
            self._live(job.session.prompt_id, job.session.client_id, steps)

    def _keep(self, job: Job) -> None:
        now = self._ns() / 1e9
        if self._checkpoint is None:
            return
        job.checkpointed = job.checkpointed or now
        if now - job.checkpointed >= CHECKPOINT_SECONDS:
            job.checkpointed = now
            facts = self._facts(job.session, job.sampler)
            if facts is not None:
                self._checkpoint(assemble(job.session, facts, self._ns()))

    def _hand_on(self, job: Job) -> None:
        if not job.abandoned:
            self._quietly("A row could not be shown", partial(self._tell, job))
        if not job.sampler.join(SECONDS_TO_JOIN):
            job.session.faults.append("the sampler did not end in time")
        kept = False
        try:
            facts = None if job.abandoned else self._facts(job.session, job.sampler)
            if facts is not None:
                self._sink(assemble(job.session, facts, self._ns()))
                kept = True
        finally:
            if not kept and job.announced and self._lost is not None:
                self._quietly("The loss of a run could not be told", partial(self._lost, job.session))

    def _quietly(self, what: str, do: Callable[[], None]) -> None:
        try:
            do()
        except Exception:
            log.exception("[Dataset Gates] %s", what)
