"""A pack that records runs and shows them over HTTP, with nodes that do a known amount of something.

`gates` is imported by name, for the pack stands outside of it; who starts the host makes it importable.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiohttp import web

from gates import gates_compat, hook_wrappers
from gates.profiler import arming, assembly, desk, engine, sampler, session
from gates.profiler.fingerprint import Host, environment
from gates.profiler.probes import edges, process, torch_memory
from gates.profiler.probes.finding import all_probes
from gates.profiler.probes.surroundings import surroundings
from gates.profiler.subtree import subtrees

TOOK: dict[str, list[float]] = {}  # seconds that nodes themselves saw pass, by the key that they were given


class Alloc:
    """Touches so many MiB, holds them for a moment and lets them go."""

    CATEGORY = "profiler"
    RETURN_TYPES = ("STRING",)
    FUNCTION = "run"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"mib": ("INT", {"default": 64}), "tag": ("STRING", {"default": ""})}}

    def run(self, mib: int, tag: str) -> Any:
        block = bytearray(mib << 20)
        block[::4096] = b"x" * len(block[::4096])
        del block
        return (tag,)


class Spin(Alloc):
    """Keeps one core busy."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"seconds": ("FLOAT", {"default": 0.3}), "tag": ("STRING", {"default": ""})}}

    def run(self, seconds: float, tag: str) -> Any:
        end = time.process_time() + seconds
        while time.process_time() < end:
            sum(range(1000))
        return (tag,)


class Sleep(Alloc):
    """Sleeps, and notes how long that really was: on a busy machine it is longer than asked for."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        inputs = {"text": ("STRING", {"forceInput": True}), "seconds": ("FLOAT", {"default": 0.1})}
        return {"required": {**inputs, "key": ("STRING", {"default": ""})}}

    def run(self, text: str, seconds: float, key: str) -> Any:  # type: ignore[override]
        begin = time.perf_counter()
        time.sleep(seconds)
        TOOK.setdefault(key, []).append(time.perf_counter() - begin)
        return (text,)


class Wait(Sleep):
    async def run(self, text: str, seconds: float, key: str) -> Any:  # type: ignore[override]
        begin = time.perf_counter()
        await asyncio.sleep(seconds)
        TOOK.setdefault(key, []).append(time.perf_counter() - begin)
        return (text,)


class Nothing(Alloc):
    """Has no inputs at all."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {}}

    @classmethod
    def IS_CHANGED(cls) -> float:
        return float("nan")

    def run(self) -> Any:  # type: ignore[override]
        return ("nothing",)


class FailLater(Alloc):
    """Fails in a call that others ran beside."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"seconds": ("FLOAT", {"default": 0.1}), "tag": ("STRING", {"default": ""})}}

    async def run(self, seconds: float, tag: str) -> Any:
        await asyncio.sleep(seconds)
        raise RuntimeError(tag)


class ExpandSleep(Alloc):
    """Becomes nodes that sleep, one after the other."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        kinds = ("STRING", {"default": "ProfilerSleep"})
        return {
            "required": {
                "text": ("STRING", {"forceInput": True}),
                "seconds": ("FLOAT", {}),
                "of": kinds,
                "key": ("STRING", {"default": ""}),
            }
        }

    def run(self, text: str, seconds: float, of: str, key: str) -> Any:  # type: ignore[override]
        from comfy_execution.graph_utils import GraphBuilder

        graph = GraphBuilder()
        last: Any = text
        for _ in range(2):
            inputs = {"text": last}
            if of == "ProfilerSleep":
                inputs.update(seconds=seconds, key=key)
            last = graph.node(of, **inputs).out(0)
        return {"result": (last,), "expand": graph.finalize()}


NODE_CLASS_MAPPINGS = {
    f"Profiler{node.__name__}": node for node in (Alloc, Spin, Sleep, Wait, Nothing, FailLater, ExpandSleep)
}


class Bench:
    """One engine, what came out of it, and a way to break any part of it."""

    def __init__(self) -> None:
        self.recordings: list[dict[str, Any]] = []
        self.notices: list[dict[str, Any]] = []
        self.live: list[dict[str, Any]] = []
        self.broken: tuple[Any, str, Any] | None = None
        outside = engine.Outside(
            hash_of=lambda prompt, workflow: str(sorted(prompt)),
            environment=self.environment,
            pools_of=lambda prompt: {},
            live=self.on_live,
            notify=lambda notice: self.notices.append(asdict(notice)),
        )
        probes = all_probes(gates_compat.dynamic_vram)
        self.engine = engine.ProfilerEngine(engine.Clock(), probes, self.keep, outside)
        gates_compat.install_hooks(self.engine)
        gates_compat.on_every_prompt(self.engine.on_prompt)

    def keep(self, recording: Any) -> None:
        shown = asdict(recording)
        shown["subtrees"] = {key: asdict(value) for key, value in subtrees(recording.steps).items()}
        self.recordings.append(shown)

    def on_live(self, prompt_id: str, client_id: str | None, steps: Any) -> None:
        ids = [step.node_id for step in steps]
        self.live.append({"prompt_id": prompt_id, "client_id": client_id, "nodes": ids, "at": time.time()})

    def environment(self) -> dict[str, Any]:
        facts = gates_compat.core_facts()
        folder = Path(facts["folder"]) if facts["folder"] else None
        packs = tuple(Path(pack) for pack in facts["packs"])
        return environment(Host(facts["version"], folder, packs), surroundings())

    def parts(self) -> list[tuple[Any, str]]:
        """Everything of ours that can run on the prompt thread, or beside it."""
        owners = (
            engine.ProfilerEngine,
            session.Session,
            session.Mark,
            session.Calls,
            arming.Arming,
            desk.Desk,
            sampler.Sampler,
            edges.NodeEdges,
            process.ProcessProbe,
            process.LinuxMemory,
            torch_memory.TorchProbe,
        )
        methods = [
            (owner, name)
            for owner in owners
            for name, value in vars(owner).items()
            if inspect.isfunction(value) and name not in ("__repr__", "stop", "wait")
        ]
        functions = [(engine, "asked"), (session, "workflow_of"), (session, "client_of"), (desk, "assemble")]
        hooks = [(hook_wrappers, name) for name in ("_argument", "_outcome", "_has_items", "_tasks")]
        return [*methods, *functions, *hooks, (desk, "settled_steps"), (assembly, "visits")]

    def break_part(self, index: int | None) -> str | None:
        if self.broken is not None:
            owner, name, original = self.broken
            setattr(owner, name, original)
            self.broken = None
        if index is None or index >= len(self.parts()):
            return None
        owner, name = self.parts()[index]
        self.broken = (owner, name, getattr(owner, name))

        def broken(*args: Any, **kwargs: Any) -> Any:
            raise RuntimeError(f"{name} is broken")

        setattr(owner, name, broken)
        return f"{owner.__name__}.{name}"


def _serve(bench: Bench) -> None:
    server = gates_compat.prompt_server()
    assert server is not None
    routes: web.RouteTableDef = server.routes

    @routes.get("/profiler_test/runs/{prompt_id}")
    async def run(request: web.Request) -> web.Response:
        wanted = request.match_info["prompt_id"]
        await asyncio.get_running_loop().run_in_executor(None, bench.engine.wait, 10.0)
        found = [each for each in bench.recordings if each["run"]["prompt_id"] == wanted]
        return web.json_response(found)

    @routes.get("/profiler_test/status")
    async def status(request: web.Request) -> web.Response:
        now = {"tier": bench.engine.tier, "is_recording": bench.engine.is_recording}
        return web.json_response({**now, "notices": bench.notices, "live": bench.live})

    @routes.get("/profiler_test/took/{key}")
    async def took(request: web.Request) -> web.Response:
        return web.json_response(TOOK[request.match_info["key"]])

    @routes.post("/profiler_test/arm")
    async def arm(request: web.Request) -> web.Response:
        body = await request.json()
        armed = bench.engine.arm(body.pop("client_id"), arming.Ask(**body))
        return web.json_response(asdict(armed))

    @routes.post("/profiler_test/break/{index}")
    async def break_part(request: web.Request) -> web.Response:
        index = int(request.match_info["index"])
        return web.json_response({"broken": bench.break_part(index if index >= 0 else None)})


_serve(Bench())
