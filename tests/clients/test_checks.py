"""Workers in a real client, in a strict queue whose check must pass: one that gets it to pass, one that does not, and one that
changes the check."""

import re

import pytest

from sparkq_core import queues, tasks
from sparkq_core.lifecycle import CheckOutcome
from sparkq_core.project import SparkQ
from tests.clients.claude_code import ClaudeCode
from tests.clients.conversation import Answer, Call, Conversation
from tests.clients.model import ScriptedModel
from tests.clients.scripts import completion, tool
from tests.harness.check_steps import with_check
from tests.harness.shell import BIN, Shell
from tests.harness.task_steps import add
from tests.harness.waiting import until
from tests.promises import holds

RUN = re.compile(r"`(sparkq check \d+ --attempt \d+)`")
FAIL = re.compile(r"fail\(task_id=(\d+), attempt=(\d+), error=…\)")
ALLOWED = ("--allowedTools", "Bash", "mcp__sparkq")


@pytest.fixture
def strict(store: SparkQ) -> SparkQ:
    """A strict queue whose check is a script that tests for a file, and one task."""
    (store.config.root / "verify.sh").write_text("echo looking for ok; test -f ok\n")
    sq = with_check(store, "sh verify.sh")
    queues.limit_reviews(sq, "backend", 1)
    add(sq, "Make it pass")
    return sq


def bash(command: str) -> list[Call]:
    return [Call("Bash", {"command": f"PATH={BIN}:$PATH; {command}", "description": "Work"})]


def run_in(seen: Conversation, *, before: str = "") -> list[Call]:
    """The call of the check as the first answer of SparkQ that names it spells it."""
    match = next(match for result in seen.results if (match := RUN.search(result)))
    return bash(f"{before}{match[1]}")


def pass_at_the_third_try(seen: Conversation) -> Answer:
    """Complete at once, then do what the refusal says until it has passed."""
    match len(seen.results):
        case 0:
            return tool("claim", queue=seen.queue)
        case 1:
            return completion(seen.latest)
        case 2 | 3:
            return run_in(seen)
        case 4:
            return run_in(seen, before="touch ok; ")
        case 5:
            return tool("complete", task_id=1, attempt=1, result="It passes.")
    return f"It said: {seen.results[-1]}"


def never_pass(seen: Conversation) -> Answer:
    """Run the check until no further one is allowed, then do what the refusal says."""
    match len(seen.results):
        case 0:
            return tool("claim", queue=seen.queue)
        case 1 | 2 | 3 | 4:
            return run_in(seen)
        case 5:
            return tool("complete", task_id=1, attempt=1, result="It is as good as done.")
        case 6:
            spelled = FAIL.search(seen.latest["next"])
            assert spelled is not None, seen.latest
            task, attempt = map(int, spelled.groups())
            return tool("fail", task_id=task, attempt=attempt, error="There is no way to make it pass.")
    return f"It said: {seen.results[-1]}"


def change_the_check(seen: Conversation) -> Answer:
    """Let the check pass whatever it should test."""
    match len(seen.results):
        case 0:
            return tool("claim", queue=seen.queue)
        case 1:
            return run_in(seen, before="echo true > verify.sh; ")
        case 2:
            return tool("complete", task_id=1, attempt=1, result="It passes.")
    return f"It said: {seen.results[-1]}"


def outcomes(sq: SparkQ) -> list[str]:
    return [run.outcome for run in tasks.detail(sq, 1).checks]


@holds("check", "mcp-claude-code")
def test_a_worker_that_fails_its_check_twice_and_passes_the_third_time(
    claude: ClaudeCode, model: ScriptedModel, strict: SparkQ, shell: Shell
) -> None:
    model.scripts["Try to pass in"] = pass_at_the_third_try

    claude.ask("Try to pass in backend.", *ALLOWED)

    assert outcomes(strict) == [CheckOutcome.FAILED, CheckOutcome.FAILED, CheckOutcome.PASSED]
    assert tasks.get(strict, 1).status == "succeeded"
    assert "✓ sh verify.sh, exit 0, 0 s, on this very tree, after 2 failures" in shell.ok("review", "--list")


@holds("check", "mcp-claude-code")
def test_a_worker_that_never_passes_fails_the_task(
    claude: ClaudeCode, model: ScriptedModel, strict: SparkQ, shell: Shell
) -> None:
    model.scripts["Never pass in"] = never_pass

    claude.ask("Never pass in backend.", *ALLOWED)

    assert outcomes(strict) == [CheckOutcome.FAILED] * 3
    assert tasks.get(strict, 1).status == "failed"
    said = shell.ok("review", "--list")
    assert "✗ sh verify.sh, exit 1: 3 of 3 failed" in said
    assert "There is no way to make it pass." in said


@holds("check", "mcp-claude-code")
def test_a_worker_that_changes_the_check_is_seen_in_the_review(
    claude: ClaudeCode, model: ScriptedModel, strict: SparkQ, shell: Shell
) -> None:
    def when_it_is_recorded(seen: Conversation) -> Answer:
        if len(seen.results) == 1:  # what the attempt began with is recorded beside the answer to its claim
            until(lambda: tasks.detail(strict, 1).attempts[0].git_before is not None)
        return change_the_check(seen)

    model.scripts["Cheat in"] = when_it_is_recorded

    claude.ask("Cheat in backend.", *ALLOWED)

    assert tasks.get(strict, 1).status == "succeeded"
    assert "! changed what the check reads: verify.sh" in shell.ok("review", "--list")
    assert (strict.config.root / "verify.sh").read_text() == "true\n"
