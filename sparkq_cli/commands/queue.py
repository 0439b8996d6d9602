"""`sparkq queue create|list|show|instructions|rename|set|check|pause|resume|end|reopen|archive|unarchive|delete`"""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Annotated

import typer

from sparkq_cli import queue_check, show
from sparkq_cli.context import check_keyboard, open_sparkq, text_from
from sparkq_cli.editor import edited
from sparkq_cli.options import Json, QueueArg, Quiet, TextFile, new_app
from sparkq_cli.queue_table import none_there, show_at_work, show_queues
from sparkq_core import queues, sessions, wire
from sparkq_core.errors import InvalidValue
from sparkq_core.model import Counts, Queue
from sparkq_core.project import SparkQ
from sparkq_core.queues import assignments, deletion
from sparkq_core.queues.addresses import queue_name

Strict = Annotated[
    bool, typer.Option("--strict", help="Hand out the next task only when you have reviewed the last one.")
]
ReviewLimit = Annotated[
    int | None,
    typer.Option("--review-limit", metavar="N", help="Hand out at most N tasks that you have not reviewed."),
]
LIMITING = "The review limit of a queue is set by the user."
DELETING = "Queues are deleted by the user."
PAUSING = "Queues are paused and resumed by the user."

app = new_app("Manage queues: named lines of tasks, first in, first out.")

NewName = Annotated[str, typer.Argument(metavar="NAME", help="Its name: letters, digits, '.', '_' and '-'.")]


@app.command()
def create(
    name: NewName,
    instructions: Annotated[
        str,
        typer.Option("--instructions", metavar="TEXT", help="Instructions for its workers; `-` reads standard input."),
    ] = "",
    file: TextFile = None,
    session: Annotated[
        str | None, typer.Option("--session", metavar="NAME", help="The session that it belongs to.")
    ] = None,
    strict: Strict = False,
    review_limit: ReviewLimit = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Create a queue.

    A strict one hands out the next task only when you have reviewed the one before. A cancelled task needs no review.

    Examples:
      sparkq queue create backend --instructions "Run make test before you complete."
      sparkq queue create risky --strict
    """
    if strict and review_limit is not None:
        raise InvalidValue("The review limit was given twice.", "Give one of --strict and --review-limit.")
    sq = open_sparkq()
    with text_from(instructions or (None if file else ""), file, "instructions") as text:
        queue = queues.create(sq, name, instructions=text, session=session, review_limit=1 if strict else review_limit)
    text = f'Queue {queue.name} created. Add work: sparkq enqueue "…" --queue {queue.name}'
    show.answer(wire.queue(queue, Counts()), text, json=json, quiet=quiet)


@app.command(name="list")
def list_queues(
    include_archived: Annotated[bool, typer.Option("--all", help="Include archived queues.")] = False,
    session: Annotated[
        str | None, typer.Option("--session", metavar="NAME", help="Only the queues of this session (its name or id).")
    ] = None,
    json: Json = False,
) -> None:
    """List the queues with their numbers of tasks by status.

    Examples:
      sparkq queue list --all
      sparkq queue list --session feature-x
    """
    sq = open_sparkq()
    listed, at_work = queues.all_of(sq, archived=include_archived), assignments.open_ones(sq)
    if session is not None:
        named = sessions.at(sq, session).name
        listed = tuple(each for each in listed if each[0].session == named)
    if json:
        show.json_line(wire.queues(listed, at_work))
    elif not listed:
        show.say(none_there(sq))
    else:
        show_queues(listed)
        show_at_work(at_work)


@app.command(name="show")
def show_queue(name: QueueArg, json: Json = False) -> None:
    """Show a queue: its counts and its instructions.

    Example: sparkq queue show backend
    """
    sq = open_sparkq()
    queue, text = queues.instructions(sq, queue_name(sq, name))
    counts = queues.counts_of(sq, queue)
    if json:
        show.json_line(wire.queue(queue, counts) | {"instructions": text})
        return
    show_queues(((queue, counts),))
    if queue.check_command is not None:
        show.say(f"\n{queue_check.sentence(queue)}")
    if text:
        show.say(f"\n{show.paint(f'Instructions (revision {queue.revision})', 'bold')}")
        show.say(show.block(text))


@app.command()
def instructions(
    name: QueueArg,
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="The new instructions; `-` reads standard input.")
    ] = None,
    file: TextFile = None,
    edit: Annotated[bool, typer.Option("--edit", help="Edit the instructions in $EDITOR.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Remove the instructions.")] = False,
    revision: Annotated[
        int | None,
        typer.Option("--revision", metavar="N", help="Fail if the instructions have another revision by now."),
    ] = None,
    json: Json = False,
) -> None:
    """Show or change the instructions that every worker of the queue gets.

    What the editor shows is not saved over instructions that have changed meanwhile. Your text is kept then.

    Examples:
      sparkq queue instructions backend
      sparkq queue instructions backend "Work on branch dev. Run make test."
      sparkq queue instructions backend --edit
    """
    sq = open_sparkq()
    name = queue_name(sq, name)
    queue, present = queues.instructions(sq, name)
    before = queue.revision
    if sum((clear, edit, text is not None, file is not None)) > 1:
        raise InvalidValue("The instructions were given twice.", "Give one of TEXT, --file, --edit and --clear.")
    change = clear or edit or text is not None or file is not None
    if change:
        source = (
            nullcontext("")
            if clear
            else edited(present, "instructions", f"The instructions of {queue.name}, which each of its workers gets.")
            if edit
            else text_from(text, file, "instructions")
        )
        with source as present:
            queue = queues.change(
                sq, name, instructions=present, revision=revision if revision is not None else before if edit else None
            )
    if json:
        show.json_line({"queue": queue.name, "instructions": present, "revision": queue.revision})
    elif change and queue.revision == before:
        show.say("Nothing was changed.")
    elif change:
        show.say(
            f"Instructions of {queue.name} are now revision {queue.revision}; workers get them with their next claim."
        )
    else:
        show.say(show.block(present, "") if present else f"The queue {queue.name} has no instructions.")


@app.command()
def rename(
    name: QueueArg,
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name: letters, digits, '.', '_' and '-'.")],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Rename a queue; its tasks and instructions stay.

    Example: sparkq queue rename backend api
    """
    sq = open_sparkq()
    _report(sq, queues.rename(sq, queue_name(sq, name), new), f"is the new name of {name}", json, quiet)


@app.command(name="set")
def set_queue(
    name: QueueArg,
    strict: Strict = False,
    review_limit: ReviewLimit = None,
    relaxed: Annotated[bool, typer.Option("--relaxed", help="Hand out tasks without waiting for a review.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Set how many tasks a queue hands out that you have not reviewed. Running tasks count, cancelled ones do not.

    An agent cannot change it.

    Examples:
      sparkq queue set backend --strict
      sparkq queue set backend --review-limit 4
      sparkq queue set backend --relaxed
    """
    if sum((strict, review_limit is not None, relaxed)) != 1:
        raise InvalidValue("One setting is needed.", "Give one of --strict, --review-limit N and --relaxed.")
    check_keyboard(LIMITING)
    limit = 1 if strict else review_limit
    outcome = "hands out tasks without waiting for your review"
    if limit is not None:
        outcome = (
            f"hands out at most {show.counted(limit, 'unreviewed task')}. To undo: sparkq queue set {name} --relaxed"
        )
    _change(lambda sq, queue: queues.limit_reviews(sq, queue, limit), name, outcome, json, quiet)


app.command(name="check")(queue_check.check)


@app.command()
def pause(name: QueueArg, json: Json = False, quiet: Quiet = False) -> None:
    """Pause a queue: it still accepts tasks, but hands out none until you resume it.

    Running tasks go on, and can be completed. Workers that wait for a task wait on. An agent cannot pause or resume.

    Example: sparkq queue pause backend
    """
    check_keyboard(PAUSING)
    _change(queues.pause, name, f"is paused: it hands out no tasks. To go on: sparkq queue resume {name}", json, quiet)


@app.command()
def resume(name: QueueArg, json: Json = False, quiet: Quiet = False) -> None:
    """Resume a paused queue: workers that wait get its tasks at once.

    Example: sparkq queue resume backend
    """
    check_keyboard(PAUSING)
    _change(queues.resume, name, "hands out its tasks", json, quiet)


@app.command()
def end(name: QueueArg, json: Json = False, quiet: Quiet = False) -> None:
    """End a queue: it accepts no new tasks, and workers finish those that it has.

    Example: sparkq queue end backend
    """
    _change(queues.end, name, "has ended: it accepts no new tasks", json, quiet)


@app.command()
def reopen(name: QueueArg, json: Json = False, quiet: Quiet = False) -> None:
    """Reopen an ended queue: it accepts tasks again.

    Example: sparkq queue reopen backend
    """
    _change(queues.reopen, name, "accepts tasks again", json, quiet)


@app.command()
def archive(name: QueueArg, json: Json = False, quiet: Quiet = False) -> None:
    """Archive a queue: it is hidden, accepts no tasks and hands out none; its tasks are kept.

    Example: sparkq queue archive backend
    """
    _change(queues.archive, name, f"is archived. To undo: sparkq queue unarchive {name}", json, quiet)


@app.command()
def unarchive(name: QueueArg, json: Json = False, quiet: Quiet = False) -> None:
    """Bring an archived queue back as it was.

    Example: sparkq queue unarchive backend
    """
    _change(queues.unarchive, name, "is no longer archived", json, quiet)


@app.command()
def delete(name: QueueArg, json: Json = False, quiet: Quiet = False) -> None:
    """Delete a queue that has no tasks, with its instructions. An agent cannot delete one.

    Example: sparkq queue delete backend
    """
    check_keyboard(DELETING)
    sq = open_sparkq()
    queue = deletion.delete(sq, queue_name(sq, name))
    show.answer(wire.queue(queue, Counts()), f"{queue.name} is deleted.", json=json, quiet=quiet)


def _change(verb: Callable[[SparkQ, str], Queue], name: str, outcome: str, json: bool, quiet: bool) -> None:
    sq = open_sparkq()
    _report(sq, verb(sq, queue_name(sq, name)), outcome, json, quiet)


def _report(sq: SparkQ, queue: Queue, outcome: str, json: bool, quiet: bool) -> None:
    facts = wire.queue(queue, queues.counts_of(sq, queue))
    end = "" if "sparkq " in outcome else "."  # a command is copied as it is
    show.answer(facts, f"{queue.name} {outcome}{end}", json=json, quiet=quiet)
