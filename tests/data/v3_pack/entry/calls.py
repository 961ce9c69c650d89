"""How nodes are called: lists, lazy inputs, coroutines, what `cls` is, what is hidden, errors, progress."""

# mypy: ignore-errors

import asyncio
import json
import time

from comfy_api.latest import ComfyAPI, io, ui


class V3Text(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Text",
            display_name="V3 text",
            category="v3",
            inputs=[io.String.Input("text", default="")],
            outputs=[io.String.Output()],
        )

    @classmethod
    def execute(cls, text):
        return io.NodeOutput(text)


class V3Join(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Join",
            category="v3",
            inputs=[
                io.String.Input("a", force_input=True),
                io.String.Input("b", force_input=True),
                io.String.Input("sep", optional=True, default="-"),
            ],
            outputs=[io.String.Output("joined")],
        )

    @classmethod
    def execute(cls, a, b, sep="-"):
        return io.NodeOutput(f"{a}{sep}{b}")


class V3Show(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Show",
            category="v3",
            inputs=[io.String.Input("text", force_input=True)],
            outputs=[io.String.Output()],
            hidden=[io.Hidden.unique_id],
            is_output_node=True,
        )

    @classmethod
    def execute(cls, text):
        return io.NodeOutput(text, ui=ui.PreviewText(f"{cls.hidden.unique_id}:{text}"))


class V3Fail(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Fail",
            inputs=[io.String.Input("text", force_input=True), io.Boolean.Input("later", default=False)],
            outputs=[io.String.Output()],
        )

    @classmethod
    async def execute(cls, text, later):
        if later:
            await asyncio.sleep(0.05)
        raise KeyError(f"v3 failure on {text}")


class V3Sleep(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Sleep",
            inputs=[
                io.String.Input("text", force_input=True),
                io.Float.Input("seconds", default=0.1, min=0.0, max=60.0),
            ],
            outputs=[io.String.Output()],
        )

    @classmethod
    def execute(cls, text, seconds):
        import comfy.model_management

        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            time.sleep(0.01)
            comfy.model_management.throw_exception_if_processing_interrupted()
        return io.NodeOutput(text)


class V3Async(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Async",
            inputs=[io.String.Input("text", force_input=True), io.Float.Input("seconds", default=0.1)],
            outputs=[io.String.Output()],
        )

    @classmethod
    async def execute(cls, text, seconds):
        await asyncio.sleep(seconds)
        return io.NodeOutput(text)


class V3List(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3List",
            inputs=[io.String.Input("csv", default="a,b,c")],
            outputs=[io.String.Output(is_output_list=True), io.Int.Output("count")],
        )

    @classmethod
    def execute(cls, csv):
        items = csv.split(",") if csv else []
        return io.NodeOutput(items, len(items))


class V3Gather(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Gather",
            inputs=[io.String.Input("texts", force_input=True), io.String.Input("sep", default="+")],
            outputs=[io.String.Output()],
            is_input_list=True,
        )

    @classmethod
    def execute(cls, texts, sep):
        return io.NodeOutput(sep[0].join(texts))


class V3Lazy(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Lazy",
            inputs=[
                io.Int.Input("pick", default=0, min=0, max=3),
                io.String.Input("a", lazy=True, force_input=True),
                io.String.Input("b", lazy=True, force_input=True),
            ],
            outputs=[io.String.Output()],
        )

    @classmethod
    def check_lazy_status(cls, pick, a=None, b=None):
        if pick == 2:
            return ["pick"]
        if pick == 3:
            return ["nothing"]
        name = "b" if pick else "a"
        return [name] if (b if pick else a) is None else []

    @classmethod
    def execute(cls, pick, a=None, b=None):
        return io.NodeOutput(b if pick else a)


class V3LazyUnasked(io.ComfyNode):
    """Lazy inputs without a check_lazy_status of its own."""

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3LazyUnasked",
            inputs=[io.String.Input("a", lazy=True, force_input=True)],
            outputs=[io.String.Output()],
        )

    @classmethod
    def execute(cls, a=None):
        return io.NodeOutput(f"a is {a}")


class V3Hidden(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Hidden",
            hidden=[
                io.Hidden.unique_id,
                io.Hidden.prompt,
                io.Hidden.extra_pnginfo,
                io.Hidden.dynprompt,
                io.Hidden.auth_token_comfy_org,
                io.Hidden.api_key_comfy_org,
            ],
            inputs=[io.String.Input("tag", default="")],
            is_output_node=True,
            not_idempotent=True,
        )

    @classmethod
    def execute(cls, tag):
        hidden = cls.hidden
        told = {
            "id": hidden.unique_id,
            "nodes": sorted(hidden.prompt),
            "pnginfo": hidden.extra_pnginfo,
            "display": hidden.dynprompt.get_display_node_id(hidden.unique_id),
            "token": hidden.auth_token_comfy_org,
            "key": hidden.api_key_comfy_org,
            "unknown": hidden.nothing_like_that,
        }
        return io.NodeOutput(ui={"text": [json.dumps(told, sort_keys=True)]})


class V3NotHidden(io.ComfyNode):
    """Asks for nothing hidden, and reads it all the same."""

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3NotHidden",
            inputs=[io.String.Input("tag", default="")],
            outputs=[io.String.Output()],
        )

    @classmethod
    def execute(cls, tag):
        return io.NodeOutput(f"{cls.hidden.unique_id} {cls.hidden.prompt} {cls.hidden.dynprompt}")


class V3State(io.ComfyNode):
    """What `cls` is, and what can be kept on it."""

    KEPT = 0
    LIST = []

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3State",
            inputs=[io.Combo.Input("how", options=["name", "set", "list", "super", "bases", "new"])],
            outputs=[io.String.Output()],
            not_idempotent=True,
        )

    @classmethod
    def execute(cls, how):
        if how == "set":
            cls.KEPT = 1
        if how == "list":
            cls.LIST.append(1)
            return io.NodeOutput(str(len(cls.LIST)))
        if how == "super":
            return io.NodeOutput(str(super().GET_BASE_CLASS().__name__))
        if how == "bases":
            return io.NodeOutput(
                f"{issubclass(cls, V3State)} {issubclass(cls, io.ComfyNode)} {cls is V3State}"
            )
        if how == "new":
            cls().kept = 1
        return io.NodeOutput(f"{cls.__name__} {cls.SCHEMA.node_id} {cls.helper()}")

    @classmethod
    def helper(cls):
        return f"helped by {cls.__name__}"


class V3Progress(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Progress",
            inputs=[
                io.String.Input("text", force_input=True),
                io.Int.Input("steps", default=3),
                io.Boolean.Input("preview", default=False),
            ],
            outputs=[io.String.Output()],
        )

    @classmethod
    async def execute(cls, text, steps, preview):
        from PIL import Image

        api = ComfyAPI()
        for step in range(steps):
            picture = Image.new("RGB", (8, 8)) if preview else None
            await api.execution.set_progress(step + 1, steps, preview_image=picture)
        return io.NodeOutput(text)


class V3ProgressSync(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3ProgressSync",
            inputs=[io.String.Input("text", force_input=True), io.Int.Input("steps", default=3)],
            outputs=[io.String.Output()],
        )

    @classmethod
    def execute(cls, text, steps):
        from comfy_api.latest import ComfyAPISync

        for step in range(steps):
            ComfyAPISync().execution.set_progress(value=step + 1, max_value=steps)
        return io.NodeOutput(text)


class V3ProgressBar(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3ProgressBar",
            inputs=[io.String.Input("text", force_input=True), io.Int.Input("steps", default=3)],
            outputs=[io.String.Output()],
        )

    @classmethod
    def execute(cls, text, steps):
        from comfy.utils import ProgressBar

        bar = ProgressBar(steps)
        for _ in range(steps):
            bar.update(1)
        return io.NodeOutput(text)


NODES = [
    V3Text,
    V3Join,
    V3Show,
    V3Fail,
    V3Sleep,
    V3Async,
    V3List,
    V3Gather,
    V3Lazy,
    V3LazyUnasked,
    V3Hidden,
    V3NotHidden,
    V3State,
    V3Progress,
    V3ProgressSync,
    V3ProgressBar,
]
