"""One hash for prompts that mean the same, another for all others."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gates.errors import NotAWorkflow
from gates.workflow import canonical_hash
from tests.recorded_workflows import NAMES, recorded

A = {"class_type": "A", "inputs": {"n": 1}}


def renamed(prompt: dict[str, Any], by: random.Random) -> dict[str, Any]:
    """The same prompt under other ids and titles, in another order."""
    ids = list(prompt)
    by.shuffle(ids)
    new = {id: f"n{at}" for at, id in enumerate(ids)}
    found = {}
    for id in ids:
        inputs = list(prompt[id]["inputs"].items())
        by.shuffle(inputs)
        moved = {
            name: [new[value[0]], value[1]]
            if isinstance(value, list) and len(value) == 2 and value[0] in new
            else value
            for name, value in inputs
        }
        found[new[id]] = {
            "_meta": {"title": str(by.random())},
            "inputs": moved,
            "class_type": prompt[id]["class_type"],
        }
    return found


@pytest.mark.parametrize("name", NAMES)
def test_ids_titles_and_order_do_not_matter(name: str) -> None:
    prompt = recorded(name, "prompt")
    expected = canonical_hash(prompt)
    assert len(expected) == 64 and int(expected, 16) >= 0
    assert canonical_hash(renamed(prompt, random.Random(7))) == expected


@pytest.mark.parametrize("name", NAMES)
def test_each_value_link_and_class_matters(name: str) -> None:
    prompt, seen = recorded(name, "prompt"), set()
    seen.add(canonical_hash(prompt))
    for node in prompt.values():
        for input, value in list(node["inputs"].items()):
            node["inputs"][input] = ["nowhere", 5]
            seen.add(canonical_hash(prompt))
            node["inputs"][input] = value
        node["class_type"] += "2"
        seen.add(canonical_hash(prompt))
        node["class_type"] = node["class_type"][:-1]
    assert canonical_hash(prompt) in seen
    assert len(seen) > len(prompt) / 2  # copies of a node give the same hash, whichever is changed


def test_numbers_that_the_server_reads_alike_are_alike() -> None:
    same = [{"1": {"class_type": "A", "inputs": {"n": value}}} for value in (1, 1.0)]
    assert canonical_hash(same[0]) == canonical_hash(same[1]) == canonical_hash({"9": A})
    other = {"1": {"class_type": "A", "inputs": {"n": True}}}
    assert canonical_hash(other) != canonical_hash(same[0])


def test_what_is_shared_differs_from_what_is_there_twice() -> None:
    def both(first: str, second: str) -> dict[str, Any]:
        use = {"class_type": "B", "inputs": {"a": [first, 0], "b": [second, 0]}}
        return {"1": A, "2": A, "3": use} if first != second else {"1": A, "3": use}

    assert canonical_hash(both("1", "1")) != canonical_hash(both("1", "2"))


def test_circles_have_a_hash_that_ids_do_not_change() -> None:
    circle = {str(at): {"class_type": "C", "inputs": {"a": [str((at + 1) % 5), at]}} for at in range(5)}
    assert canonical_hash(circle) == canonical_hash(renamed(circle, random.Random(1)))
    longer = {str(at): {"class_type": "C", "inputs": {"a": [str((at + 1) % 6), at]}} for at in range(6)}
    assert canonical_hash(circle) != canonical_hash(longer)


def test_a_long_chain_has_a_hash() -> None:
    chain = {str(at): {"class_type": "C", "inputs": {"a": [str(at + 1), 0]}} for at in range(5000)}
    assert len(canonical_hash(chain)) == 64


@pytest.mark.parametrize("workflow", [{}, {"nodes": []}, {"1": {"class_type": "A"}}])
def test_only_prompts_have_a_hash(workflow: Any) -> None:
    with pytest.raises(NotAWorkflow):
        canonical_hash(workflow)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False), st.integers(1, 8))
def test_any_prompt_under_other_names(by: random.Random, count: int) -> None:
    prompt = {
        str(at): {
            "class_type": by.choice("AB"),
            "inputs": {
                name: by.choice([1, "x", [str(by.randrange(count)), by.randrange(2)], {"__value__": [1]}])
                for name in "abc"[: by.randrange(4)]
            },
        }
        for at in range(count)
    }
    assert canonical_hash(renamed(prompt, by)) == canonical_hash(prompt)
