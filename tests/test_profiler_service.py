"""Arms that nobody used, and those that somebody did: what the tab hears a minute later."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from gates.profiler.arming import SECONDS_ARMED, Ask
from gates.profiler.lent import Clock, Probes
from gates.profiler.probes.edges import NodeEdges
from gates.profiler.probes.process import ProcessProbe
from gates.profiler.service import ProfilerService, Surroundings
from gates.profiler.wishes import Wish


class NoQueue:
    """Nothing is queued here."""

    async def submit(self, asked: Any, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        raise NotImplementedError

    def is_there(self, prompt_id: str) -> bool:
        return False

    def drop(self, models: bool) -> None:
        return

    def is_dropped(self) -> bool:
        return True

    def withdraw(self, prompt_ids: Iterable[str]) -> tuple[str, ...]:
        return ()

    def interrupt(self, prompt_id: str) -> bool:
        return False


class Tab:
    """A service, the time that passes for it, and what one tab of it hears."""

    def __init__(self, folder: Path) -> None:
        self.now = 1_800_000_000.0
        self.heard: list[dict[str, Any]] = []
        self.later: list[tuple[float, Callable[[], None]]] = []
        ids = count()
        self.service = ProfilerService(
            Surroundings(
                folder_of=lambda user: folder / user,
                queue=NoQueue(),
                send=lambda event, data, client_id: self.heard.append(data),
                is_connected=lambda client_id: client_id == "tab",
                later=lambda seconds, call: self.later.append((self.now + seconds, call)),
                has_users=lambda: False,
                new_id=lambda: f"id-{next(ids)}",
                probes=lambda: Probes(NodeEdges(ProcessProbe(), ())),
                environment=dict,
                pools_of=lambda prompt: {},
                clock=Clock(time=lambda: self.now),
            )
        )

    def arm(self) -> None:
        self.service.arm(Wish("default", "tab", Ask()), Ask(name="mine"))

    def queue(self) -> dict[str, Any]:
        prompt = {"1": {"class_type": "A", "inputs": {}}}
        return self.service.on_prompt({"client_id": "tab", "prompt": prompt, "extra_data": {}})

    def wait(self, seconds: float) -> None:
        end = self.now + seconds
        while self.later and min(at for at, _ in self.later) <= end:
            self.later.sort(key=lambda one: one[0])
            at, call = self.later.pop(0)
            self.now = max(self.now, at)
            call()
        self.now = end

    def phases(self) -> list[str]:
        return [data["phase"] for data in self.heard]


@pytest.fixture
def tab(tmp_path: Path) -> Tab:
    return Tab(tmp_path)


def test_an_arm_that_nobody_used_lapses_after_a_minute_and_the_tab_hears_of_it(tab: Tab) -> None:
    tab.arm()
    tab.wait(SECONDS_ARMED - 1)
    assert tab.phases() == ["armed"] and len(tab.service.armed("default")) == 1
    tab.wait(2)
    assert tab.phases() == ["armed", "lapsed"] and tab.service.armed("default") == ()
    assert "measured" in tab.heard[-1]["message"]
    assert "holaf_profile" not in tab.queue()["extra_data"]
    tab.service.close()


def test_an_arm_that_was_used_or_replaced_does_not_lapse(tab: Tab) -> None:
    tab.arm()
    assert tab.queue()["extra_data"]["holaf_profile"]["name"] == "mine"
    tab.wait(2 * SECONDS_ARMED)
    assert tab.phases() == ["armed"]
    tab.arm()
    tab.wait(SECONDS_ARMED / 2)
    tab.arm()
    tab.wait(SECONDS_ARMED * 0.75)  # the first one is over, the second one not yet
    assert tab.phases() == ["armed"] * 3
    tab.wait(SECONDS_ARMED)
    assert tab.phases() == ["armed"] * 3 + ["lapsed"]
    tab.service.close()


def test_a_tab_that_is_stopped_hears_of_it_at_once_and_only_then(tab: Tab) -> None:
    tab.arm()
    tab.wait(5)
    assert tab.service.stop("somebody else", None, None) == {"cancelled": [], "interrupted": None}
    assert len(tab.service.armed("default")) == 1
    tab.service.stop("default", None, None)
    tab.wait(1)
    assert tab.phases() == ["armed", "lapsed"] and tab.service.armed("default") == ()
    assert "stopped" in tab.heard[-1]["message"]
    tab.wait(2 * SECONDS_ARMED)
    assert len(tab.heard) == 2 and "holaf_profile" not in tab.queue()["extra_data"]
    tab.service.close()
