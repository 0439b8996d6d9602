"""`sparkq enqueue`"""

from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import meant, open_sparkq, text_from
from sparkq_cli.options import Json, QueueOpt, Quiet
from sparkq_core import scripts, tasks, wire
from sparkq_core.errors import InvalidValue
from sparkq_core.project import SparkQ
from sparkq_core.text import safe

app = typer.Typer(add_completion=False, rich_markup_mode=None)


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
    script: Annotated[
        str | None, typer.Option("--script", metavar="NAME", help="Queue a script of `sparkq scripts`.")
    ] = None,
    arguments: Annotated[
        list[str] | None, typer.Option("--arg", metavar="K=V", help="An input of the script; may be repeated.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Put a task into a queue.

    Examples:
      sparkq enqueue "Add tests for the parser" --queue backend
      sparkq enqueue --queue backend --file task.md --timeout 1800
      sparkq enqueue --script deploy --arg ENV=staging
      git diff | sparkq enqueue - --queue review --tool llm-haiku
    """
    sq = open_sparkq()
    into = meant(sq, queue)
    if script is not None:
        draft = _draft(sq, script, arguments or [], prompt is not None or file is not None)
        draft = draft._replace(
            tool=tool or draft.tool,
            task_class=task_class or draft.task_class,
            timeout=timeout if timeout is not None else None if task_class else draft.timeout,
            key=key,
        )
    else:
        draft = tasks.Draft(text_from(prompt, file, "prompt"), tool, task_class, timeout, key)
    done = tasks.enqueue_all(sq, into, [draft], source="script" if script else "cli")[0]
    if json:
        show.json_line(wire.task_brief(done.task, sq.clock.now()) | {"position": done.place})
    elif not quiet:
        where = f"{show.ordinal(done.place)} in line" if done.place else done.task.status
        again = " (its key was used before)" if done.again else ""
        show.say(f"{wire.friendly(done.task.id)} in {done.task.queue}, {where}{again}.")


def _draft(sq: SparkQ, name: str, arguments: list[str], has_prompt: bool) -> tasks.Draft:
    """The task that runs a script of the index with these inputs."""
    if has_prompt:
        raise InvalidValue("A script and a prompt were given.", "Give one of the two.")
    given = {}
    for one in arguments:
        key, equals, value = one.partition("=")
        if not equals:
            raise InvalidValue(f"{safe(one)[:40]!r} is no input.", "Write --arg NAME=VALUE.")
        given[key] = value
    found = scripts.named(scripts.index(sq.config.root, sq.config.settings.script_dirs), name)
    return tasks.Draft(scripts.prompt(found, given), found.tool, found.task_class, found.timeout)
