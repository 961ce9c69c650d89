"""The driver's timestamps on our clock: some count from 1970, some from the start of the machine."""

from __future__ import annotations

from collections.abc import Callable

HOUR = 3600e6  # µs


class DriverClock:
    """Found out from the first timestamp, never assumed; one that fits neither counts as now."""

    def __init__(self, wall: Callable[[], float], boot: Callable[[], float]) -> None:
        self._wall = wall
        self._boot = boot
        self._kind: str | None = None
        self._offset = 0

    def ns(self, stamp: int, now: int) -> int:
        """ns of our clock for `stamp` µs of the driver's, at `now` ns; never later than now."""
        if self._kind is None:
            self._kind = self._kind_of(stamp)
            self._offset = now - stamp * 1000
        driver_now = {"wall": self._wall, "boot": self._boot}.get(self._kind)
        if driver_now is None:
            return min(stamp * 1000 + self._offset, now)
        return min(now - int(driver_now() * 1e9) + stamp * 1000, now)

    def _kind_of(self, stamp: int) -> str:
        for kind, clock in (("wall", self._wall), ("boot", self._boot)):
            if abs(clock() * 1e6 - stamp) < HOUR:
                return kind
        return "first"
