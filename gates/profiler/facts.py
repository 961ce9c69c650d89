"""What is known of a run from elsewhere: its hash, its surroundings, its pools, what the sampler saw."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from .arming import Notice, is_mismatch, mismatch
from .lent import Outside
from .quantities import Edges, Missing
from .sampler import Sampler
from .session import Session
from .totals import Facts

log = logging.getLogger("gates.profiler.facts")


class FactFinder:
    """Asks others, on the desk's thread; what they fail to answer is missing from the run, and it says so."""

    def __init__(self, outside: Outside, edges: Edges, tell: Callable[[Notice], None]) -> None:
        self._outside = outside
        self._edges = edges
        self._tell = tell
        self._environment: Mapping[str, Any] | None = None

    def of(self, session: Session, sampler: Sampler) -> Facts | None:
        """What the run is kept with; None where it should not have been recorded."""
        found = self._asked(session, "hash_of", session.prompt, session.workflow)
        if is_mismatch(session.ask, found):
            if session.end is not None:
                self._tell(mismatch(session.ask, found, session.client_id, session.prompt_id))
            return None
        missing: list[Missing] = [*sampler.missing(), *self._edges.missing()]
        return Facts(
            workflow_hash=found,
            environment=self._surroundings(session) if session.end is not None else None,
            pools=self._asked(session, "pools_of", session.prompt),
            missing=tuple(missing),
            device=next((opened.device for opened in sampler.opened if opened.device), None),
            sampler_cpu=sampler.cpu,
            sampler_ms=sampler.ms,
            tracks=dict(sampler.tracks),
        )

    def begun(self, session: Session) -> None:
        """Tell that a run is on, unless it turns out to be one that should not be recorded."""
        if self._outside.begun is None:
            return
        if session.ask.expected_hash is not None:
            found = self._asked(session, "hash_of", session.prompt, session.workflow)
            if is_mismatch(session.ask, found):
                return
        self._outside.begun(session)

    def _surroundings(self, session: Session) -> Mapping[str, Any] | None:
        """Gathered once: what a process runs in does not change while it runs."""
        if self._environment is None:
            self._environment = self._asked(session, "environment")
        return self._environment

    def _asked(self, session: Session, name: str, *values: Any) -> Any:
        ask = getattr(self._outside, name)
        if ask is None:
            return None
        try:
            return ask(*values)
        except Exception as error:
            log.exception("[Dataset Gates] %s is missing from a run", name)
            session.note(f"{name} failed: {type(error).__name__}")
            return None
