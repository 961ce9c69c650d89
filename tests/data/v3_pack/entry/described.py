"""How V3 nodes describe themselves to the page."""

# mypy: ignore-errors

from comfy_api.latest import io

PLAIN = [
    "Image",
    "Mask",
    "Latent",
    "Conditioning",
    "Sampler",
    "Sigmas",
    "Noise",
    "Guider",
    "Clip",
    "ControlNet",
    "Vae",
    "Model",
    "ClipVision",
    "ClipVisionOutput",
    "StyleModel",
    "Gligen",
    "UpscaleModel",
    "Audio",
    "Video",
    "SVG",
    "LoraModel",
    "LossMap",
    "Voxel",
    "Mesh",
    "Hooks",
    "HookKeyframes",
    "TimestepsRange",
    "LatentOperation",
    "FlowControl",
    "Accumulation",
    "Load3DCamera",
    "Load3D",
    "Load3DAnimation",
    "Photomaker",
    "Point",
    "FaceAnalysis",
    "BBOX",
    "SEGS",
    "AnyType",
    "WanCameraEmbedding",
    "BackgroundRemoval",
    "AudioEncoder",
    "AudioEncoderOutput",
    "LatentUpscaleModel",
    "ModelPatch",
    "Splat",
    "File3DAny",
    "File3DGLB",
    "File3DGLTF",
    "File3DFBX",
    "File3DOBJ",
    "File3DSTL",
    "File3DUSDZ",
    "File3DPLY",
    "File3DSPLAT",
    "File3DSPZ",
    "File3DKSPLAT",
    "File3DSplatAny",
    "File3DPointCloudAny",
    "Load3DModelInfo",
    "Tracks",
    "Dict",
    "Array",
    "Histogram",
]


class V3Plain(io.ComfyNode):
    """Every type that has a socket and nothing else."""

    @classmethod
    def define_schema(cls):
        known = [name for name in PLAIN if hasattr(io, name)]
        return io.Schema(
            node_id="V3Plain",
            display_name="V3 plain",
            category="v3/types",
            description="One of each.",
            inputs=[
                getattr(io, name).Input(name.lower(), optional=True, tooltip=f"a {name}") for name in known
            ],
            outputs=[getattr(io, name).Output(f"out_{name}") for name in known],
        )

    @classmethod
    def execute(cls, **inputs):
        return io.NodeOutput(*inputs)


class V3Widgets(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Widgets",
            category="v3/types",
            inputs=[
                io.Boolean.Input("b", default=True, label_on="on", label_off="off", socketless=True),
                io.Boolean.Input("b_lazy", lazy=True, force_input=True, optional=True),
                io.Int.Input(
                    "i",
                    display_name="Number",
                    default=3,
                    min=0,
                    max=9,
                    step=2,
                    control_after_generate=True,
                    display_mode=io.NumberDisplay.slider,
                ),
                io.Int.Input("i_bare"),
                io.Float.Input(
                    "f",
                    default=0.5,
                    min=0.0,
                    max=1.0,
                    step=0.1,
                    round=0.01,
                    display_mode=io.NumberDisplay.number,
                ),
                io.Float.Input("f_bare", optional=True),
                io.String.Input(
                    "s",
                    default="d",
                    multiline=True,
                    placeholder="write",
                    dynamic_prompts=True,
                    tooltip="a text",
                ),
                io.String.Input("s_bare"),
                io.Combo.Input("c", options=["a", "b"], default="b", control_after_generate=True),
                io.Combo.Input("c_numbers", options=[1, 2]),
                io.Combo.Input(
                    "c_file", options=["x.png"], upload=io.UploadType.image, image_folder=io.FolderType.input
                ),
                io.Combo.Input(
                    "c_remote",
                    options=[],
                    remote=io.RemoteOptions("/v3/choices", True, timeout=5, max_retries=2, refresh=1000),
                ),
                io.Combo.Input("c_audio", options=[], upload=io.UploadType.audio),
                io.Combo.Input("c_none"),
                io.MultiCombo.Input("m", options=["a", "b"], default=["a"], placeholder="pick", chip=True),
                io.Webcam.Input("w", optional=True),
                io.Image.Input("image", extra_dict={"own": 1, "none": None}),
            ],
            outputs=[
                io.Combo.Output("combo", options=["a", "b"]),
                io.Int.Output(display_name="shown", tooltip="what it is"),
                io.Boolean.Output(),
            ],
        )

    @classmethod
    def execute(cls, **inputs):
        return io.NodeOutput("a", 1, True)


class V3Marks(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Marks",
            display_name="V3 marks",
            is_deprecated=True,
            is_experimental=True,
            is_api_node=True,
            is_input_list=True,
            is_output_node=True,
            hidden=[io.Hidden.prompt],
            inputs=None,
            outputs=None,
        )

    @classmethod
    def execute(cls):
        return io.NodeOutput()


class V3Parent(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(node_id="V3Parent", outputs=[io.String.Output()], is_output_node=True)

    @classmethod
    def execute(cls):
        return io.NodeOutput("parent", ui={"text": [f"run as {cls.__name__}"]})


class V3Child(V3Parent):
    """Has other outputs than the class that it is made from."""

    @classmethod
    def define_schema(cls):
        return io.Schema(
            node_id="V3Child",
            display_name="V3 child",
            inputs=[io.Int.Input("more", default=1)],
            outputs=[io.Int.Output(), io.String.Output()],
        )

    @classmethod
    def execute(cls, more):
        return io.NodeOutput(more, super().execute().result[0])


class V3Twice(io.ComfyNode):
    """Two inputs of one name, from its second description on: it cannot be described."""

    ASKED = []

    @classmethod
    def define_schema(cls):
        second = "a" if cls.ASKED else "b"
        cls.ASKED.append(1)
        return io.Schema(node_id="V3Twice", inputs=[io.Int.Input("a"), io.Int.Input(second)])

    @classmethod
    def execute(cls, **inputs):
        return io.NodeOutput()


NODES = [V3Plain, V3Widgets, V3Marks, V3Parent, V3Child, V3Twice]
