"""The engine and its hooks on a small made-up core, in every shape that a core may have."""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from gates import gates_compat
from gates.hook_wrappers import slot_of
from gates.profiler.arming import Ask, Notice
from gates.profiler.engine import Clock, Outside, Probes, ProfilerEngine
from gates.profiler.quantities import Missing
from gates.profiler.records import Recording
from gates.profiler.session import NO_READING, Reading

SECONDS = 20.0
ASKED = {"holaf_profile": {"name": "n"}, "client_id": "c"}


class Result(Enum):
    SUCCESS = 0
    FAILURE = 1
    PENDING = 2


class Edges:
    """Tells nothing; `fails` names what raises."""

    def __init__(self) -> None:
        self.fails: set[str] = set()
        self.opened = self.closed = 0

    def _maybe(self, name: str) -> None:
        if name in self.fails:
            raise RuntimeError(name)

    def open(self) -> None:
        self._maybe("open")
        self.opened += 1

    def before(self, now: int) -> Reading:
        self._maybe("before")
        return NO_READING

    def after(self, now: int, lasted: int) -> Reading:
        self._maybe("after")
        return NO_READING

    def device_memory(self) -> int | None:
        self._maybe("device_memory")
        return 42

    def missing(self) -> tuple[Missing, ...]:
        return ()

    def close(self) -> None:
        self.closed += 1


class Graph:
    def __init__(self, prompt: dict[str, Any]) -> None:
        self.prompt = prompt

    def get_node(self, node_id: str) -> Any:
        return self.prompt[node_id]

    def get_display_node_id(self, node_id: str) -> str:
        return node_id

    def get_parent_node_id(self, node_id: str) -> str | None:
        return None

    def get_real_node_id(self, node_id: str) -> str:
        return node_id


class ProgressRegistry:
    def __init__(self, prompt_id: str, dynprompt: Any) -> None:
        self.prompt_id, self.dynprompt = prompt_id, dynprompt

    def start_progress(self, node_id: str) -> None:
        return

    def finish_progress(self, node_id: str) -> None:
        return


class PromptServer:
    def send_sync(self, event: str, data: Any, sid: str | None = None) -> None:
        return


@dataclass
class Core:
    """Modules of a core that runs nodes in the order of the prompt; each names a function of `nodes`.

    `without` takes away what hooks hold on to: `execute` its arguments, `progress` its place.
    """

    nodes: dict[str, Callable[[], Any]] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)

    def install(self, monkeypatch: pytest.MonkeyPatch, without: str = "") -> ModuleType:
        core, execution = self, ModuleType("execution")
        names: Any = execution
        registries = type("ProgressRegistry", (ProgressRegistry,), dict(vars(ProgressRegistry)))
        servers = type("PromptServer", (PromptServer,), dict(vars(PromptServer)))

        async def get_output_data(
            prompt_id: str, unique_id: str, obj: Any, input_data_all: Any, pre_execute_cb: Any = None
        ) -> Any:
            if pre_execute_cb is not None:
                pre_execute_cb(0)
            core.ran.append(unique_id)
            return [obj()], {}, False, False

        async def execute(*args: Any, **kwargs: Any) -> Any:
            server, graph, _, node_id, _, _, prompt_id = args[:7]
            registry = registries(prompt_id, graph)
            registry.start_progress(node_id)
            server.send_sync("executing", {"node": node_id, "prompt_id": prompt_id}, "c")
            make = core.nodes[graph.get_node(node_id)["class_type"]]
            try:
                await names.get_output_data(prompt_id, node_id, make, {"x": [1]}, pre_execute_cb=None)
            except Exception as error:
                told = {"node": node_id, "prompt_id": prompt_id, "exception_type": type(error).__name__}
                server.send_sync("execution_error", told, "c")
                return Result.FAILURE, {}, error
            registry.finish_progress(node_id)
            return Result.SUCCESS, None, None

        async def another(server: Any, graph: Any, node_id: str) -> Any:
            raise NotImplementedError("a core that gives nodes their turns in some other way")

        class PromptExecutor:
            def __init__(self) -> None:
                self.status_messages: list[Any] = []
                self.server = servers()

            async def execute_async(
                self, prompt: Any, prompt_id: str, extra_data: Any, outputs: Any = ()
            ) -> str:
                self.status_messages = []
                turn = execute if "execute" in without else names.execute
                for node_id in prompt:
                    args: tuple[Any, ...] = (
                        self.server,
                        Graph(prompt),
                        None,
                        node_id,
                        extra_data,
                        set(),
                        prompt_id,
                        1,
                        2,
                        3,
                    )
                    if (await turn(*args))[0] is Result.FAILURE:
                        self.status_messages.append(("execution_error", {"node_id": node_id}))
                        return "failed"
                self.status_messages.append(("execution_success", {}))
                return "done"

        names.execute = another if "execute" in without else execute
        names.get_output_data, names.PromptExecutor = get_output_data, PromptExecutor
        progress: Any = ModuleType("comfy_execution.progress")
        if "progress" not in without:
            progress.ProgressRegistry = registries
        server: Any = ModuleType("server")
        server.PromptServer = servers
        modules = {"execution": execution, "server": server, "comfy_execution.progress": progress}
        for name, module in {**modules, "comfy_execution": ModuleType("comfy_execution")}.items():
            monkeypatch.setitem(sys.modules, name, module)
        return execution


@dataclass
class Bench:
    engine: ProfilerEngine
    edges: Edges
    recordings: list[Recording]
    notices: list[Notice]

    def only(self) -> Recording:
        assert self.engine.wait(SECONDS)
        (recording,) = self.recordings
        return recording


@pytest.fixture
def bench() -> Iterator[Bench]:
    before = set(threading.enumerate())
    edges, recordings, notices = Edges(), [], []  # type: ignore[var-annotated]
    engine = ProfilerEngine(Clock(), Probes(edges), recordings.append, Outside(notify=notices.append))
    yield Bench(engine, edges, recordings, notices)
    assert engine.stop(SECONDS) and edges.closed == 1
    left = [t for t in threading.enumerate() if t not in before and t.name.startswith("gates-profiler")]
    assert not left


def prompt(*kinds: str) -> dict[str, Any]:
    return {str(n): {"class_type": kind, "inputs": {}} for n, kind in enumerate(kinds, 1)}


def run(execution: Any, graph: dict[str, Any], extra: Any = ASKED, prompt_id: str = "p") -> str:
    return str(asyncio.run(execution.PromptExecutor().execute_async(graph, prompt_id, extra)))


def fails() -> None:
    raise ValueError("no")


def sleeps() -> None:
    time.sleep(0.05)


def core(**nodes: Callable[[], Any]) -> Core:
    return Core({"ok": lambda: 1, "fails": fails, "sleeps": sleeps, **nodes})


def test_hooks_go_in_once_and_change_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    made = core()
    execution: Any = made.install(monkeypatch)
    plain = execution.execute
    assert gates_compat.install_hooks(bench.engine) == "execute" == bench.engine.tier
    wrapped = execution.execute
    assert (
        wrapped.__wrapped__ is plain
        and wrapped.__name__ == "execute"
        and inspect.iscoroutinefunction(wrapped)
    )
    assert gates_compat.install_hooks(bench.engine) == "execute" and execution.execute is wrapped
    assert run(execution, prompt("ok", "ok"), {}) == "done" and not bench.engine.is_recording
    assert run(execution, prompt("ok", "sleeps", "ok")) == "done"
    recording = bench.only()
    assert [step.status for step in recording.steps] == ["executed"] * 3
    assert made.ran == ["1", "2", "1", "2", "3"]  # nothing ran twice
    assert bench.edges.opened == 1


def test_others_may_wrap_before_and_after(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    execution: Any = core().install(monkeypatch)
    inner = execution.execute

    def returns_an_awaitable(*args: Any, **kwargs: Any) -> Any:
        return inner(*args, **kwargs)

    execution.execute = returns_an_awaitable
    assert gates_compat.install_hooks(bench.engine) == "execute"
    ours = execution.execute

    async def theirs(*args: Any, **kwargs: Any) -> Any:
        return await ours(*args, **kwargs)

    theirs.__wrapped__ = ours  # type: ignore[attr-defined]
    execution.execute = theirs
    assert gates_compat.install_hooks(bench.engine) == "execute" and execution.execute is theirs
    assert slot_of(theirs) is not None
    run(execution, prompt("ok", "fails", "ok"))
    recording = bench.only()
    assert [step.status for step in recording.steps] == ["executed", "error", "skipped"]
    assert recording.run.status == "error" and recording.steps[1].error_type == "ValueError"


@pytest.mark.parametrize(("without", "tier"), [("execute", "progress"), ("execute progress", "events")])
def test_the_next_best_tier(bench: Bench, monkeypatch: pytest.MonkeyPatch, without: str, tier: str) -> None:
    made = core()
    execution: Any = made.install(monkeypatch, without)
    assert gates_compat.install_hooks(bench.engine) == tier
    assert run(execution, prompt("ok", "sleeps", "ok")) == "done"
    recording = bench.only()
    assert recording.run.hook_tier == tier
    assert [step.status for step in recording.steps] == ["executed"] * 3
    slow = recording.steps[1].exec_time
    assert slow is not None and slow >= 0.05
    assert recording.run.status == "success"


def test_a_failure_in_the_lower_tiers(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    execution: Any = core().install(monkeypatch, "execute progress")
    gates_compat.install_hooks(bench.engine)
    assert run(execution, prompt("ok", "fails", "ok")) == "failed"
    recording = bench.only()
    assert [step.status for step in recording.steps] == ["executed", "error", "skipped"]
    assert recording.run.status == "error"


def test_a_blocked_node_is_no_end_of_a_run(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """ComfyUI tells of it as of an error, and goes on."""

    def blocks() -> None:
        told = {"node": "2", "prompt_id": "p", "exception_type": "ExecutionBlocked"}
        sys.modules["server"].PromptServer().send_sync("execution_error", told, "c")

    execution: Any = core(blocks=blocks).install(monkeypatch, "execute progress")
    assert gates_compat.install_hooks(bench.engine) == "events"
    assert run(execution, prompt("ok", "blocks", "sleeps")) == "done"
    recording = bench.only()
    assert [step.status for step in recording.steps] == ["executed"] * 3
    assert recording.run.status == "success" and (recording.steps[2].exec_time or 0) >= 0.05


def test_outside_of_comfyui_there_is_nothing_to_watch(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "execution", None)
    assert gates_compat.install_hooks(bench.engine) == "none"
    monkeypatch.setitem(sys.modules, "execution", ModuleType("execution"))
    assert gates_compat.install_hooks(bench.engine) == "none"


def test_what_a_prompt_raises_comes_out_as_it_was(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    execution: Any = core().install(monkeypatch)

    class Interrupted(BaseException):
        pass

    async def execute(*args: Any, **kwargs: Any) -> Any:
        raise Interrupted

    execution.execute = execute
    gates_compat.install_hooks(bench.engine)
    with pytest.raises(Interrupted):
        run(execution, prompt("ok"))
    recording = bench.only()
    assert recording.run.status == "error" and recording.run.error == "Interrupted"
    assert not bench.engine.is_recording


@pytest.mark.parametrize("fails", ["open", "before", "after", "device_memory"])
def test_a_reading_that_fails_costs_its_column_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    execution: Any = core().install(monkeypatch)
    gates_compat.install_hooks(bench.engine)
    bench.edges.fails = {fails}
    assert run(execution, prompt("ok", "sleeps")) == "done"
    assert bench.engine.wait(SECONDS) and not bench.engine.is_recording
    if fails == "open":
        assert bench.recordings == []
    else:
        recording = bench.only()
        assert (
            len(recording.steps) == 2
            and fails in (recording.run.unmeasured_json or "")
            or "failed" in (recording.run.unmeasured_json or "")
        )
    bench.edges.fails = set()
    bench.recordings.clear()
    run(execution, prompt("ok"), prompt_id="q")
    assert bench.only().run.prompt_id == "q"


def test_a_sink_that_fails_loses_one_run_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    execution: Any = core().install(monkeypatch)
    kept: list[Recording] = []

    def sink(recording: Recording) -> None:
        if recording.run.prompt_id == "bad":
            raise OSError("disk full")
        kept.append(recording)

    engine = ProfilerEngine(Clock(), Probes(Edges()), sink)
    gates_compat.install_hooks(engine)
    for prompt_id in ("bad", "good"):
        run(execution, prompt("ok"), prompt_id=prompt_id)
    assert engine.wait(SECONDS) and [each.run.prompt_id for each in kept] == ["good"]
    assert engine.stop(SECONDS)


def test_another_executor_is_not_recorded_meanwhile(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def beside() -> None:
        thread = threading.Thread(target=lambda: run(execution, prompt("ok", "ok"), prompt_id="other"))
        thread.start()
        thread.join()

    execution: Any = core(beside=beside).install(monkeypatch)
    gates_compat.install_hooks(bench.engine)
    run(execution, prompt("ok", "beside"))
    recording = bench.only()
    assert [step.node_id for step in recording.steps] == ["1", "2"] and recording.run.prompt_id == "p"
    assert [notice.kind for notice in bench.notices] == ["busy"]


def test_a_run_whose_end_was_never_told_is_dropped(bench: Bench) -> None:
    engine = bench.engine
    assert engine.run_started("lost", prompt("ok"), ASKED)
    assert engine.run_started("next", prompt("ok"), ASKED)
    engine.run_ended("lost", [], None)
    assert engine.is_recording
    engine.run_ended("next", [("execution_success", {})], None)
    assert bench.only().run.prompt_id == "next"


def test_a_run_whose_last_reading_breaks_is_kept_and_leaves_no_thread(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sampler of a run whose end broke went on, and held up the runs behind it for seconds."""

    def breaks(*args: Any) -> Reading:
        raise RuntimeError("broken")

    assert bench.engine.run_started("p", prompt("ok"), ASKED)
    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(bench.engine, "_after", breaks)
        bench.engine.run_ended("p", [("execution_success", {})], None)
    assert bench.only().run.status == "success"


def test_what_ran_long_is_asked_of_the_device(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    execution: Any = core().install(monkeypatch)
    gates_compat.install_hooks(bench.engine)
    run(execution, prompt("ok", "sleeps"))
    quick, slow = bench.only().steps
    assert (quick.vram_end, slow.vram_end, slow.vram_max) == (None, 42, 42)


def test_a_prompt_that_changed_after_it_was_armed_is_not_kept() -> None:
    kept: list[Recording] = []
    notices: list[Notice] = []
    hashes = iter(["then", "now"])
    outside = Outside(hash_of=lambda prompt, workflow: next(hashes), notify=notices.append)
    engine = ProfilerEngine(Clock(), Probes(Edges()), kept.append, outside)
    engine.arm("c", Ask(expected_hash="then"))
    request = engine.on_prompt({"client_id": "c", "prompt": prompt("ok")})
    assert engine.run_started("p", request["prompt"], request["extra_data"])
    engine.run_ended("p", [], None)
    assert engine.wait(SECONDS) and kept == []
    assert [(each.kind, each.prompt_id) for each in notices] == [("mismatch", "p")]
    assert engine.stop(SECONDS)


def test_live_rows_and_checkpoints_come_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gates.profiler.desk.CHECKPOINT_SECONDS", 0.05)
    rows: list[tuple[str, str | None, list[str]]] = []
    saved: list[Recording] = []
    told, checked = threading.Event(), threading.Event()

    def live(prompt_id: str, client_id: str | None, steps: Any) -> None:
        rows.append((prompt_id, client_id, [step.node_id for step in steps]))
        told.set()

    def checkpoint(recording: Recording) -> None:
        saved.append(recording)
        checked.set()

    engine = ProfilerEngine(Clock(), Probes(Edges()), saved.append, Outside(live=live, checkpoint=checkpoint))
    graph: Any = SimpleNamespace()
    assert engine.run_started("p", prompt("ok", "ok"), ASKED)
    mark = engine.on_node_start("p", "1", graph)
    assert mark is not None and engine.on_node_start("other", "1", graph) is None
    engine.on_node_end(mark, "SUCCESS", None)
    assert told.wait(SECONDS) and checked.wait(SECONDS)
    assert rows[0] == ("p", "c", ["1"])
    assert saved[0].run.status == "running" and [step.node_id for step in saved[0].steps] == ["1"]
    engine.run_ended("p", [("execution_success", {})], None)
    assert engine.wait(SECONDS) and saved[-1].run.status == "success"
    assert engine.stop(SECONDS)


def test_after_stop_nothing_is_recorded(bench: Bench) -> None:
    bench.engine.stop(SECONDS)
    bench.edges.closed = 0
    assert not bench.engine.run_started("p", prompt("ok"), ASKED) and not bench.engine.is_recording


def test_what_nobody_asked_for_costs_next_to_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told in the docs as 1 µs a node; a busy machine gets ten times that here, and a few tries."""
    execution: Any = core().install(monkeypatch)
    bare, graph = execution.execute, Graph(prompt("ok"))
    server = execution.PromptExecutor().server
    gates_compat.install_hooks(bench.engine)

    async def per_call(execute: Any) -> float:
        begin = time.perf_counter()
        for _ in range(500):
            await execute(server, graph, None, "1", {}, set(), "p", 1, 2, 3)
        return (time.perf_counter() - begin) / 500

    for _ in range(10):
        extra = asyncio.run(per_call(execution.execute)) - asyncio.run(per_call(bare))
        if extra < 10e-6:
            return
    raise AssertionError(f"{extra * 1e6:.1f} µs")
