"""The state of a running server: the open project, and its chats."""

import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sparkq_core import events, project
from sparkq_core.changes import Execution, Recorder
from sparkq_core.chats import Caller, presence
from sparkq_core.chats.presence import Sign
from sparkq_core.errors import SparkQError
from sparkq_core.model import Claim
from sparkq_core.project import SparkQ
from sparkq_mcp.answers.next_step import Steps
from sparkq_mcp.chat import Chat, Told, worker_name
from sparkq_mcp.hooked import Call, Hooked
from sparkq_mcp.opener import ProjectOpener

STDIO = ""
"""The connection over standard input and output, of which there is only one."""

MAX_CHATS = 1000
MAX_BEFORE = 10
"""Most chats that a server remembers; it forgets the least recently used one first."""

PARTING_SECONDS = 2.5
"""How long a server that ends waits for the record of what its chats changed."""

Opener = Callable[[], SparkQ]
log = logging.getLogger("sparkq.mcp")


class ServerState:
    """The project of the tools, opened at the first call, the chats, and what `told` tells about the only one."""

    def __init__(
        self, opener: Opener, steps: Steps, told: Told, *, read_only: bool = False, needs_project: bool = False
    ) -> None:
        self.steps = steps
        self.told = told
        self.read_only = read_only
        self.needs_project = needs_project
        """True if no tools are listed where nothing was set up."""
        self.hooked = Hooked()
        self.closing = False
        """True if the client has closed its end or the server stops: no claim waits any longer."""
        self._opener = opener
        self._sq: SparkQ | None = None
        self._version = 0
        self._event = 0
        self._chats: dict[tuple[str | None, str | None], Chat] = {}
        self._before: dict[str, tuple[int, ...]] = {}
        """The ids of the chats that have left each connection, the latest first."""

        self._recorder = Recorder()
        self._sign: Sign | None = None

    @property
    def sq(self) -> SparkQ:
        """The open project, with its new configuration after a `sparkq reload` of another process. Until a project has been
        set up, each call tries again to open it, and so it does after the database was replaced, for example by a restored
        backup. Raises NoProject and StorageError."""
        if self._sq is not None and self._sq.is_replaced():
            if (copy := self._sq.leave()) is not None:
                log.warning("the database was replaced: what it had is in %s", copy)
            self._sq = None
            for chat in self._chats.values():
                chat.id = None  # it was that in the other database
            self._before.clear()
        if self._sq is not None and (version := self._sq.version()) != self._version:
            newest = events.last(self._sq)  # read before the search for a reload, so that none is missed in between
            reloaded = events.reloaded(self._sq, self._event)
            self._version, self._event = version, newest
            if reloaded:
                self._sq = project.renewed(self._sq, self._opener, log)
        if self._sq is None:
            self._sq = self._opener()
            self._sign = None  # of the other database
            self._version, self._event = self._sq.version(), events.last(self._sq)
        return self._sq

    @property
    def is_waiting(self) -> bool:
        """True if no tools are listed, because nothing was set up here yet."""
        return self.needs_project and isinstance(self._opener, ProjectOpener) and not self._opener.is_set_up()

    def chat(self, connection: str | None, caller: Caller) -> Chat:
        """Return the chat that calls on this connection.

        A request without a connection (None) and without a session gets a new chat that the store never knows: nothing
        tells whose it is, so each of its calls must have its attempt.
        """
        if connection is None and caller.session is None:
            return Chat(worker_name(caller, None), caller, is_known=False)
        if connection == STDIO:
            caller = caller._replace(server=self._server())
        key = (connection, caller.session)
        known = self._chats.pop(key, None) or Chat(worker_name(caller, connection), caller)
        here = self.hooked.chat(connection).cwd
        known.here = Path(here) if here else None
        known.before = tuple(each for each in self._before.get(connection or "", ()) if each != known.id)
        known.caller = caller  # its model may be another one since the last call
        self._chats[key] = known
        while len(self._chats) > MAX_CHATS:
            self._chats.pop(next(iter(self._chats)))
        return known

    def left(self, connection: str, chat: Chat) -> None:
        """Remember that another chat has the connection of `chat` now."""
        if chat.id is not None:
            others = (each for each in self._before.get(connection, ()) if each != chat.id)
            self._before[connection] = (chat.id, *others)[:MAX_BEFORE]

    def record(
        self,
        sq: SparkQ,
        chat: Chat,
        begun: Claim | None,
        *,
        ended: Execution | None = None,
        tool_use: str | None = None,
    ) -> None:
        """Record what the chat changed, and with what its next attempt begins, beside the answer.

        `tool_use` is the client's id of the call: a hook may tell later where its chat really works.
        """
        begins = Execution(begun.task.id, begun.task.attempts) if begun else None
        call = Call(begins, ended, self.hooked.folder(ended) or chat.folder)
        self.hooked.called(tool_use, call)
        self._record(sq, call)

    def record_again(self, sq: SparkQ, call: Call, folder: Path) -> None:
        """Record a call as one of a chat that works in `folder`, if that is another one than was thought."""
        if call.begun is not None:
            self.hooked.works_in(call.begun, folder)
        if folder != call.folder:
            self._record(sq, call._replace(folder=folder))

    def _record(self, sq: SparkQ, call: Call) -> None:
        self._recorder.add(sq, call.folder, ended=[call.ended] if call.ended else [], begun=call.begun)

    def _server(self) -> str | None:
        """Return the name of the sign by which others see that this process lives, which serves a client over stdio."""
        if self._sign is None and self._sq is not None and not self.read_only:
            self._sign = Sign.give(self._sq)
        return self._sign.name if self._sign is not None else None

    def leave(self, why: str) -> None:
        """Record that the chats have no connection any more, and what they changed so far in the tasks that they hold. If
        the database was lost meanwhile, copy it."""
        if self._sq is not None:
            with suppress(SparkQError):
                self._sq.rescue()
            for chat in self._chats.values():
                with suppress(SparkQError):
                    held = [Execution(claim.task_id, claim.attempt) for claim in chat.open_claims(self._sq)]
                    if held:
                        self._recorder.add(self._sq, chat.folder, ended=held)
            self._recorder.finish(PARTING_SECONDS)
        with suppress(SparkQError):  # what they hold becomes stale nevertheless
            for chat in self._chats.values():
                if chat.id is not None and self._sq is not None:
                    presence.close(self._sq, chat.id, why, chat.caller.server)
            if self._sign is not None:
                self._sign.take_back()
