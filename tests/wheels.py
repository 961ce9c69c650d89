"""Tiny valid wheels and the way to them, so that uv has an index of our own and needs no network."""

from __future__ import annotations

import base64
import hashlib
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path


def wheel(
    folder: Path, name: str, version: str, requires: Iterable[str] = (), modules: dict[str, str] | None = None
) -> Path:
    """Write NAME-VERSION-py3-none-any.whl into `folder`; by default it holds one module of its name."""
    plain = name.replace("-", "_")
    info = f"{plain}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {line}\n" for line in requires)
    files = dict(modules) if modules is not None else {f"{plain}.py": f"__version__ = {version!r}\n"}
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{plain}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as out:
        for member, text in files.items():
            out.writestr(member, text)
    return path


def _record(files: dict[str, str], own: str) -> str:
    rows = []
    for member, text in files.items():
        data = text.encode("utf-8")
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode("ascii")
        rows.append(f"{member},sha256={digest},{len(data)}\n")
    return "".join([*rows, f"{own},,\n"])


def outside(folder: Path) -> dict[str, str]:
    """The environment for UVInterface under which these wheels are all that there is in the world."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
    alone = {"UV_FIND_LINKS": str(folder), "UV_NO_INDEX": "1", "UV_OFFLINE": "1"}
    return {**kept, **alone, "XDG_CONFIG_HOME": str(folder)}
