"""A shell with the installed `sparkq`: commands run in a folder, with the environment of a fresh login."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.harness.fork_process import REQUEST_BYTES, Request
from tests.harness.fork_server import NO_FORKS, fork_server
from tests.harness.projects import TOP

BIN = Path(sys.executable).parent
SPARKQ = BIN / "sparkq"
SECONDS = 60
"""How long a command may take before the test gives up on it."""

READ_WHEN_ASKED = ("SPARKQ_", "_SPARKQ_COMPLETE", "COMP_", "_TYPER_COMPLETE_")
"""What the names of variables begin with that count only when a command runs, not when it starts up."""


class Done(NamedTuple):
    """How a command ended, and every character that it printed."""

    code: int
    out: str
    err: str


class Shell(NamedTuple):
    """A folder in which commands are typed, and a home folder that is not the developer's."""

    folder: Path
    home: Path

    def environment(self, **more: str) -> dict[str, str]:
        """What the commands see: of this process's environment only where programs are."""
        return {
            "PATH": f"{BIN}:{os.environ.get('PATH', os.defpath)}",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(TOP),
            **more,
        }

    def run(self, *command: str | Path, stdin: str | bytes = b"", **env: str) -> Done:
        """Run any command to its end."""
        done = subprocess.run(
            [str(part) for part in command],
            cwd=self.folder,
            env=self.environment(**env),
            input=_bytes(stdin),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def sparkq(self, *arguments: str | Path, stdin: str | bytes = b"", **env: str) -> Done:
        """Run `sparkq` to its end. Whatever it was asked, it never shows a traceback."""
        done = self._forked(arguments, stdin, env) or self.run(SPARKQ, *arguments, stdin=stdin, **env)
        assert "Traceback" not in done.out + done.err, done.err
        return done

    def ok(self, *arguments: str | Path, stdin: str | bytes = b"", **env: str) -> str:
        """What a command prints that succeeds and has nothing to complain about."""
        done = self.sparkq(*arguments, stdin=stdin, **env)
        assert (done.code, done.err) == (0, ""), done
        return done.out

    def facts(self, *arguments: str | Path, stdin: str | bytes = b"") -> dict[str, Any]:
        """The one JSON object that a command prints with --json."""
        printed = json.loads(self.ok(*arguments, "--json", stdin=stdin))
        assert isinstance(printed, dict)
        return printed

    def refused(self, code: int, *arguments: str | Path, stdin: str | bytes = b"", **env: str) -> str:
        """What a command says that is refused with this exit code: on stderr, and nothing on stdout."""
        done = self.sparkq(*arguments, stdin=stdin, **env)
        assert (done.code, done.out) == (code, ""), done
        assert done.err.strip()
        return done.err

    def _forked(self, arguments: tuple[str | Path, ...], stdin: str | bytes, env: dict[str, str]) -> Done | None:
        """The same without the start-up; None where that may count."""
        given = _bytes(stdin)
        request = Request([str(SPARKQ), *map(str, arguments)], str(self.folder), self.environment(**env))
        if (
            NO_FORKS
            or max(len(given), len(request.encoded())) > REQUEST_BYTES
            or not all(name.startswith(READ_WHEN_ASKED) for name in env)
        ):
            return None
        code, out, err = fork_server("sparkq").run(request, given, SECONDS)
        return Done(code, out.decode(), err.decode())


def _bytes(text: str | bytes) -> bytes:
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
