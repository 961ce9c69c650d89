"""The model folders that ComfyUI knows by name. The host loads no models; packs list and add to these."""

from __future__ import annotations

import os

MODEL_EXTENSIONS = frozenset({".ckpt", ".pt", ".pt2", ".bin", ".pth", ".safetensors", ".pkl", ".sft"})
LEGACY_NAMES = {"unet": "diffusion_models", "clip": "text_encoders"}

# In ComfyUI's order; None: the folder of that name below models.
KINDS: dict[str, tuple[str, ...] | None] = {
    "checkpoints": None,
    "configs": None,
    "loras": None,
    "vae": None,
    "text_encoders": ("text_encoders", "clip"),
    "diffusion_models": ("unet", "diffusion_models"),
    "clip_vision": None,
    "style_models": None,
    "embeddings": None,
    "diffusers": None,
    "vae_approx": None,
    "controlnet": ("controlnet", "t2i_adapter"),
    "gligen": None,
    "upscale_models": None,
    "latent_upscale_models": None,
    "custom_nodes": (),
    "datasets": (),
    "hypernetworks": None,
    "photomaker": None,
    "classifiers": None,
    "model_patches": None,
    "audio_encoders": None,
    "background_removal": None,
    "frame_interpolation": None,
    "geometry_estimation": None,
    "optical_flow": None,
    "detection": None,
}
OTHER_EXTENSIONS: dict[str, set[str]] = {
    "configs": {".yaml"},
    "diffusers": {"folder"},
    "classifiers": {""},
    "custom_nodes": set(),
    "datasets": set(),
}
# What nodes save there is found again without being moved.
ALSO_BELOW_OUTPUT = {
    "checkpoints": "checkpoints",
    "text_encoders": "clip",
    "vae": "vae",
    "diffusion_models": "diffusion_models",
    "loras": "loras",
}

FolderTable = dict[str, tuple[list[str], set[str]]]


def standard_folders(base: str, models: str) -> FolderTable:
    """Name to (folders, file extensions), as `folder_paths.folder_names_and_paths` has it."""
    return {name: (_paths(name, base, models), _extensions(name)) for name in KINDS}


def _extensions(name: str) -> set[str]:
    return set(OTHER_EXTENSIONS.get(name, MODEL_EXTENSIONS))


def _paths(name: str, base: str, models: str) -> list[str]:
    parts = KINDS[name]
    paths = [os.path.join(models, part) for part in ((name,) if parts is None else parts)]
    if name in ALSO_BELOW_OUTPUT:
        paths.append(os.path.join(base, "output", ALSO_BELOW_OUTPUT[name]))
    return paths or [os.path.join(base, name)]
