"""Open the project, choose the queue, and read the text: what most commands do first."""

import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sparkq_cli import links, show
from sparkq_cli.show import escaped, note
from sparkq_core import changes, project, queues, sessions
from sparkq_core.config import consent, location, nearby
from sparkq_core.config.loading import environment
from sparkq_core.errors import InvalidText, InvalidValue, NoProject, NoSuchQueue, NotEmpty, StorageError
from sparkq_core.lifecycle import QueueStatus, SessionStatus
from sparkq_core.project import SparkQ

if TYPE_CHECKING:
    from sparkq_core.model import Claim

VERDICTS = "Verdicts are given and undone by the user."
"""The rule for commands that decide about finished work."""

MAX_LINE = 64 * 1024 * 1024
"""Bytes of a line: several times what the longest row takes."""


def open_sparkq() -> SparkQ:
    """Open the project around the working directory. Raises NoProject, which names the projects nearby."""
    try:
        sq = project.open()
    except NoProject as error:
        if error.code != NoProject.code or not (others := nearby.projects(location.here(), environment())):
            raise
        listed = ", ".join(f"sparkq -C {shlex.quote(os.path.relpath(each))} …" for each in others[:4])
        raise NoProject(error.message, f"A project is nearby: {listed}") from error
    links.to_page(lambda: _page_of(sq))
    return sq


def _page_of(sq: SparkQ) -> str | None:
    """Return the address of the web page if the project's server runs."""
    from sparkq_cli import service  # only a terminal with links needs it

    server = service.running(sq.config)
    return None if server is None else server.url


def check_keyboard(rule: str, way: str = "use the web page") -> None:
    """Refuse an agent's shell; `rule` says who does it instead. Raises AtTheKeyboard."""
    consent.check_keyboard(environment(), rule, way)


def write_artefacts(sq: SparkQ) -> None:
    """Write what the accepted tasks leave in the folder `reviews.path`, if there is one; say what prevents it.

    The answer must have been printed: a patch takes a moment.
    """
    if sq.config.reviews is None:
        return
    from sparkq_core import artefacts  # only a project that keeps them needs it

    sys.stdout.flush()
    left = artefacts.write_due(sq)
    if left.problem is not None:
        note(f"The files of the accepted tasks are still to be written: {left.problem.message} {left.problem.hint}")


def chosen_queue(sq: SparkQ, queue: str | None, *, for_new_tasks: bool = False) -> str:
    """Return `queue`, or the default of the settings, or the only queue, or the only one of the only active session.

    With `for_new_tasks`, only queues that accept new tasks count. Raises NoSuchQueue, QueueClosed if all have ended,
    InvalidValue if there is more than one.
    """
    if queue is not None:
        return queue
    if sq.config.settings.queue:
        return _default_queue(sq)
    listed = [each for each, _ in queues.all_of(sq)]
    names = [each.name for each in listed if each.status == QueueStatus.ACTIVE or not for_new_tasks]
    if len(names) == 1:
        return names[0]
    if names:
        active = {each.name for each in sessions.all_of(sq) if each.status == SessionStatus.ACTIVE}
        of_session = [each.name for each in listed if each.session in active and each.name in names]
        if len(active) == 1 and len(of_session) == 1:
            return of_session[0]
        raise InvalidValue(
            "There is more than one queue.",
            f"Name one: --queue {' or --queue '.join(names[:4])}. For a default: sparkq config set queue {names[0]}",
        )
    if listed:
        raise queues.closed(listed[0])
    if queues.names(sq):
        raise NoSuchQueue("All queues are archived.", "See them: sparkq queue list --all")
    raise NoSuchQueue("There is no queue yet.", "Create one with: sparkq queue create NAME")


def _default_queue(sq: SparkQ) -> str:
    """Return the queue that the settings name. Raises NoSuchQueue, which says where they do."""
    name = sq.config.settings.queue
    if name not in queues.names(sq):
        refusal = queues.no_such(sq.db, name)
        origin = sq.config.origins.get("queue", "the settings")
        raise NoSuchQueue(f"{refusal.message[:-1]}, which is the default by {origin}.", refusal.hint)
    return name


def record_change(sq: SparkQ, *, ended: "changes.Execution | None" = None, begun: "Claim | None" = None) -> None:
    """Record what the settled attempt changed where the command runs, and with what the claimed one begins.

    The answer must have been printed: it goes out first.
    """
    if not (ended or begun):
        return
    sys.stdout.flush()
    changes.record(
        sq,
        Path.cwd(),
        ended=[ended] if ended else [],
        begun=changes.Execution(begun.task.id, begun.task.attempts) if begun else None,
    )


@contextmanager
def text_from(
    argument: str | None,
    file: Path | None,
    what: str,
    *,
    template: Callable[[], str] = lambda: "",
    about: str = "",
) -> Iterator[str]:
    """Yield a text from the argument, `-` (stdin), `--file`, or the editor, for the verb in the block.

    `template` is called just before the editor opens, and raises what the verb would raise afterwards. `about` is what
    the editor says of the text.
    Raises InvalidText, InvalidValue.
    """
    if argument is not None and file is not None:
        raise InvalidValue(f"The {what} {_was(what)} given twice.", "Give it as an argument or with --file.")
    if file is not None or argument == "-":
        yield read_file(file or Path("-"), what)
    elif argument is not None:
        yield argument
    elif sys.stdin.isatty():
        from sparkq_cli.editor import edited  # only a text that is written in the editor needs it

        with edited(template(), what, about or f"Write the {what} above, save it and leave the editor.") as text:
            yield text
    else:
        raise InvalidValue(
            f"No {what} {_was(what)} given.", "Give it as an argument, with --file FILE, or `-` to read standard input."
        )


def one_text(argument: str | None, option: str | None, what: str, *, by: str) -> str | None:
    """Return a text that was typed as an argument or with the option `by`. Raises InvalidValue if it is given twice."""
    if argument and option is not None:
        raise InvalidValue(f"The {what} was given twice.", f"Give it as an argument or with {by}.")
    return option if option is not None else argument


def read_dash(text: str | None, what: str) -> str | None:
    """Return the text, or what standard input has for `-`. Raises InvalidText."""
    return read_file(Path("-"), what) if text == "-" else text


def _was(what: str) -> str:
    return "were" if what == "instructions" else "was"


def agreed(question: str, *, default: bool = False) -> None:
    """Ask, and end the command with code 1 unless the answer is yes."""
    import typer

    if not typer.confirm(question, default=default):
        typer.echo("Nothing was changed.")
        raise typer.Exit(1)


def read_file(file: Path, what: str) -> str:
    """Return the text of a file (`-` for standard input). Raises InvalidText, InvalidValue."""
    if str(file) == "-" and sys.stdin.isatty():
        from sparkq_cli import pasted  # only a terminal needs it

        return decoded(pasted.read(what), what)
    if str(file) == "-":
        return decoded(sys.stdin.buffer.read(), what)
    try:
        return decoded(file.read_bytes(), what)
    except OSError as error:
        raise InvalidValue(f"{file} cannot be read: {error.strerror}.", "Check the path.") from error


@contextmanager
def lines_of(file: Path, what: str) -> Iterator[Iterator[str]]:
    """Yield the lines of a file (`-` for standard input), one by one. Raises InvalidText, InvalidValue.

    Standard input is read to its end first: a transaction in the block does not wait for the program that writes it.
    """
    import shutil
    import tempfile

    if str(file) == "-":
        with tempfile.TemporaryFile() as kept:
            shutil.copyfileobj(sys.stdin.buffer, kept)
            kept.seek(0)
            yield _lines(kept, what)
        return
    try:
        stream = file.open("rb")
    except OSError as error:
        raise InvalidValue(f"{file} cannot be read: {error.strerror}.", "Check the path.") from error
    with stream:
        yield _lines(stream, what)


def _lines(stream: BinaryIO, what: str) -> Iterator[str]:
    number = 0
    while raw := stream.readline(MAX_LINE + 1):
        number += 1
        if len(raw) > MAX_LINE:
            raise InvalidText(
                f"Line {number} of the {what} is longer than {MAX_LINE:,} bytes.", "Use a file that SparkQ wrote."
            )
        try:
            yield raw.decode()
        except UnicodeDecodeError as error:
            raise InvalidText(
                f"Line {number} of the {what} is not UTF-8 (byte {error.start}).", "Use the file as SparkQ wrote it."
            ) from error


def write_new(file: Path | None, lines: Iterable[str], what: str) -> None:
    """Write lines as UTF-8 to a new file, or to standard output, whatever the encoding of the terminal.

    A terminal gets only escaped text. The file is readable by its owner only, and has its name when it is whole and on the
    disk. Raises NotEmpty, StorageError.
    """
    if file is None:
        shown = escaped if sys.stdout.isatty() else str
        for line in lines:
            sys.stdout.buffer.write(f"{shown(line)}\n".encode())
        return
    from sparkq_core.files import durable  # for few commands

    taken = NotEmpty(f"{file} exists already.", f"Choose another name: the {what} never overwrites a file.")
    try:
        if os.path.lexists(file):
            raise taken
        with durable.building(file) as built:
            with built.open("w", encoding="utf-8", newline="\n") as stream:
                for line in lines:
                    stream.write(f"{line}\n")
            durable.publish(built, file)
    except FileExistsError as error:
        raise taken from error
    except OSError as error:
        raise StorageError(f"{file} cannot be written: {error.strerror}.", "Choose another place.") from error


def decoded(raw: bytes, what: str) -> str:
    """Return a text that came as bytes; `what` names it in the error. Raises InvalidText."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise InvalidText(
            f"The text of the {what} is not UTF-8 (byte {error.start}).",
            "Convert it, or mention the file in the prompt.",
        ) from error


def paged(text: str) -> None:
    """Show a safe text in $PAGER, which need not read all of it."""
    import shlex
    import subprocess

    env = {"LESS": "-R", **environment()}
    before = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        subprocess.run(shlex.split(env.get("PAGER") or "less"), input=text.encode(), env=env, check=False)
    except (OSError, ValueError):  # no such program, or an open quote
        sys.stdout.write(f"{text}\n")
    finally:
        signal.signal(signal.SIGPIPE, before)


def paged_if_long(text: str) -> None:
    """Print a safe text; on a terminal that has fewer lines, show it in $PAGER."""
    if show.is_terminal() and sys.stdin.isatty() and show.lines_of(text) >= show.rows():
        paged(text)
    else:
        show.say(text)
