"""`sparkq branch`"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from sparkq_cli import changed, show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, new_app
from sparkq_core import wire
from sparkq_core.changes import branch as branches
from sparkq_core.changes import view
from sparkq_core.changes.branch import Branch, Other
from sparkq_core.changes.view import Change
from sparkq_core.errors import SparkQError
from sparkq_core.text import counted, safe

app = new_app()


@app.command()
def branch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new branch.")],
    ids: Annotated[list[str], typer.Argument(metavar="ID…", help="Tasks: 42, or 41-55.")],
    json: Json = False,
) -> None:
    """Make a Git branch with a commit for each task; your work tree, the index and HEAD stay as they are.

    It begins at the commit that was checked out when the first task was claimed. Each commit has only what its task
    changed, and the title and the result of the task. Where that may be of several tasks, it is said. Nothing is made if a
    change does not fit.

    Examples:
      sparkq branch review/dates 41-55
      git push origin review/dates
    """
    sq = open_sparkq()
    changes, missing = changed.named(sq, ids)
    for error in missing if not json else ():
        show.note(f"{error.message} {error.hint}")
    changes, left = branches.with_earlier(sq, changes)
    others = branches.others(sq, changes)
    for warning in _warnings(changes, left, others) if not json else ():
        show.note(warning)
    made = branches.make(sq, name, changes)
    if json:
        show.json_line(_facts(made, others, missing))
    else:
        show.say("\n".join(_lines(made)))


def _warnings(changes: Sequence[Change], left: Sequence[Other], others: Sequence[Other]) -> Iterator[str]:
    """Yield what is not only a task's own in its commit, and what belongs to it but is not in the branch."""
    for change in changes:
        notes = view.notes(change._replace(before={}))  # what changed before a claim is in no branch
        yield from (f"{wire.friendly(change.task)}: {note}" for note in notes)
    for other in left:
        task, attempt = wire.friendly(other.task), other.attempt
        yield (
            f"Attempt {attempt} of {task} is not in the branch: what it changed was not all there at the next attempt: "
            f"sparkq diff {other.task} --attempt {attempt}"
        )
    for other in others:
        yield f"{wire.friendly(other.task)}, which is not in the branch, changed {_files(other)} as well."


def _files(other: Other) -> str:
    more = f" and {counted(other.files - 1, 'more file')}" if other.files > 1 else ""
    return f"{other.path}{more}"


def _facts(made: Branch, others: Sequence[Other], missing: Sequence[SparkQError]) -> dict[str, Any]:
    """Return the branch as JSON: its commits, and the tasks that are not in it."""
    return {
        "branch": made.name,
        "base": made.base,
        "commits": [
            wire.exclude_none(
                {"commit": commit.id, "task_id": commit.task, "attempt": commit.attempt, "title": commit.title}
            )
            | commit.sizes._asdict()
            for commit in made.commits
        ],
        "unchanged": made.unchanged,
        "others": [other.task for other in others],
        "missing": [wire.error(error) for error in missing],
    }


def _lines(made: Branch) -> list[str]:
    """Return the commits for a person, and what to do next."""
    began = f" on {made.base[:7]}" if made.base else ""
    name = safe(made.name)
    lines = [f"Branch {show.paint(name, 'bold')}: {counted(len(made.commits), 'commit')}{began}."]
    for commit in made.commits:
        sizes = commit.sizes
        size = f"{counted(sizes.files, 'file')}, +{sizes.insertions} −{sizes.deletions}"
        attempt = f" (attempt {commit.attempt})" if commit.attempt else ""
        title = f"{safe(commit.title)}{attempt}"
        lines.append(f"  {commit.id[:7]}  {wire.friendly(commit.task)} {title}  {show.paint(size, 'dim')}")
    if made.unchanged:
        lines.append(
            f"No commit, because nothing changed beyond the others: {', '.join(wire.friendly(task) for task in made.unchanged)}."
        )
    return [*lines, f"Look at it: git log --stat {name}"]
