"""What is to be recorded: asked for in a prompt's own data, or by arming the next prompt of a client."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from .records import Mode

KEY = "holaf_profile"  # in `extra_data` of a prompt
SECONDS_ARMED = 60.0
LONGEST = 2000  # characters of a name, comment or series
SERVER_SAYS = frozenset({"arm_id", "queued_at", "user"})  # what a client may not say of itself

HashOf = Callable[[Mapping[str, Any], "Mapping[str, Any] | None"], str]


@dataclass(frozen=True)
class Ask:
    """How a run was asked for. `expected_hash` is that of the reference it should match, if any."""

    name: str = ""
    comment: str = ""
    series: str | None = None
    mode: str = Mode.NATURAL.value
    force: bool = False
    expected_hash: str | None = None
    snapshot_id: int | None = None
    arm_id: str | None = None  # set where the prompt was marked by an arm, never by a client
    queued_at: float | None = None  # s since 1970, set with the request: older cores keep no such time
    user: str | None = None  # whose run it is where there are several; set by the server, never by a client

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value not in (None, "", False)}


@dataclass(frozen=True)
class Arm:
    """The next prompt that `client_id` queues is recorded, unless that is after `expires` (s since 1970)."""

    arm_id: str
    client_id: str
    expires: float
    ask: Ask


@dataclass(frozen=True)
class Notice:
    """Something that a person should hear of; `kind` is `mismatch`, `busy` or `lost`."""

    kind: str
    message: str
    prompt_id: str | None = None
    client_id: str | None = None
    expected_hash: str | None = None
    workflow_hash: str | None = None


def asked(extra_data: Mapping[str, Any]) -> Ask | None:
    """What a prompt's own data asks for; None where it asks for nothing. Odd values count as absent."""
    wanted = extra_data.get(KEY)
    if wanted is True:
        return Ask()
    if not isinstance(wanted, Mapping):
        return None
    texts = {key: _text(wanted.get(key)) for key in ("name", "comment", "series", "mode", "expected_hash")}
    mode = texts["mode"] if texts["mode"] in {each.value for each in Mode} else Mode.NATURAL.value
    snapshot = wanted.get("snapshot_id")
    return Ask(
        name=texts["name"] or "",
        comment=texts["comment"] or "",
        series=texts["series"],
        mode=mode or Mode.NATURAL.value,
        force=wanted.get("force") is True,
        expected_hash=texts["expected_hash"],
        snapshot_id=snapshot if isinstance(snapshot, int) and not isinstance(snapshot, bool) else None,
        arm_id=_text(wanted.get("arm_id")),
        queued_at=_seconds(wanted.get("queued_at")),
        user=_text(wanted.get("user")),
    )


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return str(value)[:LONGEST] or None


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e11:
        return None
    return float(value)


def is_mismatch(ask: Ask, workflow_hash: str | None) -> bool:
    """Whether an armed prompt is no longer the one that was armed for."""
    if ask.force or ask.expected_hash is None or ask.arm_id is None:
        return False
    return workflow_hash is not None and workflow_hash != ask.expected_hash


class Arming:
    """Arms by client, each good for one prompt. May be used from any thread."""

    def __init__(
        self, time: Callable[[], float], new_id: Callable[[], str], seconds: float = SECONDS_ARMED
    ) -> None:
        self._time = time
        self._new_id = new_id
        self._seconds = seconds
        self._lock = threading.Lock()
        self._arms: dict[str, Arm] = {}

    def arm(self, client_id: str, ask: Ask) -> Arm:
        """Arm a client's next prompt; an earlier arm of that client lapses."""
        arm_id = self._new_id()
        arm = Arm(arm_id, client_id, self._time() + self._seconds, replace(ask, arm_id=arm_id))
        with self._lock:
            self._drop_lapsed()
            self._arms[client_id] = arm
        return arm

    def disarm(self, client_id: str) -> Arm | None:
        with self._lock:
            self._drop_lapsed()
            return self._arms.pop(client_id, None)

    def pending(self) -> tuple[Arm, ...]:
        with self._lock:
            self._drop_lapsed()
            return tuple(self._arms.values())

    def _drop_lapsed(self) -> None:
        now = self._time()
        self._arms = {client: arm for client, arm in self._arms.items() if now < arm.expires}

    def mark(self, request: dict[str, Any], hash_of: HashOf | None = None) -> Notice | None:
        """Write into a request to queue a prompt what its client was armed for.

        Changes `request["extra_data"]` alone. The notice says that the prompt no longer matches: then it is
        left as it came, and runs unrecorded.
        """
        client_id, prompt = request.get("client_id"), request.get("prompt")
        given = request.get("extra_data")
        extra = dict(given) if isinstance(given, Mapping) else {}
        if KEY in extra:
            request["extra_data"] = {**extra, KEY: _own(extra[KEY], self._time())}
            return None
        if not isinstance(client_id, str) or not isinstance(prompt, Mapping):
            return None
        arm = self.disarm(client_id)
        if arm is None:
            return None
        found = hash_of(prompt, workflow_of(extra)) if hash_of and arm.ask.expected_hash else None
        if is_mismatch(arm.ask, found):
            return mismatch(arm.ask, found, client_id, None)
        request["extra_data"] = {**extra, KEY: replace(arm.ask, queued_at=self._time()).as_json()}
        return None


def _own(wanted: Any, now: float) -> Any:
    """A client's own request, with the time, without what only the server says."""
    if wanted is True:
        return {"queued_at": now}
    if not isinstance(wanted, Mapping):
        return wanted
    return {**{key: value for key, value in wanted.items() if key not in SERVER_SAYS}, "queued_at": now}


def mismatch(ask: Ask, found: str | None, client_id: str | None, prompt_id: str | None) -> Notice:
    return Notice(
        "mismatch",
        "The workflow changed after it was armed, so this prompt runs unrecorded. "
        "Update the nodes, or force the run.",
        prompt_id,
        client_id,
        ask.expected_hash,
        found,
    )


def workflow_of(extra_data: Mapping[str, Any]) -> dict[str, Any] | None:
    """The workflow as the page had it, where a page queued the prompt."""
    info = extra_data.get("extra_pnginfo")
    workflow = info.get("workflow") if isinstance(info, Mapping) else None
    return workflow if isinstance(workflow, dict) else None


def fields_of_ask() -> tuple[str, ...]:
    """What a client may say in `holaf_profile`."""
    return tuple(each.name for each in fields(Ask) if each.name not in SERVER_SAYS)
