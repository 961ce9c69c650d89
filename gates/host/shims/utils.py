"""`comfy.utils` beside the progress bar: small functions on tensors and texts."""

from __future__ import annotations

import math
import zlib
from typing import Any

from ..builtin_nodes.resize import common_upscale, lanczos

__all__ = ["common_upscale", "get_attr", "lanczos", "repeat_to_batch_size", "set_attr", "string_to_seed"]

Tensor = Any


def repeat_to_batch_size(tensor: Tensor, batch_size: int, dim: int = 0) -> Tensor:
    """The batch cut or repeated until it has `batch_size` items."""
    count = tensor.shape[dim]
    if count >= batch_size:
        return tensor.narrow(dim, 0, batch_size)
    times = [math.ceil(batch_size / count) if axis == dim else 1 for axis in range(tensor.ndim)]
    return tensor.repeat(times).narrow(dim, 0, batch_size)


def string_to_seed(data: str | bytes) -> int:
    return zlib.crc32(data.encode("latin-1", "replace") if isinstance(data, str) else data)


def get_attr(obj: Any, attr: str) -> Any:
    """`attr` may be a path with dots."""
    for name in attr.split("."):
        obj = getattr(obj, name)
    return obj


def set_attr(obj: Any, attr: str, value: Any) -> Any:
    """Set what a path with dots names; what was there before."""
    path, _, name = attr.rpartition(".")
    owner = get_attr(obj, path) if path else obj
    before = getattr(owner, name)
    setattr(owner, name, value)
    return before
