"""Running prompts. Packs know this module as `execution` and hook its functions by name."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .checking import validate_prompt
from .interrupts import InterruptProcessingException
from .prompt_queue import MAXIMUM_HISTORY_SIZE, PromptQueue
from .running.cache import CacheEntry, CacheSet
from .running.graph import DependencyCycleError, DynamicPrompt
from .running.inputs import SENSITIVE_EXTRA_DATA_KEYS, get_input_data
from .running.mapping import map_over_lists, unfinished
from .running.progress import WebUIProgressHandler
from .running.returns import read_returns
from .running.schedule import Schedule
from .running.signatures import ChangeLog
from .running.step import ExecutionResult, NodeStep, OutputData, PromptRun
from .running.validation import full_type_name
from .torch_mode import InferenceMode

if TYPE_CHECKING:
    from .prompt_server import PromptServer

__all__ = [
    "MAXIMUM_HISTORY_SIZE",
    "SENSITIVE_EXTRA_DATA_KEYS",
    "CacheEntry",
    "CacheSet",
    "ExecutionResult",
    "PromptExecutor",
    "PromptQueue",
    "execute",
    "get_input_data",
    "get_output_data",
    "validate_prompt",
]

logger = logging.getLogger("gates.host.execution")

Outcome = tuple[ExecutionResult, "dict[str, Any] | None", "BaseException | None"]


async def get_output_data(
    prompt_id: str,
    unique_id: str,
    obj: Any,
    input_data_all: Mapping[str, Any],
    execution_block_cb: Any = None,
    pre_execute_cb: Any = None,
    v3_data: Any = None,
) -> OutputData:
    """Call a node for all its items; the last two of the answer say: expanded, still unfinished."""
    values = await map_over_lists(
        prompt_id, unique_id, obj, input_data_all, obj.FUNCTION, execution_block_cb, pre_execute_cb, v3_data
    )
    if unfinished(values):
        return values, {}, False, True
    returned = read_returns(values, obj)
    if returned.expansions is not None:
        return list(returned.expansions), returned.ui, True, False
    return returned.outputs, returned.ui, False, False


async def execute(
    server: PromptServer,
    dynprompt: DynamicPrompt,
    caches: CacheSet,
    current_item: str,
    extra_data: dict[str, Any],
    executed: set[str],
    prompt_id: str,
    execution_list: Schedule,
    pending_subgraph_results: dict[str, Any],
    pending_async_nodes: dict[str, Any],
    ui_outputs: dict[str, dict[str, Any]],
) -> Outcome:
    """Give one node its turn; what it raises comes back as details and exception."""
    run = PromptRun(
        server,
        dynprompt,
        caches,
        extra_data,
        executed,
        prompt_id,
        execution_list,
        pending_subgraph_results,
        pending_async_nodes,
        ui_outputs,
    )
    step = NodeStep(run, current_item, get_output_data)
    try:
        return await step.take(), None, None
    except (Exception, InterruptProcessingException) as error:
        return ExecutionResult.FAILURE, _failure(step, error), error


def _failure(step: NodeStep, error: BaseException) -> dict[str, Any]:
    node_id = step.run.dynprompt.get_real_node_id(step.node_id)
    if isinstance(error, InterruptProcessingException):
        logger.info("Processing interrupted")
        return {"node_id": node_id}
    logger.error("!!! Exception during processing !!! %s", error, exc_info=error)
    return {
        "node_id": node_id,
        "exception_message": f"{error}\n",
        "exception_type": full_type_name(type(error)),
        "traceback": traceback.format_tb(error.__traceback__),
        "current_inputs": {
            name: [_shown(value) for value in values] for name, values in step.inputs.lists.items()
        },
    }


def _shown(value: Any) -> Any:
    return value if isinstance(value, (int, float, str, type(None))) else str(value)


class PromptExecutor:
    """Runs one prompt after the other and remembers results in between."""

    def __init__(self, server: PromptServer) -> None:
        self.server = server
        self.reset()

    def reset(self) -> None:
        self.caches = CacheSet()
        self.status_messages: list[tuple[str, dict[str, Any]]] = []
        self.success = True
        self.history_result: dict[str, Any] = {"outputs": {}, "meta": {}}

    def add_message(self, event: str, data: Mapping[str, Any], broadcast: bool) -> None:
        """Keep a message for the history and send it to whoever queued the prompt."""
        stamped = {**data, "timestamp": int(time.time() * 1000)}
        self.status_messages.append((event, stamped))
        if self.server.client_id is not None or broadcast:
            self.server.send_sync(event, stamped, self.server.client_id)

    def execute(
        self,
        prompt: dict[str, Any],
        prompt_id: str,
        extra_data: Mapping[str, Any] | None = None,
        execute_outputs: Iterable[str] = (),
    ) -> None:
        asyncio.run(self.execute_async(prompt, prompt_id, dict(extra_data or {}), list(execute_outputs)))

    async def execute_async(
        self,
        prompt: dict[str, Any],
        prompt_id: str,
        extra_data: dict[str, Any] | None = None,
        execute_outputs: Iterable[str] = (),
    ) -> None:
        extra_data = extra_data or {}
        self.server.runtime.interrupts.interrupt(False)
        self.server.client_id = extra_data.get("client_id")
        self.status_messages = []
        self.success = True
        self.history_result = {"outputs": {}, "meta": {}}
        self.add_message("execution_start", {"prompt_id": prompt_id}, broadcast=False)
        with InferenceMode() as inference:
            run = await self._prepare(DynamicPrompt(prompt), prompt_id, extra_data)
            for node_id in execute_outputs:
                run.schedule.add_node(node_id)
            await self._run_all(run, inference)
        self.server.last_node_id = None

    async def _prepare(
        self, dynprompt: DynamicPrompt, prompt_id: str, extra_data: dict[str, Any]
    ) -> PromptRun:
        runtime = self.server.runtime
        runtime.progress.reset_progress_state(prompt_id, dynprompt)
        runtime.progress.add_progress_handler(WebUIProgressHandler(self.server))
        classes, outputs = runtime.nodes.classes, self.caches.outputs
        changes = ChangeLog(prompt_id, dynprompt, classes)
        await outputs.set_prompt(dynprompt, dynprompt.original_prompt, classes, changes)
        self.caches.objects.set_prompt(dynprompt)
        cached = [node_id for node_id in dynprompt.original_prompt if outputs.get(node_id)]
        self.add_message("execution_cached", {"nodes": cached, "prompt_id": prompt_id}, broadcast=False)
        schedule = Schedule(dynprompt, classes, lambda node_id: outputs.get(node_id) is not None)
        return PromptRun(
            self.server, dynprompt, self.caches, extra_data, set(), prompt_id, schedule, {}, {}, {}
        )

    async def _run_all(self, run: PromptRun, inference: InferenceMode) -> None:
        known_ids = sorted(self.caches.outputs.all_node_ids())
        while not run.schedule.is_empty():
            error = await self._run_next(run)
            inference.enter()
            if error is not None:
                self._report(run, known_ids, *error)
                break
            self.caches.outputs.let_go()
        else:
            self._show_intermediate(run)
            self.add_message("execution_success", {"prompt_id": run.prompt_id}, broadcast=False)
        self.history_result = {
            "outputs": {node_id: shown["output"] for node_id, shown in run.ui_outputs.items()},
            "meta": {node_id: shown["meta"] for node_id, shown in run.ui_outputs.items()},
        }

    async def _run_next(self, run: PromptRun) -> tuple[dict[str, Any], BaseException] | None:
        """Run one node; the details and exception where it failed."""
        try:
            node_id = await run.schedule.pick()
        except DependencyCycleError as cycle:
            return _cycle_details(run.schedule.blamed_for_cycle(), cycle), cycle
        result, details, error = await execute(
            self.server,
            run.dynprompt,
            self.caches,
            node_id,
            run.extra_data,
            run.executed,
            run.prompt_id,
            run.schedule,
            run.pending_expansions,
            run.pending_async,
            run.ui_outputs,
        )
        if result is ExecutionResult.SUCCESS:
            run.schedule.complete(node_id)
        return (details, error) if details is not None and error is not None else None

    def _show_intermediate(self, run: PromptRun) -> None:
        """Cached nodes that are no outputs but have something to show are shown again."""
        for node_id in run.dynprompt.all_node_ids() - run.executed:
            step = NodeStep(run, node_id, get_output_data)
            cached = self.caches.outputs.get(node_id)
            if cached is not None and getattr(step.class_def, "HAS_INTERMEDIATE_OUTPUT", False):
                step.show_cached(cached)

    def _report(
        self, run: PromptRun, known_ids: list[str], details: dict[str, Any], error: BaseException
    ) -> None:
        self.success = False
        node_id = details["node_id"]
        told = {
            "prompt_id": run.prompt_id,
            "node_id": node_id,
            "node_type": run.dynprompt.original_prompt[node_id]["class_type"],
            "executed": list(run.executed),
        }
        if isinstance(error, InterruptProcessingException):
            self.add_message("execution_interrupted", told, broadcast=True)
        else:
            told = {**told, **details, "current_outputs": known_ids}
            self.add_message("execution_error", told, broadcast=False)


def _cycle_details(node_id: str, error: Exception) -> dict[str, Any]:
    return {
        "node_id": node_id,
        "exception_message": str(error),
        "exception_type": "graph.DependencyCycleError",
        "traceback": [],
        "current_inputs": [],
    }
