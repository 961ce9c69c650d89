"""How pages are told: paced, small, in order, to those who listen alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from gates.profiler.records import Step
from gates.profiler.telling import (
    LARGEST,
    MOST_SUBSCRIBERS,
    MOST_WAITING,
    RUN_EVENT,
    STEP_EVENT,
    Telling,
    packed,
    row_of,
)


class Pages:
    """A server's websockets, and its clock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.sent: list[tuple[float, str, str, dict[str, Any]]] = []
        self.open = {"a", "b"}
        self.later: list[tuple[float, Callable[[], None]]] = []
        self.telling = Telling(self.send, lambda page: page in self.open, self.call_later, lambda: self.now)

    def send(self, event: str, data: dict[str, Any], page: str) -> None:
        self.sent.append((self.now, page, event, data))

    def call_later(self, seconds: float, call: Callable[[], None]) -> None:
        self.later.append((self.now + seconds, call))

    def run_out(self) -> None:
        """Let time pass until nothing waits."""
        while self.later:
            self.later.sort(key=lambda one: one[0])
            self.now, call = self.later.pop(0)
            call()

    def times(self, page: str) -> list[float]:
        return [at for at, to, _, _ in self.sent if to == page]


def step(n: int, title: str = "") -> Step:
    return Step(node_id=str(n), node_title=title or f"Title {n}", node_type="Kind", seq=n, status="executed")


def about(prompt_id: str = "p") -> dict[str, Any]:
    return {"run_id": None, "prompt_id": prompt_id}


def test_ten_messages_a_second_at_most_and_none_is_lost() -> None:
    pages = Pages()
    for number in range(40):
        pages.telling.run("default", "a", {"phase": "started", "n": number})
    pages.run_out()
    assert [data["n"] for *_, data in pages.sent] == list(range(40))
    times = pages.times("a")
    assert all(later - sooner >= 0.0999 for sooner, later in zip(times, times[1:], strict=False))
    assert times[0] == 100.0


def test_rows_that_wait_go_together() -> None:
    pages = Pages()
    for number in range(30):
        pages.telling.steps("default", "a", about(), [step(number)])
    pages.telling.run("default", "a", {"phase": "ended"})
    pages.run_out()
    events = [event for _, _, event, _ in pages.sent]
    assert events[-1] == RUN_EVENT and len(events) < 8
    rows = [
        row["node_id"] for _, _, event, data in pages.sent if event == STEP_EVENT for row in data["steps"]
    ]
    assert rows == [str(number) for number in range(30)]


def test_rows_of_two_runs_do_not_mix() -> None:
    pages = Pages()
    pages.telling.run("default", "a", {"phase": "started"})
    pages.telling.steps("default", "a", about("p"), [step(1)])
    pages.telling.steps("default", "a", about("q"), [step(2)])
    pages.run_out()
    assert [data["prompt_id"] for *_, event, data in pages.sent if event == STEP_EVENT] == ["p", "q"]


def test_where_too_much_waits_rows_go_before_phases() -> None:
    pages = Pages()
    pages.telling.run("default", "a", {"phase": "started"})
    for number in range(MOST_WAITING + 50):
        pages.telling.steps("default", "a", about(str(number)), [step(number)])
        if number < 20:
            pages.telling.run("default", "a", {"phase": "saved", "n": number})
    pages.run_out()
    assert len(pages.sent) <= MOST_WAITING + 1
    assert len([1 for _, _, event, _ in pages.sent if event == RUN_EVENT]) == 21


def test_messages_are_small_whatever_the_titles() -> None:
    titles = ["\N{GRINNING FACE}" * 5000, "plain", "\u0000" * 300, "\ud800" * 300]
    rows = [row_of(step(number, titles[number % 4])) for number in range(200)]
    messages = packed(about(), rows)
    assert all(len(json.dumps(message)) <= LARGEST for message in messages)
    assert [row for message in messages for row in message["steps"]] == rows
    assert packed(about(), []) == []


def test_only_those_who_listen_are_told() -> None:
    pages = Pages()
    pages.telling.subscribe("anna", "b")
    pages.telling.run("anna", "a", {"n": 1})
    pages.telling.run("anna", None, {"n": 2})
    pages.telling.run("bob", None, {"n": 3})
    pages.open.remove("a")
    pages.telling.run("bob", "a", {"n": 4})
    pages.run_out()
    assert [(page, data["n"]) for _, page, _, data in pages.sent] == [("a", 1), ("b", 1), ("b", 2)]


def test_subscriptions_end_with_their_sockets_and_are_bounded() -> None:
    pages = Pages()
    pages.telling.subscribe("anna", "a")
    pages.open.remove("a")
    pages.telling.subscribe("anna", "b")
    pages.open.add("a")
    pages.telling.run("anna", None, {})
    assert [page for _, page, _, _ in pages.sent] == ["b"]
    many = [f"page {number}" for number in range(MOST_SUBSCRIBERS + 5)]
    pages.open |= set(many)
    for page in many:
        pages.telling.subscribe("anna", page)
    pages.sent.clear()
    pages.telling.run("anna", None, {})
    assert [page for _, page, _, _ in pages.sent] == many[5:]
