"""Packages that have no wheel: whoever builds one runs a backend, which leaves a line in a file."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

BACKEND = """\
import os, zipfile

with open({ran!r}, "a") as out:
    out.write("ran\\n")
INFO = "{plain}-{version}.dist-info"
METADATA = "Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n"
WHEEL = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"


def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "{plain}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as out:
        for member, text in {{"METADATA": METADATA, "WHEEL": WHEEL, "RECORD": ""}}.items():
            out.writestr(f"{{INFO}}/{{member}}", text)
    return name


build_editable = build_wheel
"""
PROJECT = """\
[project]
name = "{name}"
dynamic = ["version"]

[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


def source(name: str, ran: Path, version: str = "1.0") -> dict[str, str]:
    """The files of such a package; its version is known to its backend alone."""
    words = {"name": name, "plain": name.replace("-", "_"), "version": version, "ran": str(ran)}
    return {"backend.py": BACKEND.format(**words), "pyproject.toml": PROJECT.format(**words)}


def sdist(folder: Path, name: str, ran: Path, version: str = "1.0") -> Path:
    """Write NAME-VERSION.tar.gz into `folder`."""
    plain = f"{name.replace('-', '_')}-{version}"
    files = source(name, ran, version)
    files["PKG-INFO"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / f"{plain}.tar.gz", "w:gz") as out:
        for member, text in files.items():
            info = tarfile.TarInfo(f"{plain}/{member}")
            info.size = len(text.encode("utf-8"))
            out.addfile(info, io.BytesIO(text.encode("utf-8")))
    return folder / f"{plain}.tar.gz"
