"""Rules that meet each other: lists and lazy inputs, coroutines where plain methods are usual, own types."""

# mypy: ignore-errors

import asyncio

from comfy_api.latest import io
from comfy_execution.graph_utils import GraphBuilder


class V3LazyLists(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3LazyLists",
            inputs=[
                io.String.Input("a", lazy=True, force_input=True),
                io.String.Input("b", force_input=True, optional=True),
            ],
            outputs=[io.String.Output(is_output_list=True)],
            is_input_list=True,
        )

    @classmethod
    async def check_lazy_status(cls, a, b=None):
        await asyncio.sleep(0.01)
        return ["a"] if a == (None,) else []

    @classmethod
    async def execute(cls, a, b=None):
        return io.NodeOutput([f"{each}!" for each in a])


class V3FingerprintAsync(io.ComfyNode):
    RUNS = []

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3FingerprintAsync",
            inputs=[io.String.Input("tags", default="")],
            outputs=[io.String.Output()],
            is_input_list=True,
        )

    @classmethod
    async def fingerprint_inputs(cls, tags):
        await asyncio.sleep(0.01)
        return repr(tags)

    @classmethod
    def execute(cls, tags):
        cls.RUNS.append(tags)
        return io.NodeOutput(f"{tags} run {cls.RUNS.count(tags)}")


class V3IsChanged(io.ComfyNode):
    """Speaks V1's word for it."""

    RUNS = []

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3IsChanged",
            inputs=[io.String.Input("tag", default="")],
            outputs=[io.String.Output()],
        )

    @classmethod
    def IS_CHANGED(cls, tag):
        return float("nan")

    @classmethod
    def VALIDATE_INPUTS(cls, tag):
        return "never asked"

    @classmethod
    def execute(cls, tag):
        cls.RUNS.append(tag)
        return io.NodeOutput(f"{tag} run {cls.RUNS.count(tag)}")


class V3SleepAsync(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3SleepAsync",
            inputs=[io.String.Input("text", force_input=True), io.Float.Input("seconds", default=0.1)],
            outputs=[io.String.Output()],
        )

    @classmethod
    async def execute(cls, text, seconds):
        import comfy.model_management

        for _ in range(int(seconds * 100)):
            await asyncio.sleep(0.01)
            comfy.model_management.throw_exception_if_processing_interrupted()
        return io.NodeOutput(text)


class V3ExpandDeep(io.ComfyNode):
    """Expands into itself, and lets a node show under the id of another."""

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3ExpandDeep",
            inputs=[io.String.Input("text", force_input=True), io.Int.Input("depth", default=2)],
            outputs=[io.String.Output(), io.Int.Output()],
            hidden=[io.Hidden.unique_id, io.Hidden.dynprompt],
            enable_expand=True,
        )

    @classmethod
    def execute(cls, text, depth):
        if depth == 0:
            return io.NodeOutput(text, depth)
        graph = GraphBuilder()
        joined = graph.node("V3Join", a=text, b=text)
        shown = graph.node("V3Show", text=joined.out(0))
        shown.set_override_display_id(cls.hidden.dynprompt.get_real_node_id(cls.hidden.unique_id))
        inner = graph.node("V3ExpandDeep", text=joined.out(0), depth=depth - 1)
        return io.NodeOutput(inner.out(0), depth, expand=graph.finalize())


@io.comfytype(io_type="V3_OWN_TYPE")
class Own(io.ComfyTypeIO):
    Type = str

    class Input(io.WidgetInput):
        def __init__(self, id, display_name=None, more=None, **others):
            super().__init__(id, display_name, **others)
            self.more = more

        def as_dict(self):
            return super().as_dict() | {"more": self.more}


@io.comfytype(io_type="V3_BARE_TYPE")
class Bare:
    Type = int


class V3OwnTypes(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3OwnTypes",
            display_name="not from the mappings",
            inputs=[
                Own.Input("own", more=3, default="x", tooltip="mine"),
                Bare.Input("bare", optional=True),
                io.Custom("V3_ELSE").Input("other", optional=True, extra_dict={"k": [1]}),
            ],
            outputs=[Own.Output("o"), Bare.Output("b", is_output_list=True)],
        )

    @classmethod
    def execute(cls, own, bare=None, other=None):
        return io.NodeOutput(own, [1, 2])


class V3Stem(io.ComfyNode):
    """Not registered: what others are made from."""

    @classmethod
    def define_schema(cls):
        return io.Schema(node_id=cls.__name__, inputs=[], outputs=[io.String.Output()])

    @classmethod
    def execute(cls):
        return io.NodeOutput(cls.word())


class V3Branch(V3Stem):
    @classmethod
    def word(cls):
        return f"word of {cls.__name__}"


class V3Leaf(V3Branch):
    @classmethod
    def validate_inputs(cls):
        return True

    @classmethod
    def word(cls):
        return f"leaf, {super().word()}"


class V3Instance(io.ComfyNode):
    """Has an __init__; yet it is the class that runs."""

    def __init__(self):
        super().__init__()
        type(self).MADE.append(1)

    MADE = []

    @classmethod
    def define_schema(cls):
        return io.Schema(node_id="V3Instance", outputs=[io.Int.Output()], not_idempotent=True)

    @classmethod
    def execute(cls):
        return io.NodeOutput(len(cls.MADE))


NODES = [
    V3LazyLists,
    V3FingerprintAsync,
    V3IsChanged,
    V3SleepAsync,
    V3ExpandDeep,
    V3OwnTypes,
    V3Branch,
    V3Leaf,
    V3Instance,
]
