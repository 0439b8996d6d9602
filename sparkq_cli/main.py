"""`sparkq`: run the module of the command, and turn refusals into one sentence and an exit code."""

import _signal  # type: ignore[import-not-found]  # built in, while `signal` imports modules of its own first

if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)  # Ctrl-C while modules are imported ends it without a traceback

import errno
import gc
import io
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from typing import Annotated, Any

from sparkq_cli.command_list import COMMANDS, SECTIONS, module_name
from sparkq_core.errors import EXIT_CODES, SparkQError
from sparkq_core.text import safe

DEFECT, BROKEN_OFF = 70, 130
REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def _raise_at_ctrl_c(wanted: bool) -> None:
    """Let Ctrl-C raise KeyboardInterrupt, or else end the process at once. Where it is ignored it stays ignored."""
    if signal.getsignal(signal.SIGINT) in (signal.SIG_DFL, signal.default_int_handler):
        signal.signal(signal.SIGINT, signal.default_int_handler if wanted else signal.SIG_DFL)


_raise_at_ctrl_c(True)  # a process that only imports this module keeps Python's handler


def main() -> None:
    """The entry point of the `sparkq` command."""
    gc.disable()  # imports make no garbage; see _loaded
    try:
        _raise_at_ctrl_c(False)  # while modules are imported: an import can turn KeyboardInterrupt into another error
        code = _run() if _open_closed_streams() else _refuse_closed_output()
    except KeyboardInterrupt:
        code = BROKEN_OFF
    finally:
        _raise_at_ctrl_c(False)  # while Python ends, which would print a traceback
        gc.freeze()  # Python collects before it ends, and the end frees all of it
    sys.exit(code)


def runner() -> None:
    """The entry point of `sparkq-runner`."""
    sys.argv[1:1] = ["runner"]
    main()


def complete() -> None:
    """The entry point of `sparkq-complete`."""
    sys.argv[1:1] = ["complete"]
    main()


def _loaded() -> None:
    """The modules of the command are there. Collecting garbage among them is a tenth of a short command's time."""
    gc.freeze()
    gc.enable()
    _raise_at_ctrl_c(True)


def _open_closed_streams() -> bool:
    """Open the null device in place of each standard stream that is closed. False if standard output was.

    Otherwise a file that is opened later, such as the database, would get its number.
    """
    closed = []
    for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # gets the lowest free number
            closed.append(number)
    if 0 in closed:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115  # as long as the process
    if 1 in closed:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115  # likewise
    if 2 in closed:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115  # likewise
    return 1 not in closed


def _refuse_closed_output() -> int:
    """A claim that nobody could read would be lost until its timeout, so nothing is done."""
    from sparkq_core.errors import StorageError

    return _refuse(
        StorageError(
            "Standard output is closed; nothing was done.", "If you do not need the output: sparkq … >/dev/null"
        )
    )


def _run() -> int:
    """Run the command; the exit code where it was refused or went wrong, else it raises SystemExit with its own."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `sparkq tasks | head` ends quietly
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character shows its number
    try:
        try:
            if len(sys.argv) > 1 and sys.argv[1] == "mcp" and "--help" not in sys.argv:
                from sparkq_mcp.transport import stdio

                _loaded()
                stdio.main(sys.argv[2:])  # saves Typer's start-up time
            else:
                _app()(prog_name="sparkq")
        finally:
            _flush()
    except SparkQError as error:
        return _refuse(error)
    except OSError as error:
        if error.errno in REFUSED:
            return _refused_by_system(error)
        return _unwritten(error) if error.errno in FULL else _defect(error)
    except Exception as error:  # whatever it is: you see one line, and the traceback is in a file
        return _defect(error)
    return 0


def _refuse(error: SparkQError) -> int:
    if "--json" in sys.argv:
        from sparkq_cli.show import json_text
        from sparkq_core import wire

        sys.stderr.write(json_text(wire.error(error)) + "\n")
    else:
        from sparkq_cli.show import prose

        indent = " " * len("sparkq: ")
        sys.stderr.write(f"sparkq: {prose(safe(error.message, lines=True), indent)}\n")
        if error.hint:
            sys.stderr.write(f"{indent}{prose(safe(error.hint, lines=True), indent)}\n")
    return EXIT_CODES[error.kind]


def _flush() -> None:
    """What was kept back until the end may be refused too, and Python would only grumble about it."""
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.closed:
        with suppress(BrokenPipeError):  # the runner's reader is gone, of which it knows
            sys.stdout.flush()


def _unwritten(error: OSError) -> int:
    """The disk, or whatever standard output is, takes no more."""
    from sparkq_core.errors import StorageError

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still kept back goes there at the end
    return _refuse(
        StorageError(
            f"{error.filename or 'The output'} cannot be written: {error.strerror}.",
            "Free some space, or write elsewhere. What the command was to do may be done: see `sparkq tasks`.",
        )
    )


def _refused_by_system(error: OSError) -> int:
    """A file or folder that you may not use: its mode, its owner or a read-only file system."""
    from pathlib import Path

    from sparkq_core.config.location import way_to
    from sparkq_core.errors import StorageError

    path = Path(os.fsdecode(error.filename or os.curdir))
    return _refuse(StorageError(f"{path} cannot be used: {error.strerror}.", way_to(path)))


def _defect(error: Exception) -> int:
    """A bug: one line for the person, the traceback in a file that they can send."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="sparkq-defect-", suffix=".txt", delete=False) as log:
        log.write(traceback.format_exc())
    sys.stderr.write(f"sparkq: internal error: {type(error).__name__}. The details are in {log.name}\n")
    return DEFECT


def _app() -> Any:
    import typer
    from typer.core import TyperGroup
    from typer.main import get_command

    from sparkq_cli import words
    from sparkq_cli.command_group import usage_errors

    class CommandGroup(TyperGroup):
        """Imports the module of a command when it is used: `sparkq tasks` pays for no other."""

        def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # the framework's signature
            return list(COMMANDS)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            if cmd_name not in COMMANDS:
                return None
            command = get_command(import_module(module_name(cmd_name)).app)
            _loaded()
            command.name = cmd_name
            verbs = getattr(command, "commands", {})
            if ctx.resilient_parsing:
                from sparkq_cli import completing  # only while the shell completes

                for verb, parser in verbs.items() or [("", command)]:
                    completing.attach(f"{cmd_name} {verb}".rstrip(), parser)
            for parser in (command, *verbs.values()):
                # Otherwise the list of a noun's verbs is cut short.
                parser.short_help = (parser.help or "").partition("\n\n")[0]
                parser.help = _kept(parser.help)
            return command

        def make_context(self, *args: Any, **kwargs: Any) -> Any:
            if kwargs.get("resilient_parsing"):
                from sparkq_cli import completing

                completing.keep_lines_whole()
            with usage_errors():
                return super().make_context(*args, **kwargs)

        def invoke(self, ctx: Any) -> Any:
            try:
                with usage_errors():
                    return super().invoke(ctx)
            except typer.Abort:  # Ctrl-C or Ctrl-D at a question: the cursor still stands behind it
                sys.stderr.write("\n")
                raise typer.Exit(BROKEN_OFF) from None

        def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  # click gives it
            for section, lines in SECTIONS.items():
                with formatter.section(section):
                    formatter.write_dl(list(lines.items()))

        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            args = words.meant(args)
            if args and not args[0].startswith("-") and args[0] not in COMMANDS and not ctx.resilient_parsing:
                from sparkq_core.errors import InvalidValue

                raise InvalidValue(
                    f"Unknown command {safe(args[0])[:40]!r}.", f"{words.advice(args)} See: sparkq --help".lstrip()
                )
            return super().resolve_command(ctx, args)

    app = typer.Typer(
        cls=CommandGroup,
        no_args_is_help=False,
        invoke_without_command=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def root(
        ctx: typer.Context,
        project: Annotated[
            str | None, typer.Option("--project", "-C", metavar="PATH", help="Run in this folder.")
        ] = None,
        version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
        json: Annotated[bool, typer.Option("--json", help="Print the state of the project as JSON.")] = False,
    ) -> None:
        """Queue work for Claude, walk away, review the results later.

        Without a command: the state of the project.
        """
        if version:
            from sparkq_core import __version__

            typer.echo(f"sparkq {__version__}")
            raise typer.Exit
        if project is not None:
            _enter(project)
        if ctx.invoked_subcommand is None:
            from sparkq_cli.overview import show_overview

            _loaded()
            show_overview(json)
        elif json:
            raise typer.BadParameter(f"write it after the command: sparkq {ctx.invoked_subcommand} --json")

    return app


def _kept(text: str | None) -> str | None:
    """Help whose examples keep their lines: a paragraph that begins with a backspace is not filled."""
    return text and text.replace("\n\nExample", "\n\n\b\nExample")


def _enter(folder: str) -> None:
    from sparkq_core.errors import InvalidValue

    try:
        os.chdir(folder)
    except OSError as error:
        raise InvalidValue(
            f"{safe(folder)} cannot be used as a folder: {error.strerror}.", "Check --project."
        ) from error


if __name__ == "__main__":
    main()
