"""`sparkq requeue`"""

from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import selection, show
from sparkq_cli.context import (
    VERDICTS,
    check_keyboard,
    one_text,
    open_sparkq,
    read_dash,
    read_file,
    write_artefacts,
)
from sparkq_cli.options import Json, Quiet, TextFile, ids_then, new_app
from sparkq_cli.selection import AllOfQueue, Filters, Verb, Yes
from sparkq_core import tasks, wire
from sparkq_core.config import consent
from sparkq_core.config.loading import environment
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import MOVES, Status
from sparkq_core.model import Seen
from sparkq_core.tasks import Enqueued
from sparkq_core.verdicts import TERMINAL, Giver

app = new_app()


@app.command()
def requeue(
    words: Annotated[list[str] | None, ids_then("[ID]... [FEEDBACK]", "Then feedback for the next worker.")] = None,
    feedback: Annotated[
        str | None,
        typer.Option(
            "--feedback", "-m", metavar="TEXT", help="Feedback for the next worker; `-` reads standard input."
        ),
    ] = None,
    prompt: Annotated[
        str | None,
        typer.Option("--prompt", metavar="TEXT", help="A new prompt; the old one is kept. `-` reads standard input."),
    ] = None,
    file: TextFile = None,
    front: Annotated[
        bool, typer.Option("--front", help="Put them at the front of the queue instead of the end.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Allow succeeded tasks too.")] = False,
    attempt: Annotated[
        int | None, typer.Option("--attempt", metavar="N", help="Fail if there was another attempt after this one.")
    ] = None,
    queue: AllOfQueue = None,
    status: Annotated[
        str | None,
        typer.Option(
            "--status", metavar="S", help="Instead of ids: all tasks with this status (with --queue alone: failed)."
        ),
    ] = None,
    yes: Yes = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Put failed or cancelled tasks back in their queues, all of them or none; they keep their ids and their attempts.

    With --queue alone the failed tasks are requeued, and the cancelled ones stay. One `sparkq undo` takes all back.

    Examples:
      sparkq requeue 42 --feedback "Keep the old API working" --front
      sparkq requeue 3 5-9 "The staging server is up again"
      sparkq requeue --queue backend --status failed
    """
    sq = open_sparkq()
    possible = (*MOVES["requeue"].from_statuses, *(MOVES["requeue --again"].from_statuses if again else ()))
    verb = Verb("requeue", possible, (Status.FAILED,))
    by_agent = consent.agent(environment()) is not None
    if again:
        check_keyboard(VERDICTS)
    choice = selection.chosen(sq, words or (), Filters(queue, status, yes), verb, json=json)
    text, said = _texts(one_text(choice.text or None, feedback, "feedback", by="--feedback"), prompt, file)
    giver = None if by_agent else Giver(TERMINAL)
    if len(choice.ids) == 1 and not choice.by_filter:
        number = choice.ids[0]
        seen = None if attempt is None else Seen(number, attempt, late=True)
        done: tuple[Enqueued, ...] = (
            tasks.requeue(
                sq, number, feedback=said, prompt=text, front=front, again=again, by_worker=by_agent, seen=seen,
                giver=giver,
            ),
        )  # fmt: skip
    elif text is not None or attempt is not None:
        raise InvalidValue("A new prompt, or --attempt, is for one task.", "Name one task.")
    else:
        done = tasks.requeue_all(
            sq,
            choice.ids,
            feedback=said,
            front=front,
            again=again,
            by_worker=by_agent,
            seen=choice.seen,
            giver=giver,
        )
    now = sq.clock.now()
    facts = [wire.queued_task(each.task, each.place, each.gate, now) for each in done]
    one = "".join(
        f"{wire.friendly(each.task.id)} in {each.task.queue}, {show.ordinal(each.place)} in line." for each in done[:1]
    )
    selection.answer(facts, choice, one, "requeued. To undo: sparkq undo", json=json, quiet=quiet)
    write_artefacts(sq)


def _texts(feedback: str | None, prompt: str | None, file: Path | None) -> tuple[str | None, str | None]:
    """Return the new prompt and the feedback, of which one may come from standard input. Raises InvalidValue."""
    if prompt is not None and file is not None:
        raise InvalidValue("The prompt was given twice.", "Give it with --prompt or with --file.")
    if feedback == "-" and (prompt == "-" or str(file) == "-"):
        raise InvalidValue("Standard input is one text.", "Give the feedback or the prompt as an argument.")
    text = read_file(file, "prompt") if file is not None else read_dash(prompt, "prompt")
    return text, read_dash(feedback, "feedback")
