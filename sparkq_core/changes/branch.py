"""Make a branch with a commit for each task, out of what each of them changed.

Only this writes into `.git`, because you asked for it: the new commits, and the branch that leads to them. The work tree,
the index and HEAD stay as they are. Everything is built in a temporary folder first, so a refusal leaves nothing.
"""

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from sparkq_core.changes import diff, places, sequence, store, view
from sparkq_core.changes.git import Deadline, Git, GitFailed, WorkTree, with_store, work_tree
from sparkq_core.changes.snapshot import without_filters
from sparkq_core.changes.states import OBJECT_ID, has_whole_tree, parsed
from sparkq_core.changes.view import Change, NoChange
from sparkq_core.config.loading import environment
from sparkq_core.errors import InvalidName, Kind, NameTaken, SparkQError
from sparkq_core.project import SparkQ
from sparkq_core.text import MAX_NAME, cut, safe

SECONDS = 300.0
"""How long the whole branch may take."""

BODY_LINES, BODY_CHARACTERS = 10, 1000
"""How much of a result is in a commit's message."""

MOST_OTHERS = 200
"""Most attempts outside the range that are compared with it."""

IDENTITY = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
"""The variables with which you may say who you are."""

DURABLE = {"core.fsync": "committed,-loose-object"}
"""What Git does without a setting."""

SETTINGS = {"apply.whitespace": "nowarn", "i18n.commitEncoding": "UTF-8", "rerere.enabled": "false"}
FACTS = """
SELECT tasks.title, a.finished_at, coalesce(a.result, a.late_text, a.error, '') FROM tasks JOIN attempts AS a
    ON a.task_id = tasks.id AND a.attempt = :attempt
WHERE tasks.id = :task
"""
OTHERS = f"""
SELECT a.task_id, a.attempt, a.git_before, a.git_after
FROM events AS e CROSS JOIN attempts AS a ON a.task_id = e.task_id AND a.attempt = e.attempt
WHERE e.id > :since AND e.{sequence.ENDED} AND a.git_after IS NOT NULL ORDER BY e.id LIMIT :most
"""
EARLIER = """
SELECT attempt, git_before, git_after FROM attempts WHERE task_id = :task AND attempt < :attempt AND git_after IS NOT NULL
ORDER BY attempt
"""


class NoBranch(SparkQError):
    """The branch cannot be made of these tasks; the repository is as it was."""

    kind, code = Kind.CONFLICT, "no_branch"


class Commit(NamedTuple):
    """The commit of an attempt of a task; `attempt` is None for the one whose outcome counts."""

    id: str
    task: int
    attempt: int | None
    title: str
    sizes: diff.Sizes


class Branch(NamedTuple):
    """A branch that was made on the commit `base` (None: on none), and the tasks whose changes added nothing to it."""

    name: str
    base: str | None
    commits: Sequence[Commit]
    unchanged: Sequence[int]


class Other(NamedTuple):
    """A task outside the range that changed files of it, or an earlier `attempt` of a task in it; `path` is one of them."""

    task: int
    files: int
    path: str
    attempt: int | None = None


class _Work(NamedTuple):
    """A change with the title, the time and the text of its task; `is_earlier` if another attempt of it follows."""

    change: Change
    is_earlier: bool
    title: str
    finished_at: int
    text: str


def make(sq: SparkQ, name: str, changes: Sequence[Change]) -> Branch:
    """Make the branch `name` with a commit for each change, in the order in which the attempts ended.

    It begins at the commit that was checked out when the first one was claimed. Raises InvalidName, NameTaken, NoChange,
    and NoBranch if a change does not fit on those before it, or Git refuses.
    """
    deadline = Deadline.after(SECONDS)
    here = work_tree(sq.config.root, deadline)
    if here is None:
        raise NoBranch("There is no Git repository here.", "Run it in the folder of the project: sparkq doctor")
    repository = Git(here.top, deadline, settings=DURABLE)
    _check_name(repository, name)
    works = _in_order(sq, changes)
    _check_repository(sq, here, works, deadline)
    identity = _identity(repository)
    with tempfile.TemporaryDirectory(prefix="sparkq-branch-") as folder:
        git = _aside(here, store.path(sq.config), Path(folder), identity, deadline)
        base = _base(git, works[0].change)
        commits, unchanged = _commits(sq, git, base, works)
        if not commits:
            raise NoChange("None of these tasks changed a file.", "See what each of them did: sparkq diff ID --stat")
        try:
            _publish(git, repository._replace(variables=identity), name, base, commits[-1].id)
        except GitFailed as error:
            hint = "Choose another name, or check the repository: git fsck"
            raise NoBranch(f"Git refused: {safe(str(error))}.", hint) from error
    return Branch(name, base, commits, unchanged)


def others(sq: SparkQ, changes: Sequence[Change]) -> list[Other]:
    """Return the tasks that are not among the `changes`, but changed the same files since the first of them began."""
    ours = {change.task for change in changes}
    paths = {path for change in changes for path in _paths(view.files(sq, change))}
    first = min((sequence.ended(sq.db, change.task, change.attempt) for change in changes), default=0)
    found: dict[int, Other] = {}
    for task, attempt, before, after in sq.db.rows(OTHERS, {"since": first, "most": MOST_OTHERS}) if paths else ():
        other = Change(task, attempt, parsed(before), parsed(after))
        if task in ours or not all("tree" in state for state in (other.before, other.after)):
            continue
        try:
            same = paths & _paths(view.files(sq, other))
        except NoChange:
            continue
        if same:
            found[task] = Other(task, len(same), min(same))
    return list(found.values())


def with_earlier(sq: SparkQ, changes: Sequence[Change]) -> tuple[list[Change], list[Other]]:
    """Return the changes, each after those of earlier attempts of its task on which it was built, and the earlier attempts
    that are left out, because what they changed was taken back or changed before the next attempt."""
    deadline = Deadline.after(SECONDS)
    here = work_tree(sq.config.root, deadline)
    if here is None:
        return list(changes), []
    whole: list[Change] = []
    left = []
    with tempfile.TemporaryDirectory(prefix="sparkq-branch-") as folder:
        git = _aside(here, store.path(sq.config), Path(folder), {}, deadline)
        for change in changes:
            for earlier, later in pairwise([*_earlier(sq, change), change]):
                with suppress(NoChange):
                    files = view.files(sq, earlier)
                    if files and _is_built_on(sq, git, earlier, later):
                        whole.append(earlier)
                    elif files:
                        left.append(Other(change.task, len(files), files[0].path, earlier.attempt))
            whole.append(change)
    return whole, left


def _earlier(sq: SparkQ, change: Change) -> list[Change]:
    rows = sq.db.rows(EARLIER, {"task": change.task, "attempt": change.attempt})
    attempts = [Change(change.task, number, parsed(before), parsed(after)) for number, before, after in rows]
    return [attempt for attempt in attempts if attempt.is_known]


def _is_built_on(sq: SparkQ, git: Git, earlier: Change, later: Change) -> bool:
    """True if all that an attempt changed was there at a later one, as far as the tree of that one has these files."""
    tree = later.before["tree"]
    paths: list[str] = []
    if not has_whole_tree(later.before):
        there = set(git("ls-tree", "-r", "-z", "--name-only", tree).decode().split("\0"))
        paths = sorted(_paths(view.files(sq, earlier)) & there)
        if not paths:
            return True
    return _is_in(git, view.patch(sq, earlier, *paths), tree)


def _is_in(git: Git, patch: bytes, tree: str) -> bool:
    """True if a tree has all of a change, beside whatever else has changed since."""
    try:
        git("read-tree", tree)
        git("apply", "--cached", "--check", "--reverse", stdin=patch)
    except GitFailed:
        return False
    return True


def _paths(files: Sequence[diff.FileChange]) -> set[str]:
    return {path for file in files for path in (file.path, file.old_path) if path is not None}


def _check_name(repository: Git, name: str) -> None:
    """Raise InvalidName if no branch can be called so, NameTaken if one is."""
    shown = safe(name)[:MAX_NAME]
    try:
        valid = "\0" not in name and repository("check-ref-format", "--branch", name).decode().rstrip("\n") == name
    except (GitFailed, UnicodeError):
        valid = False
    if not valid:
        raise InvalidName(
            f"{shown!r} cannot be the name of a branch.",
            "Use letters, digits, '-', '.' and '/': sparkq branch work 41-55",
        )
    if repository("for-each-ref", "--count=1", f"refs/heads/{name}"):
        raise NameTaken(f"There is a branch {shown} already.", "Choose another name: it is never overwritten.")


def _in_order(sq: SparkQ, changes: Sequence[Change]) -> list[_Work]:
    ordered = view.in_order(sq, changes)
    rows = [(change, sq.db.row(FACTS, {"task": change.task, "attempt": change.attempt})) for change in ordered]
    last = {change.task: change.attempt for change in ordered}  # an earlier attempt is before the later one
    works = [
        _Work(change, change.attempt != last[change.task], row[0], row[1] or 0, row[2])
        for change, row in rows
        if row is not None
    ]
    if not works:
        raise NoChange("None of these tasks has a change that is known exactly.", "See which have: sparkq tasks")
    return works


def _check_repository(sq: SparkQ, here: WorkTree, works: Sequence[_Work], deadline: Deadline) -> None:
    """Raise NoBranch if one of the changes was made in another repository."""
    tasks = {work.change.after.get("work_tree", places.OWN): work.change.task for work in reversed(works)}
    for name, task in tasks.items():
        folder = places.folder(sq.config.root, name)
        there = work_tree(folder, deadline) if folder.is_dir() else None
        if there is not None and there.objects.resolve() != here.objects.resolve():
            raise NoBranch(
                f"#{task} was done in another repository: {safe(name)}.", "Leave it out, and commit it there."
            )


def _identity(repository: Git) -> dict[str, str]:
    """Return the variables that say who commits. Raises NoBranch if Git does not know."""
    variables = {name: value for name, value in environment().items() if name in IDENTITY}
    try:
        for who in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
            repository._replace(variables=variables)("var", who)
    except GitFailed as error:
        raise NoBranch(
            "Git does not know who commits.", "Say it: git config user.name NAME; git config user.email ADDRESS"
        ) from error
    return variables


def _aside(here: WorkTree, kept: Path, folder: Path, identity: dict[str, str], deadline: Deadline) -> Git:
    """Return Git whose index and new objects are in `folder`."""
    objects = folder / "objects"
    objects.mkdir()
    git = with_store(here.top, objects, [kept, here.objects], deadline)
    git = git._replace(
        variables={**git.variables, **identity, "GIT_INDEX_FILE": str(folder / "index")}, settings=SETTINGS
    )
    return _without_merge_drivers(git)._replace(deadline=deadline)


def _without_merge_drivers(git: Git) -> Git:
    """Return Git with the filters turned off, and with merges by other programs refused."""
    output = git("config", "--null", "--name-only", "--get-regexp", r"^merge\..*\.driver$", fine=(0, 1))
    refused = {name.decode(errors="surrogateescape"): "false" for name in output.split(b"\0") if name}
    return git._replace(settings={**git.settings, **without_filters(git).settings, **refused})


def _base(git: Git, first: Change) -> str | None:
    """Return the commit at the claim of the first change, with its tree in the index. Raises NoBranch if it is gone."""
    head: str | None = first.before.get("head")
    if head is None:
        return None
    try:
        if OBJECT_ID.fullmatch(head) is None:
            raise GitFailed("not a commit")
        git("read-tree", f"{head}^{{commit}}")
    except GitFailed as error:
        raise NoBranch(
            f"The commit {safe(head)[:7]}, at which #{first.task} was claimed, is not in the repository any more.",
            f"Apply the changes to the present commit: sparkq diff {first.task} | git apply --3way",
        ) from error
    return head


def _commits(sq: SparkQ, git: Git, base: str | None, works: Sequence[_Work]) -> tuple[list[Commit], list[int]]:
    """Commit one change after another; the commits, and the tasks whose change added nothing."""
    tree = git("write-tree", "--missing-ok").decode().strip()
    commits: list[Commit] = []
    unchanged = []
    for work in works:
        _apply(git, work.change, view.patch(sq, work.change))
        parent, before = commits[-1].id if commits else base, tree
        tree = git("write-tree", "--missing-ok").decode().strip()
        if tree == before:
            unchanged += [work.change.task] if not work.is_earlier else []
            continue
        dated = git._replace(variables={**git.variables, "GIT_AUTHOR_DATE": f"@{work.finished_at // 1000} +0000"})
        parents = () if parent is None else ("-p", parent)
        commit = dated("commit-tree", *parents, "-F", "-", tree, stdin=_message(work).encode()).decode().strip()
        sizes = diff.sizes(diff.files(git, before, tree))
        attempt = work.change.attempt if work.is_earlier else None
        commits.append(Commit(commit, work.change.task, attempt, work.title, sizes))
    return commits, unchanged


def _apply(git: Git, change: Change, patch: bytes) -> None:
    """Apply a change to the index. Raises NoBranch if it does not fit."""
    if not patch:
        return
    try:
        git("apply", "--cached", "--3way", stdin=patch)
    except GitFailed as error:
        raise NoBranch(
            f"The change of #{change.task} does not fit on those before it; no branch was made.",
            "It changed lines that another task, an earlier attempt, or you, wrote before it. "
            "Take in the tasks before it too, or leave it out: "
            f"sparkq diff {change.task}",
        ) from error


def _message(work: _Work) -> str:
    """Return the message of a commit: the title, the beginning of the result, and the task."""
    title = " ".join(safe(work.title).split()) or f"Task {work.change.task}"
    title += f" (attempt {work.change.attempt})" if work.is_earlier else ""
    lines = [safe(line).rstrip() for line in cut(work.text.strip(), BODY_CHARACTERS).splitlines()]
    body = "\n".join([*lines[:BODY_LINES], *(["…"] if len(lines) > BODY_LINES else [])])
    return "\n\n".join(part for part in (title, body, f"SparkQ-Task: #{work.change.task}") if part) + "\n"


def _publish(aside: Git, repository: Git, name: str, base: str | None, tip: str) -> None:
    """Copy the new objects into the repository, then make the branch. Raises GitFailed, also if it exists by now."""
    revisions = f"{tip}\n" + (f"^{base}\n" if base else "")
    pack = aside("pack-objects", "--revs", "--stdout", "-q", stdin=revisions.encode())
    repository("unpack-objects", "-q", stdin=pack)
    repository("update-ref", "-m", "branch: made by sparkq branch", f"refs/heads/{name}", tip, "0" * len(tip))
