"""How long and how much: no request of the client is without a limit in time and size."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a client waits for and takes in. Seconds and bytes."""

    connect: float = 10.0  # seconds until a connection stands
    answer: float = 30.0  # seconds until an answer is complete; in a download, between two pieces of it
    transfer: float = 3600.0  # seconds for one file, up or down
    silence: float = 60.0  # seconds without a sign of life until a run is given up
    settle: float = 5.0  # seconds that a finished run may take to appear in the history
    poll: float = 1.0  # seconds between two polls of a run that is waited for, at first
    slowest_poll: float = 5.0  # seconds between two polls, later
    farewell: float = 5.0  # seconds for cancelling a run that nobody waits for any more
    retries: int = 4  # tries after the first, where trying again is safe
    backoff: float = 0.25  # seconds before the first retry; doubled each time
    longest_pause: float = 15.0  # seconds; also where a server asks for more with Retry-After
    redirects: int = 5
    body_bytes: int = 128 * 2**20  # of an answer in JSON
    message_bytes: int = 64 * 2**20  # of one websocket message
    file_bytes: int = 16 * 2**30  # of one downloaded file
    kept_events: int = 4096  # events of one run that wait to be read
