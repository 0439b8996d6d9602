"""The walk through the inbox on a terminal: one finished task after the other, and your verdict on each."""

from collections import Counter

import typer

from sparkq_cli import change_lines, chat_lines, keys, review_lines, show, verdict_lines
from sparkq_cli.commands.task import as_text
from sparkq_cli.context import paged
from sparkq_cli.editor import edited
from sparkq_core import chat_work, inbox, tasks
from sparkq_core.changes import view
from sparkq_core.changes.view import NoChange
from sparkq_core.chat_work import NoChat
from sparkq_core.errors import SparkQError, Unseen
from sparkq_core.lifecycle import UNCLAIMED_STATUSES, Status
from sparkq_core.model import Finished
from sparkq_core.project import SparkQ
from sparkq_core.tasks import undo
from sparkq_core.text import safe
from sparkq_core.verdicts import TERMINAL, Giver
from sparkq_core.wire import friendly

KEYS = {
    "a": "accept the outcome",
    "r": "requeue with feedback in a line",
    "e": "editor: requeue with feedback of several lines",
    "d": "diff: what the attempt changed",
    "c": "chat that did the work, and the way back to it",
    "v": "view the whole task",
    "s": "skip: it stays in the inbox (Enter alone does this)",
    "b": "back to the task that you skipped before",
    "u": "undo the last verdict",
    "q": "quit",
}
PROMPT = "[a]ccept [r]equeue [e]ditor [d]iff [c]hat [v]iew [s]kip [b]ack [u]ndo [q]uit"
BELOW = "----- Write your feedback above this line. The outcome: -----"
PAGE = 100


class Walk:
    """A walk through the unreviewed tasks, oldest outcome first, or the failed ones before the others."""

    def __init__(self, sq: SparkQ, queue: str | None, *, failed_first: bool) -> None:
        self._sq = sq
        self._queue = queue
        self._parts: tuple[bool | None, ...] = (True, False) if failed_first else (None,)
        """Whether failed tasks are shown, part by part; None for all."""
        self._part = 0
        self._cursor: str | None = None
        self._skipped: list[tuple[int, str | None]] = []
        """Where each skipped task was looked for: the part, and the cursor before it."""
        self._given: Counter[str] = Counter()

    def begin(self) -> None:
        """Show one task after the other and ask about it, until there are no more or you quit."""
        while (finished := self._next()) is not None:
            now = self._sq.clock.now()
            review_lines.say_line(finished, now, review_lines.asked(self._sq, finished), self._place())
            review_lines.say_chat(self._sq, finished.task)
            try:
                if not self._decide(finished):
                    return
            except Unseen as error:  # the loop shows the new outcome before anything is decided
                show.say(f"{error.message} {error.hint}")
            show.say()
        parts = [f"{number} {verdict}" for verdict, number in self._given.items() if number > 0]
        parts += [f"{len(self._skipped)} skipped"] if self._skipped else []
        show.say(" ".join(["No more tasks to review.", *([f"{', '.join(parts)}."] if parts else [])]))

    def _next(self) -> Finished | None:
        """Return the next task; the failed ones first if that is wanted."""
        while True:
            failed = self._parts[self._part]
            page = inbox.unreviewed(
                self._sq, queue=self._queue, limit=1 if failed is None else PAGE, cursor=self._cursor
            )
            for finished in page.tasks:
                if failed in (None, finished.task.status == Status.FAILED):
                    return finished
                self._cursor = finished.cursor
            if page.next is None:
                if self._part + 1 == len(self._parts):
                    return None
                self._part, self._cursor = self._part + 1, None

    def _place(self) -> str:
        """Return which of how many tasks this is: `(3 of 27)`."""
        done = sum(self._given.values())
        waiting = inbox.unreviewed(self._sq, queue=self._queue, limit=1).total
        return f"({done + len(self._skipped) + 1} of {done + waiting})"

    def _decide(self, finished: Finished) -> bool:
        """Ask until the task is decided or skipped, or the walk goes elsewhere; False to stop.

        Raises Unseen if there is another outcome now.
        """
        while True:
            key = keys.asked(KEYS, PROMPT, "s")
            if key == "q":
                return False
            if key == "s":
                self._skipped.append((self._part, self._cursor))
                self._cursor = finished.cursor
                return True
            if key == "b":
                if self._skipped:
                    self._part, self._cursor = self._skipped.pop()
                    return True
                show.say("No skipped task is before this one. To see the last one that you decided on: u")
            elif key in LOOKS:
                LOOKS[key](self._sq, finished)
            elif self._gives(key, finished):
                return True

    def _gives(self, key: str, finished: Finished) -> bool:
        """Give or undo a verdict; False if that is refused. Raises Unseen."""
        try:
            if key == "a":
                self._accept(finished)
            elif key == "u":
                self._undo(finished)
            else:
                self._requeue(finished, in_editor=key == "e")
        except Unseen:
            raise
        except SparkQError as error:
            show.say(f"{error.message} {error.hint}")
            return False
        return True

    def _accept(self, finished: Finished) -> None:
        (task,) = inbox.accept_all(self._sq, [finished.seen], giver=Giver(TERMINAL))
        said = f"seen; it stays {task.status}" if task.status in UNCLAIMED_STATUSES else "accepted"
        show.say(f"{friendly(task.id)} {said}.")
        self._given["accepted"] += 1
        self._cursor = finished.cursor

    def _requeue(self, finished: Finished, *, in_editor: bool) -> None:
        if in_editor:
            template = f"\n\n{BELOW}\n{safe(finished.late_text or finished.summary, lines=True)}\n"
            with edited(template, "feedback") as text:
                self._send_back(finished, text.partition(BELOW)[0].strip())
            return
        question = "Feedback for the next worker (empty for none)"
        self._send_back(finished, str(typer.prompt(question, default="", show_default=False)).strip())

    def _send_back(self, finished: Finished, feedback: str) -> None:
        done = tasks.requeue(
            self._sq,
            finished.task.id,
            feedback=feedback or None,
            again=True,
            seen=finished.seen,
            giver=Giver(TERMINAL),
        )
        show.say(f"{friendly(done.task.id)} in {done.task.queue} again, {show.ordinal(done.place)} in line.")
        self._given["requeued"] += 1
        self._cursor = finished.cursor

    def _undo(self, shown: Finished) -> None:
        """Undo the last verdict with all that came with it, and go to the first of its tasks. Raises WrongState."""
        undone = undo.unreview(self._sq, giver=Giver(TERMINAL))
        show.say(verdict_lines.undone(undone))
        for each in undone:
            name = "requeued" if each.verdict == "requeue" else "accepted"
            self._given[name] = max(0, self._given[name] - 1)
        back = [(each.task.news_at, each.task.id) for each in undone if each.task.news_at is not None]
        moment, number = min([*back, (shown.task.news_at or 0, shown.task.id)])
        self._part, self._cursor = 0, f"{moment}.{number - 1}"
        self._skipped = [each for each in self._skipped if _is_before(each[1], moment, number)]


def _is_before(cursor: str | None, moment: int, number: int) -> bool:
    """True if a cursor is before a task."""
    if cursor is None:
        return True
    at, _, after = cursor.partition(".")
    return (int(at), int(after)) < (moment, number - 1)


def _show_whole(sq: SparkQ, finished: Finished) -> None:
    paged(as_text(sq, tasks.detail(sq, finished.task.id), timeline=True))


def _show_diff(sq: SparkQ, finished: Finished) -> None:
    """Show what the attempt changed whose outcome is shown, or say why that is not known."""
    task = finished.task
    try:
        change = view.of(sq, task.id, task.accepted_attempt or task.attempts)
        lines = change_lines.on_screen(sq, change, task.title)
    except NoChange as error:
        show.say(f"{error.message} {error.hint}")
        return
    paged("\n".join(lines))


def _show_chat(sq: SparkQ, finished: Finished) -> None:
    """Show the chat behind the outcome that is shown, or say that there is none."""
    try:
        line = chat_work.of_task(sq, finished.task.id)
    except NoChat as error:
        show.say(f"{error.message} {error.hint}")
        return
    work = chat_work.work(sq, line.chat.id, limit=review_lines.LINES)
    show.say(chat_lines.as_text(line, work, sq.clock.now()))


LOOKS = {"v": _show_whole, "d": _show_diff, "c": _show_chat}
"""The keys that show more, after which you are asked again."""
