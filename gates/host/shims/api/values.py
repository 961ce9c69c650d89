"""The values that sockets carry, as far as annotations and packs name them."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path
from typing import IO, Any, TypedDict


class _TensorType(type):
    """Stands for `torch.Tensor` in annotations and `isinstance`, without importing torch for it."""

    def __instancecheck__(cls, value: object) -> bool:
        torch = sys.modules.get("torch")
        return torch is not None and isinstance(value, torch.Tensor)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        import torch

        return getattr(torch.Tensor, name)


class Tensor(metaclass=_TensorType):
    """Images are [B, H, W, C], masks [B, H, W], values 0 to 1."""


class AudioInput(TypedDict):
    waveform: Any  # [B, C, T]
    sample_rate: int


class LatentInput(TypedDict, total=False):
    samples: Any  # [B, C, H, W]
    noise_mask: Any | None
    batch_index: list[int] | None
    type: str


class SVG:
    """Documents, each as a BytesIO."""

    def __init__(self, data: list[io.BytesIO]) -> None:
        self.data = data

    def combine(self, other: SVG) -> SVG:
        return SVG([*self.data, *other.data])

    @staticmethod
    def combine_all(svgs: list[SVG]) -> SVG:
        return SVG([document for svg in svgs for document in svg.data])


class VOXEL:
    def __init__(self, data: Any) -> None:
        self.data = data


class SPLAT:
    """Gaussian splats [B, N, …]; `counts` [B] where rows are padded."""

    def __init__(
        self, positions: Any, scales: Any, rotations: Any, opacities: Any, sh: Any, counts: Any = None
    ) -> None:
        self.positions = positions
        self.scales = scales
        self.rotations = rotations
        self.opacities = opacities
        self.sh = sh
        self.counts = counts


class MESH:
    """Vertices [B, N, 3] and faces [B, M, 3]; the counts [B] where rows are padded, both or neither."""

    def __init__(
        self,
        vertices: Any,
        faces: Any,
        uvs: Any = None,
        vertex_colors: Any = None,
        texture: Any = None,
        vertex_counts: Any = None,
        face_counts: Any = None,
        unlit: bool = False,
    ) -> None:
        assert (vertex_counts is None) == (face_counts is None), "give both counts of a mesh, or neither"
        self.vertices = vertices
        self.faces = faces
        self.uvs = uvs
        self.vertex_colors = vertex_colors
        self.texture = texture
        self.vertex_counts = vertex_counts
        self.face_counts = face_counts
        self.unlit = unlit


class File3D:
    """A model file on disk, or its bytes in a stream."""

    def __init__(self, source: str | IO[bytes], file_format: str = "") -> None:
        self._source = source
        suffix = Path(source).suffix if isinstance(source, str) else ""
        self._format = file_format or suffix.lstrip(".").lower()

    @property
    def format(self) -> str:
        return self._format

    @format.setter
    def format(self, value: str) -> None:
        self._format = value.lstrip(".").lower() if value else ""

    @property
    def is_disk_backed(self) -> bool:
        return isinstance(self._source, str)

    def get_source(self) -> str | IO[bytes]:
        if not isinstance(self._source, str) and self._source.seekable():
            self._source.seek(0)
        return self._source

    def get_data(self) -> io.BytesIO:
        source = self.get_source()
        return source if isinstance(source, io.BytesIO) else io.BytesIO(self.get_bytes())

    def get_bytes(self) -> bytes:
        source = self.get_source()
        return Path(source).read_bytes() if isinstance(source, str) else source.read()

    def save_to(self, path: str) -> str:
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(self._source, str):
            target.write_bytes(self.get_bytes())
        elif Path(self._source).resolve() != target.resolve():
            shutil.copy2(self._source, target)
        return str(target)
