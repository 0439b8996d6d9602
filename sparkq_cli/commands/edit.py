"""`sparkq edit`"""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from sparkq_cli import selection, show
from sparkq_cli.context import open_sparkq, read_dash, text_from
from sparkq_cli.options import Json, Quiet, TextFile, ids_then, new_app, task_id
from sparkq_cli.selection import AllOfQueue, AllOfStatus, Chosen, Filters, Verb, Yes
from sparkq_core import tasks, wire
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import UNCLAIMED_STATUSES
from sparkq_core.model import Task
from sparkq_core.project import SparkQ
from sparkq_core.text import cut, safe

app = new_app()

MOST_FEEDBACK = 60
"""Characters of new feedback in the answer."""


class Settings(NamedTuple):
    """What an edit changes besides the prompt."""

    tool: str | None
    task_class: str | None
    timeout: int | None
    feedback: str | None

    @property
    def given(self) -> bool:
        """True if there is a change."""
        return any(value is not None for value in self)


class Place(NamedTuple):
    """Where an edit puts the tasks."""

    after: int | None
    before: int | None
    swap: int | None
    front: bool

    @property
    def beside(self) -> bool:
        """True if it is a place beside another task."""
        return any(task is not None for task in (self.after, self.before, self.swap))

    @property
    def given(self) -> bool:
        """True if they go anywhere."""
        return self.beside or self.front


@app.command()
def edit(
    words: Annotated[
        list[str] | None,
        ids_then(
            "[ID]... [PROMPT]",
            "Then the new prompt of one task; `-` reads standard input; without any option, $EDITOR opens.",
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
            "--feedback",
            metavar="TEXT",
            help="Other feedback for the next worker; an empty text withdraws it. `-` reads standard input.",
        ),
    ] = None,
    front: Annotated[bool, typer.Option("--front", help="Make it the next task of its queue.")] = False,
    after: Annotated[
        int | None, typer.Option("--after", parser=task_id, metavar="ID", help="Put it right after this task.")
    ] = None,
    before: Annotated[
        int | None, typer.Option("--before", parser=task_id, metavar="ID", help="Put it right before this task.")
    ] = None,
    swap: Annotated[
        int | None, typer.Option("--swap", parser=task_id, metavar="ID", help="Let it change places with this task.")
    ] = None,
    revision: Annotated[
        int | None, typer.Option("--revision", metavar="N", help="Fail if the prompt has another revision by now.")
    ] = None,
    queue: AllOfQueue = None,
    status: AllOfStatus = None,
    yes: Yes = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Change tasks that are still queued or held, or their places in the queue; earlier prompts are kept.

    What the editor shows is not saved over a prompt that has changed meanwhile. Your text is kept then.

    Examples:
      sparkq edit 42                  (opens $EDITOR)
      sparkq edit 42 --timeout 1800
      sparkq edit 42 --feedback ""    (withdraws it)
      sparkq edit 42 --front
      sparkq edit 7-9 --after 3
      sparkq edit 4 --swap 6
    """
    sq = open_sparkq()
    verb = Verb("edit", UNCLAIMED_STATUSES)
    choice = selection.chosen(sq, words or (), Filters(queue, status, yes), verb, json=json)
    settings, place = Settings(tool, task_class, timeout, feedback), Place(after, before, swap, front)
    has_prompt = bool(choice.text) or file is not None or revision is not None
    if place.given and not (has_prompt or settings.given):
        _put(sq, choice, place, json=json, quiet=quiet)
        return
    if place.beside:
        raise InvalidValue("A place and another change were given.", "Change the task first, then its place.")
    if len(choice.ids) == 1 and not choice.by_filter:
        _edit_one(sq, choice, file, settings, front=front, revision=revision, json=json, quiet=quiet)
        return
    if has_prompt or place.given or not settings.given:
        raise InvalidValue(
            "Only the tool, class, timeout, feedback or place of several tasks can be changed at once.",
            "Name one task for a new prompt.",
        )
    changed = tasks.edit_all(sq, choice.ids, **settings._replace(feedback=read_dash(feedback, "feedback"))._asdict())
    now = sq.clock.now()
    briefs = [wire.task_brief(task, now) for task in changed]
    selection.answer(briefs, choice, "", "changed.", json=json, quiet=quiet)


def _put(sq: SparkQ, choice: Chosen, place: Place, *, json: bool, quiet: bool) -> None:
    """Put the tasks at another place of their queue, and say where they are."""
    if sum((place.front, *(task is not None for task in place[:3]))) > 1:
        raise InvalidValue("A task has one place.", "Give one of --front, --after, --before and --swap.")
    if place.swap is not None and len(choice.ids) != 1:
        raise InvalidValue("Two tasks can be swapped.", "Name one task, and the other with --swap.")
    if place.swap is not None:
        placed = tasks.swap(sq, choice.ids[0], place.swap)
    else:
        placed = tasks.place(sq, choice.ids, after=place.after, before=place.before)
    now = sq.clock.now()
    facts = [wire.queued_task(each.task, each.place, each.gate, now) for each in placed]
    if place.swap is None:
        selection.answer(facts, choice, _whereabouts(placed), f"placed, {_span(placed)}.", json=json, quiet=quiet)
    else:
        show.answer({"tasks": facts, "total": len(facts)}, _whereabouts(placed), json=json, quiet=quiet)


def _whereabouts(placed: Sequence[tasks.Enqueued]) -> str:
    return " ".join(
        f"{wire.friendly(each.task.id)} is now "
        f"{'the next task' if each.place == 1 else show.ordinal(each.place)} in {each.task.queue}."
        for each in placed
    )


def _span(placed: Sequence[tasks.Enqueued]) -> str:
    """Say where tasks are that follow one another in a queue."""
    if not placed or len({each.task.queue for each in placed}) > 1:
        return "each in its queue"
    first, last = placed[0], placed[-1]
    return f"{show.ordinal(first.place)} to {show.ordinal(last.place)} in {first.task.queue}"


def _edit_one(
    sq: SparkQ,
    choice: Chosen,
    file: Path | None,
    settings: Settings,
    *,
    front: bool,
    revision: int | None,
    json: bool,
    quiet: bool,
) -> None:
    """Change one task, whose prompt may be written in the editor."""
    number, prompt = choice.ids[0], choice.text or None
    new_prompt = prompt is not None or file is not None
    opens_editor = not (new_prompt or settings.given or front)
    begun, seen = tasks.editable(sq, number) if opens_editor else ("", None)
    if settings.feedback == "-" and (prompt == "-" or str(file) == "-"):
        raise InvalidValue("Standard input is one text.", "Give the feedback or the prompt as an argument.")
    settings = settings._replace(feedback=read_dash(settings.feedback, "feedback"))
    with (
        text_from(prompt, file, "prompt", template=lambda: begun, about=f"The prompt of #{number}.")
        if new_prompt or opens_editor
        else nullcontext()
    ) as edited:
        task: Task = tasks.edit(
            sq,
            number,
            prompt=edited,
            front=front,
            revision=seen if revision is None else revision,
            **settings._asdict(),
        )
    text = f"{wire.friendly(task.id)} changed: revision {task.revision} of its prompt, {task.tool}, timeout {task.timeout} s."
    if settings.feedback is not None:
        told = f"Its next worker gets this feedback: {safe(cut(settings.feedback.strip(), MOST_FEEDBACK))}"
        text += f" {told}" if settings.feedback.strip() else " Its feedback is withdrawn."
    text += f" It is now the next task in {task.queue}." if front else ""
    show.answer(wire.task_brief(task, sq.clock.now()), text, json=json, quiet=quiet)
