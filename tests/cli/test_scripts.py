"""`sparkq scripts`, and a script of the index as a task: `sparkq enqueue --script`."""

from pathlib import Path

import pytest

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.harness.shell import Shell
from tests.harness.task_steps import queued_ids, take
from tests.promises import holds

DEPLOY = """\
#!/bin/sh
# name: deploy
# description: Put the service on a machine
# inputs: ENV (required), VERSION (optional)
# outputs: URL
# tags: ops, production
# timeout: 600
# task_class: LLM_LITE
touch ran
"""


@pytest.fixture(autouse=True)
def scripts(bare: Shell) -> Path:
    """The project's scripts: "deploy" and "build"."""
    folder = bare.folder / "scripts"
    folder.mkdir()
    (folder / "deploy.sh").write_text(DEPLOY)
    (folder / "build.py").write_text("# name: build\n# tags: ci\n# description: Make everything\n")
    return folder


@holds("command-scripts")
def test_scripts_are_listed_by_name(shell: Shell) -> None:
    printed = shell.ok("scripts").splitlines()

    assert printed[0].split() == ["NAME", "PATH", "DESCRIPTION", "INPUTS", "(*", "required)", "TAGS"]
    assert [row.split()[0] for row in printed[1:3]] == ["build", "deploy"]
    assert "ENV*, VERSION" in printed[2]
    assert "ops, production" in printed[2]
    assert printed[-1] == "Queue one: sparkq enqueue --script build --queue NAME"


@holds("command-scripts")
@pytest.mark.parametrize(
    ("words", "names"), [(["ops"], ["deploy"]), (["MACHINE", "production"], ["deploy"]), (["ops", "ci"], [])], ids=str
)
def test_words_choose_among_them(shell: Shell, words: list[str], names: list[str]) -> None:
    answer = shell.facts("scripts", *words)

    assert [script["name"] for script in answer["scripts"]] == names
    assert answer["total"] == len(names)


def test_in_json_a_script_is_whole(shell: Shell) -> None:
    _, deploy = shell.facts("scripts")["scripts"]

    assert deploy == {
        "name": "deploy",
        "path": "scripts/deploy.sh",
        "tool_name": "run-bash",
        "description": "Put the service on a machine",
        "inputs": [
            {"name": "ENV", "required": True, "description": ""},
            {"name": "VERSION", "required": False, "description": ""},
        ],
        "outputs": [{"name": "URL", "required": False, "description": ""}],
        "tags": ["ops", "production"],
        "timeout": 600,
        "task_class": "LLM_LITE",
    }


def test_without_scripts_it_says_where_it_looked(shell: Shell, scripts: Path) -> None:
    for file in scripts.iterdir():
        file.unlink()

    assert shell.ok("scripts").startswith("No script with a header in scripts.")
    assert shell.facts("scripts") == {"scripts": [], "total": 0}


def test_the_folders_are_a_setting(shell: Shell) -> None:
    (shell.folder / "tools").mkdir()
    (shell.folder / "tools/lint.rb").write_text("# name: lint\n")
    shell.ok("config", "set", "script_dirs", "scripts, tools")

    assert [script["name"] for script in shell.facts("scripts")["scripts"]] == ["build", "deploy", "lint"]


def test_a_script_becomes_a_task_with_its_tool_class_and_timeout(shell: Shell, sq: SparkQ, scripts: Path) -> None:
    added = shell.facts("enqueue", "--script", "deploy", "--arg", "ENV=staging", "--arg", "VERSION=a=b")

    claim = take(sq)
    assert (added["id"], claim.task.source) == (claim.task.id, "script")
    assert (claim.task.tool, claim.task.task_class, claim.task.timeout) == ("run-bash", "LLM_LITE", 600)
    assert claim.prompt == (
        "Run the script scripts/deploy.sh\n\nPut the service on a machine\n\n"
        "Inputs:\n- ENV = staging\n- VERSION = a=b\n\nReport:\n- URL\n"
    )
    assert not (scripts.parent / "ran").exists(), "nothing was executed"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], ("run-bash", "LLM_LITE", 600)),
        (["--timeout", "5"], ("run-bash", "LLM_LITE", 5)),
        (["--class", "FAST_SCRIPT"], ("run-bash", "FAST_SCRIPT", 30)),
        (["--class", "FAST_SCRIPT", "--timeout", "5"], ("run-bash", "FAST_SCRIPT", 5)),
        (["--tool", "llm-haiku"], ("llm-haiku", "LLM_LITE", 600)),
    ],
    ids=str,
)
def test_options_override_the_header(
    shell: Shell, sq: SparkQ, options: list[str], expected: tuple[str, str, int]
) -> None:
    shell.ok("enqueue", "--script", "deploy", "--arg", "ENV=x", *options)

    task = tasks.get(sq, 1)
    assert (task.tool, task.task_class, task.timeout) == expected


def test_a_script_without_a_timeout_has_its_tools(shell: Shell, sq: SparkQ) -> None:
    shell.ok("enqueue", "--script", "scripts/build.py")

    task = tasks.get(sq, 1)
    assert (task.tool, task.task_class, task.timeout) == ("run-python", "MEDIUM_SCRIPT", 300)


def test_the_same_key_queues_a_script_once(shell: Shell, sq: SparkQ) -> None:
    for _ in range(2):
        shell.ok("enqueue", "--script", "build", "--key", "nightly")

    assert queued_ids(sq) == [1]


@pytest.mark.parametrize(
    ("code", "arguments", "says"),
    [
        (2, ["deploy"], "deploy needs ENV"),
        (2, ["deploy", "--arg", "VERSION=1"], "--arg ENV="),
        (2, ["deploy", "--arg", "ENV"], "--arg NAME=VALUE"),
        (2, ["deploy", "--arg", "ENV=x", "--arg", "REGION=y"], "no input 'REGION'"),
        (2, ["build", "--arg", "ENV=x"], "It has no inputs."),
        (2, ["build", "and a prompt"], "A script and a prompt"),
        (2, ["build", "--file", "x.md"], "A script and a prompt"),
        (3, ["biuld"], "build"),
        (3, ["build", "--class", "SLOW"], "SLOW"),
        (3, ["build", "--queue", "nowhere"], "nowhere"),
    ],
    ids=str,
)
def test_what_does_not_fit_the_script_queues_nothing(
    shell: Shell, sq: SparkQ, code: int, arguments: list[str], says: str
) -> None:
    assert says in shell.refused(code, "enqueue", "--script", *arguments)
    assert queued_ids(sq) == []


def test_a_name_that_two_scripts_have_is_refused_with_their_paths(shell: Shell, scripts: Path) -> None:
    (scripts / "again.sh").write_text("# name: build\n")

    assert "scripts/again.sh, scripts/build.py" in shell.refused(2, "enqueue", "--script", "build")
    shell.ok("enqueue", "--script", "scripts/again.sh")


@pytest.mark.parametrize("options", [["--arg", "ENV=x"], ["--split", "--script", "build"]], ids=str)
def test_options_that_mean_nothing_here_are_not_passed_over(shell: Shell, sq: SparkQ, options: list[str]) -> None:
    """An input without a script, parts of a script: whoever types that means something else."""
    prompt = [] if "--script" in options else ["a prompt"]

    shell.refused(2, "enqueue", *prompt, *options)
    assert queued_ids(sq) == []


def test_a_class_that_a_header_names_and_nobody_has_is_refused(shell: Shell, sq: SparkQ, scripts: Path) -> None:
    (scripts / "odd.sh").write_text("# name: odd\n# task_class: NOBODYS\n")

    assert "NOBODYS" in shell.refused(3, "enqueue", "--script", "odd")
    assert queued_ids(sq) == []


@holds("command-reload")
def test_reload_counts_the_scripts_and_names_what_is_wrong(shell: Shell, sq: SparkQ) -> None:
    assert shell.facts("reload") == {"config": None, "scripts": 2}
    assert sq.db.rows("SELECT count(*) FROM events WHERE kind = 'reloaded'") == [(1,)]

    (shell.folder / "sparkq.yml").write_text("script_dirs: scripts\n")
    assert "sparkq.yml:1" in shell.refused(2, "reload")
    assert sq.db.rows("SELECT count(*) FROM events WHERE kind = 'reloaded'") == [(1,)]


@holds("script-headers")
def test_the_check_says_what_cannot_be_read(shell: Shell, scripts: Path) -> None:
    (scripts / "odd.sh").write_text("# name: build\n# inputs: Reads a file\n# timeout: soon\n# task_class: NOBODYS\n")
    (scripts / "plain.sh").write_text("echo \x1b[31mred\n")
    (scripts / "binary.sh").write_bytes(b"# name: x\n\0")

    done = shell.sparkq("scripts", "--check")

    assert (done.code, done.err) == (1, "")
    assert done.out.splitlines() == [
        "scripts/binary.sh: It is not a text.",
        "scripts/build.py: name: 2 scripts are called 'build'.",
        "scripts/odd.sh: inputs: 'Reads a file' has no names. Write NAME (required): what it is.",
        "scripts/odd.sh: timeout: 'soon' is not a time from 1 s to a week. Write 600, 90s, 5m or 1h.",
        "scripts/odd.sh: name: 2 scripts are called 'build'.",
        "scripts/odd.sh: task_class: there is no class 'NOBODYS'.",
        "scripts/plain.sh: no header",
        "3 scripts with a header, 6 problems, 1 without a header.",
    ]
    for name in ("odd.sh", "binary.sh"):
        (scripts / name).unlink()
    assert shell.facts("scripts", "--check") == {"scripts": 2, "problems": [], "without_header": ["scripts/plain.sh"]}
    assert "Leave the words out" in shell.refused(2, "scripts", "--check", "deploy")
