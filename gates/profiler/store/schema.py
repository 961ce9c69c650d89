"""The tables and columns of the database.

The first columns of the four tables `profiler_runs`, `profiler_steps`, `profiler_groups` and
`profiler_group_members` are known to other programs, which insert by column name: everything of ours is
nullable or has a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..records import Run, Step, columns_of

RUNS = "profiler_runs"
STEPS = "profiler_steps"
GROUPS = "profiler_groups"
MEMBERS = "profiler_group_members"
META = "profiler_meta"

Columns = Mapping[str, str]  # name -> what stands behind it in CREATE TABLE


def _columns(record: type[Run] | type[Step], **more: str) -> Columns:
    declared = {name: one["sql"] for name, one in columns_of(record).items()}
    return MappingProxyType({**declared, **more})


# Beside the fields of a run: columns of an older program, and what only the database needs.
TABLES: Mapping[str, Columns] = MappingProxyType(
    {
        RUNS: _columns(
            Run,
            linked_output_path="TEXT",
            workflow_json="TEXT",
            prompt_doc="INTEGER",
            workflow_doc="INTEGER",
            environment_doc="INTEGER",
            owner="TEXT",
            trashed_at="REAL",
        ),
        STEPS: _columns(Step),
        GROUPS: MappingProxyType(
            {
                "id": "INTEGER PRIMARY KEY AUTOINCREMENT",
                "name": "TEXT",
                "color": "TEXT",
                "description": "TEXT",
                "workflow_hash": "TEXT",
                "trashed_at": "REAL",
            }
        ),
        MEMBERS: MappingProxyType({"group_id": "INTEGER", "node_id": "TEXT"}),
    }
)
REFERENCES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        RUNS: (),
        STEPS: (f"FOREIGN KEY(run_id) REFERENCES {RUNS}(id) ON DELETE CASCADE",),
        GROUPS: (),
        MEMBERS: (
            f"FOREIGN KEY(group_id) REFERENCES {GROUPS}(id) ON DELETE CASCADE",
            "UNIQUE(group_id, node_id)",
        ),
    }
)
OWN_TABLES: Mapping[str, str] = MappingProxyType(
    {
        "profiler_documents": """CREATE TABLE profiler_documents (
            id INTEGER PRIMARY KEY AUTOINCREMENT, sha256 TEXT NOT NULL UNIQUE, body BLOB NOT NULL)""",
        "profiler_samples": """CREATE TABLE profiler_samples (
            run_id INTEGER NOT NULL REFERENCES profiler_runs(id) ON DELETE CASCADE,
            place INTEGER NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL, source TEXT NOT NULL,
            device TEXT, n INTEGER NOT NULL, points BLOB NOT NULL, PRIMARY KEY (run_id, place))""",
        "profiler_snapshots": """CREATE TABLE profiler_snapshots (
            id INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL UNIQUE, nodes_json TEXT NOT NULL,
            workflow_doc INTEGER, created_at REAL NOT NULL)""",
        "profiler_references": """CREATE TABLE profiler_references (
            scope TEXT PRIMARY KEY, snapshot_id INTEGER NOT NULL REFERENCES profiler_snapshots(id),
            set_at REAL NOT NULL)""",
    }
)
INDEXES = (
    f"CREATE INDEX IF NOT EXISTS profiler_steps_of_run ON {STEPS}(run_id, seq)",
    f"CREATE INDEX IF NOT EXISTS profiler_steps_of_type ON {STEPS}(node_type)",
    f"CREATE INDEX IF NOT EXISTS profiler_runs_of_workflow ON {RUNS}(workflow_hash, timestamp)",
    f"CREATE INDEX IF NOT EXISTS profiler_runs_of_series ON {RUNS}(series)",
    f"CREATE INDEX IF NOT EXISTS profiler_runs_of_prompt ON {RUNS}(prompt_id)",
    f"CREATE INDEX IF NOT EXISTS profiler_runs_listed ON {RUNS}(timestamp, id) WHERE trashed_at IS NULL",
    f"CREATE INDEX IF NOT EXISTS profiler_runs_trashed ON {RUNS}(trashed_at) WHERE trashed_at IS NOT NULL",
)


def quoted(name: str) -> str:
    """An identifier, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def create(table: str, columns: Columns, name: str | None = None) -> str:
    """CREATE TABLE for one of TABLES, as `name`, with these columns."""
    body = [f"{quoted(one)} {kind}" for one, kind in columns.items()]
    return f"CREATE TABLE {quoted(name or table)} ({', '.join([*body, *REFERENCES[table]])})"
