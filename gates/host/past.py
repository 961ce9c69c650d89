"""What has run, packed small: thousands of prompts as Python objects would outweigh the host itself."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterator, MutableMapping
from typing import Any

Entry = dict[str, Any]
FASTEST = 1


class Past(MutableMapping[str, Entry]):
    """Entries by prompt id, oldest first. Each reading unpacks a copy, which is the reader's own."""

    def __init__(self) -> None:
        self._packed: dict[str, bytes | Entry] = {}

    def __getitem__(self, prompt_id: str) -> Entry:
        found = self._packed[prompt_id]
        if isinstance(found, dict):
            return found
        entry: Entry = pickle.loads(zlib.decompress(found))
        return entry

    def __setitem__(self, prompt_id: str, entry: Entry) -> None:
        self._packed[prompt_id] = _packed(entry)

    def __delitem__(self, prompt_id: str) -> None:
        del self._packed[prompt_id]

    def __contains__(self, prompt_id: object) -> bool:
        return prompt_id in self._packed

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


def _packed(entry: Entry) -> bytes | Entry:
    """What a pack's node shows may be anything; what cannot be packed is kept as it is."""
    try:
        return zlib.compress(pickle.dumps(entry, pickle.HIGHEST_PROTOCOL), FASTEST)
    except Exception:
        return entry
