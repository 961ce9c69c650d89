"""A damaged file is refused in a sentence or read as far as it goes; nothing else comes out."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gates.errors import GatesError
from gates.workflow import is_api, links, nodes
from tests.recorded_workflows import NAMES, converted, recorded

ODD: list[Any] = [
    *(None, True, False, 0, -1, 2, 4, 10**400, float("nan"), 1.5, "", "x", "3", "-10"),
    *([], {}, [[]], [1], {"name": 3}, ["x", {"y": [1]}], [1, 2, 3, 4, 5, 6], [None] * 6),
    "11111111-2222-4333-8444-555500000001",
]
Path = tuple[Any, ...]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*path, key)
        yield from paths(value[key], (*path, key))


def at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


def mangle(workflow: Any, draw: Callable[[int], int]) -> None:
    """Take away, copy over from elsewhere, or put something odd in a place."""
    places = list(paths(workflow))
    if not places:
        return
    place = places[draw(len(places))]
    kind = draw(4)
    if kind == 0:
        del at(workflow, place[:-1])[place[-1]]
        return
    new = at(workflow, places[draw(len(places))]) if kind == 1 else ODD[draw(len(ODD))]
    at(workflow, place[:-1])[place[-1]] = copy.deepcopy(new)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), name=st.sampled_from(NAMES), count=st.integers(1, 4), in_classes=st.booleans())
def test_damaged_workflows(data: st.DataObject, name: str, count: int, in_classes: bool) -> None:
    workflow, info = recorded(name, "workflow"), recorded(name, "object_info")
    for _ in range(count):
        mangle(info if in_classes else workflow, lambda size: data.draw(st.integers(0, size - 1)))
    for read in (lambda: converted(workflow, info), lambda: nodes(workflow), lambda: links(workflow)):
        try:
            read()
        except GatesError as error:
            assert str(error)


JSON = st.recursive(
    st.sampled_from([one for one in ODD if not isinstance(one, list | dict)]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "type", "nodes", "links", "inputs", "class_type", "link"]), inner
        )
    ),
    max_leaves=20,
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(workflow=JSON, info=JSON)
def test_any_json(workflow: Any, info: Any) -> None:
    classes = info if isinstance(info, dict) else {}
    try:
        assert is_api(converted(workflow, classes)) or not workflow.get("nodes", 1)
    except GatesError as error:
        assert error.code in ("not_a_workflow", "unknown_node_class", "broken_graph", "page_only_node")
