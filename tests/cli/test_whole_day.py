"""A whole day at the terminal, from setup to teardown: every command once, for real, and nothing left behind."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from sparkq_cli.command_list import COMMANDS
from tests.cli.stream import Stream
from tests.harness.shell import Shell
from tests.harness.waiting import until
from tests.promises import holds

SCRIPT = "#!/bin/sh\n# name: deploy\n# description: Deploy it\n# inputs: ENV (required)\n# timeout: 60\necho deployed\n"
ELSEWHERE = {"demo"}
"""What has a test of its own, since it takes long."""


class Day:
    """A shell that remembers which commands were typed."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.typed: set[str] = set()

    def ok(self, *words: str, stdin: str = "") -> str:
        self.typed.add(words[0] if words else "")
        return self.shell.ok(*words, stdin=stdin)

    def facts(self, *words: str) -> dict[str, object]:
        self.typed.add(words[0])
        return self.shell.facts(*words)


def everything(folder: Path) -> dict[str, bytes]:
    """Every file of the folder but Git's own, with what is in it."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in files(folder) if file.is_file()}


def files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if ".git" not in file.relative_to(folder).parts]


@pytest.fixture
def day(repository: Shell) -> Day:
    """The morning: a repository with a script."""
    scripts = repository.folder / "scripts"
    scripts.mkdir()
    (scripts / "deploy.sh").write_text(SCRIPT)
    git = ["git", "-c", "user.name=ann", "-c", "user.email=ann@example.org"]
    for command in (["add", "."], ["commit", "--quiet", "-m", "start"]):
        subprocess.run([*git, *command], cwd=repository.folder, check=True, capture_output=True)
    return Day(repository)


@holds("command-teardown")
def test_a_whole_day_from_setup_to_teardown_leaves_nothing_behind(day: Day, port: int, tmp_path: Path) -> None:
    before = everything(day.shell.folder)

    setting_up(day)
    queueing(day)
    working(day)
    reviewing(day)
    serving(day, port)
    caring(day, tmp_path)

    day.ok("teardown", "--force", "--backups")
    assert everything(day.shell.folder) == before
    assert files(day.shell.home) == []
    assert set(COMMANDS) - day.typed - ELSEWHERE == set()


def setting_up(day: Day) -> None:
    day.ok("setup", "--yes", "--session", "feature-x", "--queue", "backend")
    assert "backend" in day.ok()
    assert day.facts("session", "show", "feature-x")["status"] == "active"
    day.ok("queue", "create", "docs", "--session", "feature-x")
    day.ok("queue", "instructions", "backend", "Run make test.")
    assert "offers 12 tools" in day.ok("connect", "claude-code", "--allow")
    assert "5005" in day.ok("config", "show", "server.port")
    day.ok("config", "set", "purge.older_than_days", "7")
    assert "older_than_days: 7" in day.ok("config-export")
    assert "deploy" in day.ok("scripts")


def queueing(day: Day) -> None:
    day.ok("enqueue", "Fix the parser", "--queue", "backend")
    day.ok("enqueue", "-", "--queue", "backend", "--split", stdin="- Write the guide\n- Read the logs\n")
    day.ok("enqueue", "--script", "deploy", "--arg", "ENV=staging", "--queue", "docs")
    day.ok("edit", "3", "Read the logs of today")
    day.ok("move", "2", "docs")
    day.ok("move", "2", "backend", "--front")
    day.ok("cancel", "2", "done by hand")
    assert "Fix the parser" in day.ok("peek", "--queue", "backend")


def working(day: Day) -> None:
    day.ok("claim", "--queue", "backend")
    day.ok("progress", "1", "half done")
    day.ok("queue", "check", "backend", "true")
    assert "Complete #1" in day.ok("check", "1")
    day.ok("complete", "1", "Fixed it")
    assert "Run make test." in day.ok("runner", "--queue", "backend", "--once")
    day.ok("release", "3", "needs staging")
    day.ok("claim", "3")
    day.ok("release", "3", "--question", "Which logs?")
    assert "Which logs?" in day.ok("answer")
    day.ok("answer", "3", "Those of staging")
    day.ok("claim", "3")
    day.ok("fail", "3", "no logs")
    assert "#1 succeeded" in day.ok("wait", "1")
    with Stream(day.shell, "watch") as watch:
        watch.until("watching")
        day.ok("claim", "--queue", "docs")
        watch.until("#4 claimed")
        watch.kill(signal.SIGINT)
        assert watch.end() == 0
    day.typed.add("watch")
    day.shell.run("sh", "-c", "echo | sparkq mcp")
    day.typed.add("mcp")


def reviewing(day: Day) -> None:
    assert "no logs" in day.ok("review", "--list")
    assert '"total":0' in day.ok("diff", "1", "--json")
    assert day.facts("chat")["total"] == 0
    assert "1 done" in day.ok("report", "--since", "1d")
    assert day.facts("stats")["succeeded"] == 1
    day.ok("usage", "1", "--json")
    assert day.ok("hook") == "{}\n"
    day.ok("review", "1")
    assert "unreviewed again" in day.ok("undo", "1")
    day.ok("review", "1")
    day.ok("requeue", "3", "--feedback", "They are in /var/log")
    assert day.facts("tasks", "--status", "queued")["total"] == 1
    assert "They are in /var/log" in day.ok("task", "3", "--timeline")
    day.shell.refused(4, "accept", "3")
    day.shell.refused(2, "branch", "a name", "1")
    day.typed |= {"accept", "branch"}


def serving(day: Day, port: int) -> None:
    day.ok("start", "--port", str(port))
    assert f":{port}" in day.ok("status")
    day.ok("restart", "--port", str(port))
    day.ok("stop")
    with Stream(day.shell, "run", "--port", str(port)) as run:
        until(lambda: '"healthy":true' in day.shell.sparkq("status", "--json").out)
        run.kill(signal.SIGINT)
        assert run.end() == 0
    day.typed.add("run")


def caring(day: Day, elsewhere: Path) -> None:
    assert day.facts("doctor")["ok"] is True
    day.ok("reload")
    assert "has no hooks" in day.ok("hooks")
    assert str(day.facts("backup")["path"]) in day.ok("restore", "--list", "--json")
    day.ok("backup", str(elsewhere / "day.db"))
    day.ok("export", str(elsewhere / "day.jsonl"))
    other = day.shell._replace(folder=elsewhere / "other")
    other.folder.mkdir()
    other.ok("setup", "--yes")
    other.ok("import", str(elsewhere / "day.jsonl"))
    day.typed.add("import")
    assert json.loads(other.ok("tasks", "--json"))["total"] == 4
    assert day.facts("purge", "--older-than", "0s", "--yes")["total"] == 2, "the reviewed and the cancelled one"
    assert day.ok("help") == day.ok("--help")
    assert day.ok("version").startswith("sparkq ")
