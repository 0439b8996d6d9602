"""`--json`: one object on standard output for every command that prints what programs can use, and nothing beside it."""

import json
from collections.abc import Iterator

import pytest

from sparkq_core import inbox, project, queues, sessions, tasks
from sparkq_core.clock import SystemClock
from sparkq_core.installation import export
from sparkq_core.project import SparkQ
from tests.cli.parsers import PARSERS, options
from tests.harness.clocks import SetClock
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.promises import holds

CALLS = {
    "setup": "setup --yes",
    "config show": "config show purge.older_than_days",
    "hooks list": "hooks",
    "hooks deny": "hooks deny",
    "config set": "config set purge.older_than_days 4",
    "connect": "connect claude-code --print",
    "queue create": "queue create docs --instructions Plain",
    "queue list": "queue list",
    "queue show": "queue show backend",
    "queue instructions": "queue instructions backend New",
    "queue rename": "queue rename backend server",
    "queue set": "queue set backend --strict",
    "queue check": "queue check backend true",
    "queue pause": "queue pause backend",
    "queue resume": "queue resume backend",
    "queue end": "queue end backend",
    "queue reopen": "queue reopen backend",
    "queue archive": "queue archive backend",
    "queue unarchive": "queue unarchive backend",
    "queue delete": "queue delete unused",
    "session create": "session create y",
    "session list": "session list",
    "session show": "session show x",
    "session end": "session end x",
    "enqueue": "enqueue six",
    "scripts": "scripts",
    "edit": "edit 2 new",
    "cancel": "cancel 2",
    "move": "move 2 backend",
    "review": "review --list",
    "tasks": "tasks",
    "task": "task 4",
    "peek": "peek",
    "diff": "diff 6-7",
    "usage": "usage 1",
    "report": "report --since 1d",
    "stats": "stats",
    "chat": "chat",
    "wait": "wait 4",
    "answer": "answer",
    "requeue": "requeue 3",
    "accept": "accept 5",
    "undo": "undo",
    "claim": "claim",
    "progress": "progress 1",
    "complete": "complete 1 Done",
    "fail": "fail 1 broke",
    "release": "release 1",
    "stop": "stop",
    "status": "status",
    "purge": "purge --dry-run",
    "backup": "backup copy.db",
    "restore": "restore --list",
    "reload": "reload",
    "hooks": "hooks",
    "doctor": "doctor",
    "teardown": "teardown --dry-run",
    "version": "version",
}
"""One call of each command, in the project below."""

ELSEWHERE = {"import", "start", "restart", "hooks allow", "branch", "check", "watch"}
"""`check` prints what its command prints too (test_check.py), `hooks allow` needs hooks (test_hooks.py), and `branch` needs changes (test_branch.py). `watch` has no end (test_watch.py). Import needs a project of its own (below); start and restart are the server's tests'."""


@pytest.fixture
def busy(sq: SparkQ, bare: Shell) -> Iterator[SparkQ]:
    """#1 running, #2 queued, #3 failed, #4 done, #5 timed out with a late result; session "x"."""
    sessions.create(sq, "x")
    queues.archive(sq, queues.create(sq, "unused").name)
    add(sq, "one", "two", "three", "four")
    clock = SetClock(SystemClock().now() - 3_600_000)
    earlier = project.open(bare.folder, env={}, clock=clock)
    tasks.enqueue(earlier, "backend", "five", timeout=60)
    take(earlier, task_id=5)
    for _ in ("warned", "failed"):
        clock.move(60)
        tasks.get(earlier, 5)
    with pytest.raises(Exception, match="no longer holds"):
        tasks.complete(earlier, 5, "late", attempt=1)
    for task_id in (1, 3, 4):
        take(sq, task_id=task_id)
    tasks.fail(sq, 3, "broke")
    tasks.complete(sq, 4, "done", data={"a": 1})
    inbox.review(sq, 4)
    yield sq
    earlier.close()


@holds("cli-json")
def test_every_command_with_json_is_called_here() -> None:
    with_json = {name for name, parser in PARSERS.items() if "--json" in options(parser)}

    assert with_json - set(CALLS) - ELSEWHERE == set()


@holds("cli-json")
@pytest.mark.parametrize("name", [name for name in CALLS if name in PARSERS])
def test_json_is_one_object_and_nothing_else(bare: Shell, busy: SparkQ, name: str) -> None:
    done = bare.sparkq(*CALLS[name].split(), "--json")

    assert (done.code, done.err) == (1 if name == "status" else 0, "")  # 1: no server runs, which is what was asked
    assert isinstance(json.loads(done.out), dict)


def test_import_tells_json_too(bare: Shell, sq: SparkQ, empty: SparkQ) -> None:
    add(sq, "one")
    exported = "\n".join(export.export(sq))
    other = bare._replace(folder=bare.folder.parent / "other")
    other.folder.mkdir()
    other.ok("setup", "--yes")

    assert other.facts("import", "-", stdin=exported)["rows"] > 0
    assert other.facts("tasks")["total"] == 1


@holds("json-of-a-list")
def test_a_list_is_its_noun_and_a_total(bare: Shell, busy: SparkQ) -> None:
    for noun, command in {
        "tasks": ["tasks"],
        "queues": ["queue", "list"],
        "sessions": ["session", "list"],
        "scripts": ["scripts"],
    }.items():
        answer = bare.facts(*command)
        assert answer["total"] == len(answer[noun])


@holds("cli-errors")
def test_a_refusal_in_json_is_one_object_on_stderr(bare: Shell, busy: SparkQ) -> None:
    message = json.loads(bare.refused(3, "task", "99", "--json"))

    assert message.keys() == {"error", "kind", "message", "hint"}
    assert (message["error"], message["kind"]) == ("no_such_task", "not_found")


@pytest.mark.parametrize("words", ["tasks --bogus", "task", "queue create", "queue bogus", "--bogus"])
def test_a_command_line_that_is_not_understood_is_one_object_too(bare: Shell, words: str) -> None:
    done = bare.sparkq(*words.split(), "--json")

    assert (done.code, done.out) == (2, "")
    error = json.loads(done.err)
    assert (error["error"], error["kind"]) == ("invalid_value", "invalid")
    assert "See: sparkq" in error["hint"]
    assert error["hint"].endswith("--help")


def test_text_in_json_is_exact(bare: Shell, sq: SparkQ) -> None:
    text = "[/red] \x1b[31m é 👩‍👩‍👧 \u202e \x9b \x7f tab\t"
    add(sq, text)

    assert bare.facts("task", "1")["prompt"] == text


@holds("cli-json")
def test_setup_in_json_asks_nothing_on_standard_output(bare: Shell) -> None:
    done = bare.sparkq("setup", "--json")

    assert done.out == "" or isinstance(json.loads(done.out), dict)
