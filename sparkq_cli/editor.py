"""Let you write a text in your editor, with remarks that are not part of it, and keep it if anything then fails."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sparkq_cli.context import decoded
from sparkq_core.config.loading import environment
from sparkq_core.errors import InvalidValue

SCISSORS = "# ------------------------ >8 ------------------------"
"""As Git has it: the remarks follow. A line that only begins with # is a heading in Markdown."""

WAITS = {
    **dict.fromkeys(
        ("code", "code-insiders", "codium", "cursor", "windsurf", "zed", "subl", "atom", "mate", "idea", "gedit"),
        "--wait",
    ),
    **dict.fromkeys(("gvim", "mvim"), "--nofork"),
    **dict.fromkeys(("kate", "kwrite"), "--block"),
}
"""Editors with a window of their own, and the option without which they return at once."""


@contextmanager
def edited(text: str, what: str, about: str = "") -> Iterator[str]:
    """Yield `text` as edited in $VISUAL or $EDITOR. If `about` says what it is for, remarks below the text do.

    If the editor or the block fails, what you wrote is kept and its path is printed.
    Raises InvalidValue if the text was left unchanged or the editor failed, InvalidText.
    """
    import tempfile  # 6 ms at import, with what the editor needs, and only an editor needs them

    handle, name = tempfile.mkstemp(prefix="sparkq-", suffix=".md")
    file = Path(name)
    remarks = (
        f"\n\n{SCISSORS}\n# {about}\n# These lines are not part of it. An empty text changes nothing.\n"
        if about
        else ""
    )
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(f"{text}{remarks}".encode())
        unchanged = f"the {what} was not changed" if text else f"no text for the {what} was taken from it"
        program = _run(file, unchanged)
        written = _without(remarks, file.read_bytes())
        if not _differs(written, text):
            why = f"The text of the {what} was not changed." if text else f"No text was written for the {what}."
            raise InvalidValue(why, _when_unchanged(program))
        yield decoded(written, what)
    except BaseException:
        _keep(file, remarks, text)
        raise
    file.unlink(missing_ok=True)


def _without(remarks: str, written: bytes) -> bytes:
    """Return what you wrote: without the remarks, or if you have changed them, what is above them."""
    block = remarks.strip("\n").encode()
    if not block:
        return written
    if block in written:
        before, _, after = written.rpartition(block)
        return before.rstrip(b"\n") + (b"\n" + after.lstrip(b"\n") if after.strip() else b"")
    above, scissors, _ = written.rpartition(SCISSORS.encode())
    return above.rstrip(b"\n") if scissors else written


def _differs(written: bytes, text: str) -> bool:
    return written.strip() not in (b"", text.encode().strip())


def _keep(file: Path, remarks: str, text: str) -> None:
    """Leave what you wrote in the file and say where it is; remove the file if you wrote nothing."""
    written = _without(remarks, file.read_bytes()) if file.exists() else b""
    if not _differs(written, text):
        file.unlink(missing_ok=True)
        return
    if written != file.read_bytes():
        file.write_bytes(written)
    sys.stderr.write(f"sparkq: Your text is kept in {file}\n")


def _when_unchanged(program: list[str]) -> str:
    """Say what to do about an editor that was left without a text, which may have been too quick to be left."""
    name = Path(program[0]).name if program else ""
    option = WAITS.get(name)
    if option is None or {option, option[1:3]} & set(program):
        return "Save a text in the editor."
    return f"{name} returns before you have written: let it wait. EDITOR='{name} {option}'"


def _run(file: Path, unchanged: str) -> list[str]:
    """Open the file in the editor, which handles Ctrl-C meanwhile, and return its command line. Raises InvalidValue, which
    says what is `unchanged`, if it fails."""
    import shlex
    import subprocess

    env = environment()
    wanted = env.get("VISUAL") or env.get("EDITOR") or "vi"
    # Before the editor starts, which may be quicker than we are; a handler, which it does not inherit as it would SIG_IGN.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        program = shlex.split(wanted)
        code = subprocess.Popen([*program, str(file)]).wait()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise InvalidValue(f"The editor {wanted} does not start: {why}.", "Set EDITOR, or use --file.") from error
    finally:
        signal.signal(signal.SIGINT, before)
    if code:
        raise InvalidValue(
            f"The editor ended with exit code {code}; {unchanged}.", "Save a text, and leave the editor."
        )
    return program
