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
    revision: Annotated[
        int | None, typer.Option("--revision", metavar="N", help="Fail if the prompt has another revision by now.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Change a task that is still queued or held; its earlier prompts are kept.

    What the editor shows is not saved over a prompt that has changed meanwhile. Your text is kept then.

    Examples:
      sparkq edit 42                  (opens $EDITOR)
      sparkq edit 42 --timeout 1800
      sparkq edit 42 --feedback ""    (withdraws it)
      sparkq edit 42 --front
    """
    sq = open_sparkq()
    new_prompt = prompt is not None or file is not None
    new_settings = any(value is not None for value in (tool, task_class, timeout, feedback))
    if front and not new_prompt and not new_settings and revision is None:
        task = tasks.to_front(sq, task_id)
        text = f"{wire.friendly(task.id)} is now the next task in {task.queue}."
    else:
        opens_editor = not new_settings and not front
        begun, seen = ("", None) if new_prompt or not opens_editor else tasks.editable(sq, task_id)
        with (
            text_from(prompt, file, "prompt", template=lambda: begun) if new_prompt or opens_editor else nullcontext()
        ) as edited:
            task = tasks.edit(
                sq,
                task_id,
                prompt=edited,
                tool=tool,
                task_class=task_class,
                timeout=timeout,
                feedback=feedback,
                front=front,
                revision=seen if revision is None else revision,
            )
        text = f"{wire.friendly(task.id)} changed: prompt {task.revision}, {task.tool}, timeout {task.timeout} s."
        text += f" It is now the next task in {task.queue}." if front else ""
    show.answer(wire.task_brief(task, sq.clock.now()), text, json=json, quiet=quiet)
