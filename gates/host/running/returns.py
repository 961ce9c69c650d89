"""Reading what a node returned: results, what to show, graphs to run in its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .graph_builder import ExecutionBlocker, Graph
from .v3 import V3Output

Ui = dict[str, list[Any]]


class Expansion(NamedTuple):
    """One call's result; `graph` is what has to run before its links can be followed, or None."""

    graph: Graph | None
    result: Sequence[Any]


class Returned(NamedTuple):
    """One list for each output and what to show; `expansions` instead of outputs where a call expanded."""

    outputs: list[list[Any]]
    ui: Ui
    expansions: list[Expansion] | None = None


def read_returns(values: Sequence[Any], obj: Any) -> Returned:
    uis = [ui for value in values if (ui := _shown(value)) is not None]
    expansions = [found for value in values if (found := _expansion(value, obj)) is not None]
    ui = {key: [item for one in uis for item in one[key]] for key in uis[0]} if uis else {}
    if any(expansion.graph is not None for expansion in expansions):
        return Returned([], ui, expansions)
    return Returned(merge_results([expansion.result for expansion in expansions], obj), ui)


def _shown(value: Any) -> Any:
    if isinstance(value, V3Output):
        return value.ui if value.ui is None or isinstance(value.ui, dict) else value.ui.as_dict()
    return value.get("ui") if isinstance(value, dict) else None


def _expansion(value: Any, obj: Any) -> Expansion | None:
    """None for a call that only had something to show."""
    if isinstance(value, V3Output):
        return _expansion_v3(value, obj)
    if not isinstance(value, dict):
        return Expansion(None, _blocked_everywhere(value, obj))
    if "expand" in value:
        return Expansion(value["expand"], _blocked_everywhere(value.get("result"), obj))
    if "result" in value:
        return Expansion(None, _blocked_everywhere(value["result"], obj))
    return None


def _expansion_v3(value: V3Output, obj: Any) -> Expansion | None:
    """A block without results is no block: ComfyUI looks for it only where there is a result."""
    if value.result is None and value.expand is None:
        return None
    result = value.result
    if value.block_execution is not None:
        result = _blocked_everywhere(ExecutionBlocker(value.block_execution), obj)
    return Expansion(value.expand, result)


def _blocked_everywhere(result: Any, obj: Any) -> Any:
    """A lone blocker blocks every output."""
    if isinstance(result, ExecutionBlocker):
        return (result,) * len(obj.RETURN_TYPES)
    return result


def merge_results(results: Sequence[Sequence[Any]], obj: Any) -> list[list[Any]]:
    """One list for each output over all calls; an output that is a list is joined, not nested."""
    if not results:
        return []
    width = len(results[0])
    is_list = getattr(obj, "OUTPUT_IS_LIST", (False,) * width)
    return [
        _joined(results, slot) if joined else [result[slot] for result in results]
        for slot, joined in zip(range(width), is_list, strict=False)
    ]


def _joined(results: Sequence[Sequence[Any]], slot: int) -> list[Any]:
    out: list[Any] = []
    for result in results:
        if isinstance(result[slot], ExecutionBlocker):
            out.append(result[slot])
        else:
            out.extend(result[slot])
    return out
