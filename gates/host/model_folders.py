"""The model folders that ComfyUI knows by name. The host loads no models; packs list and add to these."""

from __future__ import annotations

import os

MODEL_EXTENSIONS = frozenset({".ckpt", ".pt", ".pt2", ".bin", ".pth", ".safetensors", ".pkl", ".sft"})
LEGACY_NAMES = {"unet": "diffusion_models", "clip": "text_encoders"}

WEIGHTS: dict[str, tuple[str, ...]] = {
    "checkpoints": ("checkpoints",),
    "loras": ("loras",),
    "vae": ("vae",),
    "text_encoders": ("text_encoders", "clip"),
    "diffusion_models": ("unet", "diffusion_models"),
    "clip_vision": ("clip_vision",),
    "style_models": ("style_models",),
    "embeddings": ("embeddings",),
    "vae_approx": ("vae_approx",),
    "controlnet": ("controlnet", "t2i_adapter"),
    "gligen": ("gligen",),
    "upscale_models": ("upscale_models",),
    "latent_upscale_models": ("latent_upscale_models",),
    "hypernetworks": ("hypernetworks",),
    "photomaker": ("photomaker",),
    "model_patches": ("model_patches",),
    "audio_encoders": ("audio_encoders",),
}

FolderTable = dict[str, tuple[list[str], set[str]]]


def standard_folders(base: str, models: str) -> FolderTable:
    """Name to (folders, file extensions), as `folder_paths.folder_names_and_paths` has it."""
    table: FolderTable = {
        name: ([os.path.join(models, part) for part in parts], set(MODEL_EXTENSIONS))
        for name, parts in WEIGHTS.items()
    }
    table["configs"] = ([os.path.join(models, "configs")], {".yaml"})
    table["diffusers"] = ([os.path.join(models, "diffusers")], {"folder"})
    table["classifiers"] = ([os.path.join(models, "classifiers")], {""})
    table["custom_nodes"] = ([os.path.join(base, "custom_nodes")], set())
    table["datasets"] = ([os.path.join(base, "datasets")], set())
    return table
