"""Convert the lines of purged tasks, and what the background purge does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparkq_core.clock import iso
from sparkq_core.wire.tasks import friendly, task_brief
from sparkq_core.wire.values import excludes_none, iso_or_none, json_or_none

if TYPE_CHECKING:
    from sparkq_core import purged, search, shapes


@excludes_none
def purged_task(line: purged.Line) -> shapes.PurgedTask:
    """Convert the line of a purged task."""
    return {
        "id": line.id,
        "friendly_id": friendly(line.id),
        "queue": line.queue,
        "title": line.title,
        "status": line.status,
        "error_type": line.error_type,
        "summary": line.excerpt or None,
        "changed": changed(line.change),
        "attempts": line.attempts,
        "finished_at": iso_or_none(line.finished_at),
        "reviewed_at": iso_or_none(line.reviewed_at),
        "purged_at": iso(line.purged_at),
    }


def changed(change: str | None) -> shapes.Changes | None:
    """Convert the size of a change; None if that is not known, or about nothing."""
    changes: Any = json_or_none(change)
    return changes if changes and (changes.get("files") or changes.get("exact")) else None


@excludes_none
def found(page: search.Found, now: int) -> shapes.Found:
    """Convert the matches of a search."""
    return {
        "tasks": [task_brief(task, now) for task in page.tasks],
        "total": page.total,
        "next_cursor": page.next,
        **search_extras(page),
    }


def search_extras(page: search.Found) -> shapes.SearchExtras:
    """Convert what a search found besides tasks; nothing if only titles match and everything is indexed."""
    extras: shapes.SearchExtras = {}
    if page.purged_total:
        extras |= {"purged": [purged_task(line) for line in page.purged], "purged_total": page.purged_total}
    if page.indexing:
        extras |= {"indexing": True}
    if page.snippets:
        extras |= {"snippets": [_snippet(number, snippet) for number, snippet in page.snippets.items()]}
    return extras


def _snippet(number: int, snippet: search.Snippet) -> shapes.Snippet:
    return {"id": number, "part": snippet.part, "text": snippet.text, "marks": [list(mark) for mark in snippet.marks]}


@excludes_none
def purge_news(news: purged.News) -> shapes.PurgeNews:
    """Convert what the background purge will delete, and what purges have deleted lately."""
    has_gone, goes = news.last_at is not None, news.next_at is not None
    return {
        "next_unreviewed": news.next_unreviewed if goes else None,
        "next_at": iso_or_none(news.next_at),
        "deleted": news.reviewed + news.unreviewed if has_gone else None,
        "unreviewed": news.unreviewed if has_gone else None,
        "last_at": iso_or_none(news.last_at),
    }
