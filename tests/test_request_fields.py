"""Fields are checked one by one, and each refusal names its field."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.errors import BadField, BadId, GatesError, TooManyBytes, UnknownSlot
from gates.request_fields import Fields, Form, Most, Upload

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize("value", [None, 1, True, [], {}, ["x"]])
def test_text_is_text(value: Any) -> None:
    with pytest.raises(BadField, match="'name'"):
        Fields({"name": value}).text("name")


def test_absent_and_null_are_the_same() -> None:
    for fields in (Fields({}), Fields({"name": None, "revision": None})):
        assert not fields.has("name")
        assert fields.optional_text("name") is None and fields.revision() is None


@pytest.mark.parametrize(
    ("value", "meant"), [(0, 0), (-1, -1), ("7", 7), ("-1", -1), (2**63 - 1, 2**63 - 1), ("007", 7)]
)
def test_whole_numbers_come_as_numbers_or_as_digits(value: Any, meant: int) -> None:
    assert Fields({"index": value}).whole_number("index") == meant


@pytest.mark.parametrize(
    "value",
    [None, True, 1.0, float("nan"), "", " ", "1 ", "+1", "--1", "-", "1.0", "1e3", "٣", "²", "0x1", [1], {}]
    + [2**63, -(2**63), "9" * 19, "9" * 5000],
    ids=lambda value: repr(value)[:20],
)
def test_whatever_else_is_no_whole_number(value: Any) -> None:
    with pytest.raises(BadField, match="'index'"):
        Fields({"index": value}).whole_number("index")


def test_a_slot_is_named_by_id_or_by_position() -> None:
    assert Fields({"slot": "img_0001", "index": 3}).ref() == "img_0001"
    assert Fields({"index": 3}).ref() == 3 and Fields({"index": "3"}).ref() == 3
    with pytest.raises(BadField, match="'slot'"):
        Fields({}).ref()
    with pytest.raises(UnknownSlot):
        Fields({"index": -1}).ref()


@pytest.mark.parametrize("value", [None, "img_0001", 1, {}, [None], [True], [1.0], [["x"]], [{}]])
def test_several_slots_are_a_list(value: Any) -> None:
    with pytest.raises(BadField, match="'slots'"):
        Fields({"slots": value}).refs("slots")


def test_lists_of_ids_and_of_positions_are_taken() -> None:
    assert Fields({"slots": ["a", 1]}).refs("slots") == ["a", 1] and Fields({"slots": []}).refs("slots") == []


@given(ANYTHING)
def test_no_value_gets_past_the_checks(value: Any) -> None:
    """Each getter gives a value of its kind, or one of our errors."""
    fields = Fields(dict.fromkeys(("pool_id", "name", "index", "slot", "slots", "revision"), value))
    for getter, kinds in (
        (fields.pool_id, str),
        (lambda: fields.text("name"), str),
        (lambda: fields.whole_number("index"), int),
        (fields.ref, (str, int)),
        (lambda: fields.refs("slots"), list),
        (fields.revision, (int, type(None))),
    ):
        try:
            assert isinstance(getter(), kinds)
        except GatesError as error:
            assert str(error)


@given(st.text(max_size=80))
def test_an_id_is_never_a_path(text: str) -> None:
    try:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", Fields({"pool_id": text}).pool_id())
    except BadId as error:
        assert len(str(error)) < 600


def test_the_file_that_a_route_wants_is_found_or_missed(tmp_path: Any) -> None:
    small = Upload("image", "a.png", tmp_path / "1.part")
    large = Upload("mask", "b.png", tmp_path / "2.part", TooManyBytes("too large"))
    taken = Form(Fields({}), (small, large))
    assert taken.one("image") is small
    with pytest.raises(TooManyBytes):
        taken.one("mask")
    with pytest.raises(BadField, match="'file'"):
        taken.one("file")


def test_a_form_is_discarded_with_what_is_left_of_it(tmp_path: Any) -> None:
    kept, moved = tmp_path / "1.part", tmp_path / "2.part"
    kept.write_bytes(b"x")
    Form(Fields({}), (Upload("image", "a", kept), Upload("image", "b", moved))).discard()
    assert list(tmp_path.iterdir()) == []


def test_what_came_counts_against_what_may_follow() -> None:
    assert Most(10, 100).after(30).after(20) == Most(10, 50)
