"""What a V3 node may return, and what becomes of it."""

# mypy: ignore-errors

from comfy_api.latest import io, ui
from comfy_execution.graph_utils import ExecutionBlocker, GraphBuilder


class V3Returns(io.ComfyNode):
    WAYS = [
        "nothing",
        "empty",
        "tuple",
        "dict",
        "dict with ui",
        "dict blocked",
        "number",
        "text",
        "too few",
        "index",
        "ui object",
        "ui only",
    ]

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Returns",
            inputs=[io.Combo.Input("way", options=cls.WAYS)],
            outputs=[io.String.Output(), io.Int.Output()],
        )

    @classmethod
    def execute(cls, way):
        return {
            "nothing": None,
            "empty": io.NodeOutput(),
            "tuple": ("from a tuple", 1),
            "dict": {"result": ("from a dict", 2)},
            "dict with ui": {"result": ("from a dict", 3), "ui": {"text": ["shown"]}},
            "dict blocked": {"result": ExecutionBlocker("blocked in a dict")},
            "number": 4,
            "text": "just a text",
            "too few": io.NodeOutput("alone"),
            "index": io.NodeOutput(io.NodeOutput("first", "second")[1], 5),
            "ui object": io.NodeOutput("with ui", 6, ui=ui.PreviewText("told")),
            "ui only": io.NodeOutput(ui={"text": ["only shown"]}),
        }[way]


class V3Block(io.ComfyNode):
    WAYS = ["message", "result", "silent", "empty", "blocker", "value", "one of two"]

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Block",
            inputs=[io.Combo.Input("way", options=cls.WAYS)],
            outputs=[io.String.Output(), io.String.Output()],
        )

    @classmethod
    def execute(cls, way):
        return {
            "message": io.NodeOutput(block_execution="stopped here"),
            "result": io.NodeOutput("a", "b", block_execution="stopped with results"),
            "silent": io.NodeOutput("a", "b", block_execution=None),
            "empty": io.NodeOutput("a", "b", block_execution=""),
            "blocker": ExecutionBlocker("a blocker alone"),
            "value": io.NodeOutput(ExecutionBlocker(None), ExecutionBlocker("as a value")),
            "one of two": io.NodeOutput("passes", ExecutionBlocker("the second")),
        }[way]


class V3Expand(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Expand",
            inputs=[
                io.String.Input("text", force_input=True),
                io.Int.Input("times", default=2, min=1, max=9),
                io.Combo.Input("way", options=["links", "values", "dict", "shown", "blocked"]),
            ],
            outputs=[io.String.Output()],
            enable_expand=True,
        )

    @classmethod
    def execute(cls, text, times, way):
        graph = GraphBuilder()
        last = text
        for _ in range(times):
            last = graph.node("V3Join", a=last, b=text).out(0)
        if way == "shown":
            graph.node("V3Show", text=last)
        if way == "dict":
            return {"result": (last,), "expand": graph.finalize()}
        if way == "values":
            return io.NodeOutput("a value", expand=graph.finalize())
        if way == "blocked":
            return io.NodeOutput(last, expand=graph.finalize(), block_execution="blocked while expanding")
        return io.NodeOutput(last, expand=graph.finalize())


class V3ExpandUnannounced(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3ExpandUnannounced",
            inputs=[io.String.Input("text", force_input=True)],
            outputs=[io.String.Output()],
        )

    @classmethod
    def execute(cls, text):
        graph = GraphBuilder()
        return io.NodeOutput(graph.node("V3Text", text=text).out(0), expand=graph.finalize())


class V3Pictures(io.ComfyNode):
    """Pictures that are saved and shown through `ui`."""

    WAYS = ["preview", "mask", "save", "saved results", "animated png", "animated webp"]

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Pictures",
            inputs=[
                io.Combo.Input("way", options=cls.WAYS),
                io.Int.Input("count", default=2),
                io.String.Input("prefix", default="v3/saved"),
            ],
            outputs=[io.Image.Output()],
            is_output_node=True,
        )

    @classmethod
    def execute(cls, way, count, prefix) -> io.NodeOutput:
        import torch

        images = torch.zeros((count, 6, 4, 3))
        images[..., 0] = 1.0
        images[1:, ..., 1] = 0.5
        return io.NodeOutput(images, ui=cls.shown(way, images, prefix))

    @classmethod
    def shown(cls, way, images: io.Image.Type, prefix):
        if way == "preview":
            return ui.PreviewImage(images, cls=cls)
        if way == "mask":
            return ui.PreviewMask(images[..., 0], cls=cls)
        if way == "save":
            return ui.ImageSaveHelper.get_save_images_ui(images, filename_prefix=prefix, cls=cls)
        if way == "saved results":
            return ui.SavedImages([ui.SavedResult("x.png", "sub", io.FolderType.temp)], is_animated=True)
        if way == "animated png":
            return ui.ImageSaveHelper.get_save_animated_png_ui(
                images, filename_prefix=prefix, cls=cls, fps=4.0, compress_level=1
            )
        return ui.ImageSaveHelper.get_save_animated_webp_ui(
            images, filename_prefix=prefix, cls=cls, fps=4.0, lossless=True, quality=80, method=0
        )


NODES = [V3Returns, V3Block, V3Expand, V3ExpandUnannounced, V3Pictures]
