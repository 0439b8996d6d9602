"""`sparkq review`"""

import sys
from typing import Annotated

import typer

from sparkq_cli import change_lines, chat_lines, check_lines, questions, show, verdict_lines
from sparkq_cli.commands.task import as_text, said_later
from sparkq_cli.context import VERDICTS, check_keyboard, open_sparkq, paged, write_artefacts
from sparkq_cli.options import Json, Limit, OnlyQueue, new_app, task_ids
from sparkq_core import changes, chat_work, chats, inbox, purged, tasks, times, verdicts, wire
from sparkq_core.changes import view
from sparkq_core.changes.view import NoChange
from sparkq_core.chat_work import NoChat
from sparkq_core.errors import SparkQError, Unseen
from sparkq_core.lifecycle import UNCLAIMED_STATUSES, Status
from sparkq_core.model import Finished, Since, Task
from sparkq_core.project import SparkQ
from sparkq_core.tasks import undo, usage
from sparkq_core.text import safe
from sparkq_core.verdicts import TERMINAL, Giver

app = new_app()

LINES = 6
KEYS = "[a]ccept  [r]equeue with feedback  [d]iff  [c]hat  [v]iew whole  [s]kip  [u]ndo  [q]uit"


@app.command()
def review(
    ids: Annotated[list[int] | None, task_ids("Mark these as reviewed, without asking:")] = None,
    queue: OnlyQueue = None,
    list_only: Annotated[bool, typer.Option("--list", help="Only list the tasks; ask nothing.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Mark all unreviewed tasks as reviewed (without ids).")
    ] = False,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """Review finished tasks that you have not seen: accept them, or requeue them with feedback.

    Questions of workers come first: your answer puts their task at the head of its queue.

    Examples:
      sparkq review
      sparkq review --list --queue backend
      sparkq review 42 43
    """
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
            _line(finished, now)
        if waiting.total > len(waiting.tasks):
            show.say(f"{waiting.total - len(waiting.tasks)} more.")
        return
    check_keyboard(VERDICTS)
    inbox.look(sq)
    try:
        _walk(sq, queue)
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


def _line(finished: Finished, now: int, asked: str = "") -> None:
    task = finished.task
    took = times.took(task.duration_ms) if task.duration_ms is not None else ""
    facts = ", ".join(
        part for part in (changes.summary(finished.git_after), took, usage.in_short(finished.usage), task.queue) if part
    )
    kind = safe(task.error_type) if task.error_type not in (None, "error") else ""
    reviewed = f"({task.review_state})" if task.review_state else ""
    state = " ".join(
        part for part in (show.paint(task.status, task.status), show.mark(task, now), kind, reviewed) if part
    )
    show.say(f"{show.paint(wire.friendly(task.id), 'bold')}  {state}  {safe(task.title)}  {show.paint(facts, 'dim')}")
    if asked:
        show.say(show.paint(show.block(asked, "    > "), "dim"))
    for line in check_lines.of_outcome(finished.check):
        show.say(f"      {line}")
    if finished.summary:
        show.say(show.block(_part(finished.summary, task.status), "      "))
    if finished.late_text is not None:
        show.say(show.paint(f"    {said_later(task)}", "bold"))
        show.say(show.block(_part(finished.late_text, task.late_outcome), "      "))


def _asked(sq: SparkQ, finished: Finished) -> str:
    """Return the beginning of the prompt, or nothing if the prompt is just the title."""
    prompt = tasks.detail(sq, finished.task.id).prompt.strip()
    if prompt == finished.task.title:
        return ""
    lines = prompt[: inbox.SUMMARY].split("\n")
    cut = len(lines) > LINES or len(prompt) > inbox.SUMMARY
    return "\n".join(lines[:LINES]) + ("\n…" if cut else "")


def _chat(sq: SparkQ, task: Task) -> None:
    """Say which chat did the work, if a chat did it."""
    chat = chats.of_task(sq.db, task.id)
    if chat is not None:
        show.say(show.paint(f"      chat: {chat_lines.summary(chat, sq.clock.now())}", "dim"))


def _part(text: str, outcome: str | None) -> str:
    """Return the first lines of a result, or the last lines of an error."""
    lines = text.strip().split("\n")
    cut = len(lines) > LINES or len(text) >= inbox.SUMMARY
    if outcome == Status.FAILED:
        return ("…\n" if cut else "") + "\n".join(lines[-LINES:])
    return "\n".join(lines[:LINES]) + ("\n…" if cut else "")


def _walk(sq: SparkQ, queue: str | None) -> None:
    """Show one task after the other and ask what to do. Skipped tasks stay in the inbox."""
    cursor = None
    while True:
        page = inbox.unreviewed(sq, queue=queue, limit=1, cursor=cursor)
        if not page.tasks:
            show.say("No more tasks to review.")
            return
        finished = page.tasks[0]
        _line(finished, sq.clock.now(), _asked(sq, finished))
        _chat(sq, finished.task)
        try:
            cursor = _decide(sq, finished)
            if cursor is None:
                return
        except Unseen as error:  # the loop shows the new outcome before anything is decided
            show.say(f"{error.message} {error.hint}")
        show.say()


def _decide(sq: SparkQ, finished: Finished) -> str | None:
    """Ask until the task is decided or skipped, or another verdict is undone; return the cursor of what comes next, None
    to stop. Raises Unseen if there is another outcome now."""
    number = finished.task.id
    while True:
        answer = str(typer.prompt(KEYS, default="s", show_default=False, prompt_suffix=" > ")).strip().lower()[:1]
        if answer == "q":
            return None
        if answer == "s":
            return finished.cursor
        if answer == "v":
            paged(as_text(sq, tasks.detail(sq, number), timeline=True))
        elif answer == "d":
            _show_diff(sq, finished.task)
        elif answer == "c":
            _show_chat(sq, number)
        elif answer == "a":
            try:
                (task,) = inbox.accept_all(sq, [finished.seen], giver=Giver(TERMINAL))
            except Unseen:
                raise
            except SparkQError as error:
                show.say(f"{error.message} {error.hint}")
                continue
            show.say(
                f"{wire.friendly(number)} {f'seen; it stays {task.status}' if task.status in UNCLAIMED_STATUSES else 'accepted'}."
            )
            return finished.cursor
        elif answer == "r":
            feedback = str(
                typer.prompt("Feedback for the next worker (empty for none)", default="", show_default=False)
            )
            try:
                done = tasks.requeue(
                    sq,
                    number,
                    feedback=feedback.strip() or None,
                    again=True,
                    seen=finished.seen,
                    giver=Giver(TERMINAL),
                )
            except Unseen:
                raise
            except SparkQError as error:
                show.say(f"{error.message} {error.hint}")
                continue
            show.say(f"{wire.friendly(number)} in {done.task.queue} again, {show.ordinal(done.place)} in line.")
            return finished.cursor
        elif answer == "u":
            try:
                return _undo(sq, finished)
            except SparkQError as error:
                show.say(f"{error.message} {error.hint}")
        else:
            show.say(f"Unknown key {safe(answer)!r}: type a, r, d, c, v, s, u or q, then Enter.")


def _undo(sq: SparkQ, shown: Finished) -> str:
    """Undo the last verdict with all that came with it, and return the cursor before the first of its tasks, or before
    the task that is `shown`. Raises WrongState."""
    undone = undo.unreview(sq, giver=Giver(TERMINAL))
    show.say(verdict_lines.undone(undone))
    back = [(each.task.news_at, each.task.id) for each in undone if each.task.news_at is not None]
    moment, number = min([*back, (shown.task.news_at or 0, shown.task.id)])
    return f"{moment}.{number - 1}"


def _show_diff(sq: SparkQ, task: Task) -> None:
    """Show what the attempt changed whose outcome is shown, or say why that is not known."""
    try:
        change = view.of(sq, task.id, task.accepted_attempt or task.attempts)
        lines = change_lines.on_screen(sq, change, task.title)
    except NoChange as error:
        show.say(f"{error.message} {error.hint}")
        return
    paged("\n".join(lines))


def _show_chat(sq: SparkQ, task_id: int) -> None:
    """Show the chat behind the outcome that is shown, or say that there is none."""
    try:
        line = chat_work.of_task(sq, task_id)
    except NoChat as error:
        show.say(f"{error.message} {error.hint}")
        return
    show.say(chat_lines.as_text(line, chat_work.work(sq, line.chat.id, limit=LINES), sq.clock.now()))
