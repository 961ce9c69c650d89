"""What one request may cost: the settings of a person, read once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MEGA = 2**20


@dataclass(frozen=True)
class Limits:
    """Bounds on what comes in. Sizes in bytes, pictures in pixels."""

    file_bytes: int = 100 * MEGA
    pixels: int = 80_000_000
    archive_bytes: int = 20_480 * MEGA
    slots: int = 100_000

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Limits:
        """Limits from DATASET_GATES_MAX_FILE_MB, _MAX_MEGAPIXELS, _MAX_ARCHIVE_MB and _MAX_SLOTS.

        A value that is no positive number is not obeyed: the default holds.
        """
        return cls(
            file_bytes=_setting(environ, "DATASET_GATES_MAX_FILE_MB", MEGA, cls.file_bytes),
            pixels=_setting(environ, "DATASET_GATES_MAX_MEGAPIXELS", 1_000_000, cls.pixels),
            archive_bytes=_setting(environ, "DATASET_GATES_MAX_ARCHIVE_MB", MEGA, cls.archive_bytes),
            slots=_setting(environ, "DATASET_GATES_MAX_SLOTS", 1, cls.slots),
        )


def _setting(environ: Mapping[str, str], name: str, unit: int, default: int) -> int:
    text = environ.get(name, "").strip()
    return int(text) * unit if text.isascii() and text.isdigit() and int(text) > 0 else default
