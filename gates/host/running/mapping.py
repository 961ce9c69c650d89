"""Calling a node once for each item of its lists."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from .context import CurrentNodeContext
from .graph_builder import ExecutionBlocker
from .v3 import V3Data, bound, is_v3, shaped

BlockCallback = Callable[[ExecutionBlocker], ExecutionBlocker]
BeforeCall = Callable[[int], None]


async def map_over_lists(
    prompt_id: str,
    node_id: str,
    obj: Any,
    lists: Mapping[str, Any],
    function: str,
    on_block: BlockCallback | None = None,
    before_call: BeforeCall | None = None,
    v3: V3Data | None = None,
) -> list[Any]:
    """Call `obj.function` for each item, shorter lists repeating their last one.

    The answer has one entry a call: what it returned, the blocker that kept it from being called, or a
    task where it is a coroutine that has not finished.
    """
    takes_lists = getattr(obj, "INPUT_IS_LIST", False)
    results: list[Any] = []
    for index, inputs in _calls(lists, takes_lists):
        blocker = _blocker(inputs, takes_lists)
        if blocker is not None:
            results.append(on_block(blocker) if on_block else blocker)
            continue
        if before_call is not None:
            before_call(index or 0)
        if is_v3(obj):
            method, inputs = bound(obj, function, v3), shaped(inputs, v3)
        else:
            method = getattr(obj, function)
        results.append(await _call(method, prompt_id, node_id, index, inputs))
    return results


def _calls(lists: Mapping[str, Any], takes_lists: bool) -> list[tuple[int | None, dict[str, Any]]]:
    """What each call is made with, after its number; a call without inputs has none."""
    if takes_lists:
        return [(0, dict(lists))]
    count = max((len(values) for values in lists.values()), default=0)
    if count == 0:
        return [(None, {})]
    return [
        (index, {name: values[min(index, len(values) - 1)] for name, values in lists.items()})
        for index in range(count)
    ]


def _blocker(inputs: Mapping[str, Any], takes_lists: bool) -> ExecutionBlocker | None:
    for value in inputs.values():
        for item in value if takes_lists else (value,):
            if isinstance(item, ExecutionBlocker):
                return item
    return None


async def _call(
    function: Callable[..., Any],
    prompt_id: str,
    node_id: str,
    index: int | None,
    inputs: dict[str, Any],
) -> Any:
    if not inspect.iscoroutinefunction(function):
        with CurrentNodeContext(prompt_id, node_id, index):
            return function(**inputs)

    async def in_context() -> Any:
        with CurrentNodeContext(prompt_id, node_id, index):
            return await function(**inputs)

    task = asyncio.create_task(in_context())
    await asyncio.sleep(0)  # lets a coroutine that waits for nothing finish at once
    return task.result() if task.done() else task


def unfinished(results: list[Any]) -> list[asyncio.Task[Any]]:
    return [item for item in results if isinstance(item, asyncio.Task) and not item.done()]


def finished(results: list[Any]) -> list[Any]:
    """The results with each task replaced by what it returned; raises what it raised."""
    return [item.result() if isinstance(item, asyncio.Task) else item for item in results]


async def wait_for(results: list[Any]) -> list[Any]:
    if waiting := unfinished(results):
        await asyncio.wait(waiting)
    return finished(results)
