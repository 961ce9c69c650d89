"""The one place that imports pynvml, which the package nvidia-ml-py brings."""

from __future__ import annotations

from typing import Any

INSTALL = "python -m pip install nvidia-ml-py"


def nvml() -> Any:
    """NVIDIA's management library. Raises ImportError."""
    import pynvml

    return pynvml
