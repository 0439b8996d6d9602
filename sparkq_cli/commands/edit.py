"""`sparkq edit`"""

from contextlib import nullcontext
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq, text_from
from sparkq_cli.options import Json, Quiet, TaskId, TextFile, new_app
from sparkq_core import tasks, wire

app = new_app()


@app.command()
def edit(
    task_id: TaskId,
    prompt: Annotated[
        str | None,
        typer.Argument(
            metavar="[PROMPT]", help="The new prompt; `-` reads standard input; without any option, $EDITOR opens."
        ),
    ] = None,
    file: TextFile = None,
    tool: Annotated[
        str | None, typer.Option("--tool", metavar="T", help="Another tool, with its class and timeout.")
    ] = None,
    task_class: Annotated[
        str | None, typer.Option("--class", metavar="C", help="Another task class, with its timeout.")
    ] = None,
    timeout: Annotated[int | None, typer.Option("--timeout", metavar="S", help="Another timeout, in seconds.")] = None,
    feedback: Annotated[
        str | None,
        typer.Option(
            "--feedback", metavar="TEXT", help="Other feedback for the next worker; an empty text withdraws it."
        ),
    ] = None,
    front: Annotated[bool, typer.Option("--front", help="Make it the next task of its queue.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Change a task that is still queued; its earlier prompts are kept.

    Examples:
      sparkq edit 42                  (opens $EDITOR)
      sparkq edit 42 --timeout 1800
      sparkq edit 42 --feedback ""    (withdraws it)
      sparkq edit 42 --front
    """
    sq = open_sparkq()
    settings = tool is not None or task_class is not None or timeout is not None or feedback is not None
    given = prompt is not None or file is not None
    if given or settings or not front:
        asked = given or not (settings or front)
        new = (
            text_from(prompt, file, "prompt", template=lambda: tasks.editable(sq, task_id)) if asked else nullcontext()
        )
        with new as text:
            task = tasks.edit(
                sq, task_id, prompt=text, tool=tool, task_class=task_class, timeout=timeout, feedback=feedback
            )
    if front:
        task = tasks.to_front(sq, task_id)
    if front:
        text = f"{wire.friendly(task.id)} is now the next task in {task.queue}."
    else:
        text = f"{wire.friendly(task.id)} changed: prompt {task.revision}, {task.tool}, timeout {task.timeout} s."
    show.answer(wire.task_brief(task, sq.clock.now()), text, json=json, quiet=quiet)
