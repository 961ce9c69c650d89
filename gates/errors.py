"""Every error that a person can cause, in one tree.

GatesError
├── BadInput                what was sent cannot be meant
│   ├── BadId               an id outside the grammar            (also ValueError)
│   ├── BadName             a name that cannot be shown or kept  (also ValueError)
│   ├── BadField            a field missing or of the wrong type (also ValueError)
│   ├── BadOrder            an order that is no permutation      (also ValueError)
│   ├── BadJson             a body that is no JSON object        (also ValueError)
│   ├── PathOutside         a path that leaves its folder        (also ValueError)
│   ├── BadPattern          an --out that cannot name files      (also ValueError)
│   ├── BadJobFile          a line of a file of jobs             (also ValueError)
│   ├── BadInputFile        a file that no node can be given     (also ValueError)
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
│   ├── UnknownRun          no such measured run                 (also LookupError)
│   ├── UnknownStep         no such step of a run                (also LookupError)
│   ├── UnknownGroup        no such group of nodes               (also LookupError)
│   ├── UnknownSnapshot     no such reference of a workflow      (also LookupError)
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
│   ├── WorkflowChanged     it is not the one that its reference was taken of
│   └── RouteTaken          another node pack serves our routes
├── Forbidden
│   ├── ForeignRequest      a change asked for by another site
│   └── UnknownUser         a user that ComfyUI does not know
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
│   ├── BadArchive          an archive that is damaged or none
│   ├── BadRecording        a measured run that cannot be read in (also ValueError)
│   └── PromptRefused       ComfyUI does not queue what was to be measured
├── StorageFull
│   ├── DiskFull            (also OSError)
│   ├── StorageFailed       the disk or its rights refuse    (also OSError)
│   └── StoreBusy           the profiler's writer does not keep up (also TimeoutError)
├── ClientError             speaking to a ComfyUI server; `exit_code` is that of the command line
│   ├── ServerTrouble       the server, or the way to it: another one may do better
│   │   ├── BadServer       an address that cannot be meant          (also ValueError)
│   │   ├── Unreachable     no connection, or none any more          (also ConnectionError)
│   │   ├── NoAnswer        connected, and silent for too long       (also TimeoutError)
│   │   ├── ServerBusy      429 or 503 to the last try
│   │   ├── ServerFailed    another status than was asked for
│   │   ├── AccessDenied    401, 403 or 407                          (also PermissionError)
│   │   ├── BadAnswer       an answer that ComfyUI does not give     (also ValueError)
│   │   └── AnswerTooLarge  more bytes than the limit                (also ValueError)
│   ├── RunTrouble          one workflow: another server would say the same, but for RunLost
│   │   ├── WorkflowRefused validation failed, nothing runs          (also ValueError)
│   │   ├── PartlyRefused   some outputs failed validation           (also ValueError)
│   │   ├── RunFailed       a node raised                            (also RuntimeError)
│   │   ├── RunCancelled    somebody stopped it
│   │   ├── RunLost         the server does not know it any more     (also LookupError)
│   │   ├── ProfilerRefused the server's profiler says no; `data` has its code
│   │   ├── ProfilerMissing the server has no profiler of ours
│   │   ├── NotMeasured     a run that was asked for is not in the list
│   │   ├── RunUnsettled    it may still run on a server that does not answer
│   │   └── RunTimedOut     the caller's own limit                   (also TimeoutError)
│   ├── ClusterTrouble      many machines
│   │   ├── BatchRuns       the same batch, a second time
│   │   ├── ClusterMissing  Ray is not installed                     (also ImportError)
│   │   ├── ClusterFailed   Ray does not start, or lost an actor for good
│   │   └── StartFailed     a ComfyUI that was to be started does not answer
│   └── FileTrouble         one file
│       ├── HostileName     a name that leads elsewhere              (also ValueError)
│       ├── OutputExists    nothing is overwritten unasked           (also FileExistsError)
│       ├── OutputGone      the server has no such file any more     (also FileNotFoundError)
│       ├── OutputCut       fewer bytes came than were announced     (also ConnectionError)
│       └── UploadRefused   the server does not take the file        (also ValueError)
└── DockError               an environment, or an install that is looked after; `exit_code` likewise
    ├── DockInput           what was asked for cannot be meant
    │   ├── BadEnvironmentName  no name that becomes a folder        (also ValueError)
    │   ├── BadNodeName     neither a registry id, a git URL nor a folder (also ValueError)
    │   ├── BadManifest     a pyproject.toml that cannot be read     (also ValueError)
    │   ├── BadRequirement  a line that is no requirement            (also ValueError)
    │   ├── BadConfig       a key or a value that the configuration lacks (also ValueError)
    │   ├── BadDockSnapshot a file that is no snapshot               (also ValueError)
    │   └── NotConfirmed    it cannot be undone, and nobody said yes
    ├── DockMissing         what was asked for is not there
    │   ├── NoWorkspace     no workspace here or above               (also LookupError)
    │   ├── NoEnvironment   none of this name, or none chosen        (also LookupError)
    │   ├── UnknownNode     no such node pack                        (also LookupError)
    │   ├── UnknownCommit   no such commit                           (also LookupError)
    │   ├── UnknownDockSnapshot no such snapshot of an install       (also LookupError)
    │   ├── NoComfyUI       a folder that holds no ComfyUI           (also LookupError)
    │   ├── NoPython        no interpreter of this path or version   (also LookupError)
    │   └── NoModels        no folder or file of models there        (also FileNotFoundError)
    ├── DockRefused         possible, and it would do harm
    │   ├── ForeignWorkspace made by another program
    │   ├── EnvironmentExists                                        (also FileExistsError)
    │   ├── NodeExists      a pack of this name is there             (also FileExistsError)
    │   ├── PackageConflict packs or ComfyUI want versions that exclude each other
    │   ├── BuildRefused    a package would have to be built, which runs what its author wrote
    │   ├── ArchiveChanged  an archive is not the one that was pinned
    │   ├── ComfyUIRuns     it must not change while it runs
    │   └── DockBusy        another command is at this environment   (also TimeoutError)
    └── DockFailed          a tool or a server did not do it; all is as it was
        ├── ToolMissing     uv, git or a library is not installed    (also ImportError)
        ├── CommandFailed   a program ended with an error
        ├── ModelChanged    a model was written to while it was read
        ├── CommandTimedOut a program took too long                  (also TimeoutError)
        ├── RegistryFailed  the registry does not answer as it should (also ConnectionError)
        └── NodeBanned      the registry took the pack away

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


class BadPattern(BadInput, ValueError):
    code = "bad_pattern"


class BadJobFile(BadInput, ValueError):
    code = "bad_job_file"


class BadInputFile(BadInput, ValueError):
    code = "bad_input_file"


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


class UnknownRun(Missing, LookupError):
    code = "unknown_run"


class UnknownStep(Missing, LookupError):
    code = "unknown_step"


class UnknownGroup(Missing, LookupError):
    code = "unknown_group"


class UnknownSnapshot(Missing, LookupError):
    code = "unknown_snapshot"


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


class WorkflowChanged(Conflict):
    code = "workflow_changed"


class RouteTaken(Conflict):
    code = "route_taken"


class Forbidden(GatesError):
    code = "forbidden"


class ForeignRequest(Forbidden):
    code = "foreign_request"


class UnknownUser(Forbidden):
    code = "unknown_user"


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


class BadRecording(Refused, ValueError):
    code = "bad_recording"


class PromptRefused(Refused):
    code = "prompt_refused"


class StorageFull(GatesError):
    code = "storage_full"


class DiskFull(StorageFull, OSError):
    code = "disk_full"


class StorageFailed(StorageFull, OSError):
    code = "storage_failed"


class StoreBusy(StorageFull, TimeoutError):
    code = "store_busy"


class ClientError(GatesError):
    code = "client_error"
    exit_code = 1  # of `gates run`


class ServerTrouble(ClientError):
    code = "server_trouble"
    exit_code = 4


class BadServer(ServerTrouble, ValueError):
    code = "bad_server"
    exit_code = 2


class Unreachable(ServerTrouble, ConnectionError):
    code = "unreachable"


class NoAnswer(ServerTrouble, TimeoutError):
    code = "no_answer"


class ServerBusy(ServerTrouble):
    code = "server_busy"


class ServerFailed(ServerTrouble):
    code = "server_failed"


class AccessDenied(ServerTrouble, PermissionError):
    code = "access_denied"


class BadAnswer(ServerTrouble, ValueError):
    code = "bad_answer"


class AnswerTooLarge(ServerTrouble, ValueError):
    code = "answer_too_large"


class RunTrouble(ClientError):
    code = "run_trouble"


class WorkflowRefused(RunTrouble, ValueError):
    code = "workflow_refused"
    exit_code = 3


class PartlyRefused(RunTrouble, ValueError):
    code = "partly_refused"
    exit_code = 6


class RunFailed(RunTrouble, RuntimeError):
    code = "run_failed"


class RunCancelled(RunTrouble):
    code = "run_cancelled"


class RunLost(RunTrouble, LookupError):
    code = "run_lost"
    exit_code = 4


class RunUnsettled(RunTrouble):
    code = "run_unsettled"
    exit_code = 4


class ProfilerRefused(RunTrouble):
    code = "profiler_refused"
    exit_code = 3


class ProfilerMissing(RunTrouble):
    code = "profiler_missing"
    exit_code = 4


class NotMeasured(RunTrouble):
    code = "not_measured"


class RunTimedOut(RunTrouble, TimeoutError):
    code = "run_timed_out"
    exit_code = 5


class ClusterTrouble(ClientError):
    code = "cluster_trouble"
    exit_code = 4


class BatchRuns(ClusterTrouble):
    code = "batch_runs"
    exit_code = 2


class ClusterMissing(ClusterTrouble, ImportError):
    code = "cluster_missing"
    exit_code = 2


class ClusterFailed(ClusterTrouble):
    code = "cluster_failed"


class StartFailed(ClusterTrouble):
    code = "start_failed"


class FileTrouble(ClientError):
    code = "file_trouble"


class HostileName(FileTrouble, ValueError):
    code = "hostile_name"


class OutputExists(FileTrouble, FileExistsError):
    code = "output_exists"


class OutputGone(FileTrouble, FileNotFoundError):
    code = "output_gone"


class OutputCut(FileTrouble, ConnectionError):
    code = "output_cut"


class UploadRefused(FileTrouble, ValueError):
    code = "upload_refused"


class DockError(GatesError):
    code = "dock_error"
    exit_code = 1  # of `gates dock`


class DockInput(DockError):
    code = "dock_input"
    exit_code = 2


class BadEnvironmentName(DockInput, ValueError):
    code = "bad_environment_name"


class BadNodeName(DockInput, ValueError):
    code = "bad_node_name"


class BadManifest(DockInput, ValueError):
    code = "bad_manifest"


class BadRequirement(DockInput, ValueError):
    code = "bad_requirement"


class BadConfig(DockInput, ValueError):
    code = "bad_config"


class BadDockSnapshot(DockInput, ValueError):
    code = "bad_dock_snapshot"


class NotConfirmed(DockInput):
    code = "not_confirmed"


class DockMissing(DockError):
    code = "dock_missing"
    exit_code = 4


class NoWorkspace(DockMissing, LookupError):
    code = "no_workspace"


class NoEnvironment(DockMissing, LookupError):
    code = "no_environment"


class UnknownNode(DockMissing, LookupError):
    code = "unknown_node"


class UnknownCommit(DockMissing, LookupError):
    code = "unknown_commit"


class UnknownDockSnapshot(DockMissing, LookupError):
    code = "unknown_dock_snapshot"


class NoComfyUI(DockMissing, LookupError):
    code = "no_comfyui"


class NoPython(DockMissing, LookupError):
    code = "no_python"


class NoModels(DockMissing, FileNotFoundError):
    code = "no_models"


class DockRefused(DockError):
    code = "dock_refused"
    exit_code = 3


class ForeignWorkspace(DockRefused):
    code = "foreign_workspace"


class EnvironmentExists(DockRefused, FileExistsError):
    code = "environment_exists"


class NodeExists(DockRefused, FileExistsError):
    code = "node_exists"


class PackageConflict(DockRefused):
    code = "package_conflict"


class BuildRefused(DockRefused):
    code = "build_refused"


class ArchiveChanged(DockRefused):
    code = "archive_changed"


class ComfyUIRuns(DockRefused):
    code = "comfyui_runs"


class DockBusy(DockRefused, TimeoutError):
    code = "dock_busy"


class DockFailed(DockError):
    code = "dock_failed"
    exit_code = 1


class ToolMissing(DockFailed, ImportError):
    code = "tool_missing"
    exit_code = 4


class CommandFailed(DockFailed):
    code = "command_failed"


class ModelChanged(DockFailed):
    code = "model_changed"


class CommandTimedOut(DockFailed, TimeoutError):
    code = "command_timed_out"
    exit_code = 5


class RegistryFailed(DockFailed, ConnectionError):
    code = "registry_failed"
    exit_code = 4


class NodeBanned(DockFailed):
    code = "node_banned"
    exit_code = 3
