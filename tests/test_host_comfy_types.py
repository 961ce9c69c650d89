"""The types that packs spell by name."""

from __future__ import annotations

import json

import pytest

from gates.host.shims.comfy_types import IO, CheckLazyMixin, ComfyNodeABC


def test_a_type_is_its_text() -> None:
    assert f"{IO.INT} {IO.ANY}" == "INT *"
    assert json.dumps([IO.INT, IO.NUMBER]) == '["INT", "FLOAT,INT"]'
    assert {IO.INT: 1}["INT"] == 1 and isinstance(IO.INT, str)


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        (IO.INT, "INT", False),
        (IO.INT, "FLOAT", True),
        (IO.ANY, "FLOAT", False),
        (IO.INT, "*", False),
        (IO.NUMBER, "INT", False),
        (IO.INT, "INT,STRING", False),
        (IO.NUMBER, "INT,STRING", True),
        (IO.INT, 5, True),
        (IO.INT, ["INT"], True),
    ],
)
def test_types_differ_where_neither_holds_the_other(one: object, other: object, differ: bool) -> None:
    assert (one != other) is differ


def test_equal_is_equal_text() -> None:
    assert IO.INT == "INT"
    assert not IO.NUMBER == "INT"  # noqa: SIM201 - not the same as !=, which is what this is about
    assert not IO.ANY == "INT"  # noqa: SIM201


def test_the_base_asks_for_input_types() -> None:
    with pytest.raises(TypeError, match="INPUT_TYPES"):
        type("Bare", (ComfyNodeABC,), {})()


def test_the_mixin_asks_for_what_is_missing() -> None:
    assert CheckLazyMixin().check_lazy_status(a=None, b=0, c=None) == ["a", "c"]
