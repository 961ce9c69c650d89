"""Inputs that come and go: they are in ComfyUI 0.29.0, not in 0.3.64."""

# mypy: ignore-errors

import json

from comfy_api.latest import _io, io


class V3Grow(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        texts = io.Autogrow.TemplatePrefix(
            io.String.Input("text", default="d", tooltip="one of them"), prefix="text", min=2, max=5
        )
        numbers = io.Autogrow.TemplateNames(io.Int.Input("number", optional=True), names=["x", "y"], min=1)
        return io.Schema(
            node_id="V3Grow",
            inputs=[
                io.Autogrow.Input("texts", template=texts),
                io.Autogrow.Input("numbers", template=numbers, optional=True, display_name="Numbers"),
            ],
            outputs=[io.String.Output()],
        )

    @classmethod
    def execute(cls, texts: io.Autogrow.Type, numbers: io.Autogrow.Type):
        return io.NodeOutput(json.dumps([texts, numbers]))


class V3Choose(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        inner = io.DynamicCombo.Input(
            "inner",
            options=[
                io.DynamicCombo.Option("deep", [io.Int.Input("depth", min=0, max=3)]),
                io.DynamicCombo.Option("flat", []),
            ],
        )
        return io.Schema(
            node_id="V3Choose",
            inputs=[
                io.DynamicCombo.Input(
                    "kind",
                    options=[
                        io.DynamicCombo.Option("word", [io.String.Input("word", default="w")]),
                        io.DynamicCombo.Option(
                            "size", [io.Int.Input("width", max=9), io.Int.Input("height")]
                        ),
                        io.DynamicCombo.Option("nested", [inner]),
                        io.DynamicCombo.Option("none", []),
                    ],
                    tooltip="which kind",
                ),
                io.String.Input("other", default=""),
            ],
            outputs=[io.String.Output()],
        )

    @classmethod
    def execute(cls, kind: io.DynamicCombo.Type, other):
        return io.NodeOutput(json.dumps([kind, other]))


class V3ChooseSeen(io.ComfyNode):
    """Validates and fingerprints what a choice brought along."""

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3ChooseSeen",
            inputs=[
                io.DynamicCombo.Input(
                    "kind",
                    options=[
                        io.DynamicCombo.Option("word", [io.String.Input("word", default="w")]),
                        io.DynamicCombo.Option("none", []),
                    ],
                ),
            ],
            outputs=[io.String.Output()],
        )

    @classmethod
    def validate_inputs(cls, **kwargs):
        seen = json.dumps(kwargs, sort_keys=True)
        return True if "bad" not in seen else f"seen {seen}"

    @classmethod
    def fingerprint_inputs(cls, kind):
        return json.dumps(kind, sort_keys=True)

    @classmethod
    def execute(cls, kind):
        return io.NodeOutput(json.dumps(kind))


class V3GrowLazy(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        lazy = io.String.Input("text", lazy=True, force_input=True)
        template = io.Autogrow.TemplatePrefix(lazy, prefix="t", min=1, max=3)
        return io.Schema(
            node_id="V3GrowLazy",
            inputs=[io.Autogrow.Input("texts", template=template), io.String.Input("pick", default="t0")],
            outputs=[io.String.Output()],
        )

    @classmethod
    def check_lazy_status(cls, texts, pick):
        value, key = texts[pick]
        return [key] if value is None else []

    @classmethod
    def execute(cls, texts, pick):
        return io.NodeOutput(f"{sorted(texts.items())}")


class V3Slot(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Slot",
            inputs=[
                _io.DynamicSlot.Input(
                    io.String.Input("slot", tooltip="a slot"),
                    inputs=[io.Int.Input("amount", default=1, max=5)],
                )
            ],
            outputs=[io.String.Output()],
        )

    @classmethod
    def execute(cls, slot=None):
        return io.NodeOutput(json.dumps(slot))


class V3Match(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        template = io.MatchType.Template("t", [io.Image, io.String])
        return io.Schema(
            node_id="V3Match",
            inputs=[
                io.Boolean.Input("pick"),
                io.MatchType.Input("a", template=template, lazy=True),
                io.MatchType.Input("b", template=template, lazy=True, optional=True),
            ],
            outputs=[
                io.MatchType.Output(template=template),
                io.MatchType.Output(template=template, display_name="named"),
                io.Int.Output(),
            ],
        )

    @classmethod
    def check_lazy_status(cls, pick, a=None, b=None):
        return ["a"] if a is None else []

    @classmethod
    def execute(cls, pick, a=None, b=None):
        return io.NodeOutput(a, b, 1)


class V3NewWidgets(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3NewWidgets",
            search_aliases=["novel", "other"],
            essentials_category="Basic",
            is_dev_only=True,
            inputs=[
                io.Int.Input("i", control_after_generate=io.ControlAfterGenerate.randomize, advanced=True),
                io.Float.Input(
                    "f",
                    display_mode=io.NumberDisplay.gradient_slider,
                    gradient_stops=[{"offset": 0, "color": [0, 0, 0]}],
                ),
                io.String.Input("raw", raw_link=True, optional=True),
                io.Color.Input("color"),
                io.Colors.Input("colors"),
                io.BoundingBox.Input("box", component="ImageCrop"),
                io.BoundingBox.Input("box_in", force_input=True, optional=True),
                io.BoundingBoxes.Input("boxes"),
                io.Curve.Input("curve"),
                io.Range.Input("range", display="gradient", value_min=0.0, value_max=2.0),
                io.ImageCompare.Input("compare"),
                io.MultiCombo.Input("m", options=["a", "b"]),
                io.MultiType.Input(io.Int.Input("multi", default=2), types=[io.Float]),
            ],
            outputs=[io.Color.Output(), io.BoundingBox.Output(), io.Histogram.Output()],
        )

    @classmethod
    def execute(cls, **inputs):
        return io.NodeOutput("", {}, [])


class V3Priced(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Priced",
            inputs=[
                io.Int.Input("n"),
                io.DynamicCombo.Input(
                    "model", options=[io.DynamicCombo.Option("big", [io.Boolean.Input("fast")])]
                ),
            ],
            price_badge=io.PriceBadge(
                expr='{"type":"usd","usd":1}',
                depends_on=io.PriceBadgeDepends(widgets=["n", "model", "model.fast"], inputs=["n"]),
            ),
        )

    @classmethod
    def execute(cls, n, model):
        return io.NodeOutput()


class V3RawLink(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3RawLink",
            inputs=[io.String.Input("text", force_input=True, lazy=True, raw_link=True)],
            outputs=[io.String.Output()],
        )

    @classmethod
    def execute(cls, text):
        return io.NodeOutput(f"raw {text}")


NODES = [V3RawLink, V3Grow, V3Choose, V3ChooseSeen, V3GrowLazy, V3Slot, V3Match, V3NewWidgets, V3Priced]
