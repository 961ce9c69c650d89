"""The types that have a socket and nothing else, by their names in `io`."""

from __future__ import annotations

from typing import Any

from .sockets import named_type
from .values import MESH, SPLAT, SVG, VOXEL, AudioInput, File3D, LatentInput, Tensor
from .video import VideoInput

TENSORS = {
    "Image": "IMAGE",
    "Mask": "MASK",
    "Noise": "NOISE",
    "Sigmas": "SIGMAS",
    "WanCameraEmbedding": "WAN_CAMERA_EMBEDDING",
}
ANYTHING = {
    "Accumulation": "ACCUMULATION",
    "AnyType": "*",
    "AudioEncoder": "AUDIO_ENCODER",
    "AudioEncoderOutput": "AUDIO_ENCODER_OUTPUT",
    "BBOX": "BBOX",
    "BackgroundRemoval": "BACKGROUND_REMOVAL",
    "Clip": "CLIP",
    "ClipVision": "CLIP_VISION",
    "ClipVisionOutput": "CLIP_VISION_OUTPUT",
    "Conditioning": "CONDITIONING",
    "ControlNet": "CONTROL_NET",
    "FaceAnalysis": "FACE_ANALYSIS",
    "FlowControl": "FLOW_CONTROL",
    "Gligen": "GLIGEN",
    "Guider": "GUIDER",
    "HookKeyframes": "HOOK_KEYFRAMES",
    "Hooks": "HOOKS",
    "LatentOperation": "LATENT_OPERATION",
    "LatentUpscaleModel": "LATENT_UPSCALE_MODEL",
    "Load3D": "LOAD_3D",
    "Load3DAnimation": "LOAD_3D_ANIMATION",
    "Load3DCamera": "LOAD3D_CAMERA",
    "Load3DModelInfo": "LOAD3D_MODEL_INFO",
    "LoraModel": "LORA_MODEL",
    "LossMap": "LOSS_MAP",
    "Model": "MODEL",
    "ModelPatch": "MODEL_PATCH",
    "Photomaker": "PHOTOMAKER",
    "Point": "POINT",
    "SEGS": "SEGS",
    "Sampler": "SAMPLER",
    "StyleModel": "STYLE_MODEL",
    "TimestepsRange": "TIMESTEPS_RANGE",
    "Tracks": "TRACKS",
    "UpscaleModel": "UPSCALE_MODEL",
    "Vae": "VAE",
}
FILES_3D = {
    "File3DAny": "FILE_3D",
    "File3DFBX": "FILE_3D_FBX",
    "File3DGLB": "FILE_3D_GLB",
    "File3DGLTF": "FILE_3D_GLTF",
    "File3DKSPLAT": "FILE_3D_KSPLAT",
    "File3DOBJ": "FILE_3D_OBJ",
    "File3DPLY": "FILE_3D_PLY",
    "File3DPointCloudAny": "FILE_3D_POINT_CLOUD_ANY",
    "File3DSPLAT": "FILE_3D_SPLAT",
    "File3DSPZ": "FILE_3D_SPZ",
    "File3DSTL": "FILE_3D_STL",
    "File3DSplatAny": "FILE_3D_SPLAT_ANY",
    "File3DUSDZ": "FILE_3D_USDZ",
}
OTHERS: dict[str, tuple[str, Any]] = {
    "Array": ("ARRAY", list),
    "Audio": ("AUDIO", AudioInput),
    "Dict": ("DICT", dict),
    "Histogram": ("HISTOGRAM", list[int]),
    "Latent": ("LATENT", LatentInput),
    "Mesh": ("MESH", MESH),
    "SVG": ("SVG", SVG),
    "Splat": ("SPLAT", SPLAT),
    "Video": ("VIDEO", VideoInput),
    "Voxel": ("VOXEL", VOXEL),
}


# For annotations inside a node, as `io.Load3DCamera.CameraInfo`: dictionaries that say what they hold.
NESTED = {
    "Accumulation": "AccumulationDict",
    "Audio": "AudioDict",
    "Conditioning": "PooledDict",
    "Latent": "LatentDict",
    "Load3D": "Model3DDict",
    "Load3DAnimation": "Model3DDict",
    "Load3DCamera": "CameraInfo",
    "Load3DModelInfo": "Model3DTransform",
    "LossMap": "LossMapDict",
    "Tracks": "TrackDict",
}


def plain_types() -> dict[str, type[Any]]:
    every = {
        **{name: (io_type, Tensor) for name, io_type in TENSORS.items()},
        **{name: (io_type, Any) for name, io_type in ANYTHING.items()},
        **{name: (io_type, File3D) for name, io_type in FILES_3D.items()},
        **OTHERS,
    }
    types = {name: named_type(name, *each) for name, each in every.items()}
    for name, inner in NESTED.items():
        setattr(types[name], inner, dict)
    setattr(types["Conditioning"], "CondList", list)  # noqa: B010
    return types
