"""Everything that a project's database holds, to show that a refusal changed nothing."""

from typing import Any

from sparkq_core.project import SparkQ

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
COLUMNS = "SELECT name FROM pragma_table_info(:table)"
HOUSEKEEPING = {
    *("purged_at", "observed_ms", "observed_at", "observed_tick", "cleaned_at"),
    *("backed_up_at", "backed_up_event", "hooked_event"),
}
"""The columns of `project` that a server writes by itself now and then, whatever it is asked."""


def all_rows(sq: SparkQ) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, by table, without the notes of the housekeeping."""
    with sq.db.read() as tx:
        names = [name for (name,) in tx.rows(TABLES)]
        columns = {table: [name for (name,) in tx.rows(COLUMNS, {"table": table})] for table in names}
        columns["project"] = [name for name in columns["project"] if name not in HOUSEKEEPING]
        return {table: tx.rows(f'SELECT {", ".join(columns[table])} FROM "{table}"') for table in names}
