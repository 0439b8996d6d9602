"""`sparkq enqueue`"""

from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from sparkq_cli import show, splitting
from sparkq_cli.context import chosen_queue, open_sparkq, text_from
from sparkq_cli.options import Json, QueueOpt, Quiet, TextFile, new_app
from sparkq_core import queues, tasks, wire
from sparkq_core.errors import InvalidValue
from sparkq_core.project import SparkQ
from sparkq_core.text import safe

app = new_app()


@app.command(cls=splitting.SplitCommand)
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
    front: Annotated[
        bool, typer.Option("--front", help="At the front of the queue instead of its end; several keep their order.")
    ] = False,
    file: TextFile = None,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            metavar="[WAY]",
            help="Queue a plan as several tasks. WAY: items, lists, headings, rows, or auto (the default), which decides as you would.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --split: show the tasks, and queue nothing.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="With --split: also add tasks whose text is queued already.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --split: do not ask.")] = False,
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
      sparkq enqueue "Fix the build first" -Q backend --front
      sparkq enqueue --script deploy --arg ENV=staging
      sparkq enqueue --file PLAN.md --split --dry-run
      git diff | sparkq enqueue - --queue review --tool llm-haiku
    """
    if script is None and arguments:
        raise InvalidValue("An input was given without a script.", "Name the script: --script NAME.")
    if script is not None and split is not None:
        raise InvalidValue("A script is one task: it cannot be split.", "Leave --split out.")
    if script is not None and (prompt is not None or file is not None):
        raise InvalidValue("A script and a prompt were given.", "Give one of the two.")
    if split is None and (dry_run or again):
        raise InvalidValue(f"{'--dry-run' if dry_run else '--again'} is for --split.", "Add --split, or leave it out.")
    sq = open_sparkq()
    into = Into(sq, chosen_queue(sq, queue, for_new_tasks=True), front, json, quiet)
    if script is not None:
        inputs = _inputs(arguments or [])
        into.add(
            tasks.of_script(sq, script, inputs, tool=tool, task_class=task_class, timeout=timeout, key=key), "script"
        )
        return
    with text_from(
        prompt, file, "prompt", template=into.blank, about=f"Write the task for the queue {into.queue} above."
    ) as text:
        draft = tasks.Draft(text, tool, task_class, timeout, key)
        if split is None:
            into.add(draft, "cli")
        else:
            into.add_plan(draft, split, file, dry_run=dry_run, again=again, yes=yes)


class Into(NamedTuple):
    """The queue into which tasks are put, where in it, and how that is said."""

    sq: SparkQ
    queue: str
    front: bool
    json: bool
    quiet: bool

    def blank(self) -> str:
        """Return what the editor begins with, once it is sure that the queue takes a task."""
        queues.open_for_tasks(self.sq, self.queue)
        return ""

    def add(self, draft: tasks.Draft, source: str) -> None:
        """Enqueue one task, and print its place."""
        done = tasks.enqueue_all(self.sq, self.queue, [draft], source=source, front=self.front)[0]
        if self.json:
            show.json_line(splitting.facts(done, self.sq.clock.now()))
        elif not self.quiet:
            where = f"{show.ordinal(done.place)} in line" if done.place else done.task.status
            again, gate = splitting.again(done), splitting.gate(done)
            show.say(f"{wire.friendly(done.task.id)} in {done.task.queue}, {where}{again}.{gate}")

    def add_plan(
        self, whole: tasks.Draft, way: str, file: Path | None, *, dry_run: bool, again: bool, yes: bool
    ) -> None:
        """Enqueue the tasks of a plan, or only show them."""
        plan = splitting.plan_of(self.sq, whole.prompt, way, file)
        drafts = splitting.drafts_of(plan, whole)
        if dry_run:
            splitting.preview(self.sq, self.queue, plan, drafts, json=self.json)
            return
        if not (yes or self.json or self.quiet):
            splitting.check(self.sq, self.queue, plan, drafts)
        added = tasks.enqueue_all(self.sq, self.queue, drafts, source="cli", skip_waiting=not again, front=self.front)
        if self.json or not self.quiet:
            splitting.report(self.sq, plan, added, json=self.json)


def _inputs(arguments: list[str]) -> dict[str, str]:
    """The values of a script's inputs by name."""
    inputs = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if not equals:
            raise InvalidValue(f"{safe(argument)[:40]!r} is not an input.", "Write --arg NAME=VALUE.")
        inputs[key] = value
    return inputs
