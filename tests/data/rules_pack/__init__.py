"""A node pack in which each node shows one rule by which ComfyUI runs graphs."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

CALLS: Counter[str] = Counter()
LINKED = {"forceInput": True}


class Text:
    CATEGORY = "rules"
    RETURN_TYPES = ("STRING",)
    FUNCTION = "run"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"text": ("STRING", {"default": ""})}}

    def run(self, text: str) -> Any:
        return (text,)


class Join(Text):
    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        texts = {"a": ("STRING", LINKED), "b": ("STRING", LINKED)}
        return {"required": texts, "optional": {"sep": ("STRING", {"default": "-"})}}

    def run(self, a: str, b: str, sep: str = "-") -> Any:  # type: ignore[override]
        return (f"{a}{sep}{b}",)


class Show(Text):
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"text": ("STRING", LINKED)}, "hidden": {"unique_id": "UNIQUE_ID"}}

    def run(self, text: str, unique_id: str = "") -> Any:
        return {"ui": {"text": [f"{unique_id}:{text}"]}, "result": (text,)}


class Fail(Text):
    def run(self, text: str) -> Any:
        raise ValueError(f"no {text}")


class Sleep(Text):
    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        seconds = ("FLOAT", {"default": 0.1, "min": 0.0, "max": 60.0})
        return {"required": {"text": ("STRING", LINKED), "seconds": seconds}}

    def run(self, text: str, seconds: float) -> Any:  # type: ignore[override]
        import comfy.model_management

        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            time.sleep(0.01)
            comfy.model_management.throw_exception_if_processing_interrupted()
        return (text,)


class Wait(Sleep):
    async def run(self, text: str, seconds: float) -> Any:  # type: ignore[override]
        await asyncio.sleep(seconds)
        return (text,)


class Split(Text):
    OUTPUT_IS_LIST = (True,)

    def run(self, text: str) -> Any:
        return (text.split(","),)


class Gather(Text):
    INPUT_IS_LIST = True

    def run(self, text: list[str]) -> Any:  # type: ignore[override]
        return ("+".join(text),)


class Count(Text):
    """Says how often it ran; runs again when `tag` is another one, or always."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        always = ("BOOLEAN", {"default": False})
        return {"required": {"tag": ("STRING", {"default": ""}), "always": always}}

    @classmethod
    def IS_CHANGED(cls, tag: str, always: bool) -> Any:
        return float("nan") if always else tag

    def run(self, tag: str, always: bool) -> Any:  # type: ignore[override]
        CALLS[tag] += 1
        return (f"{tag}{CALLS[tag]}",)


class Kept(Text):
    """Counts on the object: one is kept for each node of a prompt."""

    def __init__(self) -> None:
        self.runs = 0

    @classmethod
    def IS_CHANGED(cls, text: str) -> Any:
        return float("nan")

    def run(self, text: str) -> Any:
        self.runs += 1
        return (f"{text}{self.runs}",)


class Pick(Text):
    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        lazy = ("STRING", {"lazy": True, **LINKED})
        return {"required": {"second": ("BOOLEAN", {}), "a": lazy, "b": lazy}}

    def check_lazy_status(self, second: bool, a: str | None = None, b: str | None = None) -> list[str]:
        name, value = ("b", b) if second else ("a", a)
        return [name] if value is None else []

    def run(self, second: bool, a: str = "", b: str = "") -> Any:  # type: ignore[override]
        return (b if second else a,)


class Expand(Text):
    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        times = ("INT", {"default": 2, "min": 1, "max": 9})
        return {"required": {"text": ("STRING", LINKED), "times": times}}

    def run(self, text: str, times: int) -> Any:  # type: ignore[override]
        from comfy_execution.graph_utils import GraphBuilder

        graph = GraphBuilder()
        last: Any = text
        for _ in range(times):
            last = graph.node("RulesJoin", a=last, b=text).out(0)
        return {"result": (last,), "expand": graph.finalize()}


class ExpandCycle(Text):
    def run(self, text: str) -> Any:
        from comfy_execution.graph_utils import GraphBuilder

        graph = GraphBuilder()
        first = graph.node("RulesJoin", a=text)
        second = graph.node("RulesJoin", a=first.out(0), b=text)
        first.set_input("b", second.out(0))
        return {"result": (second.out(0),), "expand": graph.finalize()}


class Checked(Text):
    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {
            "required": {
                "word": ("STRING", {"default": "ok"}),
                "mode": (["x", "y"],),
                "n": ("INT", {"default": 1, "min": 0, "max": 10}),
            }
        }

    @classmethod
    def VALIDATE_INPUTS(cls, word: str) -> bool | str:
        return word == "ok" or f"not {word}"

    def run(self, word: str, mode: str, n: int) -> Any:  # type: ignore[override]
        return (f"{word}{mode}{n}",)


class Block(Text):
    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"text": ("STRING", LINKED), "message": ("STRING", {"default": ""})}}

    def run(self, text: str, message: str) -> Any:  # type: ignore[override]
        from comfy_execution.graph_utils import ExecutionBlocker

        return (ExecutionBlocker(message or None),)


class Progress(Text):
    """Three steps, the last one with a preview picture."""

    def run(self, text: str) -> Any:
        from comfy.utils import ProgressBar
        from PIL import Image

        bar = ProgressBar(3)
        bar.update(1)
        bar.update(1)
        bar.update_absolute(3, 3, ("JPEG", Image.new("RGB", (64, 32)), 16))
        return (text,)


class Hidden(Text):
    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        hidden = {"prompt": "PROMPT", "extra": "EXTRA_PNGINFO", "node": "UNIQUE_ID", "graph": "DYNPROMPT"}
        return {"required": {"text": ("STRING", {"default": ""})}, "hidden": hidden}

    def run(self, text: str, **hidden: Any) -> Any:
        from comfy_execution.utils import get_executing_context

        context = get_executing_context()
        known = [sorted(hidden["prompt"]), hidden["extra"], hidden["node"], context.node_id]
        return (f"{known} {hidden['graph'].get_node('1')['class_type']}",)


class Unsendable(Show):
    """Shows something that is no JSON."""

    def run(self, text: str, unique_id: str = "") -> Any:
        return {"ui": {"text": [{1, 2}]}, "result": (text,)}


NODE_CLASS_MAPPINGS = {
    f"Rules{node.__name__}": node
    for node in (
        Text,
        Join,
        Show,
        Fail,
        Sleep,
        Wait,
        Split,
        Gather,
        Count,
        Kept,
        Pick,
        Expand,
        ExpandCycle,
        Checked,
        Block,
        Progress,
        Hidden,
        Unsendable,
    )
}
NODE_DISPLAY_NAME_MAPPINGS = {"RulesText": "A Text"}
