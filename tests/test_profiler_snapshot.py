"""What a workflow is made of, as one hash, and how two of them differ."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.profiler.snapshot import differences, from_json, snapshot_of, to_json
from tests.profiled import JSON, TEXT

PROMPT: dict[str, Any] = {
    "4": {"class_type": "Load", "inputs": {"name": "a.safetensors"}, "_meta": {"title": "My model"}},
    "12:3": {"class_type": "Sample", "inputs": {"seed": 1, "model": ["4", 0], "size": [512, 512]}},
    "5": {
        "class_type": "Save",
        "inputs": {"images": ["12:3", 0], "also": ["4", 2]},
        "_meta": {"title": "Save"},
    },
}


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    prompt = deepcopy(PROMPT)
    change(prompt)
    return prompt


@pytest.mark.parametrize(
    "change",
    [
        lambda prompt: prompt["12:3"]["inputs"].update(seed=2),
        lambda prompt: prompt["4"]["inputs"].update(name="b", more=[1, 2, 3]),
        lambda prompt: prompt["12:3"]["inputs"].update(size=[1024, 1024]),
        lambda prompt: prompt.update({"4": prompt.pop("4")}),
        lambda prompt: prompt["5"]["inputs"].update(images=prompt["5"]["inputs"].pop("images")),
        lambda prompt: prompt["5"].pop("_meta"),  # a title that is the class says nothing
        lambda prompt: prompt["4"].update(is_changed=["x"]),
        lambda prompt: prompt["5"]["inputs"].update(also=("4", 2)),
    ],
)
def test_what_does_not_change_the_workflow(change: Callable[[dict[str, Any]], Any]) -> None:
    assert snapshot_of(changed(change)) == snapshot_of(PROMPT)


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        (lambda prompt: prompt["4"]["_meta"].update(title="Other"), [("4", "renamed")]),
        (lambda prompt: prompt["4"].update(class_type="Loader"), [("4", "retyped")]),
        (lambda prompt: prompt["5"]["inputs"].update(images=["4", 1]), [("5", "rewired")]),
        (lambda prompt: prompt["5"]["inputs"].update(also=["4", 0]), [("5", "rewired")]),
        (lambda prompt: prompt["12:3"]["inputs"].update(model="none"), [("12:3", "rewired")]),
        (lambda prompt: prompt.pop("5"), [("5", "removed")]),
        (lambda prompt: prompt.update(new={"class_type": "A", "inputs": {}}), [("new", "added")]),
        (
            lambda prompt: prompt.update({"6": prompt.pop("5")}),
            [("6", "added"), ("5", "removed")],
        ),
    ],
)
def test_what_does(change: Callable[[dict[str, Any]], Any], kinds: list[tuple[str, str]]) -> None:
    before, after = snapshot_of(PROMPT), snapshot_of(changed(change))
    assert before.hash != after.hash
    found = differences(before, after)
    assert found
    named = [(node.id, "added") for node in found.added] + [(node.id, "removed") for node in found.removed]
    assert named + [(one.id, one.kind) for one in found.changed] == kinds


def test_nothing_differs_from_itself() -> None:
    assert not differences(snapshot_of(PROMPT), snapshot_of(PROMPT))


def test_a_change_says_what_it_was() -> None:
    after = snapshot_of(changed(lambda prompt: prompt["4"]["_meta"].update(title="Other")))
    (change,) = differences(snapshot_of(PROMPT), after).changed
    assert (change.before, change.after) == ("My model", "Other")


def test_titles_come_from_the_page_where_the_prompt_has_none() -> None:
    bare = changed(lambda prompt: [node.pop("_meta", None) for node in prompt.values()])
    workflow = {"nodes": [{"id": 4, "title": "My model"}, {"id": 5}, None, {"title": 3}]}
    assert snapshot_of(bare).hash != snapshot_of(PROMPT).hash
    assert snapshot_of(bare, workflow) == snapshot_of(PROMPT)


def test_the_hash_stays_what_it_is() -> None:
    assert snapshot_of({}).hash == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
    assert snapshot_of(PROMPT).hash == "42d0bf32cc0c1c1f5ee7a7f9a00f9b4a6b55b56a1fedb68cccc79f6dab0d439c"


@settings(deadline=None, max_examples=100, derandomize=True)
@given(prompt=st.dictionaries(TEXT, JSON, max_size=4))
def test_anything_has_a_snapshot(prompt: dict[str, Any]) -> None:
    snapshot_of(prompt, prompt)


NODES = st.fixed_dictionaries(
    {
        "class_type": TEXT,
        "inputs": st.dictionaries(TEXT, JSON | st.tuples(TEXT, st.integers(0, 9)), max_size=3),
    }
)


@settings(deadline=None, max_examples=100, derandomize=True)
@given(prompt=st.dictionaries(TEXT, NODES, max_size=4), again=st.randoms())
def test_a_snapshot_comes_back_and_no_order_counts(prompt: dict[str, Any], again: Any) -> None:
    snapshot = snapshot_of(prompt)
    assert from_json(json.loads(json.dumps(to_json(snapshot)))) == snapshot
    keys = list(prompt)
    again.shuffle(keys)
    assert snapshot_of({key: prompt[key] for key in keys}) == snapshot


@pytest.mark.parametrize("value", [None, 3, [3], [[1, 2]], [["1", "A", None, [["x"]]]], {"a": 1}])
def test_what_is_no_snapshot(value: object) -> None:
    assert from_json(value) is None
