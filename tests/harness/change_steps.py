"""Tasks that change a repository, for the doors that show what was changed."""

from collections.abc import Callable
from pathlib import Path

from sparkq_core import changes, tasks
from sparkq_core.changes import Execution, recording
from sparkq_core.project import SparkQ
from tests.harness.git_steps import commit, start
from tests.harness.task_steps import add

PATIENCE = 60.0
"""On a machine that is busy with tests Git may take longer than a person would wait."""


def repository(folder: Path, **files: str | bytes) -> Path:
    """Make the folder of a project a repository with one commit of these files; `_` in a name is a dot."""
    start(folder)
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content if isinstance(content, bytes) else content.encode())
    commit(folder)
    (folder / ".git/info/exclude").write_text("sparkq/\nsparkq.yml\n")
    return folder


def changing(
    sq: SparkQ, work: Callable[[], object], *, queue: str = "backend", title: str = "one", ends_in: Path | None = None
) -> int:
    """Let a task of a queue do this work where the project is, exactly recorded; its id. `ends_in` is another folder in
    which it is completed."""
    add(sq, title, queue=queue)
    claimed = tasks.claim(sq, queue, "ann")
    assert claimed is not None
    execution = Execution(claimed.task.id, claimed.task.attempts)
    record(sq, begun=execution)
    work()
    tasks.complete(sq, execution.task, "did it", attempt=execution.attempt)
    record(sq, ends_in, ended=execution)
    return execution.task


def record(
    sq: SparkQ, folder: Path | None = None, *, ended: Execution | None = None, begun: Execution | None = None
) -> None:
    """Record a change in a folder (default: the project's), however busy the machine is."""
    seconds, recording.SECONDS = recording.SECONDS, PATIENCE
    try:
        changes.record(sq, folder or sq.config.root, ended=[ended] if ended else [], begun=begun)
    finally:
        recording.SECONDS = seconds
