"""Every error of SparkQ: its kind, its code, a sentence and the next step.

A door looks only at the kind: it has one table from kind to exit code, status or reply. The code is for programs, the
message says what is wrong, and the hint what to do next.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, ClassVar


class Kind(StrEnum):
    """What an error means to the caller, the same for every door."""

    INVALID = "invalid"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    BUSY = "busy"
    STORAGE = "storage"


EXIT_CODES = {Kind.INVALID: 2, Kind.NOT_FOUND: 3, Kind.CONFLICT: 4, Kind.STORAGE: 74, Kind.BUSY: 75}
"""The exit codes of all programs: EX_IOERR and EX_TEMPFAIL of sysexits.h, and small numbers."""


class SparkQError(Exception):
    """An error that SparkQ expects: nothing has changed, and `hint` is the next step."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "invalid"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidText(SparkQError):
    """A text is not accepted: it has a NUL or a lone surrogate, or it is empty or too long."""

    code = "invalid_text"


class InvalidName(SparkQError):
    """A name cannot be a file name, a part of a URI and a word of the shell at once."""

    code = "invalid_name"


class InvalidValue(SparkQError):
    """A number, a choice or a JSON value is outside its limits."""

    code = "invalid_value"


class InvalidConfig(SparkQError):
    """A sparkq.yml or an environment variable cannot be understood."""

    code = "invalid_config"


class VersionOne(SparkQError):
    """The project is one of SparkQ 1, which has other settings and another database."""

    kind, code = Kind.CONFLICT, "version_one"


class AtTheKeyboard(SparkQError):
    """Only you can do this, in your own terminal: an agent cannot loosen what protects you from it."""

    kind, code = Kind.CONFLICT, "at_the_keyboard"


class OtherOwner(SparkQError):
    """The project, its database or its repository belongs to another user."""

    code = "other_owner"


class NoProject(SparkQError):
    """No project has been set up here."""

    kind, code = Kind.NOT_FOUND, "no_project"


class DatabaseGone(NoProject):
    """The project's database is gone, but there are copies of it."""

    code = "database_gone"


class NoSuchQueue(SparkQError):
    """No queue has this name."""

    kind, code = Kind.NOT_FOUND, "no_such_queue"


class NoSuchSession(SparkQError):
    """No session has this name."""

    kind, code = Kind.NOT_FOUND, "no_such_session"


class NoSuchTask(SparkQError):
    """No task has this id: there never was one, or it was deleted or purged."""

    kind, code = Kind.NOT_FOUND, "no_such_task"


class Purged(NoSuchTask):
    """The task was purged. `line` is what it left, a `sparkq_core.purged.Line`."""

    code = "purged"

    def __init__(self, message: str, hint: str = "", line: tuple[Any, ...] | None = None) -> None:
        super().__init__(message, hint)
        self.line = line


class NoSuchTool(SparkQError):
    """No tool has this name."""

    kind, code = Kind.NOT_FOUND, "no_such_tool"


class NoSuchClass(SparkQError):
    """No task class has this name."""

    kind, code = Kind.NOT_FOUND, "no_such_class"


class NoSuchScript(SparkQError):
    """No script of the index has this name."""

    kind, code = Kind.NOT_FOUND, "no_such_script"


class WrongState(SparkQError):
    """The verb is not possible in the present status of the task; `possible` are the verbs that are."""

    kind, code = Kind.CONFLICT, "wrong_state"

    def __init__(self, message: str, hint: str = "", possible: Sequence[str] = ()) -> None:
        super().__init__(message, hint)
        self.possible = possible


class Unseen(SparkQError):
    """The outcome is no longer the one that you saw."""

    kind, code = Kind.CONFLICT, "unseen"


class ClaimLost(SparkQError):
    """The attempt is no longer the running one."""

    kind, code = Kind.CONFLICT, "claim_lost"


class AttemptNeeded(SparkQError):
    """The call does not say which attempt it is about, and it could be the wrong one: its text is kept in the timeline.

    `attempts` are the numbers that the caller can mean.
    """

    kind, code = Kind.CONFLICT, "attempt_needed"

    def __init__(
        self, message: str, hint: str = "", verb: str = "complete", task_id: int = 0, attempts: Sequence[int] = ()
    ) -> None:
        super().__init__(message, hint)
        self.verb = verb
        self.task_id = task_id
        self.attempts = attempts


class KeyUsed(SparkQError):
    """The key was used before, for another prompt or another queue; nothing was enqueued."""

    kind, code = Kind.CONFLICT, "key_used"


class QueueClosed(SparkQError):
    """The queue has ended or is archived, and does not allow this."""

    kind, code = Kind.CONFLICT, "queue_closed"


class QueueWaits(SparkQError):
    """The queue hands out no tasks until you let it go on."""

    kind, code = Kind.CONFLICT, "queue_waits"


class Unchecked(SparkQError):
    """The queue completes a task only after its check has passed on these very files, and `attempt` has no such pass.

    `command` is that of the check. `is_spent` is true if the attempt has failed it as often as the queue allows.
    """

    kind, code = Kind.CONFLICT, "unchecked"

    def __init__(
        self,
        message: str,
        hint: str = "",
        task_id: int = 0,
        attempt: int = 0,
        command: str = "",
        is_spent: bool = False,
    ) -> None:
        super().__init__(message, hint)
        self.task_id = task_id
        self.attempt = attempt
        self.command = command
        self.is_spent = is_spent


class CheckMissing(Unchecked):
    """The queue's check has not been run for this attempt."""

    code = "check_missing"


class CheckFailed(Unchecked):
    """The queue's check has failed."""

    code = "check_failed"


class TreeChanged(Unchecked):
    """The queue's check has passed, but on other files than there are now."""

    code = "tree_changed"


class NotEmpty(SparkQError):
    """A file would be overwritten, or a project would be mixed with another."""

    kind, code = Kind.CONFLICT, "not_empty"


class QueueNotEmpty(SparkQError):
    """A queue that still has tasks would be deleted."""

    kind, code = Kind.CONFLICT, "queue_not_empty"


class BackupsExist(SparkQError):
    """The database is gone, but there are copies of it: an empty one would be in their place."""

    kind, code = Kind.CONFLICT, "backups_exist"


class OtherProject(SparkQError):
    """A folder above or inside has a project already: an empty second one would rarely be wanted."""

    kind, code = Kind.CONFLICT, "other_project"


class NameTaken(SparkQError):
    """Another queue or session already has this name."""

    kind, code = Kind.CONFLICT, "name_taken"


class Busy(SparkQError):
    """Other processes kept the database locked for the whole time that SparkQ waited."""

    kind, code = Kind.BUSY, "busy"


class Locked(Busy):
    """Another process keeps the database for itself: nobody else can even read it."""

    code = "locked"


class StorageError(SparkQError):
    """The file system or the database file failed."""

    kind, code = Kind.STORAGE, "storage"


class DiskFull(StorageError):
    """The disk is full; the change was not made."""

    code = "disk_full"


class ReadOnly(StorageError):
    """The database cannot be written here."""

    code = "read_only"


class Corrupt(StorageError):
    """The file is damaged or not a SparkQ database; it was not changed."""

    code = "corrupt"


class Replaced(StorageError):
    """Another file is now where the database was opened; what was acknowledged is in the file that was there."""

    code = "replaced"


class Moved(Replaced):
    """The folder of the project was moved or removed while its database was open."""

    code = "moved"


class LogRemoved(StorageError):
    """The log of the database was removed while other processes use it."""

    code = "log_removed"


class RemoteDisk(StorageError):
    """The database would be on a network file system, whose locks do not protect it."""

    code = "remote_disk"


class NewerSchema(StorageError):
    """The database was written by a newer SparkQ."""

    code = "newer_schema"
