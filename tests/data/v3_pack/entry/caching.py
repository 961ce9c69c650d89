"""What makes a V3 node run again."""

# mypy: ignore-errors

from comfy_api.latest import io

CALLS = {}


def count(name):
    CALLS[name] = CALLS.get(name, 0) + 1
    return CALLS[name]


class V3Counter(io.ComfyNode):
    """Runs again when what fingerprint_inputs says changes."""

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Counter",
            inputs=[
                io.String.Input("tag", default=""),
                io.Combo.Input("how", options=["same", "always", "raise", "seen", "async"]),
                io.String.Input("text", optional=True, force_input=True),
            ],
            outputs=[io.String.Output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def fingerprint_inputs(cls, tag, how, text="not given"):
        if how == "always":
            return float("nan")
        if how == "raise":
            raise ValueError("no fingerprint")
        if how == "seen":
            return f"{text} {cls.hidden.unique_id}"
        return tag

    @classmethod
    def execute(cls, tag, how, text=None):
        return io.NodeOutput(f"{tag}{count('counter:' + tag)}")


class V3Id(io.ComfyNode):
    """Asks for its id: that makes no difference to the cache."""

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Id",
            inputs=[io.String.Input("tag", default="")],
            outputs=[io.String.Output()],
            hidden=[io.Hidden.unique_id],
        )

    @classmethod
    def execute(cls, tag):
        return io.NodeOutput(f"{tag} {cls.hidden.unique_id}")


class V3IdAlone(io.ComfyNode):
    """Asks for its id, and is another node with another id."""

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3IdAlone",
            inputs=[io.String.Input("tag", default="")],
            outputs=[io.String.Output()],
            hidden=[io.Hidden.unique_id],
            not_idempotent=True,
        )

    @classmethod
    def execute(cls, tag):
        return io.NodeOutput(f"{tag} {cls.hidden.unique_id}")


class V3AcceptAll(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        extra = {"accept_all_inputs": True} if hasattr(io.Schema, "accept_all_inputs") else {}
        return io.Schema(
            node_id="V3AcceptAll",
            inputs=[io.String.Input("tag", default="")],
            outputs=[io.String.Output()],
            **extra,
        )

    @classmethod
    def execute(cls, tag, **others):
        return io.NodeOutput(f"{tag} {sorted(others.items())}")


class V3AcceptSome(io.ComfyNode):
    """Takes any keyword, yet its schema names one input alone."""

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3AcceptSome",
            inputs=[io.String.Input("tag", default="")],
            outputs=[io.String.Output()],
        )

    @classmethod
    def execute(cls, tag, **others):
        return io.NodeOutput(f"{tag} {sorted(others.items())}")


class V3Intermediate(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        name = "has_intermediate_output"
        extra = {name: True} if hasattr(io.Schema, name) else {}
        return io.Schema(
            node_id="V3Intermediate",
            inputs=[io.String.Input("tag", default="")],
            outputs=[io.String.Output()],
            **extra,
        )

    @classmethod
    def execute(cls, tag):
        return io.NodeOutput(tag, ui={"text": [f"on the way: {tag}"]})


NODES = [V3Counter, V3Id, V3IdAlone, V3AcceptAll, V3AcceptSome, V3Intermediate]
