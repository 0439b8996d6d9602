"""`sparkq requeue`"""

from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import VERDICTS, check_keyboard, open_sparkq, read_file, write_artefacts
from sparkq_cli.options import Json, Quiet, TaskId, TextFile, new_app
from sparkq_core import tasks, wire
from sparkq_core.config import consent
from sparkq_core.config.loading import environment
from sparkq_core.errors import InvalidValue
from sparkq_core.model import Seen
from sparkq_core.verdicts import TERMINAL, Giver

app = new_app()


@app.command()
def requeue(
    task_id: TaskId,
    feedback: Annotated[
        str | None, typer.Option("--feedback", "-m", metavar="TEXT", help="Feedback for the next worker.")
    ] = None,
    prompt: Annotated[
        str | None, typer.Option("--prompt", metavar="TEXT", help="A new prompt; the old one is kept.")
    ] = None,
    file: TextFile = None,
    front: Annotated[
        bool, typer.Option("--front", help="Put it at the front of the queue instead of the end.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Allow a succeeded task too.")] = False,
    attempt: Annotated[
        int | None, typer.Option("--attempt", metavar="N", help="Fail if there was another attempt after this one.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Put a failed or cancelled task back in its queue; it keeps its id and its attempts.

    Example: sparkq requeue 42 --feedback "Keep the old API working" --front
    """
    if prompt is not None and file is not None:
        raise InvalidValue("The prompt was given twice.", "Give it with --prompt or with --file.")
    text = read_file(file, "prompt") if file is not None else prompt
    by_agent = consent.agent(environment()) is not None
    if again:
        check_keyboard(VERDICTS)
    sq = open_sparkq()
    done = tasks.requeue(
        sq,
        task_id,
        feedback=feedback,
        prompt=text,
        front=front,
        again=again,
        by_worker=by_agent,
        seen=None if attempt is None else Seen(task_id, attempt, late=True),
        giver=None if by_agent else Giver(TERMINAL),
    )
    facts = wire.queued_task(done.task, done.place, done.gate, sq.clock.now())
    text = f"{wire.friendly(done.task.id)} in {done.task.queue}, {show.ordinal(done.place)} in line."
    show.answer(facts, text, json=json, quiet=quiet)
    write_artefacts(sq)
