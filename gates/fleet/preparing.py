"""A job made ready for one server: converted, set, its files uploaded and given to their nodes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from ..client import Client
from ..errors import BadInputFile
from ..workflow import apply, is_api, to_api
from .order import InputFile, Order

# The option of an input that takes an uploaded file, and the endings of what it takes (None: any).
LOADERS: Mapping[str, frozenset[str] | None] = {
    "image_upload": frozenset({"png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "avif"}),
    "video_upload": frozenset({"mp4", "webm", "mkv", "mov", "avi", "m4v", "gif"}),
    "audio_upload": frozenset({"wav", "mp3", "flac", "ogg", "opus", "m4a", "aac"}),
    "animated_image_upload": frozenset({"png", "webp", "gif"}),
    "file_upload": None,
}


async def prepare(order: Order, client: Client) -> dict[str, Any]:
    """The prompt in API format as `client`'s server is to run it. Uploads the inputs."""
    prompt = order.workflow if is_api(order.workflow) else to_api(order.workflow, await client.node_info())
    targets = await targets_of(order.inputs, prompt, client)
    settings = [*order.settings]
    for file, target in zip(order.inputs, targets, strict=True):
        content = Path(file.path) if file.data is None else file.data
        uploaded = await client.upload(content, name=file.name)
        settings.append(f"{target}={uploaded.value}")
    return apply(prompt, settings)


async def targets_of(files: tuple[InputFile, ...], prompt: Mapping[str, Any], client: Client) -> list[str]:
    """NODE.INPUT for each file. A file without one goes to the one loader that takes such a file."""
    if all(file.target for file in files):
        return [str(file.target) for file in files]
    classes = sorted({str(node["class_type"]) for node in prompt.values()})
    infos = {name: (await client.node_info(name)).get(name, {}) for name in classes}
    named = {file.target for file in files}
    free = {at: kind for at, kind in loaders(prompt, infos).items() if at not in named}
    return [file.target or loader_for(file, files, free) for file in files]


def loaders(prompt: Mapping[str, Any], infos: Mapping[str, Any]) -> dict[str, str]:
    """Inputs that take an uploaded file, NODE.INPUT: which option says so, in the order of the ids."""
    found = {}
    for id_ in sorted(prompt, key=lambda id_: (len(id_), id_)):
        node = prompt[id_]
        for group in (infos.get(str(node["class_type"]), {}).get("input") or {}).values():
            for name, spec in group.items() if isinstance(group, Mapping) else ():
                option = upload_option(spec)
                if option and not isinstance(node["inputs"].get(name), list):
                    found[f"{id_}.{name}"] = option
    return found


def upload_option(spec: Any) -> str | None:
    options = spec[1] if isinstance(spec, list | tuple) and len(spec) > 1 else None
    if not isinstance(options, Mapping):
        return None
    return next((name for name in LOADERS if options.get(name)), None)


def loader_for(file: InputFile, files: tuple[InputFile, ...], free: Mapping[str, str]) -> str:
    """As many loaders as files of that kind: the first takes the first. Else nobody can tell."""
    fitting = [at for at, option in free.items() if takes(option, file)]
    alike = [one for one in files if not one.target and any(takes(free[at], one) for at in fitting)]
    if fitting and len(fitting) == len(alike):
        return fitting[next(at for at, one in enumerate(alike) if one is file)]
    told = ", ".join(fitting) or "none"
    raise BadInputFile(
        f"Which node loads {PurePath(file.path).name}? The workflow has {len(fitting)} that could ({told}) "
        f"for {len(alike) or 1} such file(s). Say it: --input NODE.INPUT={file.path}"
    )


def takes(option: str, file: InputFile) -> bool:
    endings = LOADERS[option]
    return endings is None or ending(file) in endings


def ending(file: InputFile) -> str:
    return PurePath(file.path).suffix.lower().lstrip(".")
