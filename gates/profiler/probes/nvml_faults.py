"""What an error of NVML means for what comes next."""

from __future__ import annotations

from enum import Enum
from typing import Any


class Verdict(Enum):
    LOST = "lost"  # nothing more comes from this device until it is opened anew
    NEVER = "never"  # this device does not tell that
    EMPTY = "empty"  # nothing new
    DOUBT = "doubt"  # it may work the next time


LOST = ("UNINITIALIZED", "GPU_IS_LOST", "RESET_REQUIRED", "DRIVER_NOT_LOADED", "LIB_RM_VERSION_MISMATCH")
NEVER = (
    "NOT_SUPPORTED",
    "NO_PERMISSION",
    "FUNCTION_NOT_FOUND",
    "INVALID_ARGUMENT",
    "ARGUMENT_VERSION_MISMATCH",
)
EMPTY = ("NOT_FOUND", "NO_DATA")


def verdict(nvml: Any, error: Exception) -> Verdict:
    """Anything that is no error of NVML, a missing function above all, is never going to work."""
    value = getattr(error, "value", None)
    if value is None:
        return Verdict.NEVER
    for names, judged in ((LOST, Verdict.LOST), (NEVER, Verdict.NEVER), (EMPTY, Verdict.EMPTY)):
        if value in {getattr(nvml, f"NVML_ERROR_{name}", None) for name in names}:
            return judged
    return Verdict.DOUBT
