"""Lists of tasks by title, within the bytes that a list of their length may take."""

from sparkq_core import wire
from sparkq_core.clock import day, iso
from sparkq_core.lifecycle import Status
from sparkq_core.model import Inbox, Task, TaskPage
from sparkq_core.purged import Line
from sparkq_core.search import Found
from sparkq_mcp.answers.truncation import ANSWER_SIZE, fit_lines, shorten

LINE_SIZE = 77
"""Most bytes of a listed task on average: 20 tasks have 1.5 KB."""

SUMMARIES_SIZE = 1500
"""Bytes that even a list of few tasks may have that shows their outcomes."""

SHORT_TEXT = 20
"""Fewest characters of a cut title or outcome: with less room, the outcomes are left out."""

LIST_SIZE = 600
"""Bytes that even a list of few tasks may have."""

TITLE_BESIDE_AGE = 40
"""Fewest characters of a cut title beside an age: with less room, the ages are left out."""

SHORT_TITLE = 12
"""Fewest characters of a cut title: with less room, the list may fill a whole answer."""


def next_tasks(page: TaskPage) -> wire.Json:
    """Return the tasks at the head of a queue."""
    lines: list[wire.Json] = [
        {"id": task.id, "title": task.title, "task_class": task.task_class, "tool_name": task.tool}
        for task in page.tasks
    ]
    facts: wire.Json = {"tasks": lines, "total": page.total}
    fit_lines(facts, lines, ANSWER_SIZE)
    return facts


def task_list(page: TaskPage, now: int) -> wire.Json:
    """Return a page of tasks. The most frequent queue and status are named once, beside the list."""
    room = max(LIST_SIZE, LINE_SIZE * len(page.tasks))
    facts = _facts(page, now, ages=True)
    if fit_lines(facts, facts["tasks"], room) >= TITLE_BESIDE_AGE:
        return facts
    facts = _facts(page, now)
    if fit_lines(facts, facts["tasks"], room) > SHORT_TITLE:
        return facts
    facts = _facts(page, now, title=SHORT_TITLE)
    fit_lines(facts, facts["tasks"], ANSWER_SIZE)
    return facts


def found_list(found: Found, now: int) -> wire.Json:
    """Return the matches of a search, with the place that matches where there is room. What is left of the purged ones is
    shortened before it is left out."""
    facts = _with_places(found, now)
    if found.indexing:
        facts["indexing"] = True
    if not found.purged_total:
        return facts
    lines = [_purged_line(line) for line in found.purged]
    facts = {**facts, "purged": lines, "purged_total": found.purged_total}
    room = max(SUMMARIES_SIZE, LINE_SIZE * (len(found.tasks) + 2 * len(lines)))
    if fit_lines(facts, lines, room, ("title", "summary")) < SHORT_TEXT:
        for line in lines:
            line.pop("summary", None)
        fit_lines(facts, lines, room)
    return facts


def _with_places(found: Found, now: int) -> wire.Json:
    page = TaskPage(found.tasks, found.total, found.next)
    facts = _facts(page, now)
    for line in facts["tasks"]:
        if (snippet := found.snippets.get(line["id"])) is not None:
            line["summary"] = snippet.text
    room = max(SUMMARIES_SIZE, LINE_SIZE * len(found.tasks))
    if fit_lines(facts, facts["tasks"], room, ("title", "summary")) >= SHORT_TEXT:
        return facts
    return task_list(page, now)


def _purged_line(line: Line) -> wire.Json:
    return wire.exclude_none({
        "id": line.id,
        "queue": line.queue,
        "status": line.status,
        "title": line.title,
        "purged_on": day(line.purged_at),
        "summary": _telling_line(line.excerpt, line.status) or None,
    })  # fmt: skip


def unreviewed_list(inbox: Inbox, now: int) -> wire.Json:
    """Return a page of the inbox, with a line of each outcome and each late text where there is room."""
    page = TaskPage(tuple(finished.task for finished in inbox.tasks), inbox.total, inbox.next)
    facts = _facts(page, now)
    for line, finished in zip(facts["tasks"], inbox.tasks, strict=True):
        line["summary"] = _telling_line(finished.summary, finished.task.status)
        if finished.late_text is not None:
            line["late_text"] = _telling_line(finished.late_text, finished.task.late_outcome)
    room = max(SUMMARIES_SIZE, LINE_SIZE * len(inbox.tasks))
    if fit_lines(facts, facts["tasks"], room, ("title", "summary", "late_text")) >= SHORT_TEXT:
        return facts
    return task_list(page, now)


def _telling_line(text: str, outcome: str | None) -> str:
    """Return the line that says most: the first of a result, the last of an error."""
    lines = text.strip().splitlines() or [""]
    return lines[-1 if outcome == Status.FAILED else 0]


def _facts(page: TaskPage, now: int, *, ages: bool = False, title: int | None = None) -> wire.Json:
    common = {
        key: max(values, key=values.count)
        for key in ("queue", "status")
        if (values := [getattr(task, key) for task in page.tasks])
    }
    count = len(page.tasks)
    return wire.exclude_none({
        **common,
        "tasks": [_line(task, now, common, ages, title) for task in page.tasks],
        "shown": count if count < page.total else None,
        "total": page.total,
        "next_cursor": page.next,
    })  # fmt: skip


def _line(task: Task, now: int, common: dict[str, str], ages: bool, title: int | None) -> wire.Json:
    return wire.exclude_none({
        "id": task.id,
        **{key: value for key in common if (value := getattr(task, key)) != common[key]},
        "title": task.title if title is None else shorten(task.title, title),
        "stale": wire.stale(task, now),
        "chat_closed_at": None if task.chat_gone_at is None else iso(task.chat_gone_at),
        "limit_until": None if task.limit_until is None else iso(task.limit_until),
        "age_s": max(0, now - task.created_at) // 1000 if ages else None,
    })  # fmt: skip
