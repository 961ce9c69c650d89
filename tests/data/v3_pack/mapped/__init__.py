"""V1 nodes and a V3 class in one NODE_CLASS_MAPPINGS; the comfy_entrypoint beside it is never called."""

# mypy: ignore-errors
# Written as a pack's author writes: ComfyUI's modules have no types here.

from comfy_api.latest import io


class V1Join:
    CATEGORY = "v3"
    RETURN_TYPES = ("STRING",)
    FUNCTION = "run"

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {"a": ("STRING", {"forceInput": True}), "b": ("STRING", {"forceInput": True})},
            "optional": {"sep": ("STRING", {"default": "-"})},
        }

    def run(self, a, b, sep="-"):
        return (f"{a}{sep}{b}",)


class V1Show:
    CATEGORY = "v3"
    RETURN_TYPES = ("STRING",)
    FUNCTION = "run"
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"text": ("*", {})}, "hidden": {"unique_id": "UNIQUE_ID"}}

    def run(self, text, unique_id=None):
        return {"ui": {"text": [f"{unique_id}:{text}"]}, "result": (str(text),)}


class V3Mapped(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3NamedOtherwise",
            display_name="V3 mapped",
            inputs=[io.String.Input("text", default="m")],
            outputs=[io.String.Output()],
        )

    @classmethod
    def execute(cls, text):
        return io.NodeOutput(f"mapped {text}")


NODE_CLASS_MAPPINGS = {"V1Join": V1Join, "V1Show": V1Show, "V3Mapped": V3Mapped}


def comfy_entrypoint():
    raise AssertionError("a pack with NODE_CLASS_MAPPINGS is never asked for its extension")
