"""The folder of models that all environments share, and the file by which ComfyUI hears of it."""

from __future__ import annotations

import json
from pathlib import Path

from .. import atomic

FILE = "extra_model_paths.yaml"
# The first holds code, and packs are the manifest's; the others are words of the format.
NOT_MODELS = frozenset(["custom_nodes", "base_path", "is_default"])


def words_for(shared: Path, file: Path) -> tuple[str, ...]:
    """For ComfyUI's command line: they name `file`, which is written. A link cannot be made on every disk."""
    text = extra_paths(shared)
    if text is None:
        return ()
    file.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_bytes(file, text.encode("utf-8"))
    return ("--extra-model-paths-config", str(file))


def extra_paths(shared: Path) -> str | None:
    """ComfyUI's own format: each folder in `shared` is one of models, called as ComfyUI calls them.

    None where there is none. Names that ComfyUI's reader cannot take, such as a line break, are left out.
    """
    folders = [path for path in _folders(shared) if str(path).isprintable()]
    if not folders:
        return None
    # A text in JSON is a text in YAML.
    lines = [f"  {_text(path.name)}: {_text(str(path))}" for path in folders]
    return "\n".join(["dataset_gates:", *lines, ""])


def _folders(shared: Path) -> list[Path]:
    try:
        entries = sorted(shared.iterdir())
    except OSError:
        return []
    kinds = [one for one in entries if one.is_dir() and not one.name.startswith(".")]
    return [one for one in kinds if one.name.casefold() not in NOT_MODELS]


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
