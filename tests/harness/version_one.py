"""A project of SparkQ 1 as its last version left it: the settings file of its setup, and its database."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.harness.projects import database_of

SETTINGS = """\
project:
  name: my-shop
  repo_path: /home/ann/shop
  prd_path: null
server:
  host: 0.0.0.0
  port: 5050
database:
  path: sparkq/data/sparkq.db
  mode: wal
purge:
  older_than_days: 5
sparkq_scripts_dir: sparkq/scripts
project_script_dirs:
- scripts
- bin
task_classes:
  FAST_SCRIPT:
    timeout: 120
  NIGHTLY:
    timeout: 7200
    description: Work of a night
tools:
  run-bash:
    description: Bash script
    task_class: MEDIUM_SCRIPT
  llm-haiku:
    description: Haiku
    task_class: LLM_HEAVY
  quick-check:
    description: Quick validation check
    task_class: FAST_SCRIPT
queue_runner:
  poll_interval: 12
  auto_fail_interval_seconds: 40
  base_url: http://localhost:5050
features:
  flags: {}
defaults:
  model: llm-sonnet
"""

TABLES = {
    "projects": "id TEXT PRIMARY KEY, name TEXT NOT NULL, repo_path TEXT, created_at TEXT, updated_at TEXT",
    "sessions": """id TEXT PRIMARY KEY, project_id TEXT, name TEXT NOT NULL, description TEXT, status TEXT NOT NULL
        DEFAULT 'active', started_at TEXT, ended_at TEXT, created_at TEXT, updated_at TEXT""",
    "queues": """id TEXT PRIMARY KEY, session_id TEXT, name TEXT NOT NULL UNIQUE, instructions TEXT, codex_session_id
        TEXT, default_agent_role_key TEXT, status TEXT NOT NULL DEFAULT 'active', created_at TEXT, updated_at TEXT""",
    "tasks": """id TEXT PRIMARY KEY, queue_id TEXT NOT NULL, tool_name TEXT, task_class TEXT, payload TEXT,
        agent_role_key TEXT, status TEXT DEFAULT 'queued', timeout INTEGER, attempts INTEGER DEFAULT 0, result TEXT,
        error TEXT, stdout TEXT, stderr TEXT, claimed_at TEXT, stale_warned_at TEXT, created_at TEXT, updated_at TEXT,
        started_at TEXT, finished_at TEXT""",
    "prompts": "id TEXT PRIMARY KEY, command TEXT, label TEXT, template_text TEXT, created_at TEXT",
    "config": "namespace TEXT, key TEXT, value TEXT, updated_at TEXT, updated_by TEXT, PRIMARY KEY (namespace, key)",
    "tools": "name TEXT PRIMARY KEY, description TEXT, task_class TEXT, created_at TEXT, updated_at TEXT",
    "task_classes": "name TEXT PRIMARY KEY, timeout INTEGER, description TEXT, created_at TEXT, updated_at TEXT",
}

DAY_1, DAY_2, DAY_3 = (f"2023-11-{day}T10:00:00.123456Z" for day in (12, 13, 14))
"""The days before the time at which the tests' clocks begin."""

Rows = Mapping[str, list[dict[str, Any]]]

SHOP: Rows = {
    "sessions": [
        {"id": "ses_1", "name": "feature-x", "created_at": DAY_1},
        {"id": "ses_2", "name": "Week 1 - done", "status": "ended", "created_at": DAY_1, "ended_at": DAY_2},
    ],
    "queues": [
        {
            "id": "que_1",
            "session_id": "ses_1",
            "name": "backend",
            "instructions": "Run the tests.",
            "created_at": DAY_1,
        },
        {"id": "que_2", "session_id": "ses_2", "name": "UI Fixes", "status": "idle", "created_at": DAY_2},
        {
            "id": "que_3",
            "session_id": "gone",
            "name": "old",
            "status": "archived",
            "created_at": DAY_1,
            "updated_at": DAY_2,
        },
    ],
}


def task(number: int, queue: str = "que_1", **columns: Any) -> dict[str, Any]:
    """A queued task of the queue, with a prompt as the command line of SparkQ 1 stored it."""
    return {
        "id": f"tsk_{number:012x}",
        "queue_id": queue,
        "tool_name": "llm-sonnet",
        "task_class": "LLM_HEAVY",
        "payload": json.dumps({"prompt": f"prompt {number}", "metadata": {}}),
        "timeout": 900,
        "created_at": f"2023-11-13T10:00:{number:02}.000000Z",
        "updated_at": DAY_3,
    } | columns


def create(root: Path, rows: Rows, settings: str | None = SETTINGS, tables: Mapping[str, str] = TABLES) -> Path:
    """Make a project of SparkQ 1 with these rows in `root`, and return its database, which has a write-ahead log."""
    if settings is not None:
        (root / "sparkq.yml").write_text(settings)
    database = database_of(root)
    database.parent.mkdir(parents=True)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        for table, columns in tables.items():
            connection.execute(f"CREATE TABLE {table} ({columns})")
        for table, values in rows.items():
            for row in values:
                marks = ", ".join(f":{name}" for name in row)
                connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", row)
        connection.commit()
    return database
