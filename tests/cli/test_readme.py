"""The README's commands, typed word for word one after another in a fresh project."""

import re

from sparkq_core import project, tasks
from tests.harness.projects import TOP
from tests.harness.shell import Done, Shell
from tests.promises import holds

NOT_TYPED = {"cd your-repository", "sparkq watch"}
"""The test is in the repository already; `watch` runs until it is ended."""


def commands_under(heading: str) -> list[str]:
    """The commands of the first console block under a heading of the README."""
    below = (TOP / "README.md").read_text(encoding="utf-8").partition(f"\n{heading}\n")[2]
    block = re.search(r"```console\n(.*?)```", below, re.DOTALL)
    assert block, heading
    return [
        line.removeprefix("$ ").partition("  #")[0].rstrip() for line in block[1].splitlines() if line.startswith("$ ")
    ]


def typed(shell: Shell, port: int, command: str) -> Done:
    done = shell.run("sh", "-c", command, SPARKQ_SERVER__PORT=str(port))
    assert (done.code, done.err) == (0, ""), (command, done)
    return done


def worked(shell: Shell) -> None:
    """What a chat does meanwhile."""
    sq = project.open(shell.folder, env={})
    while claim := tasks.claim(sq, "backend", "ann"):
        tasks.complete(sq, claim.task.id, "Done.")
    sq.close()


@holds("documentation")
def test_the_daily_loop_works_as_it_is_written(repository: Shell, port: int) -> None:
    (repository.folder / "Makefile").write_text("release:\n\t@echo released\n")
    commands = [*commands_under("## The first five minutes"), *commands_under("## The daily loop")]

    said = {}
    try:
        for command in commands:
            if command.startswith("sparkq wait"):
                worked(repository)
            if command.startswith("sparkq undo"):
                worked(repository)
                repository.ok("accept", "1")
            if command not in NOT_TYPED:
                said[command] = typed(repository, port, command).out
    finally:
        repository.ok("stop")

    assert said.keys() == set(commands) - NOT_TYPED
    assert "#1 in backend, 1st in line." in said['sparkq enqueue "Add tests for the date parser" --queue backend']
    assert "#2 in backend, 2nd in line." in said['sparkq enqueue "Explain the retry logic" --queue backend']
    assert "2 tasks in backend." in "".join(said.values())
    assert said["sparkq wait --queue backend && make release"] == "released\n"
