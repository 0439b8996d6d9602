"""`sparkq review`"""

import sys
from typing import Annotated

import typer

from sparkq_cli import questions, review_lines, review_walk, show, verdict_lines
from sparkq_cli.context import VERDICTS, check_keyboard, open_sparkq, write_artefacts
from sparkq_cli.options import Json, Limit, OnlyQueue, new_app, task_ids
from sparkq_core import inbox, purged, tasks, times, verdicts, wire
from sparkq_core.errors import InvalidValue
from sparkq_core.model import Since
from sparkq_core.project import SparkQ
from sparkq_core.verdicts import TERMINAL, Giver

app = new_app()


@app.command()
def review(
    ids: Annotated[list[int] | None, task_ids("Mark these as reviewed, without asking:")] = None,
    queue: OnlyQueue = None,
    list_only: Annotated[bool, typer.Option("--list", help="Only list the tasks; ask nothing.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Mark all unreviewed tasks as reviewed (without ids).")
    ] = False,
    failed_first: Annotated[
        bool, typer.Option("--failed-first", help="Begin with those that failed or timed out.")
    ] = False,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """Review finished tasks that you have not seen: accept them, or requeue them with feedback.

    Questions of workers come first: your answer puts their task at the head of its queue. On a terminal you are asked about
    one task after the other: a key or its word, then Enter; ? explains the keys.

    Examples:
      sparkq review
      sparkq review --failed-first
      sparkq review --list --queue backend
      sparkq review 42 43
    """
    if list_only and (ids or everything):
        raise InvalidValue("--list only lists, and ids or --all mark as reviewed.", "Give one of them.")
    sq = open_sparkq()
    if ids or everything:
        check_keyboard(VERDICTS)
        _mark(sq, list(ids or []) or _all(sq, queue), json)
        write_artefacts(sq)
        return
    moment, since = inbox.since_last_look(sq)
    waiting = inbox.unreviewed(sq, queue=queue, limit=limit)
    asked = tasks.open_questions(sq, queue=queue, limit=limit)
    over_rest = verdicts.over_rest(sq, moment)
    now, news = sq.clock.now(), purged.news(sq)
    if json:
        show.json_line(wire.inbox(waiting, asked, wire.since(moment, since), over_rest, news, now))
        return
    _since(moment, since, now)
    for line in verdict_lines.over_rest(over_rest, now):
        show.say(line)
    for sentence in purged.sentences(news):
        show.say(sentence)
    interactive = sys.stdin.isatty() and sys.stdout.isatty() and not list_only
    if interactive and asked.questions and not questions.walk(sq, queue):
        return
    if not interactive:
        for line in questions.needs_you(sq, queue):
            show.say(line)
    if not waiting.tasks:
        show.say("Nothing to review.")
        return
    if not interactive:
        for finished in waiting.tasks:
            review_lines.say_line(finished, now)
        if waiting.total > len(waiting.tasks):
            show.say(f"{waiting.total - len(waiting.tasks)} more.")
        return
    check_keyboard(VERDICTS)
    inbox.look(sq)
    try:
        review_walk.Walk(sq, queue, failed_first=failed_first).begin()
    finally:
        write_artefacts(sq)


def _mark(sq: SparkQ, ids: list[int], json: bool) -> None:
    done = inbox.review_all(sq, ids, giver=Giver(TERMINAL))
    if json:
        show.json_line({"tasks": [wire.task_brief(task, sq.clock.now()) for task in done], "total": len(done)})
    else:
        show.say(
            f"{len(done)} reviewed: {', '.join(wire.friendly(task.id) for task in done)}."
            if done
            else "Nothing to review."
        )


def _all(sq: SparkQ, queue: str | None) -> list[int]:
    ids: list[int] = []
    cursor = None
    while True:
        page = inbox.unreviewed(sq, queue=queue, limit=1000, cursor=cursor)
        ids += [finished.task.id for finished in page.tasks]
        cursor = page.next
        if cursor is None:
            return ids


def _since(moment: int | None, since: tuple[Since, ...], now: int) -> None:
    if not since:
        return
    show.say(
        show.paint(f"Since your last look ({times.ago(moment, now)} ago)" if moment else "Since the beginning", "bold")
    )
    for queue in since:
        parts = [f"{queue.succeeded} succeeded", f"{queue.failed} failed"]
        parts += [f"{queue.timed_out} timed out"] if queue.timed_out else []
        parts += [f"{queue.late} came late"] if queue.late else []
        show.say(f"  {queue.queue}: {', '.join(parts)}")
    show.say()
