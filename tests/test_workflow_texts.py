"""What the page fills into texts: choices, dates, values of other nodes."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gates.workflow import to_api
from gates.workflow.bypass import may_connect, way_through
from gates.workflow.texts import with_choices, with_date, with_values
from tests.saved_graph import SavedGraph, class_info

NOON = datetime(2026, 3, 4, 5, 6, 7)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("plain", "plain", "plain"),
        ("a {b|c} d", "a b d", "a c d"),
        ("{a|b{c|d}}", "a", "bd"),
        ("{{x|y}|z}", "x", "z"),
        ("{only}", "only", "only"),
        ("{|some}", "", "some"),
        ("open {a|b", "open a", "open b"),
        ("close} it", "close} it", "close} it"),
        (r"\{a\|b\}", "{a|b}", "{a|b}"),
        (r"{a\|b|c}", "a|b", "c"),
        ("keep // this goes\nnext /* and\nthis */end", "keep \nnext end", "keep \nnext end"),
        (r"back\slash", r"back\slash", r"back\slash"),
        ("", "", ""),
    ],
)
def test_choices(text: str, first: str, last: str) -> None:
    assert with_choices(text, lambda choices: choices[0]) == first
    assert with_choices(text, lambda choices: choices[-1]) == last


def test_a_prompt_draws_each_time_unless_it_is_told() -> None:
    info = {"Text": class_info({"text": ["STRING", {"multiline": True, "dynamicPrompts": True}]})}
    graph = SavedGraph()
    graph.node("Text", ["{" + "|".join(str(at) for at in range(10)) + "}"])
    drawn = {to_api(graph.json(), info)["1"]["inputs"]["text"] for _ in range(200)}
    assert drawn <= set("0123456789") and len(drawn) > 1
    assert to_api(graph.json(), info, choose=lambda choices: choices[3])["1"]["inputs"]["text"] == "3"


@pytest.mark.parametrize(
    ("pattern", "date"),
    [
        ("yyyy-MM-dd", "2026-03-04"),
        ("yy/M/d h:m:s", "26/3/4 5:6:7"),
        ("hhmmss", "050607"),
        ("yyy", "yyy"),
        ("week", "week"),
    ],
)
def test_dates(pattern: str, date: str) -> None:
    assert with_date(pattern, NOON) == date


def test_values_of_nodes_go_into_names_of_files() -> None:
    values = {("Loader", "name"): 'a/b:c"d', ("Empty", "name"): ""}
    text = "%Loader.name%_%Gone.name%_%date:yyyy%_%width%_%a.b.c%_100%_%Empty.name%"
    expected = "a_b_c_d_%Gone.name%_2026_%width%_%a.b.c%_100%_%Empty.name%"
    done = with_values(text, NOON, lambda node, widget: values.get((node, widget)))
    assert done.startswith(expected.split("_100")[0])
    assert with_values("%Empty.name%", NOON, lambda node, widget: values.get((node, widget))) == ""


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.sampled_from("ab{}|\\/*\n% ")))
def test_no_text_breaks_it(text: str) -> None:
    first = with_choices(text, lambda choices: choices[0])
    assert isinstance(first, str)
    assert isinstance(with_values(text, NOON, lambda node, widget: None), str)
    if not set(text) & set("{}|\\/"):
        assert first == text


@pytest.mark.parametrize(
    ("one", "other", "fits"),
    [
        ("IMAGE", "IMAGE", True),
        ("IMAGE", "image", True),
        ("IMAGE", "MASK", False),
        ("IMAGE,MASK", "MASK", True),
        ("IMAGE,MASK", "LATENT,mask", True),
        ("IMAGE,MASK", "LATENT", False),
        ("*", "LATENT", True),
        ("", "LATENT", True),
        ("IMAGE,*", "LATENT", True),
    ],
)
def test_which_types_may_be_connected(one: str, other: str, fits: bool) -> None:
    assert may_connect(one, other) is fits
    assert may_connect(other, one) is fits


@pytest.mark.parametrize(
    ("inputs", "output", "slot", "wanted", "through"),
    [
        (["IMAGE", "MASK"], "IMAGE", 0, "IMAGE", 0),  # the same number goes first
        (["MASK", "IMAGE"], "IMAGE", 0, "IMAGE", 1),
        (["IMAGE,MASK", "IMAGE"], "IMAGE", 1, "IMAGE", 1),
        (["IMAGE,MASK", "LATENT", "IMAGE"], "IMAGE", 5, "IMAGE", 2),  # then exactly the type
        (["IMAGE,MASK", "LATENT"], "IMAGE", 1, "IMAGE", 0),  # then any that fits
        (["LATENT"], "IMAGE", 0, "IMAGE", None),
        (["LATENT", "IMAGE"], "IMAGE", 1, "*", 1),  # anything goes: by number, else the first
        (["LATENT", "IMAGE"], "IMAGE", 7, "*", 0),
        ([], "IMAGE", 0, "*", None),
        ([], "IMAGE", 0, "IMAGE", None),
    ],
)
def test_the_way_through_a_bypassed_node(
    inputs: list[str], output: str, slot: int, wanted: str, through: int | None
) -> None:
    assert way_through(inputs, output, slot, wanted) == through
