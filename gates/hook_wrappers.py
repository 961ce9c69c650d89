"""Wrappers around what runs prompts in ComfyUI: they watch, and change nothing.

They take whatever they are given, await what is awaitable, run nothing twice, swallow nothing of a prompt's,
and let nothing of ours out.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import CoroutineType
from typing import Any, Protocol, cast

log = logging.getLogger("gates.hooks")


class Watcher(Protocol):
    """What the hooks call. `session` is None while nothing is recorded; what it raises reaches no prompt."""

    session: Any
    tier: str

    def run_started(
        self, prompt_id: str, prompt: Mapping[str, Any], extra_data: Mapping[str, Any]
    ) -> bool: ...
    def run_ended(
        self, prompt_id: str, messages: Sequence[tuple[str, Mapping[str, Any]]], raised: str | None
    ) -> None: ...
    def on_node_start(self, prompt_id: str, node_id: str, graph: Any) -> Any: ...
    def on_node_end(self, mark: Any, outcome: str, error: str | None) -> None: ...
    def on_calls_start(self, prompt_id: str, node_id: str) -> Any: ...
    def on_call(self, calls: Any, index: int) -> None: ...
    def on_calls_end(self, calls: Any, had_items: bool, tasks: Sequence[tuple[int, Any]]) -> None: ...
    def on_progress(self, kind: str, prompt_id: str, node_id: str, graph: Any) -> None: ...
    def on_event(self, kind: str, data: Mapping[str, Any]) -> None: ...
    def fault(self, where: str, error: BaseException) -> None: ...


@dataclass
class Slot:
    """Who watches now. It hangs on each wrapper, so that hooks are put in once for all times."""

    watcher: Watcher


SLOT = "__dataset_gates_slot__"
EVENTS = frozenset({"executing", "execution_error", "execution_interrupted"})


def slot_of(function: Any) -> Slot | None:
    """Whether one of our wrappers is in here, below what others wrapped around it."""
    for _ in range(64):
        slot = getattr(function, SLOT, None)
        if slot is not None or function is None:
            return cast("Slot | None", slot)
        function = getattr(function, "__wrapped__", None)
    return None


def put_in(owner: Any, name: str, watcher: Watcher, wrap: Callable[[Any, Slot], Any]) -> None:
    original = getattr(owner, name)
    slot = slot_of(original)
    if slot is not None:
        slot.watcher = watcher
        return
    slot = Slot(watcher)
    wrapper = wrap(original, slot)
    setattr(wrapper, SLOT, slot)
    setattr(owner, name, wrapper)


def _argument(args: Sequence[Any], kwargs: Mapping[str, Any], index: int, name: str) -> Any:
    return args[index] if len(args) > index else kwargs.get(name)


def _run_begins(slot: Slot, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Watcher, str] | None:
    """Who watches this run, and its id; None where nobody asked for it."""
    watcher = slot.watcher
    try:
        prompt, prompt_id = _argument(args, kwargs, 1, "prompt"), _argument(args, kwargs, 2, "prompt_id")
        extra_data = _argument(args, kwargs, 3, "extra_data") or {}
        return (watcher, prompt_id) if watcher.run_started(prompt_id, prompt, extra_data) else None
    except Exception as error:
        _said(watcher, "run_started", error)
        return None


def _run_ends(begun: tuple[Watcher, str] | None, executor: Any, raised: BaseException | None) -> None:
    if begun is None:
        return
    watcher, prompt_id = begun
    try:
        messages = list(getattr(executor, "status_messages", ()))
        watcher.run_ended(prompt_id, messages, type(raised).__name__ if raised is not None else None)
    except Exception as error:
        _said(watcher, "run_ended", error)


def _said(watcher: Watcher, where: str, error: BaseException) -> None:
    """A fault of ours: told once in the log, and to the run where there is one."""
    try:
        watcher.fault(where, error)
        log.debug("[Dataset Gates] %s failed", where, exc_info=error)
    except Exception:
        log.debug("[Dataset Gates] %s failed, and so did saying so", where, exc_info=True)


def watched_run_async(original: Any, slot: Slot) -> Any:
    @functools.wraps(original)
    async def execute_async(*args: Any, **kwargs: Any) -> Any:
        begun = _run_begins(slot, args, kwargs)
        raised: BaseException | None = None
        try:
            answer = original(*args, **kwargs)
            return await answer if inspect.isawaitable(answer) else answer
        except BaseException as error:
            raised = error
            raise
        finally:
            _run_ends(begun, args[0] if args else None, raised)

    return execute_async


def watched_run(original: Any, slot: Slot) -> Any:
    @functools.wraps(original)
    def execute(*args: Any, **kwargs: Any) -> Any:
        begun = _run_begins(slot, args, kwargs)
        raised: BaseException | None = None
        try:
            return original(*args, **kwargs)
        except BaseException as error:
            raised = error
            raise
        finally:
            _run_ends(begun, args[0] if args else None, raised)

    return execute


def watched_execute(original: Any, slot: Slot) -> Any:
    @functools.wraps(original)
    async def execute(*args: Any, **kwargs: Any) -> Any:
        watcher = slot.watcher
        if watcher.session is None:
            answer = original(*args, **kwargs)
            if type(answer) is CoroutineType or inspect.isawaitable(answer):  # the first is the quicker check
                return await answer
            return answer
        mark = None
        try:
            node_id = _argument(args, kwargs, 3, "current_item")
            prompt_id = _argument(args, kwargs, 6, "prompt_id")
            mark = watcher.on_node_start(prompt_id, node_id, _argument(args, kwargs, 1, "dynprompt"))
        except Exception as error:
            _said(watcher, "on_node_start", error)
        result: Any = None
        raised: BaseException | None = None
        try:
            answer = original(*args, **kwargs)
            result = await answer if inspect.isawaitable(answer) else answer
            return result
        except BaseException as error:
            raised = error
            raise
        finally:
            if mark is not None:
                try:
                    watcher.on_node_end(mark, *_outcome(result, raised))
                except Exception as error:
                    _said(watcher, "on_node_end", error)

    return execute


def _outcome(result: Any, raised: BaseException | None) -> tuple[str, str | None]:
    """How a node was put down, and the class of its error."""
    if raised is not None:
        return "FAILURE", type(raised).__name__
    outcome = getattr(result[0], "name", str(result[0]))
    error = result[2] if len(result) > 2 else None
    return outcome, type(error).__name__ if error is not None else None


def watched_output(original: Any, slot: Slot) -> Any:
    @functools.wraps(original)
    async def get_output_data(*args: Any, **kwargs: Any) -> Any:
        watcher = slot.watcher
        calls = None
        if watcher.session is not None:
            try:
                prompt_id, node_id = (
                    _argument(args, kwargs, 0, "prompt_id"),
                    _argument(args, kwargs, 1, "unique_id"),
                )
                calls = watcher.on_calls_start(prompt_id, node_id)
            except Exception as error:
                _said(watcher, "on_calls_start", error)
        if calls is None:
            answer = original(*args, **kwargs)
            if type(answer) is CoroutineType or inspect.isawaitable(answer):
                return await answer
            return answer
        # Only what is there is replaced: a core that knows no such argument must not be handed one.
        told = "pre_execute_cb" in kwargs or len(args) > 5
        if "pre_execute_cb" in kwargs:
            kwargs["pre_execute_cb"] = _timed(kwargs["pre_execute_cb"], watcher, calls)
        elif told:
            args = (*args[:5], _timed(args[5], watcher, calls), *args[6:])
        result: Any = None
        try:
            answer = original(*args, **kwargs)
            result = await answer if inspect.isawaitable(answer) else answer
            return result
        finally:
            try:
                items = _argument(args, kwargs, 3, "input_data_all")
                watcher.on_calls_end(calls, told and _has_items(calls, items), _tasks(result))
            except Exception as error:
                _said(watcher, "on_calls_end", error)

    return get_output_data


def _timed(callback: Any, watcher: Watcher, calls: Any) -> Any:
    """Told of each item before its call; without any inputs there is none to be told of."""

    def before_call(index: int) -> Any:
        try:
            watcher.on_call(calls, index)
        except Exception as error:
            _said(watcher, "on_call", error)
        return callback(index) if callback is not None else None

    return before_call


def _has_items(calls: Any, items: Any) -> bool:
    if calls.at:
        return True
    return any(len(values) for values in items.values()) if isinstance(items, Mapping) else True


def _tasks(result: Any) -> list[tuple[int, Any]]:
    """The calls that go on as tasks, by index; only where the host says that there are some."""
    if not isinstance(result, tuple) or len(result) < 4 or not result[3]:
        return []
    return [(index, each) for index, each in enumerate(result[0]) if isinstance(each, asyncio.Future)]


def watched_progress(kind: str, original: Any, slot: Slot) -> Any:
    @functools.wraps(original)
    def changed(registry: Any, *args: Any, **kwargs: Any) -> Any:
        watcher = slot.watcher
        if watcher.session is not None:
            try:
                node_id = _argument(args, kwargs, 0, "node_id")
                watcher.on_progress(kind, registry.prompt_id, node_id, registry.dynprompt)
            except Exception as error:
                _said(watcher, "on_progress", error)
        return original(registry, *args, **kwargs)

    return changed


def watched_message(original: Any, slot: Slot) -> Any:
    @functools.wraps(original)
    def send_sync(*args: Any, **kwargs: Any) -> Any:
        watcher = slot.watcher
        if watcher.session is not None:
            try:
                kind, data = _argument(args, kwargs, 1, "event"), _argument(args, kwargs, 2, "data")
                if kind in EVENTS and isinstance(data, Mapping):
                    watcher.on_event(kind, data)
            except Exception as error:
                _said(watcher, "on_event", error)
        return original(*args, **kwargs)

    return send_sync
