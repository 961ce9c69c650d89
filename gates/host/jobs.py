"""One description for everything that waits, runs or ran."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .job_outputs import normalised, summary

PENDING, IN_PROGRESS = "pending", "in_progress"
COMPLETED, FAILED, CANCELLED = "completed", "failed", "cancelled"
STATUSES = (PENDING, IN_PROGRESS, COMPLETED, FAILED, CANCELLED)
SORT_KEYS = ("created_at", "execution_duration")
ENDINGS = ("execution_success", "execution_error", "execution_interrupted")

Job = dict[str, Any]
Shown = tuple[Any, ...]


@dataclass(frozen=True)
class JobQuery:
    statuses: tuple[str, ...] = STATUSES
    workflow_id: str | None = None
    sort_by: str = "created_at"
    descending: bool = True
    limit: int | None = None
    offset: int = 0


def read_query(query: Mapping[str, str]) -> JobQuery:
    """Raises ValueError with what is wrong."""
    sort_by = query.get("sort_by", "created_at").lower()
    sort_order = query.get("sort_order", "desc").lower()
    if sort_by not in SORT_KEYS:
        raise ValueError("sort_by must be 'created_at' or 'execution_duration'")
    if sort_order not in ("asc", "desc"):
        raise ValueError("sort_order must be 'asc' or 'desc'")
    limit = _whole(query, "limit")
    if limit is not None and limit <= 0:
        raise ValueError("limit must be a positive integer")
    return JobQuery(
        _statuses(query.get("status", "")),
        query.get("workflow_id") or None,
        sort_by,
        sort_order == "desc",
        limit,
        max(_whole(query, "offset") or 0, 0),
    )


def _statuses(text: str) -> tuple[str, ...]:
    wanted = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    wrong = [status for status in wanted if status not in STATUSES]
    if wrong:
        raise ValueError(f"Invalid status value(s): {', '.join(wrong)}. Valid values: {', '.join(STATUSES)}")
    return wanted if text else STATUSES


def _whole(query: Mapping[str, str], name: str) -> int | None:
    if name not in query:
        return None
    try:
        return int(query[name])
    except ValueError:
        raise ValueError(f"{name} must be an integer") from None


def select(
    running: Iterable[Shown], pending: Iterable[Shown], history: Mapping[str, Job], query: JobQuery
) -> tuple[list[Job], int]:
    """The asked page of jobs, and how many there are in all."""
    found = [_waiting(item, IN_PROGRESS) for item in running]
    found += [_waiting(item, PENDING) for item in pending]
    found += [_ran(prompt_id, entry) for prompt_id, entry in history.items()]
    found = [job for job in found if job["status"] in query.statuses]
    if query.workflow_id is not None:
        found = [job for job in found if job.get("workflow_id") == query.workflow_id]
    key = _duration if query.sort_by == "execution_duration" else _created
    found.sort(key=key, reverse=query.descending)
    end = None if query.limit is None else query.offset + query.limit
    return found[query.offset : end], len(found)


def one(
    job_id: str, running: Iterable[Shown], pending: Iterable[Shown], history: Mapping[str, Job]
) -> Job | None:
    """A job in full."""
    if job_id in history:
        return {**_ran(job_id, history[job_id]), **_details(history[job_id])}
    for items, status in ((running, IN_PROGRESS), (pending, PENDING)):
        for item in items:
            if item[1] == job_id:
                return _waiting(item, status)
    return None


def _created(job: Job) -> int:
    return int(job.get("create_time") or 0)


def _duration(job: Job) -> int:
    start, end = job.get("execution_start_time"), job.get("execution_end_time")
    return end - start if start and end else 0


def _without_none(job: Job) -> Job:
    return {key: value for key, value in job.items() if value is not None}


def _waiting(item: Shown, status: str) -> Job:
    number, prompt_id, _, extra_data, _ = item
    return _without_none(
        {
            "id": prompt_id,
            "status": status,
            "priority": number,
            "create_time": extra_data.get("create_time"),
            "outputs_count": 0,
            "workflow_id": _workflow_id(extra_data),
        }
    )


def _ran(prompt_id: str, entry: Mapping[str, Any]) -> Job:
    number, _, _, extra_data, _ = entry["prompt"]
    messages = dict((entry.get("status") or {}).get("messages", ()))
    last: Mapping[str, Any] = next((messages[name] for name in ENDINGS if name in messages), {})
    count, preview = summary(entry.get("outputs", {}))
    return _without_none(
        {
            "id": prompt_id,
            "status": _status(entry, messages),
            "priority": number,
            "create_time": extra_data.get("create_time"),
            "execution_start_time": messages.get("execution_start", {}).get("timestamp"),
            "execution_end_time": last.get("timestamp"),
            "execution_error": messages.get("execution_error"),
            "outputs_count": count,
            "preview_output": preview,
            "workflow_id": _workflow_id(extra_data),
        }
    )


def _status(entry: Mapping[str, Any], messages: Mapping[str, Any]) -> str:
    if (entry.get("status") or {}).get("status_str") != "error":
        return COMPLETED
    return CANCELLED if "execution_interrupted" in messages else FAILED


def _details(entry: Mapping[str, Any]) -> Job:
    return {
        "outputs": normalised(entry.get("outputs", {})),
        "execution_status": entry.get("status"),
        "workflow": {"prompt": entry["prompt"][2], "extra_data": entry["prompt"][3]},
    }


def _workflow_id(extra_data: Mapping[str, Any]) -> str | None:
    workflow = (extra_data.get("extra_pnginfo") or {}).get("workflow") or {}
    found = workflow.get("id")
    return found if isinstance(found, str) else None
