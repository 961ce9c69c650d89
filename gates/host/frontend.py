"""Where the frontend's files lie and which version they are."""

from __future__ import annotations

import importlib.util
from importlib import metadata
from pathlib import Path

PACKAGE = "comfyui_frontend_package"


class FrontendMissing(RuntimeError):
    """There is no frontend to serve."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"no ComfyUI frontend in {place}: run `pip install comfyui-frontend-package`, "
            "or name a build with --front-end-root"
        )


def front_end_directory(chosen: Path | None) -> Path:
    root = chosen.resolve() if chosen is not None else _installed_directory()
    if not (root / "index.html").is_file():
        raise FrontendMissing(str(root))
    return root


def _installed_directory() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise FrontendMissing("this Python environment")
    return Path(spec.submodule_search_locations[0]) / "static"


def installed_version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
