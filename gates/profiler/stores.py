"""Whose runs lie where: a store for each user, made when it is first wanted."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .store import ProfilerStore, Settings

log = logging.getLogger("gates.profiler")

FOLDER = ("ComfyUI-Holaf-Utilities", "profiler")  # below the user's own; other packs know it
DATABASE = "holaf_profiler.db"


class Stores:
    """`folder_of` tells where a user's files lie. May be used from any thread, but not from an event loop."""

    def __init__(self, folder_of: Callable[[str], Path], clock: Callable[[], float]) -> None:
        self._folder_of = folder_of
        self._clock = clock
        self._lock = threading.Lock()
        self._settings_lock = threading.Lock()
        self._stores: dict[str, ProfilerStore] = {}
        self._sample_ms: dict[str, int] = {}

    def of(self, user: str) -> ProfilerStore:
        with self._lock:
            if user not in self._stores:
                path = self._folder_of(user).joinpath(*FOLDER, DATABASE)
                self._stores[user] = ProfilerStore(path, self._clock)
            store = self._stores[user]
        if user not in self._sample_ms:
            self._sample_ms[user] = store.settings().sampler_ms
        return store

    def known_sample_ms(self, user: str) -> int | None:
        """Without a look at the disk; None where nobody has looked yet."""
        return self._sample_ms.get(user)

    def settings(self, user: str) -> Settings:
        return self.of(user).settings()

    def change_settings(self, user: str, changes: Mapping[str, Any], ui: Mapping[str, Any]) -> Settings:
        """Set `changes`; of the page's own keys set those in `ui` and forget those that are None there."""
        store = self.of(user)
        with self._settings_lock:
            wanted = dict(changes)
            if ui:
                kept = {**store.settings().ui, **ui}
                wanted["ui"] = {key: value for key, value in kept.items() if value is not None}
            settings = store.set_settings(wanted) if wanted else store.settings()
        self._sample_ms[user] = settings.sampler_ms
        return settings

    def close(self) -> None:
        with self._lock:
            stores = list(self._stores.values())
        for store in stores:
            if not store.close():
                log.warning("[Dataset Gates] %s was not closed in time", store.path)
