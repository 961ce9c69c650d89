"""Workflows that the real page saved are converted to what that page sent for them."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest

from gates.workflow import is_api, is_ui, links, nodes, titles
from tests.recorded_workflows import NAMES, as_text, convert, converted, recorded


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_workflow_becomes_what_the_page_sent(name: str) -> None:
    newest = not name.endswith("_1_47")  # the older page sends no pack with a node
    assert as_text(convert(name), pack=newest) == as_text(recorded(name, "prompt"), pack=newest)


@pytest.mark.parametrize("name", NAMES)
def test_the_format_is_told_apart(name: str) -> None:
    workflow, prompt = recorded(name, "workflow"), recorded(name, "prompt")
    assert (is_ui(workflow), is_api(workflow)) == (True, False)
    assert (is_ui(prompt), is_api(prompt)) == (False, True)


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_stays_as_it_is_and_nothing_is_changed_in_place(name: str) -> None:
    workflow, prompt, info = (recorded(name, part) for part in ("workflow", "prompt", "object_info"))
    before = copy.deepcopy((workflow, info, prompt))
    converted(workflow, info)["1"] = {}
    again = converted(prompt, info)
    assert again == prompt
    next(iter(again.values()))["inputs"]["added"] = 1
    assert (workflow, info, prompt) == before


@pytest.mark.parametrize("name", NAMES)
def test_every_node_that_is_sent_is_known_in_the_saved_file(name: str) -> None:
    workflow, prompt = recorded(name, "workflow"), recorded(name, "prompt")
    there = {node.id: node.class_type for node in nodes(workflow)}
    assert {id: node["class_type"] for id, node in prompt.items()}.items() <= there.items()
    assert {link.target for link in links(workflow)} <= set(there)
    assert {link.source for link in links(workflow)} <= set(there)
    assert set(titles(workflow)) <= set(there)


def test_there_are_recordings_of_both_pages_and_both_schemas() -> None:
    assert len(NAMES) >= 30
    versions = {recorded(name, "workflow")["version"] for name in NAMES}
    assert versions == {0.4, 1}
    assert any(name.endswith("_1_47") for name in NAMES)


def _shuffled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _shuffled(value[key]) for key in sorted(value, reverse=True)}
    return [_shuffled(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", ["bypass", "subgraph_nested", "reroutes", "notes_groups_muted"])
def test_the_order_of_nodes_links_and_keys_does_not_matter(name: str) -> None:
    workflow = recorded(name, "workflow")
    for graph in (workflow, *workflow.get("definitions", {}).get("subgraphs", [])):
        graph["nodes"].reverse()
        graph["links"].reverse()
    shuffled = json.loads(json.dumps(workflow))
    for node in shuffled["nodes"]:
        for slot in node["inputs"]:
            slot.update(_shuffled(slot))
    assert as_text(converted(shuffled, recorded(name, "object_info"))) == as_text(recorded(name, "prompt"))
