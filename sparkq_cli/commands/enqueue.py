"""`sparkq enqueue`"""

from collections import Counter
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import chosen_queue, open_sparkq, text_from
from sparkq_cli.options import Json, QueueOpt, Quiet, TextFile, new_app
from sparkq_core import gates, queues, tasks, wire
from sparkq_core.errors import InvalidValue
from sparkq_core.project import SparkQ
from sparkq_core.tasks.split import parts_of
from sparkq_core.text import safe

app = new_app()


@app.command()
def enqueue(
    prompt: Annotated[
        str | None,
        typer.Argument(metavar="[PROMPT]", help="The task; `-` reads standard input; without it, $EDITOR opens."),
    ] = None,
    queue: QueueOpt = None,
    tool: Annotated[
        str | None,
        typer.Option(
            "--tool",
            metavar="T",
            help="How to execute it: run-bash, run-python, llm-haiku, llm-sonnet (the default), llm-codex, or a tool from your settings.",
        ),
    ] = None,
    task_class: Annotated[
        str | None,
        typer.Option(
            "--class",
            metavar="C",
            help="FAST_SCRIPT, MEDIUM_SCRIPT, LLM_LITE, LLM_HEAVY, or a class from your settings (default: the tool's).",
        ),
    ] = None,
    timeout: Annotated[
        int | None,
        typer.Option(
            "--timeout",
            metavar="S",
            help="Seconds without progress after which it is stale (default: the task class's).",
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="K",
            help="Your own name for this task: the same key with the same prompt adds nothing and returns that task.",
        ),
    ] = None,
    file: TextFile = None,
    split: Annotated[
        bool,
        typer.Option(
            "--split",
            help="Split the text into several tasks: one for each top-level heading, or one for each line if it has no headings.",
        ),
    ] = False,
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
      sparkq enqueue --file tasks.md --split
      git diff | sparkq enqueue - --queue review --tool llm-haiku
    """
    sq = open_sparkq()
    into = chosen_queue(sq, queue, for_new_tasks=True)
    if script is None and arguments:
        raise InvalidValue("An input was given without a script.", "Name the script: --script NAME.")
    if script is not None and split:
        raise InvalidValue("A script is one task: it cannot be split.", "Leave --split out.")
    if script is not None:
        if prompt is not None or file is not None:
            raise InvalidValue("A script and a prompt were given.", "Give one of the two.")
        draft = tasks.of_script(
            sq, script, _inputs(arguments or []), tool=tool, task_class=task_class, timeout=timeout, key=key
        )
        added = tasks.enqueue_all(sq, into, [draft], source="script")
    else:
        with text_from(prompt, file, "prompt", template=lambda: _blank(sq, into)) as text:
            parts = _parts(text) if split else [text]
            keys = _keys(key, parts) if key and split else [key] * len(parts)
            drafts = [
                tasks.Draft(part, tool, task_class, timeout, part_key)
                for part, part_key in zip(parts, keys, strict=True)
            ]
            added = tasks.enqueue_all(sq, into, drafts, source="cli")
    if split:
        _report_all(sq, added, json, quiet)
    else:
        _report(sq, added[0], json, quiet)


def _blank(sq: SparkQ, queue: str) -> str:
    """What the editor begins with, once it is sure that the queue takes a task."""
    queues.open_for_tasks(sq, queue)
    return ""


def _parts(text: str) -> list[str]:
    parts = parts_of(text)
    if not parts:
        raise InvalidValue("There is no task in this text.", "Write one task a heading (## Task) or one a line.")
    return parts


def _keys(key: str, parts: list[str]) -> list[str]:
    """A key for each part, by what it says: the same file again adds nothing, and a longer one what is new in it."""
    from hashlib import sha256  # 2 ms at import

    seen: Counter[str] = Counter()
    keys = []
    for part in parts:
        seen[part] += 1
        digest = sha256(part.encode()).hexdigest()[:12]
        keys.append(f"{key}-{digest}" if seen[part] == 1 else f"{key}-{digest}-{seen[part]}")
    return keys


def _report_all(sq: SparkQ, added: tuple[tasks.Enqueued, ...], json: bool, quiet: bool) -> None:
    new = sum(not each.again for each in added)
    if json:
        now = sq.clock.now()
        show.json_line({"tasks": [_facts(each, now) for each in added], "total": len(added), "added": new})
    elif not quiet:
        for each in added:
            show.say(f"{wire.friendly(each.task.id)}  {safe(each.task.title)}{_again(each)}")
        before = f" {len(added) - new} had been added before." if new < len(added) else ""
        show.say(f"{show.counted(new, 'task')} in {added[0].task.queue}.{before}{_gate(added[-1])}")


def _report(sq: SparkQ, done: tasks.Enqueued, json: bool, quiet: bool) -> None:
    if json:
        show.json_line(_facts(done, sq.clock.now()))
    elif not quiet:
        where = f"{show.ordinal(done.place)} in line" if done.place else done.task.status
        show.say(f"{wire.friendly(done.task.id)} in {done.task.queue}, {where}{_again(done)}.{_gate(done)}")


def _facts(done: tasks.Enqueued, now: int) -> wire.Json:
    """The task, its place, and whether it was added now; not, where its key was used before."""
    return {**wire.queued_task(done.task, done.place, done.gate, now), "added": not done.again}


def _gate(done: tasks.Enqueued) -> str:
    """Return why the queue hands out no tasks for now, and the command that lets it."""
    return f" {gates.sentence(done.gate)}: {gates.opener(done.gate)}" if done.gate is not None else ""


def _again(done: tasks.Enqueued) -> str:
    """That nothing was added."""
    return " (its key was used before)" if done.again else ""


def _inputs(arguments: list[str]) -> dict[str, str]:
    """The values of a script's inputs by name."""
    inputs = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not equals:
            raise InvalidValue(f"{safe(argument)[:40]!r} is not an input.", "Write --arg NAME=VALUE.")
        inputs[key] = value
    return inputs
