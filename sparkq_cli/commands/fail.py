"""`sparkq fail`"""

from typing import Annotated

import typer

from sparkq_cli import selection, settling
from sparkq_cli.context import one_text, open_sparkq, record_change, text_from
from sparkq_cli.options import Attempt, Json, Quiet, TextFile, ids_then, new_app
from sparkq_cli.selection import AllOfQueue, Chosen, Filters, Verb, Yes
from sparkq_cli.settling import Next
from sparkq_core import tasks, wire
from sparkq_core.changes import Execution
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import Status
from sparkq_core.model import Settled
from sparkq_core.project import SparkQ

app = new_app()


@app.command()
def fail(
    words: Annotated[
        list[str] | None,
        ids_then("[ID]... [MESSAGE]", "Then what went wrong; `-` reads standard input; without it, $EDITOR opens."),
    ] = None,
    message: Annotated[
        str | None, typer.Option("--message", "-m", metavar="TEXT", help="What went wrong; `-` reads standard input.")
    ] = None,
    error_type: Annotated[
        str | None, typer.Option("--type", metavar="WORD", help="One word for the kind of failure.")
    ] = None,
    file: TextFile = None,
    attempt: Attempt = None,
    claim_next: Next = False,
    queue: AllOfQueue = None,
    yes: Yes = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Mark running tasks as failed, all of them or none.

    Examples:
      sparkq fail 42 "The test database is missing" --type environment
      sparkq fail 3 5-7 "The chat is gone"
    """
    settling.check(claim_next, quiet)
    sq = open_sparkq()
    verb = Verb("fail", (Status.RUNNING,))
    choice = selection.chosen(sq, words or (), Filters(queue, None, yes), verb, json=json)
    if len(choice.ids) != 1 and (claim_next or attempt is not None):
        raise InvalidValue("--next and --attempt are for one task.", "Name one task.")
    given = one_text(choice.text or None, message, "error message", by="--message")
    with text_from(given, file, "error message") as text:
        if len(choice.ids) == 1 and not choice.by_filter:
            _fail_one(sq, choice.ids[0], text, error_type, attempt, claim_next=claim_next, json=json, quiet=quiet)
        else:
            _fail_all(sq, choice, text, error_type, json=json, quiet=quiet)


def _fail_one(
    sq: SparkQ,
    task_id: int,
    text: str,
    error_type: str | None,
    attempt: int | None,
    *,
    claim_next: bool,
    json: bool,
    quiet: bool,
) -> None:
    def verb(next_for: str | None = None) -> Settled:
        return tasks.fail(sq, task_id, text, error_type=error_type, attempt=attempt, next_for=next_for)

    if claim_next:
        settling.settle_with_next(sq, verb, task_id, attempt, json=json)
    else:
        settling.settle(sq, verb, json=json, quiet=quiet)


def _fail_all(sq: SparkQ, choice: Chosen, text: str, error_type: str | None, *, json: bool, quiet: bool) -> None:
    failed = tasks.fail_all(sq, choice.ids, text, error_type=error_type)
    facts = [wire.settled(each) for each in failed]
    selection.answer(facts, choice, "", "failed.", json=json, quiet=quiet)
    settling.start_hooks(sq)
    for each in failed:
        record_change(sq, ended=Execution(each.task.id, each.attempt))
