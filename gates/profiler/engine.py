"""Records the prompts that were asked to be: what the hooks call, and what comes of it.

The hooks run on the prompt thread and may cost microseconds: they write into a session and nothing else.
Everything slow happens on the desk's thread once the prompt has ended.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import fallback
from .arming import Arm, Arming, Ask, Notice, asked
from .desk import Desk, Job, Sink
from .facts import FactFinder
from .lent import Clock, Outside, Probes
from .sampler import DEFAULT_MS, Sampler, period_ms
from .session import NO_READING, Calls, Graph, Mark, Reading, Segment, Session, client_of

__all__ = ["Clock", "Outside", "Probes", "ProfilerEngine"]

log = logging.getLogger("gates.profiler.engine")

WORTH_ASKING = 10_000_000  # ns: a node that took this long is worth asking the driver when it ends
SECONDS_FOR_FIRST_SAMPLE = 0.1
SECONDS_TO_STOP = 10.0
FULL_TIER = "execute"
FAILED = {"execution_error": "Exception", "execution_interrupted": "InterruptProcessingException"}


made = tuple.__new__  # a NamedTuple without its constructor, which costs more than all else at an edge


class ProfilerEngine:
    """`session` is None while nothing is recorded: that one read is all that a node costs then."""

    def __init__(
        self,
        clock: Clock,
        probes: Probes,
        sink: Sink,
        outside: Outside | None = None,
        sample_ms: Callable[[], int] = lambda: DEFAULT_MS,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self.session: Session | None = None
        self.tier = "none"
        self._clock = clock
        self._ns = clock.ns
        self._probes = probes
        self._edges = probes.edges
        self._outside = outside = outside or Outside()
        self._sample_ms = sample_ms
        self._arming = Arming(clock.time, new_id)
        facts = FactFinder(outside, probes.edges, self._tell)
        self._desk = Desk(
            facts.of, sink, outside.live, outside.checkpoint, clock.ns, begun=facts.begun, lost=outside.lost
        )
        self._job: Job | None = None
        self._stopped = False

    @property
    def is_recording(self) -> bool:
        return self.session is not None

    def arm(self, client_id: str, ask: Ask) -> Arm:
        """Record the next prompt that a client queues; lapses after 60 s."""
        return self._arming.arm(client_id, ask)

    def disarm(self, client_id: str) -> Arm | None:
        return self._arming.disarm(client_id)

    def armed(self) -> tuple[Arm, ...]:
        return self._arming.pending()

    def on_prompt(self, request: dict[str, Any]) -> dict[str, Any]:
        """For every request to queue a prompt, before it is checked. Never raises."""
        try:
            notice = self._arming.mark(request, self._outside.hash_of)
            if notice is not None:
                self._tell(notice)
        except Exception:
            log.exception("[Dataset Gates] A prompt that was armed could not be marked")
        return request

    def run_started(self, prompt_id: str, prompt: Mapping[str, Any], extra_data: Mapping[str, Any]) -> bool:
        """Whether this prompt is recorded from now on."""
        ask = asked(extra_data)
        if ask is None or self._stopped:
            return False
        entered = self._ns()
        if self.session is not None and self.session.thread != threading.get_ident():
            self._tell(Notice("busy", "Another run is being recorded.", prompt_id, client_of(extra_data)))
            return False
        self._abandon()
        session = Session(prompt_id, prompt, extra_data, ask)
        session.tier = self.tier
        sampler = Sampler(self._probes.sampled, self._ns, period_ms(self._sample_ms()))
        job = self._job = Job(session, sampler)
        try:
            taken = self._begin(job)
        except Exception:
            self._abandon()
            raise
        if taken:
            session.begin = self._ns()
            session.overhead += session.begin - entered
        return taken

    def _begin(self, job: Job) -> bool:
        session = job.session
        self._edges.open()
        if not self._desk.take(job):
            self._job = None
            self._tell(Notice("lost", "Too many runs wait to be kept.", session.prompt_id, session.client_id))
            return False
        job.sampler.start()
        if self._probes.has_device():
            job.sampler.ready.wait(SECONDS_FOR_FIRST_SAMPLE)
        session.began_at = self._clock.time()
        session.first = self._before(session, self._ns())
        session.begin = self._ns()
        self.session = session
        return True

    def _abandon(self) -> None:
        """Drop a run whose end nobody told: the thread that ran it is at the next one already."""
        job, self._job, self.session = self._job, None, None
        if job is not None:
            job.abandoned = True
            job.sampler.stop()
            self._desk.ended(job)

    def run_ended(
        self, prompt_id: str, messages: Sequence[tuple[str, Mapping[str, Any]]], raised: str | None
    ) -> None:
        """`messages` as ComfyUI kept them for the history; `raised` where the whole prompt broke."""
        session, job = self.session, self._job
        if session is None or session.prompt_id != prompt_id:
            return
        session.end = self._ns()
        self.session, self._job = None, None
        session.messages = list(messages)
        session.raised = raised
        try:
            session.last = self._after(session, session.end, session.end - session.begin)
            if self.tier != FULL_TIER:
                failed = next((kind for kind, _ in session.messages if kind in FAILED), None)
                fallback.end_of_run(session, raised or FAILED.get(failed or ""))
        finally:  # whatever breaks of ours, the sampler ends and the run is kept
            session.overhead += self._ns() - session.end
            if job is not None:
                job.sampler.stop()
                self._desk.ended(job)

    def on_node_start(self, prompt_id: str, node_id: str, graph: Graph) -> Mark | None:
        """A node is picked up. None where this prompt is not recorded."""
        session = self.session
        if session is None or session.prompt_id != prompt_id:
            return None
        entered = self._ns()
        if node_id not in session.inputs:
            session.meet(node_id, graph)
        mark = session.mark = Mark(node_id, self._before(session, entered))
        mark.begin = self._ns()
        session.overhead += mark.begin - entered
        return mark

    def on_node_end(self, mark: Mark, outcome: str, error: str | None) -> None:
        """It is put down: with SUCCESS, PENDING or FAILURE and the class of its error."""
        end = self._ns()
        session = self.session
        if session is None or session.mark is not mark:
            return
        after = self._after(session, end, end - mark.begin)
        fields = (mark.node_id, mark.begin, end, outcome, error, mark.calls, mark.before, after)
        session.segments.append(made(Segment, fields))
        if end - mark.begin >= WORTH_ASKING:
            self._ask_device(session, end)
        session.mark = None
        session.overhead += self._ns() - end

    def on_calls_start(self, prompt_id: str, node_id: str) -> Calls | None:
        """The function of the node in hand is about to be called, for each of its items."""
        session = self.session
        mark = session.mark if session is not None and session.prompt_id == prompt_id else None
        if mark is None or mark.node_id != node_id:
            return None
        calls = mark.calls = Calls(self._ns())
        return calls

    def on_call(self, calls: Calls, index: int) -> None:
        calls.at.append((index, self._ns()))

    def on_calls_end(self, calls: Calls, had_items: bool, tasks: Sequence[tuple[int, Any]]) -> None:
        """`tasks` are the calls that go on, by index; each tells its true end itself."""
        calls.end = self._ns()
        calls.had_items = had_items
        if tasks:
            calls.tasks = tuple(index for index, _ in tasks)
            for index, task in tasks:
                task.add_done_callback(lambda _, index=index: calls.done.append((index, self._ns())))

    def on_progress(self, kind: str, prompt_id: str, node_id: str, graph: Graph) -> None:
        """For the second tier: a node `start`s, or `finish`es."""
        session = self.session
        if session is not None and session.prompt_id == prompt_id:
            fallback.on_progress(session, kind, node_id, graph, self._ns, lambda: self._any(session))

    def on_event(self, kind: str, data: Mapping[str, Any]) -> None:
        """For the third tier: a message to the client of the run."""
        session = self.session
        if session is not None and data.get("prompt_id") == session.prompt_id:
            fallback.on_event(session, kind, data, self._ns, lambda: self._any(session))

    def _any(self, session: Session) -> Reading:
        """An end of one node that is the beginning of the next: its peak is read before it is reset."""
        now = self._ns()
        after = self._after(session, now, WORTH_ASKING)
        self._before(session, now)
        return after

    def _before(self, session: Session, now: int) -> Reading:
        try:
            return self._edges.before(now)
        except Exception as error:
            session.note(f"reading failed: {type(error).__name__}: {error}")
            return NO_READING

    def _after(self, session: Session, now: int, lasted: int) -> Reading:
        try:
            return self._edges.after(now, lasted)
        except Exception as error:
            session.note(f"reading failed: {type(error).__name__}: {error}")
            return NO_READING

    def _ask_device(self, session: Session, at: int) -> None:
        try:
            used = self._edges.device_memory()
        except Exception as error:
            session.note(f"the device did not answer: {type(error).__name__}: {error}")
            return
        if used is not None:
            session.device_edges.append((at, used))

    def fault(self, where: str, error: BaseException) -> None:
        """A hook failed; the prompt goes on, and the run says that something is missing."""
        session = self.session
        if session is not None:
            session.note(f"{where} failed: {type(error).__name__}: {error}")
        if where == "run_ended":
            self._abandon()

    def _tell(self, notice: Notice) -> None:
        if self._outside.notify is None:
            return
        try:
            self._outside.notify(notice)
        except Exception:
            log.exception("[Dataset Gates] A notice could not be sent")

    def wait(self, timeout: float) -> bool:
        """Until every run that ended is handed to the sink."""
        return self._desk.wait(timeout)

    def stop(self, timeout: float = SECONDS_TO_STOP) -> bool:
        """Record nothing more, hand on what has ended, close what was opened. False where a thread hangs."""
        self._stopped = True
        self._abandon()
        ended = self._desk.close(timeout)
        self._edges.close()
        for probe in self._probes.sampled:
            try:
                probe.close()
            except Exception:
                log.exception("[Dataset Gates] %s could not be closed", type(probe).__name__)
        return ended
