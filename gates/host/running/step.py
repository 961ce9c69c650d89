"""One node's turn: from its inputs to its results, or to what it has to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from .cache import CacheEntry, CacheSet
from .graph import DynamicPrompt
from .graph_builder import ExecutionBlocker, GraphBuilder, is_link
from .inputs import InputData, get_input_data
from .mapping import finished, map_over_lists, unfinished, wait_for
from .returns import Expansion, Returned, Ui, merge_results, read_returns
from .schedule import Schedule
from .v3 import is_v3, override_of

if TYPE_CHECKING:
    from ..prompt_server import PromptServer

# (outputs or expansions, ui, whether those are expansions, whether calls are unfinished)
OutputData = tuple[list[Any], Ui, bool, bool]
GetOutputData = Callable[..., Awaitable[OutputData]]


class ExecutionResult(Enum):
    SUCCESS = 0
    FAILURE = 1
    PENDING = 2


@dataclass(frozen=True)
class PromptRun:
    """Everything that the nodes of one prompt share while it runs."""

    server: PromptServer
    dynprompt: DynamicPrompt
    caches: CacheSet
    extra_data: dict[str, Any]
    executed: set[str]
    prompt_id: str
    schedule: Schedule
    pending_expansions: dict[str, list[Expansion]]
    pending_async: dict[str, list[Any]]
    ui_outputs: dict[str, dict[str, Any]]


class NodeStep:
    def __init__(self, run: PromptRun, node_id: str, get_output_data: GetOutputData) -> None:
        self.run = run
        self.node_id = node_id
        self.class_type: str = run.dynprompt.get_node(node_id)["class_type"]
        self.class_def = run.server.runtime.nodes.classes[self.class_type]
        self.display_id = run.dynprompt.get_display_node_id(node_id)
        self.inputs = InputData()
        self._get_output_data = get_output_data

    async def take(self) -> ExecutionResult:
        cached = self.run.caches.outputs.get(self.node_id)
        if cached is not None:
            self.show_cached(cached)
            self._progress().finish_progress(self.node_id)
            return ExecutionResult.SUCCESS
        returned = await self._returned()
        if returned is None:
            return ExecutionResult.PENDING
        if returned.ui:
            self._show(returned.ui)
        if returned.expansions is not None:
            await self._expand(returned.expansions)
            return ExecutionResult.PENDING
        self.run.schedule.check_outputs(self.node_id, returned.outputs)
        entry = CacheEntry(self.run.ui_outputs.get(self.node_id), returned.outputs)
        self.run.caches.outputs.set(self.node_id, entry)
        self._progress().finish_progress(self.node_id)
        self.run.executed.add(self.node_id)
        return ExecutionResult.SUCCESS

    def show_cached(self, cached: CacheEntry) -> None:
        if cached.ui is not None:
            self.run.ui_outputs[self.node_id] = cached.ui
        self._send_executed((cached.ui or {}).get("output"))

    async def _returned(self) -> Returned | None:
        """What the node returned, or None where it has to be picked again."""
        if self.node_id in self.run.pending_async:
            return read_returns(finished(self.run.pending_async.pop(self.node_id)), self.class_def)
        if self.node_id in self.run.pending_expansions:
            expansions = self.run.pending_expansions.pop(self.node_id)
            results = [self._followed(expansion) for expansion in expansions]
            return Returned(merge_results(results, self.class_def), {})
        return await self._called()

    async def _called(self) -> Returned | None:
        self._progress().start_progress(self.node_id)
        self._gather()
        self._send_executing()
        node = self.run.caches.objects.get(self.run.dynprompt, self.node_id, self.class_def)
        if await self._wants_more(node):
            return None
        outputs, ui, expanded, pending = await self._get_output_data(
            self.run.prompt_id,
            self.node_id,
            node,
            self.inputs.lists,
            execution_block_cb=self._on_block,
            pre_execute_cb=self._before_call,
            v3_data=self.inputs.v3,
        )
        if pending:
            self._park(outputs)
            return None
        return Returned([], ui, outputs) if expanded else Returned(outputs, ui)

    def _gather(self) -> None:
        run = self.run
        own_inputs = run.dynprompt.get_node(self.node_id)["inputs"]
        self.inputs = get_input_data(
            own_inputs, self.class_def, self.node_id, run.caches.outputs, run.dynprompt, run.extra_data
        )

    async def _wants_more(self, node: Any) -> bool:
        """Whether the node named lazy inputs that have to be evaluated before it runs."""
        if not self._answers_lazily(node):
            return False
        self.run.server.runtime.interrupts.raise_if_asked()
        v3 = self.inputs.v3 and replace(self.inputs.v3, with_names=True)
        answers = await wait_for(
            await map_over_lists(
                self.run.prompt_id, self.node_id, node, self.inputs.lists, "check_lazy_status", v3=v3
            )
        )
        named = {name for answer in answers if isinstance(answer, list) for name in answer}
        wanted = [
            name
            for name in named
            if isinstance(name, str) and (name not in self.inputs.lists or name in self.inputs.missing)
        ]
        for name in wanted:
            self.run.schedule.require_input(self.node_id, name)
        return bool(wanted)

    def _answers_lazily(self, node: Any) -> bool:
        if is_v3(self.class_def):
            return override_of(self.class_def, "check_lazy_status") is not None
        return getattr(node, "check_lazy_status", None) is not None

    def _before_call(self, index: int) -> None:
        self.run.server.runtime.interrupts.raise_if_asked()
        GraphBuilder.set_default_prefix(self.node_id, index, 0)

    def _on_block(self, block: ExecutionBlocker) -> ExecutionBlocker:
        """Tell of a blocker that has a message, and let it pass on silently."""
        if block.message is None:
            return block
        told = {
            "prompt_id": self.run.prompt_id,
            "node_id": self.node_id,
            "node_type": self.class_type,
            "executed": list(self.run.executed),
            "exception_message": f"Execution Blocked: {block.message}",
            "exception_type": "ExecutionBlocked",
            "traceback": [],
            "current_inputs": [],
            "current_outputs": [],
        }
        self.run.server.send_sync("execution_error", told, self.run.server.client_id)
        return ExecutionBlocker(None)

    def _park(self, results: list[Any]) -> None:
        self.run.pending_async[self.node_id] = results
        wake = self.run.schedule.park(self.node_id)
        waiting = asyncio.gather(*unfinished(results), return_exceptions=True)
        waiting.add_done_callback(lambda _: wake())

    async def _expand(self, expansions: list[Expansion]) -> None:
        """Let the new nodes in, and wait for those whose results stand for this node's own."""
        run = self.run
        new_ids = [node_id for graph, _ in expansions for node_id in graph or {}]
        for graph, _ in expansions:
            for node_id, node in (graph or {}).items():
                shown_as = node.get("override_display_id", self.node_id)
                run.dynprompt.add_ephemeral_node(node_id, node, self.node_id, shown_as)
        await run.caches.outputs.add_children(self.node_id, self.class_type, new_ids)
        for node_id in new_ids:
            if self._is_output(node_id):
                run.schedule.add_node(node_id)
        for graph, result in expansions:
            for value in result if graph is not None else ():
                if is_link(value):
                    run.schedule.add_link(value[0], value[1], self.node_id)
        run.pending_expansions[self.node_id] = expansions

    def _is_output(self, node_id: str) -> bool:
        class_type = self.run.dynprompt.get_node(node_id)["class_type"]
        return getattr(self.run.server.runtime.nodes.classes[class_type], "OUTPUT_NODE", False) is True

    def _followed(self, expansion: Expansion) -> tuple[Any, ...]:
        if expansion.graph is None:
            return tuple(expansion.result)
        values: list[Any] = []
        for value in expansion.result:
            if is_link(value):
                values.extend((self.run.caches.outputs.outputs_of(value[0]) or [])[value[1]])
            else:
                values.append(value)
        return tuple(values)

    def _show(self, ui: Ui) -> None:
        graph = self.run.dynprompt
        meta = {
            "node_id": self.node_id,
            "display_node": self.display_id,
            "parent_node": graph.get_parent_node_id(self.node_id),
            "real_node_id": graph.get_real_node_id(self.node_id),
        }
        self.run.ui_outputs[self.node_id] = {"meta": meta, "output": ui}
        self._send_executed(ui)

    def _send_executing(self) -> None:
        server = self.run.server
        if server.client_id is not None:
            server.last_node_id = self.display_id
            told = {"node": self.node_id, "display_node": self.display_id}
            server.send_sync("executing", {**told, "prompt_id": self.run.prompt_id}, server.client_id)

    def _send_executed(self, output: Any) -> None:
        server = self.run.server
        if server.client_id is not None:
            told = {"node": self.node_id, "display_node": self.display_id, "output": output}
            server.send_sync("executed", {**told, "prompt_id": self.run.prompt_id}, server.client_id)

    def _progress(self) -> Any:
        return self.run.server.runtime.progress.get_progress_state()
