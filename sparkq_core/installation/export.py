"""Exports a whole project as JSON Lines."""

import json
from collections.abc import Iterator
from typing import Any

from sparkq_core import __version__
from sparkq_core.changes import carried, view
from sparkq_core.clock import iso
from sparkq_core.errors import SparkQError
from sparkq_core.installation.export_format import CHANGES, FORMAT, PROJECT, TABLES
from sparkq_core.project import SparkQ
from sparkq_core.storage.schema import VERSION

ORDERS = dict.fromkeys(TABLES, "rowid") | {
    "config": "key",
    "prompts": "task_id, revision",
    "attempts": "task_id, attempt",
    "checks": "task_id, attempt, number",
}
TREELESS = {
    ("attempts", "git_before"), ("attempts", "git_after"), ("purged", "change")
}  # fmt: skip
"""The states of a repository. Their trees are in the store of this project, and mean nothing to another one."""


def _selected(table: str) -> str:
    """Return the columns of a table, with states without their trees."""
    return ", ".join(
        f"iif({column} LIKE '%\"tree\"%', json_remove({column}, '$.tree', '$.carried'), {column})"
        if (table, column) in TREELESS
        else column
        for column in TABLES[table]
    )


SELECTS = {table: f"SELECT {_selected(table)} FROM {table} ORDER BY {ORDERS[table]}" for table in TABLES}
CHANGED = """
SELECT task_id, attempt FROM attempts WHERE git_after LIKE '%"tree"%' AND git_after LIKE '%"exact"%'
ORDER BY task_id, attempt
"""
PROJECT_OUT = f"SELECT {', '.join(PROJECT)} FROM project"
LAST_IDS = "SELECT name, seq FROM sqlite_sequence WHERE name IN ('queues', 'sessions', 'tasks')"


def export(sq: SparkQ) -> Iterator[str]:
    """Write the whole project, as it is at one moment, as lines of JSON.

    A head, then `{"table": …, "row": {…}}` for each row, the files of each change that is small enough, and last
    `{"rows": …}`, their number: an export without it was cut off.
    """
    with sq.db.read() as tx:
        project = tx.row(PROJECT_OUT)
        assert project is not None
        head = {"format": FORMAT, "schema": VERSION, "version": __version__, "exported_at": iso(sq.clock.now())}
        named = {"project": dict(zip(PROJECT, project, strict=True)), "last_ids": dict(tx.rows(LAST_IDS))}
        yield _line(head | named)
        rows = 0
        for table, sql in SELECTS.items():
            for row in tx.each(sql):
                yield _line({"table": table, "row": dict(zip(TABLES[table], row, strict=True))})
                rows += 1
        executions = list(tx.each(CHANGED))
    for task_id, attempt in executions:  # after the transaction: Git takes a while
        if (files := _files(sq, task_id, attempt)) is not None:
            change = {"task_id": task_id, "attempt": attempt, "files": files}
            yield _line({"table": CHANGES, "row": change})
            rows += 1
    yield _line({"rows": rows})


def _files(sq: SparkQ, task_id: int, attempt: int) -> list[carried.Row] | None:
    try:
        return carried.files(sq.config, view.of(sq, task_id, attempt))
    except SparkQError:  # of the task that was deleted meanwhile, too
        return None


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
