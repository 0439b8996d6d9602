"""Show the questions of workers that wait for your answer, and ask you about them one by one."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from sparkq_cli import keys, show
from sparkq_cli.context import check_keyboard, paged
from sparkq_cli.editor import edited
from sparkq_core import queues, tasks, times, wire
from sparkq_core.errors import SparkQError
from sparkq_core.model import Question
from sparkq_core.project import SparkQ
from sparkq_core.queues import gates
from sparkq_core.text import counted, safe

IN_OVERVIEW = 5
RULE = "A question of a worker is answered by the user."
KEYS = {
    "a": "answer in a line",
    "e": "editor: an answer of several lines",
    "v": "view the whole task",
    "s": "skip: the question stays open (Enter alone does this)",
    "q": "quit",
}
PROMPT = "[a]nswer  [e]ditor  [v]iew whole task  [s]kip  [q]uit"
BELOW = "----- Write your answer above this line. The question: -----"


def nothing_queued(sq: SparkQ, queue: str) -> str:
    """Say why the queue hands out no task: you have to let it, or nothing is queued and some tasks wait for your answer."""
    gate = gates.of_name(sq.db, queue)
    if gate is not None:
        return f"{gates.sentence(gate)}, {gate.queued} queued ({gates.opener(gate)})"
    held = queues.held(sq.db, queue)
    return f"Nothing is queued in {queue}{f' ({waiting(held)})' if held else ''}"


def waiting(count: int) -> str:
    """Say how many tasks wait for your answer, and how to give it."""
    return f"{counted(count, 'task')} {'waits' if count == 1 else 'wait'} for your answer: sparkq answer"


def needs_you(sq: SparkQ, queue: str | None = None) -> list[str]:
    """Return the lines that show the first open questions, each in one line; none if no question is open."""
    found = tasks.open_questions(sq, queue=queue, limit=IN_OVERVIEW)
    now = sq.clock.now()
    lines = [
        f"  {wire.friendly(each.task.id)}  {safe(each.task.title)}  {show.paint(_asked(each, now), 'dim')}\n"
        f"    {show.fit(_first_line(each), show.columns() - 4)}"
        for each in found.questions
    ]
    if not lines:
        return []
    more = found.total - len(found.questions)
    head = show.paint("Needs you", "bold")
    return [f"{head}  {waiting(found.total)}", *lines, *([f"  {more} more."] if more else [])]


def _first_line(question: Question) -> str:
    return safe(question.question.strip().split("\n")[0])


def _asked(question: Question, now: int) -> str:
    return f"{question.task.queue}, asked {times.ago(question.asked_at, now)} ago by {safe(question.worker)}"


def whole(question: Question, now: int) -> str:
    """Return a question with its task."""
    head = f"{show.paint(wire.friendly(question.task.id), 'bold')}  {safe(question.task.title)}"
    return f"{head}  {show.paint(_asked(question, now), 'dim')}\n{show.block(question.question, '    ')}"


@contextmanager
def written(question: Question) -> Iterator[str]:
    """Yield the answer that you write in the editor, above the question."""
    template = f"\n\n{BELOW}\n{safe(question.question, lines=True)}\n"
    with edited(template, "answer") as text:
        yield text.partition(BELOW)[0].strip()


def walk(sq: SparkQ, queue: str | None) -> bool:
    """Show one open question after the other and ask for your answer. Skipped ones stay open. False to stop."""
    found = tasks.open_questions(sq, queue=queue, limit=1000)
    for question in found.questions:
        show.say(whole(question, sq.clock.now()))
        if not _decide(sq, question):
            return False
        show.say()
    return True


def _decide(sq: SparkQ, question: Question) -> bool:
    """Ask until the question is answered or skipped; False to stop."""
    while True:
        key = keys.asked(KEYS, PROMPT, "s")
        if key == "q":
            return False
        if key == "s":
            return True
        if key == "v":
            from sparkq_cli.commands.task import as_text

            paged(as_text(sq, tasks.detail(sq, question.task.id), timeline=True))
        else:
            try:
                _answer(sq, question, in_editor=key == "e")
                return True
            except SparkQError as error:
                show.say(f"{error.message} {error.hint}")


def _answer(sq: SparkQ, question: Question, *, in_editor: bool) -> None:
    check_keyboard(RULE)
    if in_editor:
        with written(question) as text:
            task = tasks.answer(sq, question.task.id, text, attempt=question.task.attempts)
    else:
        text = str(typer.prompt("Your answer", default="", show_default=False))
        task = tasks.answer(sq, question.task.id, text, attempt=question.task.attempts)
    show.say(f"{wire.friendly(task.id)} is the next task in {task.queue}.")
