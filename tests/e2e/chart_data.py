"""Fixed runs for the pictures of the profiler, in the shapes of its API."""

from __future__ import annotations

import math
from typing import Any

Json = dict[str, Any]
NS = 10**9
GIB = 2**30
HOSTILE = "<img src=x onerror=\"window.harmed=1\"> & 'quoted' \u202eback"

UNMEASURED = {
    "gpu_load_max": {"why": "no device of this kind answers", "install": "pip install nvidia-ml-py"}
}


def step(node_id: str, title: str, kind: str, spans: list[tuple[float, float]], **more: Any) -> Json:
    own = sum(end - begin for begin, end in spans)
    return {
        "id": int("".join(c for c in node_id if c.isdigit())),
        "node_id": node_id,
        "node_title": title,
        "node_type": kind,
        "status": "executed",
        "parent_id": None,
        "is_async": False,
        "n_calls": 1,
        "t_start": spans[0][0] if spans else None,
        "exec_time": own if spans else None,
        "wall_time": spans[-1][1] - spans[0][0] if spans else None,
        "segments": [[int(begin * NS), int(end * NS)] for begin, end in spans],
        "inputs": {},
        "error_type": None,
        "step_comment": "",
        **more,
    }


def linked(*sources: str) -> Json:
    return {f"in{at}": [source, 0] for at, source in enumerate(sources)}


def steps() -> list[Json]:
    sampled = linked("4", "6", "7", "5")
    found = [
        step("4", "Load Checkpoint", "CheckpointLoaderSimple", [(0.004, 3.1)]),
        step("6", "Positive", "CLIPTextEncode", [(3.104, 3.41)], inputs=linked("4")),
        step("7", "Negative", "CLIPTextEncode", [(3.412, 3.69)], inputs=linked("4")),
        step("5", "Empty Latent", "EmptyLatentImage", [], status="cached"),
        step("20", "Ask for a caption", "AskServer", [(3.7, 3.71)], is_async=True, wall_time=4.2),
        step("21", "Ask for tags", "AskServer", [(3.712, 3.72)], is_async=True, wall_time=1.1),
        step("22", "Fetch a reference", "FetchImage", [(5.0, 5.01)], is_async=True, wall_time=3.6),
        step("3", "Sample all", "ExpandSampler", [(5.02, 5.1), (8.2, 8.26)], inputs=sampled),
        step("3.0.0.1", "KSampler", "KSampler", [(5.1, 6.8)], parent_id="3", inputs=sampled),
        step("3.0.0.2", "KSampler 2", "KSampler", [(6.8, 8.2)], parent_id="3", inputs=linked("3.0.0.1")),
        step("8", "VAE Decode", "VAEDecode", [(8.62, 9.3)], inputs=linked("3")),
        step(
            "9", HOSTILE, "SaveImage", [(9.31, 9.6)], inputs=linked("8"), status="error", error_type="OSError"
        ),
        step("30", "Upscale", "ImageScale", [], status="skipped"),
    ]
    found[4]["exec_time"], found[5]["exec_time"], found[6]["exec_time"] = 4.2, 1.1, 3.6
    for seq, one in enumerate(found):
        one["seq"] = seq
    return found


def run(**more: Any) -> Json:
    return {
        "id": 12,
        "prompt_id": "a-prompt",
        "name": "portrait",
        "status": "error",
        "total_time": 9.66,
        "nodes_time": 7.93,
        "async_idle": 1.6,
        "framework_time": 0.13,
        "unmeasured": UNMEASURED,
        **more,
    }


def series() -> list[Json]:
    times = [round(0.05 * at, 3) for at in range(194)]
    vram = [(2 + 7 * min(1, t / 3) + (3 if 5.1 < t < 8.2 else 0)) * GIB for t in times]
    ram = [(6 - 3 * min(1, t / 3)) * GIB for t in times]
    cpu = [100 + 80 * math.sin(t * 2) if t < 5 else 340.0 for t in times]
    holes = [None if 2 < t < 2.4 else value for t, value in zip(times, cpu, strict=True)]
    power = [120 + 90 * math.sin(t) for t in times]
    device = "NVIDIA GeForce RTX 4090 (GPU-1)"
    return [
        {"name": "vram", "unit": "bytes", "source": "nvml", "device": device, "times": times, "values": vram},
        {"name": "ram", "unit": "bytes", "source": "statm", "device": None, "times": times, "values": ram},
        {
            "name": "cpu",
            "unit": "% of one core",
            "source": "clock",
            "device": None,
            "times": times,
            "values": holes,
        },
        {"name": "power", "unit": "W", "source": "nvml", "device": device, "times": times, "values": power},
    ]


def many(count: int) -> Json:
    """A run of that many steps, a sixth of them expanded, some async, and ten minutes of samples."""
    found = []
    at = 0.0
    for number in range(count):
        took = 0.001 + (number * 7919 % 97) / 2000
        child = number % 6 == 5
        more: Json = {"parent_id": str(number - 1)} if child else {}
        if number % 50 == 7:
            more = {"is_async": True, "wall_time": took * 12}
        one = step(str(number), f"Node {number}", "Any", [(at, at + took)], **more)
        one["inputs"] = linked(str(number - (2 if child else 1))) if number else {}
        one["seq"] = number
        found.append(one)
        at += took + 0.0004
    times = [at * tick / 12_000 for tick in range(12_000)]
    curves = [
        {"name": name, "unit": unit, "source": "nvml", "device": None, "times": times, "values": values}
        for name, unit, values in (
            ("vram", "bytes", [(8 + 4 * math.sin(t / 9)) * GIB for t in times]),
            ("ram", "bytes", [(20 + 4 * math.sin(t / 7)) * GIB for t in times]),
            ("gpu_load", "%", [50 + 50 * math.sin(t) for t in times]),
            ("cpu", "% of one core", [90 + 70 * math.sin(t / 2) for t in times]),
        )
    ]
    between = 0.0004 * count
    whole = run(id=13, status="success", total_time=at, async_idle=0.0, framework_time=between)
    return {"run": whole, "steps": found, "series": curves, "groups": [], "selected": None}


def runs() -> list[Json]:
    """Three weeks of one workflow: single runs, two series, one that failed, one without figures."""
    found = []
    for number in range(34):
        wobble = (number * 37 % 11) / 40
        series = "before" if 6 <= number < 14 else "after the update" if 20 <= number < 28 else None
        more: Json = {
            "id": number + 1,
            "name": HOSTILE if number == 3 else f"try {number}",
            "series": series,
            "mode": "warm" if series else "natural",
            "status": "success",
            "timestamp": 1_762_000_000 + number * 51_000,
            "total_time": 9.4 + wobble + (1.6 if number >= 20 else 0),
            "vram_peak": int((11 + wobble) * GIB) if number > 2 else None,
            "ram_peak": int((20 + wobble) * GIB),
        }
        if number == 16:
            more |= {"status": "error", "total_time": 4.2}
        if number == 30:
            more["total_time"] = None
        found.append(run(**more))
    return found


TIME = {"name": "exec_time", "unit": "s", "share": 0.03, "floor": 0.005, "memory": False}
VRAM = {"name": "vram_max", "unit": "bytes", "share": 0.01, "floor": 8 * 2**20, "memory": True}


def _summary(median: float | None, n: int) -> Json | None:
    if median is None:
        return None
    spread = {"low": median * 0.99, "high": median * 1.02}
    return {
        "n": n,
        "median": median,
        "interval": spread if n >= 6 else None,
        "least": median * 0.98,
        "most": median * 1.04,
        "quartiles": spread,
        "mad": median * 0.005,
    }


def finding(metric: Json, a: float | None, b: float | None, verdict: str, why: str, n: int = 8) -> Json:
    known = a is not None and b is not None
    shift = b - a if a is not None and b is not None else None
    around = {"low": shift * 0.95, "high": shift * 1.05} if shift is not None and n > 3 else None
    return {
        "metric": metric,
        "a": _summary(a, n),
        "b": _summary(b, n),
        "verdict": verdict,
        "why": why,
        "shift": shift,
        "shift_interval": around,
        "ratio": b / a if a and b is not None else None,
        "ratio_interval": None,
        "p": (0.0002 if verdict in ("more", "less") else 0.41) if known else None,
        "q": 0.004 if verdict in ("more", "less") else None,
        "needed": 4 if verdict == "not enough runs" else None,
        "asked": known,
    }


SHOWN = "Shown by the runs, and large enough to matter."
CHANCE = "Chance alone would often give as much."
FEW = "1 and 1 runs cannot tell a difference from chance; 4 on each side can."


def comparison(few: bool = False) -> Json:
    """Two series of eight runs, or a run against a run."""
    n = 1 if few else 8

    def found(
        metric: Json, a: float | None, b: float | None, verdict: str = "no difference", why: str = CHANCE
    ) -> Json:
        if few and verdict != "not measured":
            verdict, why = "not enough runs", FEW
        return finding(metric, a, b, verdict, why, n)

    def compared(a: str | None, b: str | None, title: str, time: Json, vram: Json) -> Json:
        how = "" if a is None or b is None else "id" if a == b else "place"
        node = {"a": a, "b": b, "node_type": "Any", "title": title, "how": how}
        return {"node": node, "findings": [time, vram], "ran": [n if a else 0, n if b else 0]}

    same = found(VRAM, 9 * GIB, 9 * GIB)
    apart = found(VRAM, 11 * GIB, 12 * GIB, "not comparable", "Memory was counted differently: allocator.")
    missing = finding(TIME, None, 0.4, "not measured", "Not measured in A.", n)
    nodes = [
        compared("3", "3", "KSampler", found(TIME, 3.1, 4.6, "more", SHOWN), apart),
        compared("8", "8", "VAE Decode", found(TIME, 0.92, 0.68, "less", SHOWN), same),
        compared("4", "4", "Load Checkpoint", found(TIME, 3.1, 3.15), same),
        compared("6", "16", HOSTILE, found(TIME, 0.31, 0.31), same),
        compared(None, "40", "Upscale", missing, same),
    ]
    total = {**TIME, "name": "total_time"}
    peak = {**VRAM, "name": "vram_peak"}
    return {
        "runs": [n, n],
        "left_out": [0, 1],
        "totals": [
            found(total, 9.6, 11.1, "more", SHOWN),
            found({**TIME, "name": "cpu_time"}, 12.1, 12.2),
            {**apart, "metric": peak},
            found({**VRAM, "name": "ram_peak"}, 20 * GIB, 20.1 * GIB),
        ],
        "nodes": nodes,
        "differing": [
            {"kind": "environment", "name": "torch.version", "a": ["2.7.1"], "b": ["2.8.0"], "node": None},
            {"kind": "environment", "name": "packs." + HOSTILE, "a": [], "b": ["0" * 40], "node": None},
            {"kind": "pool", "name": "portraits", "a": ["a" * 64], "b": ["b" * 64], "node": None},
            {"kind": "input", "name": "steps", "a": ["20"], "b": ["30"], "node": "3", "varies": False},
            {"kind": "input", "name": "seed", "a": ["1", "2", "3"], "b": ["4"], "node": "3", "varies": True},
        ],
        "structure": {
            "added": [{"id": "40", "class_type": "ImageScale", "title": "Upscale", "links": []}],
            "removed": [],
            "changed": [{"id": "8", "kind": "renamed", "before": "VAE Decode", "after": HOSTILE}],
        },
        "apart": ["allocator"],
    }
