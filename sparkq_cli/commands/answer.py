"""`sparkq answer`"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import questions, show
from sparkq_cli.context import check_keyboard, open_sparkq, text_from
from sparkq_cli.options import Json, Limit, OnlyQueue, Quiet, TextFile, new_app, task_id
from sparkq_core import tasks, wire
from sparkq_core.errors import InvalidValue
from sparkq_core.project import SparkQ

app = new_app()


@app.command()
def answer(
    task: Annotated[
        int | None,
        typer.Argument(
            parser=task_id,
            metavar="[ID]",
            help="The task; without it, list the questions.",
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="[ANSWER]",
            help="Your answer; `-` reads standard input; without it, $EDITOR opens with the question.",
        ),
    ] = None,
    file: TextFile = None,
    attempt: Annotated[
        int | None,
        typer.Option(
            "--attempt", metavar="N", help="Fail unless the open question is the one that this attempt asked."
        ),
    ] = None,
    queue: OnlyQueue = None,
    limit: Limit = 50,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Answer the question of a worker: the task becomes the next one of its queue. Without an id, list the questions.

    The worker that claims the task next gets the question and your answer. A held task can also be edited or cancelled.

    Examples:
      sparkq answer
      sparkq answer 42 "ISO 8601, in UTC"
      sparkq answer 42                  (opens $EDITOR)
    """
    sq = open_sparkq()
    if task is None:
        if file is not None or attempt is not None:
            raise InvalidValue("The answer is for no task.", 'Name the task: sparkq answer 42 "…"')
        _list(sq, queue, limit, json)
        return
    if queue is not None:
        raise InvalidValue("A task and a queue were given.", "Give an id to answer, or --queue NAME to list.")
    check_keyboard(questions.RULE)
    with _given(sq, task, text, file) as (words, asked_by):
        answered = tasks.answer(sq, task, words, attempt=attempt or asked_by)
    said = f"{wire.friendly(answered.id)} is the next task in {answered.queue}."
    show.answer(wire.task_brief(answered, sq.clock.now()), said, json=json, quiet=quiet)


@contextmanager
def _given(sq: SparkQ, task: int, text: str | None, file: Path | None) -> Iterator[tuple[str, int | None]]:
    """Yield the answer and, if the question was shown for it, the attempt that asked."""
    if text is None and file is None and sys.stdin.isatty():
        question = tasks.question_of(sq, task)
        with questions.written(question) as words:
            yield words, question.task.attempts
        return
    with text_from(text, file, "answer") as words:
        yield words, None


def _list(sq: SparkQ, queue: str | None, limit: int, json: bool) -> None:
    found, now = tasks.open_questions(sq, queue=queue, limit=limit), sq.clock.now()
    if json:
        show.json_line(wire.questions(found))
        return
    if not found.questions:
        show.say("No question waits for your answer.")
        return
    for question in found.questions:
        show.say(questions.whole(question, now))
        show.say(show.paint(f'    To answer: sparkq answer {question.task.id} "…"', "dim"))
    if found.total > len(found.questions):
        show.say(f"{found.total - len(found.questions)} more: --limit {found.total}")
