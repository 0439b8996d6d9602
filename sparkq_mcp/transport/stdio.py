"""`sparkq mcp`: SparkQ over standard input and output, for one chat."""

import gc
import os
import signal
import sys
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sparkq_core.errors import InvalidValue
from sparkq_mcp.transport import pipes, relay
from sparkq_mcp.transport.ending import CLOSED, SIGNALS, exit_now
from sparkq_mcp.transport.first_answers import FirstAnswers, Json
from sparkq_mcp.transport.opening import Facts, Opening
from sparkq_mcp.transport.reception import Handover, Reception

if TYPE_CHECKING:
    from sparkq_mcp.chat import Chat
    from sparkq_mcp.opener import ProjectOpener
    from sparkq_mcp.state import ServerState
    from sparkq_mcp.transport.upkeep import Upkeep


BY_HAND = (
    "sparkq mcp: An MCP client starts this program and speaks to it on standard input.\n"
    "            To set one up: sparkq connect claude-code. Ctrl-C ends this.\n"
)
"""What a person is told who has typed the command."""


def main(arguments: list[str] | None = None) -> None:
    """Serve until the client closes stdin, or SIGTERM or SIGINT arrives. All state is in the database by then."""
    parser = ArgumentParser(prog="sparkq mcp", description="Serve this project's queues over MCP on stdin and stdout.")
    parser.add_argument(
        "--project", type=Path, metavar="PATH", help="a folder of the project (default: where it is started)"
    )
    parser.add_argument("--read-only", action="store_true", help="offer only the tools that change nothing")
    parser.add_argument("--tools", default="", metavar="NAMES", help="offer only these tools: claim,complete,fail")
    parser.add_argument(
        "--needs-project", action="store_true", help="offer no tools where nothing was set up, until something is"
    )
    parser.add_argument("--handover", type=int, help=SUPPRESS)
    given = sys.argv[1:] if arguments is None else arguments
    options = parser.parse_args(given)
    for number in SIGNALS:
        signal.signal(number, exit_now)
    # A client that stops reading must not kill the process, as it may in other `sparkq` commands: the answer is
    # dropped, and its claims fail by the stale rules unless they are settled.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        only = [name.strip() for name in options.tools.split(",") if name.strip()]
        answers = FirstAnswers(read_only=options.read_only, only=only)
    except InvalidValue as error:
        parser.error(f"{error.message} {error.hint}")
    if sys.stdin.isatty():
        sys.stderr.write(BY_HAND)
    Server(options, answers, given).run()
    exit_now()


class Server:
    """A server for one client: without the SDK until a call needs it, since loading it takes half a second and 50 MB."""

    def __init__(self, options: Namespace, answers: FirstAnswers, arguments: Sequence[str]) -> None:
        self._options = options
        self._arguments = arguments
        self._stamp = relay.stamp()
        self._answers = answers
        self._folder = _folder()
        self._upkeep: Upkeep | None = None
        self.news, self._tells = os.pipe()
        for handle in (self.news, self._tells):
            os.set_blocking(handle, False)

    @cached_property
    def opener(self) -> "ProjectOpener":
        from sparkq_core.config.loading import environment
        from sparkq_mcp.opener import ProjectOpener

        return ProjectOpener(self._options.project, environment())

    @cached_property
    def state(self) -> "ServerState":
        from sparkq_core.config.loading import environment
        from sparkq_mcp.answers.next_step import Steps
        from sparkq_mcp.chat import Told
        from sparkq_mcp.state import ServerState

        log_lines()
        told, steps = Told.by(environment(), self._folder), Steps(frozenset(self._answers.tools))
        read_only, needs_project = self._options.read_only, self._options.needs_project
        return ServerState(self.opener, steps, told, read_only=read_only, needs_project=needs_project)

    def run(self) -> None:
        """Serve until the client has gone, or a signal came."""
        client = pipes.take()
        handover = None
        if client is not None and self._options.handover is not None:
            handover = relay.taken(self._options.handover)
        elif client is not None:
            handover = self._receive(client)
            if handover is None:
                self._leave()
                return
            if relay.stamp() != self._stamp:
                with suppress(OSError):  # then this version does what it can
                    relay.go_on(self._arguments, client, handover)
        self._serve(client, handover)

    def start(self) -> None:
        """Begin with what a server does by itself."""
        log_lines()
        from sparkq_mcp.transport.upkeep import Upkeep

        self._upkeep = Upkeep(self.opener, self._tells)

    def is_waiting(self) -> bool:
        """True if no tools are listed, because nothing was set up here yet."""
        return self._options.needs_project and not self.opener.is_set_up()

    def mentions(self) -> Sequence[Sequence[str]]:
        """Return the queues and tasks in the list of resources."""
        from sparkq_mcp.mentions import mentions

        return mentions(self.state)

    def hear(self, arguments: Json, client: Json | None, meta: Json) -> str | None:
        """Answer a hook of the client; None leaves it to the SDK."""
        from sparkq_mcp.chat import ClientInfo, caller
        from sparkq_mcp.hearing import hear_at_once
        from sparkq_mcp.state import STDIO

        state, info = self.state, ClientInfo(client["name"], client["version"]) if client else None

        def calling() -> "Chat":
            return state.chat(STDIO, caller(info, meta, state.told, state.hooked.chat(STDIO)))

        return hear_at_once(state, arguments, calling)

    def _receive(self, client: pipes.Pipes) -> Handover | None:
        reception = Reception(client, Opening(self._answers, Facts(self.is_waiting, self.mentions, self.hear)), self)

        def stop(*_: object) -> None:
            reception.is_stopped = True

        signal.set_wakeup_fd(self._tells, warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, stop)
        handover = None
        try:
            handover = reception.receive()
        finally:
            for number in SIGNALS:
                signal.signal(number, exit_now)
            signal.set_wakeup_fd(-1)
            if self._upkeep is not None:
                self._upkeep.stop()
        return None if reception.is_stopped else handover

    def _leave(self) -> None:
        """Note that the chat has ended, if a hook has told of one."""
        if "state" in self.__dict__:
            self.state.leave(CLOSED)

    def _serve(self, client: pipes.Pipes | None, handover: Handover | None) -> None:
        """Load the SDK and let it serve, from the beginning or from what it is handed over."""
        log_lines()
        gc.disable()  # imports make no garbage: 44 ms less until the first answer
        # MCPServer imports rich for a log handler that it does not add where there is one: 16 ms and 2 MB.
        sys.modules.setdefault("rich.console", None)  # type: ignore[arg-type]  # None refuses an import
        from sparkq_mcp.server import build_on
        from sparkq_mcp.transport import serving

        server = build_on(self.state)
        gc.enable()
        gc.freeze()
        serving.run(server, self._answers, client, handover)


def log_lines() -> None:
    """Log one line for each record, on stderr. MCPServer adds its own handler to the root logger if there is none yet."""
    import logging

    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")


def _folder() -> str | None:
    """Return the folder in which the client started the server, None if it was removed."""
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return None


if __name__ == "__main__":
    main()
