"""Which prompts are recorded: what they ask for themselves, and what their client armed."""

from __future__ import annotations

from typing import Any

import pytest

from gates.profiler.arming import KEY, Arming, Ask, asked, fields_of_ask, is_mismatch

PROMPT = {"1": {"class_type": "A", "inputs": {}}}


class Wall:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def arming(wall: Wall) -> Arming:
    ids = iter("abcdef")
    return Arming(wall, lambda: next(ids))


def request(client: Any = "me", extra: Any = None) -> dict[str, Any]:
    return {"prompt": PROMPT, "client_id": client, **({} if extra is None else {"extra_data": extra})}


def hash_of(prompt: Any, workflow: Any) -> str:
    return "now"


@pytest.mark.parametrize("wanted", [None, False, "yes", 1, [], [{}]])
def test_what_is_no_request_asks_for_nothing(wanted: Any) -> None:
    assert asked({} if wanted is None else {KEY: wanted}) is None


@pytest.mark.parametrize(
    ("wanted", "ask"),
    [
        (True, Ask()),
        ({}, Ask()),
        ({"name": "n", "comment": "c", "series": "s"}, Ask(name="n", comment="c", series="s")),
        ({"mode": "warm"}, Ask(mode="warm")),
        ({"mode": "boiling"}, Ask()),
        ({"name": 7, "comment": True, "series": {}}, Ask(name="7")),
        ({"name": "x" * 9999}, Ask(name="x" * 2000)),
        ({"force": True, "expected_hash": "h"}, Ask(force=True, expected_hash="h")),
        ({"force": "true", "snapshot_id": "4"}, Ask()),
        ({"snapshot_id": 4}, Ask(snapshot_id=4)),
        ({"queued_at": float("inf")}, Ask()),
    ],
)
def test_a_request_is_read_with_patience(wanted: Any, ask: Ask) -> None:
    assert asked({KEY: wanted}) == ask


def test_what_an_ask_writes_it_reads_back() -> None:
    ask = Ask("n", "c", "s", "cold", True, "h", 3, "arm", 12.5)
    assert asked({KEY: ask.as_json()}) == ask
    assert asked({KEY: Ask().as_json()}) == Ask()
    assert "name" in fields_of_ask() and "arm_id" not in fields_of_ask()


def test_an_arm_marks_the_next_prompt_of_its_client_alone() -> None:
    wall = Wall()
    arms = arming(wall)
    arm = arms.arm("me", Ask(name="n"))
    assert (arm.arm_id, arm.expires) == ("a", 1060.0)
    other, mine, later = request("other"), request(), request()
    for each in (other, mine, later):
        assert arms.mark(each) is None
    assert KEY not in other.get("extra_data", {}) and KEY not in later.get("extra_data", {})
    ask = asked(mine["extra_data"])
    assert ask is not None and (ask.name, ask.arm_id, ask.queued_at) == ("n", "a", 1000.0)
    assert arms.pending() == ()


def test_other_extra_data_stays_and_the_client_s_own_is_not_changed() -> None:
    arms = arming(Wall())
    arms.arm("me", Ask())
    extra: dict[str, Any] = {"extra_pnginfo": {"workflow": {}}}
    marked = request(extra=extra)
    arms.mark(marked)
    assert set(marked["extra_data"]) == {"extra_pnginfo", KEY} and set(extra) == {"extra_pnginfo"}


def test_an_arm_lapses_and_a_new_one_replaces_it() -> None:
    wall = Wall()
    arms = arming(wall)
    arms.arm("me", Ask(name="old"))
    wall.now += 60
    late = request()
    arms.mark(late)
    assert "extra_data" not in late and arms.pending() == ()
    arms.arm("me", Ask(name="one"))
    arms.arm("me", Ask(name="two"))
    assert [arm.ask.name for arm in arms.pending()] == ["two"]
    assert arms.disarm("me") is not None and arms.disarm("me") is None


def test_a_prompt_that_asks_itself_leaves_the_arm_alone() -> None:
    arms = arming(Wall())
    arms.arm("me", Ask(expected_hash="then"))
    for own in (True, {"name": "own", "arm_id": "forged", "expected_hash": "x"}):
        mine = request(extra={KEY: own})
        assert arms.mark(mine, hash_of) is None
        ask = asked(mine["extra_data"])
        assert ask is not None and ask.arm_id is None and ask.queued_at == 1000.0
        assert not is_mismatch(ask, "now")
    assert len(arms.pending()) == 1


def test_an_armed_prompt_that_changed_is_left_as_it_came() -> None:
    arms = arming(Wall())
    arms.arm("me", Ask(expected_hash="then"))
    mine = request(extra={})
    notice = arms.mark(mine, hash_of)
    assert notice is not None and notice.kind == "mismatch"
    assert (notice.client_id, notice.expected_hash, notice.workflow_hash) == ("me", "then", "now")
    assert mine["extra_data"] == {} and arms.pending() == ()
    for ask in (Ask(expected_hash="then", force=True), Ask(expected_hash="now"), Ask()):
        arms.arm("me", ask)
        mine = request()
        assert arms.mark(mine, hash_of) is None and KEY in mine["extra_data"]


@pytest.mark.parametrize(
    "odd",
    [{}, {"prompt": 3, "client_id": "me"}, {"prompt": PROMPT, "client_id": 3}, {"prompt": PROMPT}],
)
def test_odd_requests_pass_unchanged(odd: dict[str, Any]) -> None:
    arms = arming(Wall())
    arms.arm("me", Ask())
    before = dict(odd)
    assert arms.mark(odd) is None and odd == before
