"""`sparkq enqueue`"""

from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import meant, open_sparkq, text_from
from sparkq_cli.options import Json, QueueOpt, Quiet
from sparkq_core import tasks, wire

app = typer.Typer(add_completion=False, rich_markup_mode=None)

TEMPLATE = ""


@app.command()
def enqueue(
    prompt: Annotated[
        str | None,
        typer.Argument(metavar="[PROMPT]", help="The task; `-` reads standard input; nothing opens $EDITOR."),
    ] = None,
    queue: QueueOpt = None,
    tool: Annotated[
        str | None,
        typer.Option(
            "--tool", metavar="T", help="How it is executed: run-bash, run-python, llm-haiku, llm-sonnet, llm-codex."
        ),
    ] = None,
    task_class: Annotated[
        str | None, typer.Option("--class", metavar="C", help="FAST_SCRIPT, MEDIUM_SCRIPT, LLM_LITE or LLM_HEAVY.")
    ] = None,
    timeout: Annotated[
        int | None, typer.Option("--timeout", metavar="S", help="Seconds; goes before the class's.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="K", help="The same key again returns the task that it made.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", help="Read the prompt from a file.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Put a task into a queue.

    Examples:
      sparkq enqueue "Add tests for the parser" --queue backend
      sparkq enqueue --queue backend --file task.md --timeout 1800
      git diff | sparkq enqueue - --queue review --tool llm-haiku
    """
    sq = open_sparkq()
    into = meant(sq, queue)
    text = text_from(prompt, file, "prompt", template=TEMPLATE)
    done = tasks.enqueue(sq, into, text, tool=tool, task_class=task_class, timeout=timeout, key=key, source="cli")
    if json:
        show.json_line(wire.task_brief(done.task, sq.clock.now()) | {"position": done.place})
    elif not quiet:
        where = f"{show.ordinal(done.place)} in line" if done.place else done.task.status
        again = " (its key was used before)" if done.again else ""
        show.say(f"{wire.friendly(done.task.id)} in {done.task.queue}, {where}{again}.")
