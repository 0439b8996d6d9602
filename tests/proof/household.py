"""A project in a Git repository with chats, a server and commands at work, and everything that they were acknowledged."""

import os
import re
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sparkq_core import project
from sparkq_core.config import copies
from sparkq_core.project import SparkQ
from tests.harness.fork_server import start_module
from tests.harness.projects import TOP, database_of
from tests.harness.shell import Done, Shell
from tests.harness.waiting import SECONDS, until
from tests.http.caller import Caller, free_port
from tests.proof.door_workers import QUEUE, ChatWorker, CommandWorker, DoorWorker, Gone, Held, Refused, RestWorker
from tests.proof.finished_run import unsound
from tests.proof.journal import Entry

WAYS = {
    "replaced": re.compile(r"What it had is in \S+\.db\..*sparkq restore|was replaced while .*Call again", re.DOTALL),
    "database_gone": re.compile(r"the newest from .*\.db.*sparkq restore", re.DOTALL),
    "no_project": re.compile("sparkq setup"),
    "log_removed": re.compile(r"its log was removed.*(End the chats|sparkq restore|doctor)", re.DOTALL),
    "moved": re.compile("start this process again in the folder where it is now"),
}
"""The codes of a refusal because the database is not there or is another one, and the way on that it must name."""

OLDER_STATE = {"claim_lost", "wrong_state", "no_such_task", "no_such_queue", "invalid_value"}
"""What a worker may hear about a task that a restored copy, or a new database, does not know in this state."""

PROMPTS = "SELECT task_id, text FROM prompts WHERE revision = 1"
ATTEMPTS = "SELECT task_id, attempt, outcome, result, error FROM attempts"


class Household:
    """The project in `folder`, and its workers by name: two chats, a terminal, and REST with a server of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "project"
        self.home = folder / "home"
        self.figures: Counter[str] = Counter()
        self.violations: list[str] = []
        self.was_away = False
        """True if the folder was moved: a server that sees its project gone ends, and is started again."""
        self._acknowledged: list[Entry] = []
        self._noting = threading.Lock()
        self.root.mkdir()
        self.home.mkdir()
        self._set_up()
        self.workers: dict[str, DoorWorker] = {}
        self.settle_in()

    def _set_up(self) -> None:
        """Set SparkQ up on the branch main, where its settings are committed; the branch plain has never seen it."""
        self.git("init", "--quiet", "--initial-branch=main")
        for name, value in {"user.name": "A", "user.email": "a@example.com", "gc.auto": "0"}.items():
            self.git("config", name, value)
        (self.root / "README.md").write_text("A project\n")
        self.commit()
        self.git("branch", "plain")
        self.done("setup", "--yes")
        self.done("queue", "create", QUEUE)
        self.commit()

    def git(self, *arguments: str) -> Done:
        """Run `git` in the project."""
        return Shell(self.root, self.home).run("git", *arguments, GIT_CONFIG_GLOBAL=os.devnull)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "More")
        if tracked := self.git("ls-files", "sparkq").out:
            self.violations.append(f"Git took SparkQ's data: {tracked}")

    def sparkq(self, *arguments: str | Path) -> Done:
        """Run `sparkq` in the project."""
        return Shell(self.home, self.home).sparkq("-C", self.root, *arguments)

    def done(self, *arguments: str | Path) -> str:
        """What a command prints that must succeed."""
        ended = self.sparkq(*arguments)
        assert ended.code == 0, (arguments, ended)
        return ended.out

    @property
    def database(self) -> Path:
        return database_of(self.root)

    @property
    def is_lost(self) -> bool:
        return not self.database.exists()

    # The workers

    def settle_in(self) -> None:
        """Start the server and the workers where the project is now."""
        self.server = Server(self.root, self.folder / "server.out", self.home)
        self.workers |= {
            "chat one": ChatWorker(self.root),
            "chat two": ChatWorker(self.root),
            "terminal": CommandWorker(self.root, self.home),
            "rest": RestWorker(self.server.port),
        }

    def leave(self) -> None:
        """End the chats and the server, as their users do."""
        for worker in self.workers.values():
            if isinstance(worker, ChatWorker):
                self._is_quiet(worker.part())
        self.server.stop()
        self.was_away = False

    def begin_again(self, name: str) -> None:
        """End a chat and begin another, or restart the server."""
        worker = self.workers[name]
        if isinstance(worker, ChatWorker):
            self._is_quiet(worker.part())
            self.workers[name] = ChatWorker(self.root)
        elif isinstance(worker, RestWorker) and not self.is_lost:  # where there is no database none starts
            self.server.stop()
            self.server = Server(self.root, self.folder / "server.out", self.home, self.server.port)

    def end(self) -> None:
        """End every process that a failed run has left."""
        for worker in self.workers.values():
            with suppress(OSError, ValueError):
                worker.end()
        self.server.process.kill()
        self.server.process.wait()

    def _is_quiet(self, said: str) -> None:
        if "Traceback" in said:
            self.violations.append(said)

    def noticed(self, *chats: str) -> None:
        """Let these chats, or all, and the server look at the database, so that each notices what became of it."""
        for name, worker in self.workers.items():
            if isinstance(worker, ChatWorker) and (not chats or name in chats):
                with self._refusals():
                    worker.queues()
        with suppress(OSError):
            Caller(self.server.port).get("/api/queues")

    def keep_server(self) -> None:
        """Start the server again if it has ended because its project was away."""
        if self.was_away and not self.is_lost and self.server.process.poll() == 0:
            self.server = Server(self.root, self.folder / "server.out", self.home, self.server.port)

    # What they do

    def enqueue(self, name: str, prompt: str) -> None:
        with self._refusals():
            self._note("enqueued", self.workers[name].enqueue(prompt, prompt), 0, prompt)

    def claim(self, name: str) -> Held | None:
        with self._refusals():
            if (held := self.workers[name].claim()) is not None:
                self._note("claimed", held.task, held.attempt, "")
                return held
        return None

    def settle(self, name: str, verb: str, held: Held, text: str) -> None:
        with self._refusals():
            self.workers[name].settle(verb, held, text)
            self._note(verb, held.task, held.attempt, text)

    def _note(self, did: str, task: int, attempt: int, text: str) -> None:
        with self._noting:
            self._acknowledged.append(Entry(did, task, attempt, text))
            self.figures["acknowledged"] += 1

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """A refusal must be one that the housekeeping explains, and must name the way on."""
        try:
            yield
        except Refused as refusal:
            code = str(refusal)
            with self._noting:
                self.figures["refused"] += code in WAYS
                if code not in OLDER_STATE and not (code in WAYS and WAYS[code].search(refusal.said)):
                    self.violations.append(f"{code}: {refusal.said}")
        except Gone:
            if not self.was_away:
                self.violations.append("a process has ended by itself")

    # What is kept

    def lost(self, scratch: Path) -> list[str]:
        """The acknowledged work that is neither in the database nor in one of its copies, and what is wrong with these."""
        wrong: list[str] = []
        kept: set[Entry] = set()
        with closing(project.open(self.root, env={})) as sq:
            files = [copy.path for copy in copies.found(sq.config)]
            wrong += unsound(sq)
            kept |= facts(sq)
        for number, file in enumerate(files):
            database_of(scratch / str(number)).parent.mkdir(parents=True)
            shutil.copy(file, database_of(scratch / str(number)))
            with closing(project.open(scratch / str(number), env={})) as sq:
                wrong += [f"{file.name}: {problem}" for problem in unsound(sq)]
                kept |= facts(sq)
        self.figures["copies read"] += len(files)
        return wrong + [f"lost: {entry}" for entry in self._acknowledged if entry not in kept]


def facts(sq: SparkQ) -> set[Entry]:
    """Everything that a client may have been acknowledged, as far as this database has it."""
    found = {Entry("enqueued", task, 0, text) for task, text in sq.db.rows(PROMPTS)}
    for task, attempt, outcome, result, error in sq.db.rows(ATTEMPTS):
        found.add(Entry("claimed", task, attempt, ""))
        if outcome == "succeeded":
            found.add(Entry("complete", task, attempt, result))
        if outcome == "failed":
            found.add(Entry("fail", task, attempt, error))
    return found


class Server:
    """`sparkq run` in the project's folder."""

    def __init__(
        self, root: Path, out: Path, home: Path, port: int | None = None, before: tuple[str, ...] = ()
    ) -> None:
        self.port = port or free_port()
        self.out = out
        with out.open("ab") as said, Path(os.devnull).open("rb") as nothing:
            self.process = start_module(
                *(*before, "sparkq_http.server", "--port", str(self.port)),
                folder=root,
                environment={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "PYTHONPATH": str(TOP)},
                streams=(nothing.fileno(), said.fileno(), said.fileno()),
            )
        until(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.out.read_text()[-2000:]
        with suppress(OSError):
            return Caller(self.port).get("/health").status == 200
        return False

    def stop(self) -> None:
        """End it as `sparkq stop` does."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(SECONDS)
            assert code == 0, f"{code}: {self.out.read_text()[-2000:]}"
        finally:
            self.process.kill()
        assert "Traceback" not in self.out.read_text()
