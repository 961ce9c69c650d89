"""All turns that one node had in a run, as one: what became of it, and when it was at work."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .ledger import Span
from .records import StepStatus
from .session import Calls, Segment

INTERRUPT = "InterruptProcessingException"


@dataclass(frozen=True)
class Visit:
    """`until` is the end of the run, or now where it is on: the end of what did not end."""

    node_id: str
    segments: tuple[Segment, ...]
    until: int

    @property
    def begin(self) -> int:
        return self.segments[0].begin

    @property
    def end(self) -> int:
        last = self.segments[-1]
        if self.left_open and last.outcome == "PENDING":
            return max(self.until, last.end)
        return max([last.end, *(self._calls_end(calls) for calls in self.rounds)])

    @property
    def rounds(self) -> tuple[Calls, ...]:
        """Each time that its function was called for all its items; once, as a rule."""
        return tuple(segment.calls for segment in self.segments if segment.calls is not None)

    @property
    def is_async(self) -> bool:
        return any(calls.tasks for calls in self.rounds)

    @property
    def left_open(self) -> bool:
        """It was put down to wait, and never picked up again."""
        return self.segments[-1].outcome == "PENDING"

    @property
    def settled(self) -> bool:
        return not self.left_open

    @property
    def failure(self) -> str | None:
        """Class of the error that ended it."""
        last = self.segments[-1]
        return last.error if last.outcome == "FAILURE" else None

    def turns(self) -> list[Span]:
        """On the prompt thread."""
        return [(segment.begin, segment.end) for segment in self.segments]

    def out(self) -> list[Span]:
        """While async calls were out."""
        return [(calls.begin, self._calls_end(calls)) for calls in self.rounds if calls.tasks]

    def at_work(self) -> list[Span]:
        """Its own time: turns, and from an async call to its end."""
        spans = []
        for segment in self.segments:
            calls = segment.calls
            end = self._calls_end(calls) if calls is not None and calls.tasks else segment.end
            spans.append((segment.begin, max(segment.end, end)))
        return spans

    def fn_time(self) -> int | None:
        """ns inside of its function; None where it was not called."""
        if not self.n_calls:
            return None
        return sum(self._calls_end(calls) - calls.begin for calls in self.rounds)

    @property
    def n_calls(self) -> int:
        return sum(len(calls.at) or int(not calls.had_items) for calls in self.rounds)

    def items(self) -> list[int]:
        """ns of each call, in order."""
        times: list[int] = []
        for calls in self.rounds:
            done = dict(calls.done)
            ends = [*(begin for _, begin in calls.at[1:]), self._returned(calls)]
            for (index, begin), after in zip(calls.at, ends, strict=False):
                end = done.get(index, self.until) if index in calls.tasks else after
                times.append(end - begin)
        return times

    def _returned(self, calls: Calls) -> int:
        return calls.end if calls.end is not None else self.until

    def _calls_end(self, calls: Calls) -> int:
        if len(calls.tasks) > len(calls.done):
            return self.until
        return max([self._returned(calls), *(at for _, at in calls.done)])


def visits(segments: Iterable[Segment], until: int) -> list[Visit]:
    """One for each node, in the order of their first moments."""
    found: dict[str, list[Segment]] = {}
    for segment in segments:
        found.setdefault(segment.node_id, []).append(segment)
    return [Visit(node_id, tuple(turns), until) for node_id, turns in found.items()]


def status_of(visit: Visit) -> StepStatus:
    """What became of a node by itself; one that was made of others may end as they did."""
    outcome = visit.segments[-1].outcome
    if outcome == "FAILURE":
        return StepStatus.INTERRUPTED if visit.failure == INTERRUPT else StepStatus.ERROR
    if outcome == "PENDING":
        return StepStatus.INTERRUPTED if visit.rounds else StepStatus.SKIPPED
    if outcome == "RAN":
        return StepStatus.EXECUTED
    if outcome == "CACHED" or not visit.rounds:
        return StepStatus.CACHED
    return StepStatus.EXECUTED if visit.n_calls else StepStatus.BLOCKED
