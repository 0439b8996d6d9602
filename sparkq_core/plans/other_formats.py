"""Plans that other programs wrote: a task file of Backlog.md, the tasks.json of task-master."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from sparkq_core.plans import names
from sparkq_core.plans.items import Piece
from sparkq_core.plans.outline import FRONT_MATTER

_MARKER = re.compile(r"^[ \t]*<!-- *[A-Z]+(?::[A-Z_]+)*:(?:BEGIN|END) *-->[ \t]*\n?", re.MULTILINE)
LONGEST_FRONT = 20_000
"""Characters of front matter that are read: many times what Backlog.md writes."""

OPEN = frozenset(
    {"pending", "in-progress", "in progress", "todo", "to do", "open", "review", "needs-review", "blocked", ""}
)


def backlog_task(text: str) -> Piece | None:
    """Return the task of a file of Backlog.md, which has an id, a title and a status before its text; else None."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    front = FRONT_MATTER.match(plain)
    if front is None:
        return None
    fields = _fields(front.group(2))
    if fields is None:
        return None
    number, title, status = fields
    body = _MARKER.sub("", plain[front.end() :]).strip()
    prompt = f"# {number}: {title}\n\n{body}".strip()
    return Piece(prompt, 0, 0, done=names.called(names.FINISHED, status))


def _fields(front: str) -> tuple[str, str, str] | None:
    """Return the id, the title and the status in front matter, None if it does not have all three."""
    if len(front) > LONGEST_FRONT:
        return None
    import yaml

    try:
        read = yaml.safe_load(front)
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: a date that does not exist
        return None
    if not isinstance(read, dict) or not {"id", "title", "status"} <= read.keys():
        return None
    number, title, status = (" ".join(str(read[key]).split()) for key in ("id", "title", "status"))
    return (number, title, status) if title else None


def task_master(text: str) -> tuple[Piece, ...] | None:
    """Return the tasks of a tasks.json of task-master, each behind those that it needs; None for a text that is
    not JSON.

    Other JSON has none. Of a file with several lists (tags), it is the list `master`, or the only one.
    """
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return None
    import json

    try:
        read = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
    return tuple(_piece(task) for task in _in_order(list(_listed(read))))


def _listed(read: Any) -> Iterator[dict[str, Any]]:
    listed = read
    if isinstance(read, dict) and "tasks" not in read:
        lists = [each for each in read.values() if isinstance(each, dict) and "tasks" in each]
        listed = read.get("master") or (lists[0] if len(lists) == 1 else None)
    if isinstance(listed, dict):
        listed = listed.get("tasks")
    for task in listed if isinstance(listed, list) else ():
        if isinstance(task, dict) and isinstance(task.get("title"), str) and task["title"].strip():
            yield task


def _in_order(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield tasks in their order, but each behind those that it depends on."""
    by_id = {str(task.get("id")): task for task in tasks}
    begun: set[str] = set()
    for task in tasks:
        pending = [(str(task.get("id")), False)]
        while pending:
            key, ready = pending.pop()
            if ready:
                yield by_id[key]
            elif key in by_id and key not in begun:
                begun.add(key)
                pending.append((key, True))
                pending += [(str(needed), False) for needed in reversed(_list(by_id[key].get("dependencies")))]


def _piece(task: dict[str, Any]) -> Piece:
    parts = [f"# {task.get('id', '')}: {task['title'].strip()}".replace("# : ", "# "), _text(task.get("description"))]
    for key, heading in (("details", "Details"), ("testStrategy", "Test strategy")):
        if _text(task.get(key)):
            parts.append(f"## {heading}\n{_text(task.get(key))}")
    subtasks = "\n".join(_subtasks(_list(task.get("subtasks"))))
    if subtasks:
        parts.append(f"## Subtasks\n{subtasks}")
    return Piece("\n\n".join(filter(None, parts)), 0, 0, done=not _is_open(task))


def _subtasks(subtasks: Iterable[Any]) -> Iterator[str]:
    for subtask in subtasks:
        if isinstance(subtask, dict) and _text(subtask.get("title")):
            about = "\n".join(filter(None, (_text(subtask.get("description")), _text(subtask.get("details")))))
            yield f"- [{' ' if _is_open(subtask) else 'x'}] {_text(subtask['title'])}"
            yield from (f"  {line}".rstrip() for line in about.split("\n") if about)


def _is_open(task: dict[str, Any]) -> bool:
    return _text(task.get("status")).lower() in OPEN


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
