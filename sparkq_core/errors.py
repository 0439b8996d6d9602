"""Every refusal of SparkQ: its kind, its code, a sentence and the next step.

Doors look at the kind only, each with one table from kind to exit code, status or reply. The code is for
programs, the message says what is wrong with the values at hand, the hint says what to do next.
"""

from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """What a refusal means to the caller, whatever the door."""

    INVALID = "invalid"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    BUSY = "busy"
    STORAGE = "storage"


class SparkQError(Exception):
    """A refusal: nothing has changed, and `hint` says what would help."""

    kind: ClassVar[Kind] = Kind.INVALID
    code: ClassVar[str] = "invalid"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InvalidText(SparkQError):
    """A text that no door lets in: NUL, a lone surrogate, empty, or too long."""

    code = "invalid_text"


class InvalidName(SparkQError):
    """A name that would not survive as a file name, a URI part and a word of the shell."""

    code = "invalid_name"


class InvalidValue(SparkQError):
    """A number, a choice or a JSON value outside its limits."""

    code = "invalid_value"


class InvalidConfig(SparkQError):
    """A sparkq.yml or an environment variable that cannot be understood."""

    code = "invalid_config"


class NoProject(SparkQError):
    """No project has been set up at this place."""

    kind, code = Kind.NOT_FOUND, "no_project"


class NoSuchQueue(SparkQError):
    """No queue has this name."""

    kind, code = Kind.NOT_FOUND, "no_such_queue"


class NoSuchSession(SparkQError):
    """No session has this name."""

    kind, code = Kind.NOT_FOUND, "no_such_session"


class NoSuchTask(SparkQError):
    """No task has this id: it never had, or it was purged."""

    kind, code = Kind.NOT_FOUND, "no_such_task"


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
    """The life cycle has no such move from the task's present status."""

    kind, code = Kind.CONFLICT, "wrong_state"


class Unseen(SparkQError):
    """The outcome is another one by now than the person saw."""

    kind, code = Kind.CONFLICT, "unseen"


class ClaimLost(SparkQError):
    """The attempt is no longer the running one."""

    kind, code = Kind.CONFLICT, "claim_lost"


class QueueClosed(SparkQError):
    """The queue has ended or is archived and does not admit this."""

    kind, code = Kind.CONFLICT, "queue_closed"


class NotEmpty(SparkQError):
    """The place is taken: a file that would be overwritten, or a project that would be mixed with another."""

    kind, code = Kind.CONFLICT, "not_empty"


class NameTaken(SparkQError):
    """Another queue or session has this name already."""

    kind, code = Kind.CONFLICT, "name_taken"


class Busy(SparkQError):
    """Other processes kept the database locked for the whole waiting time."""

    kind, code = Kind.BUSY, "busy"


class StorageError(SparkQError):
    """The file system or the database file does not let SparkQ keep its word."""

    kind, code = Kind.STORAGE, "storage"


class DiskFull(StorageError):
    """The disk is full; the change was not made."""

    code = "disk_full"


class ReadOnly(StorageError):
    """The database cannot be written here."""

    code = "read_only"


class Corrupt(StorageError):
    """The file is not a sound SparkQ database; it was left as it is."""

    code = "corrupt"


class RemoteDisk(StorageError):
    """The database would stand on a network file system, whose locks do not protect it."""

    code = "remote_disk"


class NewerSchema(StorageError):
    """The database was written by a newer SparkQ."""

    code = "newer_schema"
