"""The parts of running a graph, each by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gates.host.running.cache import CacheEntry, ObjectCache, OutputCache
from gates.host.running.context import get_executing_context
from gates.host.running.graph import DependencyCycleError, DynamicPrompt, NodeInputError, NodeNotFoundError
from gates.host.running.graph_builder import ExecutionBlocker, GraphBuilder, add_graph_prefix, is_link
from gates.host.running.inputs import get_input_data
from gates.host.running.mapping import map_over_lists, wait_for
from gates.host.running.returns import read_returns
from gates.host.running.schedule import Schedule
from gates.host.running.signatures import ChangeLog, Signatures, to_hashable
from gates.host.running.types_match import validate_node_input


class Plain:
    RETURN_TYPES = ("STRING", "STRING")
    FUNCTION = "run"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {
            "required": {"a": ("STRING", {}), "b": ("STRING", {"lazy": True})},
            "optional": {"raw": ("STRING", {"rawLink": True})},
            "hidden": {"extra": "EXTRA_PNGINFO", "prompt": "PROMPT"},
        }

    def run(self, **inputs: Any) -> tuple[Any, Any]:
        return (inputs, 1)


class Output(Plain):
    OUTPUT_NODE = True


class Named(Plain):
    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {}, "hidden": {"unique_id": "UNIQUE_ID"}}


CLASSES: dict[str, Any] = {"Plain": Plain, "Output": Output, "Named": Named}
Graph = dict[str, dict[str, Any]]


def node(kind: str = "Plain", **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def schedule(graph: Graph, cached: Callable[[str], bool] = lambda _: False) -> Schedule:
    return Schedule(DynamicPrompt(graph), CLASSES, cached)


def order(plan: Schedule) -> list[str]:
    async def run() -> list[str]:
        ran = []
        while not plan.is_empty():
            ran.append(await plan.pick())
            plan.complete(ran[-1])
        return ran

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("value", "expected"),
    [(["1", 0], True), (["1", 0.0], True), ([1, 0], False), (["1"], False), (("1", 0), False), ("1", False)],
)
def test_what_is_a_link(value: Any, expected: bool) -> None:
    assert is_link(value) is expected


def test_built_nodes_get_ids_of_their_origin() -> None:
    GraphBuilder.set_default_prefix("7", 2)
    first, second = GraphBuilder(), GraphBuilder()
    assert first.node("A").id == "7.2.0.1"
    assert second.node("A", id="x").id == "7.2.1.x"
    assert GraphBuilder("own.").node("A").id == "own.1"


def test_a_built_graph_can_be_changed() -> None:
    graph = GraphBuilder("p.")
    one = graph.node("A", value=1)
    two = graph.node("B", first=one.out(0), second=one.out(1))
    two.set_override_display_id("show")
    graph.replace_node_output("1", 0, ["other", 3])
    graph.replace_node_output("1", 1, None)
    graph.remove_node("1")
    assert graph.finalize() == {
        "p.2": {"class_type": "B", "inputs": {"first": ["other", 3]}, "override_display_id": "show"}
    }
    assert graph.lookup_node("2") is two


def test_a_prefix_moves_a_graph() -> None:
    graph = {"1": node(a="x"), "2": node(a=["1", 0])}
    moved, outputs = add_graph_prefix(graph, (["2", 0], 5), "p.")
    assert moved["p.2"]["inputs"] == {"a": ["p.1", 0]}
    assert outputs == (["p.2", 0], 5)


@pytest.mark.parametrize(
    ("received", "accepted", "loose", "strict"),
    [
        ("IMAGE", "IMAGE", True, True),
        ("IMAGE", "MASK", False, False),
        ("IMAGE,MASK", "MASK, INT", True, False),
        ("MASK", "IMAGE,MASK", True, True),
        ("*", "IMAGE", True, True),
        ("IMAGE", "INT,*", True, True),
        (["a", "b"], "COMBO", True, True),
        (["a", "b"], ["a", "b"], True, True),
        (["a"], ["b"], False, False),
    ],
)
def test_which_types_match(received: Any, accepted: Any, loose: bool, strict: bool) -> None:
    assert validate_node_input(received, accepted) is loose
    assert validate_node_input(received, accepted, strict=True) is strict


def test_a_wildcard_of_a_pack_matches_everything() -> None:
    class Any_(str):
        def __ne__(self, other: object) -> bool:
            return False

    assert validate_node_input("IMAGE", Any_("odd"))


def test_nodes_run_after_what_they_need() -> None:
    graph = {"3": node("Output", a=["2", 0]), "2": node(a=["1", 0]), "1": node(a="x")}
    plan = schedule(graph)
    plan.add_node("3")
    assert order(plan) == ["1", "2", "3"]


def test_cached_nodes_stay_out() -> None:
    graph = {"1": node(a="x"), "2": node(a=["1", 0]), "3": node("Output", a=["2", 0])}
    plan = schedule(graph, cached=lambda node_id: node_id == "2")
    plan.add_node("3")
    assert order(plan) == ["3"]


def test_outputs_run_as_soon_as_they_can() -> None:
    graph = {
        "1": node(a="x"),
        "2": node(a=["1", 0]),
        "3": node("Output", a=["2", 0]),
        "4": node("Output", a=["1", 0]),
    }
    plan = schedule(graph)
    plan.add_node("3")
    plan.add_node("4")
    assert order(plan) == ["1", "4", "2", "3"]


def test_a_lazy_input_enters_when_it_is_asked_for() -> None:
    graph = {"1": node(a="x"), "2": node("Output", a="y", b=["1", 0])}
    plan = schedule(graph)
    plan.add_node("2")
    assert asyncio.run(plan.pick()) == "2"
    plan.require_input("2", "b")
    assert order(plan) == ["1", "2"]
    plan.add_node("2")
    for name, reason in (("a", "is a constant"), ("none", "no input to that node")):
        with pytest.raises(NodeInputError, match=reason):
            plan.require_input("2", name)


def test_a_parked_node_waits_until_it_is_woken() -> None:
    async def run() -> list[str]:
        plan = schedule({"1": node("Output", a="x")})
        plan.add_node("1")
        wake = plan.park("1")
        asyncio.get_running_loop().call_later(0.01, wake)
        return [await plan.pick()]

    assert asyncio.run(run()) == ["1"]


def test_nodes_that_wait_for_each_other_are_a_cycle() -> None:
    plan = schedule({"1": node(a=["2", 0]), "2": node("Output", a=["1", 0])})
    plan.add_node("2")
    with pytest.raises(DependencyCycleError):
        asyncio.run(plan.pick())
    assert plan.blamed_for_cycle() in {"1", "2"}


def test_ephemeral_nodes_are_shown_by_the_node_that_made_them() -> None:
    prompt = DynamicPrompt({"1": node()})
    prompt.add_ephemeral_node("1.0", node(), "1", "1")
    prompt.add_ephemeral_node("1.0.0", node(), "1.0", "1.0")
    assert prompt.get_real_node_id("1.0.0") == prompt.get_display_node_id("1.0.0") == "1"
    assert (prompt.get_parent_node_id("1.0.0"), prompt.get_parent_node_id("1")) == ("1.0", None)
    assert prompt.all_node_ids() == {"1", "1.0", "1.0.0"}
    with pytest.raises(NodeNotFoundError):
        prompt.get_node("2")


def test_inputs_are_lists_and_hidden_values_are_added() -> None:
    class Done:
        def outputs_of(self, node_id: str) -> list[Any] | None:
            return [["first", "second"]] if node_id == "1" else None

    inputs = {"a": ["1", 0], "b": ["2", 0], "raw": ["1", 0], "unknown": 5}
    extra = {"extra_pnginfo": {"w": 1}}
    found = get_input_data(inputs, Plain, "9", Done(), DynamicPrompt({"9": node()}), extra)
    assert found.lists["a"] == ["first", "second"]
    assert found.lists["b"] == (None,)
    assert found.missing == {"b"}
    assert found.lists["raw"] == [["1", 0]]
    assert "unknown" not in found.lists
    assert found.lists["extra"] == [{"w": 1}]
    assert list(found.lists["prompt"][0]) == ["9"]


def test_shorter_lists_repeat_their_last_item() -> None:
    class Pair:
        def run(self, a: int, b: int) -> tuple[int]:
            return (a * 10 + b,)

    lists = {"a": [1, 2, 3], "b": [7, 8]}
    assert asyncio.run(map_over_lists("p", "n", Pair(), lists, "run")) == [(17,), (28,), (38,)]


def test_a_blocked_item_is_not_run_and_the_others_are() -> None:
    class Echo:
        def run(self, a: Any) -> Any:
            return a

    block = ExecutionBlocker("no")
    told: list[ExecutionBlocker] = []

    def on_block(blocker: ExecutionBlocker) -> ExecutionBlocker:
        told.append(blocker)
        return ExecutionBlocker(None)

    first, second = asyncio.run(map_over_lists("p", "n", Echo(), {"a": [block, 5]}, "run", on_block))
    assert (first.message, second, told) == (None, 5, [block])


def test_coroutines_run_side_by_side_and_raise_when_read() -> None:
    class Slow:
        async def run(self, a: float) -> float:
            await asyncio.sleep(a)
            if a > 0.01:
                raise ValueError("too slow")
            return a

    async def run(*seconds: float) -> list[Any]:
        return await wait_for(await map_over_lists("p", "n", Slow(), {"a": list(seconds)}, "run"))

    assert asyncio.run(run(0.0, 0.01)) == [0.0, 0.01]
    with pytest.raises(ValueError, match="too slow"):
        asyncio.run(run(0.0, 0.02))


def test_returns_of_every_form() -> None:
    class Two:
        RETURN_TYPES = ("A", "B")
        OUTPUT_IS_LIST = (False, True)

    assert read_returns([(1, [2, 3]), (4, [5])], Two).outputs == [[1, 4], [2, 3, 5]]
    shown = read_returns([{"ui": {"x": [1]}, "result": (1, [2])}, {"ui": {"x": [2]}, "result": (3, [])}], Two)
    assert (shown.outputs, shown.ui) == ([[1, 3], [2]], {"x": [1, 2]})
    assert read_returns([{"ui": {"x": [1]}}], Two).outputs == []
    blocker = ExecutionBlocker(None)
    assert read_returns([blocker], Two).outputs == [[blocker], [blocker]]
    graph = {"1": node()}
    expanded = read_returns([{"expand": graph, "result": (["1", 0], 5)}, (1, [2])], Two)
    assert expanded.expansions is not None
    assert [each.graph for each in expanded.expansions] == [graph, None]


def test_a_node_that_returns_nothing_is_an_error() -> None:
    with pytest.raises(TypeError):
        read_returns([None], Plain)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({"a": 1, "b": [1, 2]}, {"b": [1, 2], "a": 1}, True),
        ([1, 2], [2, 1], False),
        ([1, 2], {"0": 1}, False),
        (object(), object(), False),
        (float("nan"), float("nan"), False),
    ],
)
def test_what_is_equal_in_a_cache_key(first: Any, second: Any, same: bool) -> None:
    assert (to_hashable(first) == to_hashable(second)) is same


def remembered(cache: OutputCache, graph: Graph) -> list[str]:
    """Set a prompt; which of its nodes the cache knows."""
    prompt = DynamicPrompt(graph)
    changes = ChangeLog("p", prompt, CLASSES)
    asyncio.run(cache.set_prompt(prompt, graph, CLASSES, changes))
    return [node_id for node_id in graph if cache.get(node_id)]


def test_results_are_found_again_whatever_the_ids() -> None:
    cache = OutputCache()
    remembered(cache, {"1": node(a="x"), "2": node(a=["1", 0])})
    cache.set("1", CacheEntry(None, [1]))
    cache.set("2", CacheEntry(None, [2]))
    assert remembered(cache, {"8": node(a="x"), "9": node(a=["8", 0])}) == ["8", "9"]
    assert remembered(cache, {"8": node(a="x"), "9": node(a=["8", 1])}) == ["8"]
    assert remembered(cache, {"8": node(a="y"), "9": node(a=["8", 0])}) == []
    assert cache.outputs_of("9") is None


def test_a_node_that_asks_for_its_id_is_known_by_it() -> None:
    cache = OutputCache()
    remembered(cache, {"1": node("Named")})
    cache.set("1", CacheEntry(None, [1]))
    assert remembered(cache, {"2": node("Named")}) == []
    assert remembered(cache, {"1": node("Named")}) == ["1"]


def test_what_a_prompt_cannot_use_is_let_go_once_a_node_of_it_ran() -> None:
    cache = OutputCache()
    remembered(cache, {"1": node(a="a"), "2": node(a="b")})
    cache.set("1", CacheEntry(None, ["a"]))
    cache.set("2", CacheEntry(None, ["b"]))
    remembered(cache, {"1": node(a="z")})  # it fails at once, so no node of it ran
    assert remembered(cache, {"5": node(a="a")}) == ["5"]
    cache.let_go()
    assert remembered(cache, {"1": node(a="a"), "2": node(a="b")}) == ["1"]


def test_objects_go_when_no_prompt_has_their_node() -> None:
    cache = ObjectCache()
    prompt = DynamicPrompt({"1": node()})
    cache.set_prompt(prompt)
    first = cache.get(prompt, "1", Plain)
    prompt.add_ephemeral_node("1.0", node(), "1", "1")
    child = cache.get(prompt, "1.0", Plain)
    cache.set_prompt(prompt)
    assert (cache.get(prompt, "1", Plain), cache.get(prompt, "1.0", Plain)) == (first, child)
    cache.set_prompt(DynamicPrompt({"2": node()}))
    cache.set_prompt(prompt)
    assert cache.get(prompt, "1", Plain) is not first


class Asks:
    FUNCTION = "run"

    def run(self, **inputs: Any) -> tuple[int | None]:
        context = get_executing_context()
        assert context is not None
        return (context.list_index,)


@pytest.mark.parametrize(
    ("lists", "indexes"), [({}, [None]), ({"a": []}, [None]), ({"a": [1, 2]}, [0, 1])], ids=str
)
def test_a_call_without_inputs_has_no_number(lists: dict[str, Any], indexes: list[int | None]) -> None:
    answers = asyncio.run(map_over_lists("p", "1", Asks(), lists, "run"))
    assert [index for (index,) in answers] == indexes


def key_of(graph: Graph, node_id: str) -> Any:
    prompt = DynamicPrompt(graph)
    signatures = Signatures(prompt, CLASSES, ChangeLog("p", prompt, CLASSES))
    asyncio.run(signatures.add(node_id))
    return signatures.key(node_id)


def test_one_node_used_twice_is_not_two_equal_ones() -> None:
    """As in ComfyUI, where ancestors are numbered."""
    shared = {"1": node(a="x"), "3": node(a=["1", 0], b=["1", 0])}
    twins = {"1": node(a="x"), "2": node(a="x"), "3": node(a=["1", 0], b=["2", 0])}
    renamed = {"a": node(a="x"), "c": node(a=["a", 0], b=["a", 0])}
    assert key_of(shared, "3") != key_of(twins, "3")
    assert key_of(shared, "3") == key_of(renamed, "c")


def test_keys_of_nodes_that_wait_for_each_other() -> None:
    graph = {"1": node(a=["2", 0]), "2": node(a=["1", 0], b=["3", 0]), "3": node(a="x")}
    assert key_of(graph, "1") == key_of(graph, "1")


def test_keys_of_a_long_chain() -> None:
    graph = {"0": node(a="x"), **{str(at): node(a=[str(at - 1), 0], b=["0", 0]) for at in range(1, 1_500)}}
    assert key_of(graph, "1499") == key_of(graph, "1499")
    changed = {**graph, "0": node(a="y")}
    assert key_of(graph, "1499") != key_of(changed, "1499")
