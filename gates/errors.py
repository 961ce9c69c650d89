"""Every error that a person can cause, in one tree.

GatesError
├── BadInput                what was sent cannot be meant
│   ├── BadId               an id outside the grammar            (also ValueError)
│   ├── BadName             a name that cannot be shown or kept  (also ValueError)
│   ├── BadField            a field missing or of the wrong type (also ValueError)
│   ├── BadOrder            an order that is no permutation      (also ValueError)
│   ├── BadJson             a body that is no JSON object        (also ValueError)
│   ├── PathOutside         a path that leaves its folder        (also ValueError)
│   └── BadWorkflow         a workflow that cannot be sent       (all also ValueError)
│       ├── NotAWorkflow    in neither format, or mangled
│       ├── UnknownNodeClass the server lacks a node's class     (also LookupError)
│       ├── PageOnlyNode    a node that only its pack's script in the page can resolve
│       ├── BrokenGraph     a subgraph that is not there, or one inside itself
│       └── BadSetting      a NODE.INPUT=VALUE that fits no one node
├── Missing                 what was asked for is not there
│   ├── UnknownProfile      (also KeyError)
│   ├── UnknownPool         (also LookupError)
│   ├── UnknownSlot         (also IndexError)
│   ├── UnknownItem         nothing like it in the trash         (also KeyError)
│   ├── UnknownRoute
│   ├── PoolInTrash         its images wait in the trash
│   ├── PoolPurged          its id was emptied from the trash and is never used again
│   ├── EmptyPool           a run of a pool without images
│   └── ImageGone           a slot whose file was taken away     (also FileNotFoundError)
├── Conflict                true, but not now
│   ├── DuplicateName       (also ValueError)
│   ├── DuplicateId         (also ValueError)
│   ├── StaleRevision       somebody changed the pool in between
│   ├── PoolNotEmpty
│   └── RouteTaken          another node pack serves our routes
├── Forbidden
│   └── ForeignRequest      a change asked for by another site
├── WrongMethod
├── TooLarge
│   ├── TooManyBytes
│   ├── TooManyPixels
│   └── TooManySlots
├── Unsupported
│   ├── NotAnImage          (also ValueError)
│   └── WrongContentType
├── Refused
│   ├── HostileArchive      an archive that reaches outside its pool, or is a bomb
│   └── BadArchive          an archive that is damaged or none
└── StorageFull
    ├── DiskFull            (also OSError)
    └── StorageFailed       the disk or its rights refuse    (also OSError)

A leaf carries a stable `code`, one sentence for the person, and the data it was made from. ComfyUI and
the tests may hold two copies of this module under two names: compare errors by `code` across that border.
"""

from __future__ import annotations

from typing import Any

LONGEST_MESSAGE = 600  # characters: what was sent is quoted in messages, and may be of any length


class GatesError(Exception):
    """Base of all; `code` is stable, `str()` is the sentence that a person reads."""

    code = "error"

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.message = message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 1] + "…"
        self.data = data

    def __str__(self) -> str:  # KeyError would add quotes
        return self.message


class BadInput(GatesError):
    code = "bad_input"


class BadId(BadInput, ValueError):
    code = "bad_id"


class BadName(BadInput, ValueError):
    code = "bad_name"


class BadField(BadInput, ValueError):
    code = "bad_field"


class BadOrder(BadInput, ValueError):
    code = "bad_order"


class BadJson(BadInput, ValueError):
    code = "bad_json"


class PathOutside(BadInput, ValueError):
    code = "path_outside"


class BadWorkflow(BadInput, ValueError):
    code = "bad_workflow"


class NotAWorkflow(BadWorkflow):
    code = "not_a_workflow"


class UnknownNodeClass(BadWorkflow, LookupError):
    code = "unknown_node_class"


class PageOnlyNode(BadWorkflow):
    code = "page_only_node"


class BrokenGraph(BadWorkflow):
    code = "broken_graph"


class BadSetting(BadWorkflow):
    code = "bad_setting"


class Missing(GatesError):
    code = "missing"


class UnknownProfile(Missing, KeyError):
    code = "unknown_profile"


class UnknownPool(Missing, LookupError):
    code = "unknown_pool"


class UnknownSlot(Missing, IndexError):
    code = "unknown_slot"


class UnknownItem(Missing, KeyError):
    code = "unknown_item"


class UnknownRoute(Missing):
    code = "unknown_route"


class PoolInTrash(Missing):
    code = "pool_in_trash"


class PoolPurged(Missing):
    code = "pool_purged"


class EmptyPool(Missing):
    code = "empty_pool"


class ImageGone(Missing, FileNotFoundError):
    code = "image_gone"


class Conflict(GatesError):
    code = "conflict"


class DuplicateName(Conflict, ValueError):
    code = "duplicate_name"


class DuplicateId(Conflict, ValueError):
    code = "duplicate_id"


class StaleRevision(Conflict):
    code = "stale_revision"


class PoolNotEmpty(Conflict):
    code = "pool_not_empty"


class RouteTaken(Conflict):
    code = "route_taken"


class Forbidden(GatesError):
    code = "forbidden"


class ForeignRequest(Forbidden):
    code = "foreign_request"


class WrongMethod(GatesError):
    code = "wrong_method"


class TooLarge(GatesError):
    code = "too_large"


class TooManyBytes(TooLarge):
    code = "too_many_bytes"


class TooManyPixels(TooLarge):
    code = "too_many_pixels"


class TooManySlots(TooLarge):
    code = "too_many_slots"


class Unsupported(GatesError):
    code = "unsupported"


class NotAnImage(Unsupported, ValueError):
    code = "not_an_image"


class WrongContentType(Unsupported):
    code = "wrong_content_type"


class Refused(GatesError):
    code = "refused"


class HostileArchive(Refused):
    code = "hostile_archive"


class BadArchive(Refused):
    code = "bad_archive"


class StorageFull(GatesError):
    code = "storage_full"


class DiskFull(StorageFull, OSError):
    code = "disk_full"


class StorageFailed(StorageFull, OSError):
    code = "storage_failed"
