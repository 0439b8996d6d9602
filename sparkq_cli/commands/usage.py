"""`sparkq usage`"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq, read_file
from sparkq_cli.options import Json, TextFile, new_app, task_id
from sparkq_core import tasks, wire
from sparkq_core.errors import InvalidValue
from sparkq_core.project import SparkQ
from sparkq_core.tasks import usage
from sparkq_core.tasks.refusals import no_such_attempt
from sparkq_core.tasks.usage import Recorded
from sparkq_core.text import safe

app = new_app()
STDIN = "-"


@app.command(name="usage")
def record_usage(
    of: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID] [-]",
            help="The task, and `-` to read what its client printed; `-` alone finds the task by the chat.",
        ),
    ] = None,
    file: TextFile = None,
    attempt: Annotated[
        int | None, typer.Option("--attempt", metavar="N", help="This attempt (default: the last one).")
    ] = None,
    json: Json = False,
) -> None:
    """Record what an attempt cost, from the JSON that its client printed; without that, show what is recorded.

    Examples:
      claude -p "/sparkq:work backend 1" --output-format json | sparkq usage -
      codex exec --json "Work the SparkQ queue backend." | sparkq usage 42 -
      sparkq usage 42
    """
    number, source = _read(of or [], file)
    sq = open_sparkq()
    if source is None:
        assert number is not None
        _show(sq, number, attempt, json)
        return
    if number is not None:
        tasks.get(sq, number)  # which refuses an unknown one before the input is waited for
    used = usage.parse(read_file(source, "output"))
    if number is None:
        number, last = usage.last_of_chat(sq, used)
        attempt = last if attempt is None else attempt
    recorded = usage.record(sq, number, used, attempt=attempt)
    _say(recorded.task_id, recorded.attempt, usage.stored(recorded.usage), json)
    if recorded.other_session is not None and not json:
        show.note(_other(recorded))


def _read(words: list[str], file: Path | None) -> tuple[int | None, Path | None]:
    """Return the task that is named, and where to read. Raises InvalidValue."""
    ids = [word for word in words if word != STDIN]
    if len(ids) > 1 or len(words) - len(ids) > 1 or (file is not None and len(words) > len(ids)):
        raise InvalidValue("Give one task, and its client's output once.", "sparkq usage ID -, or --file FILE")
    source = Path(STDIN) if len(words) > len(ids) else file
    if not ids and source is None:
        raise InvalidValue(
            "No task was named.", "sparkq usage ID shows what is recorded, sparkq usage ID - records it."
        )
    if source == Path(STDIN) and sys.stdin.isatty():
        raise InvalidValue("No output comes from another program.", f"Pipe it: {usage.WAYS}, then | sparkq usage ID -")
    return (task_id(ids[0]) if ids else None), source


def _show(sq: SparkQ, number: int, attempt: int | None, json: bool) -> None:
    detail = tasks.detail(sq, number)
    wanted = detail.task.attempts if attempt is None else attempt
    shown = next((each for each in detail.attempts if each.attempt == wanted), None)
    if shown is None and attempt is not None:
        raise no_such_attempt(detail.task, attempt)
    _say(number, wanted, shown.usage if shown else None, json)


def _say(number: int, attempt: int, kept: str | None, json: bool) -> None:
    if json:
        show.json_line({"id": number, "attempt": attempt, "usage": wire.usage(kept)})
    elif kept is None:
        show.say(f"{wire.friendly(number)}: no usage is recorded.")
    else:
        show.say(f"{wire.friendly(number)}, attempt {attempt}: {safe(usage.described(kept))}")


def _other(recorded: Recorded) -> str:
    return (
        f"The output is of the chat {recorded.usage.session}, but the attempt was worked by {safe(str(recorded.other_session))}. "
        "It was recorded all the same."
    )
