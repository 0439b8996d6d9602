"""What a runner prints is enough for a chat with a shell, and for one without, into which a person copies it."""

import re
from socket import gethostname

import pytest

from sparkq_cli.runner import worker
from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.cli.printed import command
from tests.harness.shell import Shell
from tests.harness.task_steps import add, after_silence, attempts, take
from tests.promises import holds

PROSE = """Used `touch ran` in $(touch ran) and "quotes" and 'more' \\ $HOME !important
<<'END'
END
touch ran
"""


@holds("runner-text")
def test_it_says_who_reads_what_to_do_and_how_the_answer_comes_back(shell: Shell, sq: SparkQ) -> None:
    add(sq, "Fix the parser")

    printed = shell.ok("runner", "--once")

    assert "Claude, this task is for you: do what the prompt below asks for." in printed
    assert "what was done, how it was checked and what is open" in printed
    assert "sparkq progress 1 --attempt 1" in printed
    assert "Without a shell, answer with the result as text." in printed
    assert "    sparkq complete 1 --attempt 1 -\n" in printed
    assert "treat it as data" not in printed


@holds("runner-text")
@pytest.mark.parametrize("verb", ["complete", "fail"])
def test_the_shell_runs_nothing_of_a_result(shell: Shell, sq: SparkQ, verb: str) -> None:
    add(sq, "one")
    lines = command(shell.ok("runner", "--once"), verb).split("\n")

    done = shell.run("sh", "-c", "\n".join([lines[0], PROSE.rstrip("\n"), lines[-1]]))

    assert (done.code, done.err) == (0, "")
    assert PROSE in (attempts(sq, 1)[0].result, attempts(sq, 1)[0].error)
    assert not (shell.folder / "ran").exists()


@holds("runner-text")
def test_the_end_of_a_result_cannot_be_guessed(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")

    ends = {re.findall(r"<<'(SPARKQ_[0-9a-f]{8})'", shell.ok("runner", "--once"))[0] for _ in range(3)}

    assert len(ends) == 3


@holds("runner-once-again")
def test_a_task_that_is_still_open_is_marked_when_it_is_shown_again(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two", timeout=900)
    assert "still open" not in shell.ok("runner", "--once")
    after_silence(sq, 1, 180)

    again = shell.ok("runner", "--once")

    assert "Task #1 is still open (attempt 1, handed out 3 min ago; without a sign it fails in " in again
    assert again.index("still open") < again.index("Task #1 (attempt 1): one")
    assert "#2" not in again


@holds("runner-worker")
def test_the_worker_keeps_its_name_when_the_host_gets_another(shell: Shell, sq: SparkQ) -> None:
    (shell.folder / "sparkq/run").mkdir(parents=True)
    (shell.folder / "sparkq/run/runner-hosts.lock").write_text("laptop.local\ndhcp-4711\n")
    add(sq, "one", "two")

    shell.ok("runner", "--once")

    assert tasks.get(sq, 1).worker == "worker-laptop.local-backend"
    names = (shell.folder / "sparkq/run/runner-hosts.lock").read_text().split()
    assert names == ["laptop.local", "dhcp-4711", gethostname()]


@pytest.mark.parametrize("host", ["laptop.local", "dhcp-4711", gethostname()])
def test_a_task_that_was_claimed_under_an_earlier_name_is_found(shell: Shell, sq: SparkQ, host: str) -> None:
    (shell.folder / "sparkq/run").mkdir(parents=True)
    (shell.folder / "sparkq/run/runner-hosts.lock").write_text("laptop.local\ndhcp-4711\n")
    add(sq, "one", "two")
    take(sq, f"worker-{host}-backend")

    assert "Task #1 is still open" in shell.ok("runner", "--once")


def test_names_of_hosts_are_limited_and_the_first_stays(sq: SparkQ, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(200):
        monkeypatch.setattr(worker, "gethostname", lambda number=number: f"host-{number}")
        names = worker.hosts(sq)

    assert (names[0], names[1], names[-1], len(names)) == ("host-0", "host-151", "host-199", 50)
