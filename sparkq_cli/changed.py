"""The changes of the tasks that a command names: `42`, `#42`, or a range, `41-45`."""

import re

from sparkq_cli.options import task_id
from sparkq_core import tasks
from sparkq_core.changes import view
from sparkq_core.changes.view import Change, NoChange
from sparkq_core.errors import InvalidValue, NoSuchTask, SparkQError
from sparkq_core.project import SparkQ

MOST = 500
"""The tasks of one call."""


def named(sq: SparkQ, ids: list[str], attempt: int | None = None) -> tuple[list[Change], list[SparkQError]]:
    """Return the changes of the tasks, and why others of several have none. Raises NoChange for a single task."""
    wanted = list(dict.fromkeys(number for text in ids for number in _numbers(text)))
    if len(wanted) > MOST:
        raise InvalidValue(f"{len(wanted):,} tasks are too many at once.", f"Name at most {MOST}.")
    if len(wanted) == 1:
        return [_of(sq, wanted[0], attempt)], []
    if attempt is not None:
        raise InvalidValue("--attempt needs a single task.", "Name one: sparkq diff 42 --attempt 1")
    changes: list[Change] = []
    missing: list[SparkQError] = []
    for number in wanted:
        try:
            changes.append(_of(sq, number))
        except (NoChange, NoSuchTask) as error:
            missing.append(error)
    return changes, missing


def _of(sq: SparkQ, number: int, attempt: int | None = None) -> Change:
    tasks.get(sq, number)  # which knows what became of a task that is gone
    return view.of(sq, number, attempt)


def _numbers(text: str) -> range:
    """Return the ids of `42`, `#42` or `41-45`. Raises InvalidValue."""
    bounds = re.fullmatch(r"#?(\d{1,18})-#?(\d{1,18})", text)
    if bounds is None:
        number = task_id(text)
        return range(number, number + 1)
    first, last = int(bounds[1]), int(bounds[2])
    if last < first:
        raise InvalidValue(
            f"{text} is empty: {last} is before {first}.", f"Write the smaller one first: {last}-{first}"
        )
    if last - first >= MOST:
        raise InvalidValue(f"{last - first + 1:,} tasks are too many at once.", f"Name at most {MOST}.")
    return range(first, last + 1)
