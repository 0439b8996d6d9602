"""The chat that calls: its worker's name, and what it holds.

A process is not a chat, and a chat is not a context (`sparkq_core.chats`). So nothing is remembered here that another
process, or a context that has seen less, would have to know: the store knows what a chat holds.
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sparkq_core import chats, queues
from sparkq_core.chats import Caller, OpenClaim
from sparkq_core.model import Claim
from sparkq_core.project import SparkQ
from sparkq_core.queues import assignments

MAX_OPEN = 10
"""Most open claims in one answer."""

CODEX_TURN = "x-codex-turn-metadata"
CLAUDE_SESSION = "CLAUDE_CODE_SESSION_ID"
SHORT_NAMES = {"codex-mcp-client": "codex", "gemini-cli-mcp-client": "gemini"}
"""How some clients are called, by the name that they send."""


class Told(NamedTuple):
    """What the environment of a stdio server tells about the chat that started it, or a hook about its chat."""

    session: str | None = None
    cwd: str | None = None
    model: str | None = None

    @classmethod
    def by(cls, environment: Mapping[str, str], here: str | None) -> "Told":
        """Read what a client tells in `environment`; `here` is the folder in which it started the server."""
        return cls(environment.get(CLAUDE_SESSION), environment.get("CLAUDE_PROJECT_DIR") or here)


NOTHING_TOLD = Told()


class ClientInfo(NamedTuple):
    """What a client says of itself."""

    name: str
    version: str


class Chat:
    """A chat. `id` is its id in the store once that is known; a request that tells nothing about its chat has none.

    `here` is where its last hook said that it works. `before` are the ids of the chats that had its connection before it:
    after /clear, its client has left them, and what they hold may be this chat's to finish.
    """

    def __init__(self, worker: str, caller: Caller, *, is_known: bool = True) -> None:
        self.worker = worker
        self.caller = caller
        self.is_known = is_known
        self.id: int | None = None
        self.here: Path | None = None
        self.before: tuple[int, ...] = ()

    @property
    def folder(self) -> Path | None:
        """The folder in which the chat works, None if its client tells none."""
        return self.here or (Path(self.caller.cwd) if self.caller.cwd else None)

    def claiming(self) -> Caller | None:
        """Return the chat as it claims; None for a request that tells nothing about its chat."""
        return self.caller._replace(id=self.id) if self.is_known else None

    def remember(self, claim: Claim) -> Claim:
        """Remember the id of the chat that the store gave with its claim."""
        self.id = claim.chat_id or self.id  # another one if the store had forgotten it
        return claim

    def found(self, sq: SparkQ) -> int | None:
        """Return the id of the chat if it has claimed before, perhaps through another process."""
        if self.id is None and self.caller.session:
            self.id = chats.find(sq.db, self.caller)
        return self.id

    def come_back(self, sq: SparkQ) -> None:
        """Record that the chat calls, if it was thought to be gone."""
        if self.is_known and self.found(sq) is not None:
            chats.come_back(sq, self.caller._replace(id=self.id))

    def open_attempt(self, sq: SparkQ, task_id: int) -> int | None:
        """Return the running attempt of the task if this chat holds it."""
        chat_id = self.found(sq)
        return chats.held(sq.db, chat_id, task_id) if chat_id is not None else None

    def take_over(self, sq: SparkQ, task_id: int) -> int | None:
        """Return the running attempt of the task if this chat holds it, or a chat before it, of which it takes it over."""
        own = self.open_attempt(sq, task_id)
        if own is not None or not self.is_known:
            return own
        for earlier in self.before:
            attempt = chats.held(sq.db, earlier, task_id)
            if attempt is not None:
                caller = self.caller._replace(id=self.found(sq))
                self.id = chats.correct(sq, caller, self.worker, [(task_id, attempt)])
                return attempt
        return None

    def spent(self, sq: SparkQ, queue: str) -> str | None:
        """Return why this chat gets no more tasks of a queue although some may be there; None if nothing limits it."""
        caller = self.caller._replace(id=self.found(sq))
        return assignments.spent(sq.db, caller, queues.by_name(sq, queue).id, sq.clock.now())

    def open_claims(self, sq: SparkQ, besides: int = 0) -> tuple[OpenClaim, ...]:
        """Return the running attempts of this chat and of those before it, except that of the task `besides`."""
        own = self.found(sq)
        ids = (*(() if own is None else (own,)), *self.before)
        claims = (claim for each in ids for claim in chats.open_claims(sq.db, each, besides=besides, limit=MAX_OPEN))
        return tuple(sorted(claims))[:MAX_OPEN]


def caller(client: Any, meta: Mapping[str, Any] | None, told: Told, hooked: Told = NOTHING_TOLD) -> Caller:
    """Return what is known of the calling chat, from the best source: its hooks, else its own metadata, else the
    environment.

    `client` is what the client says of itself (`name` and `version`), or None. `hooked` is what the hooks of its
    connection have told.
    """
    name = one_word(client.name if client else "")
    turn = _turn_of(meta)
    session = hooked.session or _text(turn.get("session_id")) or _text(turn.get("thread_id"))
    if session is None and name.startswith("claude"):  # another client may have inherited Claude's environment
        session = told.session
    model = _text(turn.get("model")) or hooked.model
    return Caller(name, client.version if client else None, session, told.cwd, model)


def tool_use(meta: Mapping[str, Any] | None) -> str | None:
    """Return Claude Code's id of a call, by which a hook names it."""
    return _text((meta or {}).get("claudecode/toolUseId"))


def _turn_of(meta: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return what Codex tells about the turn of a conversation: an object, or its JSON."""
    turn = (meta or {}).get(CODEX_TURN)
    if isinstance(turn, str):
        try:
            turn = json.loads(turn)
        except ValueError:
            return {}
    return turn if isinstance(turn, Mapping) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def one_word(client: str) -> str:
    """Return the name of a client as one word."""
    word = re.sub(r"[^A-Za-z0-9._]+", "-", client).strip("-")[:60].lower()
    return SHORT_NAMES.get(word, word) or "chat"


def worker_name(caller: Caller, connection: str | None) -> str:
    """Return a name like `claude-code-8d2a`: the client and the end of its session; without a session, the process and the
    connection."""
    if caller.session:
        return chats.worker_name(caller.client, caller.session)
    suffix = f"-{connection[:8]}" if connection else ""
    return f"{caller.client}-{os.getpid()}{suffix}" if connection is not None else f"{caller.client}-{os.getpid()}-http"
