"""Everything that a project's database holds, to show that a refusal changed nothing."""

from typing import Any

from sparkq_core.project import SparkQ

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"


def all_rows(sq: SparkQ) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, by table."""
    with sq.db.read() as tx:
        return {name: tx.rows(f'SELECT * FROM "{name}"') for (name,) in tx.rows(TABLES)}
