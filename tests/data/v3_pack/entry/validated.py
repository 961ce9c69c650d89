"""What V3 nodes say of their inputs before they run."""

# mypy: ignore-errors

from enum import Enum

from comfy_api.latest import io


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class V3Validate(io.ComfyNode):
    """Looks at one input itself; the others are checked for it."""

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Validate",
            inputs=[
                io.String.Input("word", default="ok"),
                io.Combo.Input("mode", options=["x", "y"]),
                io.Combo.Input("colour", options=Colour, default=Colour.BLUE),
                io.Int.Input("n", default=1, min=0, max=10),
                io.Float.Input("f", default=0.5, min=0.0, max=1.0, optional=True),
                io.Boolean.Input("b", default=False, optional=True),
            ],
            outputs=[io.String.Output()],
        )

    @classmethod
    def validate_inputs(cls, word):
        return True if word == "ok" else f"word must be ok, got {word}"

    @classmethod
    def execute(cls, word, mode, colour, n, f=0.5, b=False):
        return io.NodeOutput(f"{word} {mode} {colour} {n!r} {f!r} {b!r}")


class V3ValidateAll(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3ValidateAll",
            inputs=[
                io.Int.Input("n", default=1, min=0, max=10),
                io.Combo.Input("mode", options=["x", "y"]),
                io.Combo.Input("say", options=["yes", "no", "why", "raise", "id"]),
            ],
            outputs=[io.String.Output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    async def validate_inputs(cls, **kwargs):
        if kwargs["say"] == "raise":
            raise RuntimeError("cannot say")
        answers = {"yes": True, "no": False, "id": f"I am {cls.hidden.unique_id}"}
        return answers.get(kwargs["say"], f"because of {sorted(kwargs)}")

    @classmethod
    def execute(cls, n, mode, say):
        return io.NodeOutput(f"{n} {mode}")


class V3ValidateTypes(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3ValidateTypes",
            inputs=[io.Int.Input("value", force_input=True)],
            outputs=[io.String.Output()],
        )

    @classmethod
    def validate_inputs(cls, input_types):
        return True if input_types == {"value": "STRING"} else f"got {input_types}"

    @classmethod
    def execute(cls, value):
        return io.NodeOutput(repr(value))


class V3MultiCombo(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3MultiCombo",
            inputs=[io.MultiCombo.Input("some", options=["a", "b", "c"], default=["a"])],
            outputs=[io.String.Output()],
        )

    @classmethod
    def execute(cls, some):
        return io.NodeOutput(repr(some))


class V3Union(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        number = io.Float.Input("number", default=1.5, min=0.0, max=2.0, tooltip="a number")
        return io.Schema(
            node_id="V3Union",
            inputs=[
                io.MultiType.Input("either", types=[io.String, io.Int], optional=True),
                io.MultiType.Input(number, types=[io.Float, io.Int]),
                io.AnyType.Input("anything", optional=True),
                io.Custom("V3_OWN").Input("own", optional=True),
            ],
            outputs=[io.String.Output(), io.AnyType.Output("any"), io.Custom("V3_OWN").Output("own_out")],
        )

    @classmethod
    def execute(cls, number, either=None, anything=None, own=None):
        return io.NodeOutput(f"{either!r} {number!r} {anything!r} {own!r}", 1, "mine")


class V3Positional(io.ComfyNode):
    """Arguments by position, as they may be written too."""

    @classmethod
    def define_schema(cls):
        return io.Schema(
            "V3Positional",
            "V3 positional",
            "v3/by position",
            [
                io.Image.Input("image", "Picture", True, "a picture", True, {"more": 1}),
                io.Int.Input("i", "Whole", False, "tip", None, 3, 0, 9, 2, True, io.NumberDisplay.slider),
                io.Float.Input(
                    "f", "Real", False, "tip", None, 0.5, 0.0, 1.0, 0.1, 0.01, io.NumberDisplay.number
                ),
                io.String.Input("s", "Text", False, "tip", None, True, "write", "d", True),
                io.Boolean.Input("b", "Switch", False, "tip", None, True, "on", "off"),
                io.Combo.Input("c", ["a", "b"], "Choice", False, "tip", None, "b", True),
            ],
            [io.Image.Output("img", "Picture", "out tip", True), io.Mask.Output(None, "Mask", "mask tip")],
            [io.Hidden.unique_id],
            "described",
        )

    @classmethod
    def execute(cls, i, f, s, b, c, image=None):
        return io.NodeOutput([image], None)


NODES = [V3Validate, V3ValidateAll, V3ValidateTypes, V3MultiCombo, V3Union, V3Positional]
