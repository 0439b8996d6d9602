"""Codex, whose hooks are commands, is kept at a queue by the hooks that the documentation shows."""

import re

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.clients.model import ScriptedModel
from tests.clients.others import Others
from tests.clients.test_until_empty import LAZY, stop_after_each
from tests.harness.projects import TOP
from tests.harness.shell import Shell
from tests.harness.task_steps import add
from tests.promises import holds


@holds("assignment")
def test_a_queue_is_emptied_though_the_model_stops_after_each_task(
    others: Others, model: ScriptedModel, store: SparkQ, shell: Shell
) -> None:
    ids = add(store, "one", "two", "three")
    shell.ok("connect", "codex")
    documented = (TOP / "docs/mcp.md").read_text(encoding="utf-8")
    (hooks,) = re.findall(r"```json\n([^`]*\"sparkq hook --client codex\"[^`]*)```", documented)
    (shell.home / ".codex/hooks.json").write_text(hooks)
    model.scripts["sparkq:work"] = stop_after_each

    done = others.ask("codex", "sparkq:work backend", "--dangerously-bypass-hook-trust", "--json")

    assert done.code == 0, done
    assert [tasks.get(store, task_id).status for task_id in ids] == ["succeeded"] * 3, (done, model.requests[-1])
    assert done.out.count(LAZY) == 3
    (shell.folder / "out.jsonl").write_text(done.out)
    assert shell.ok("usage", str(ids[-1]), "--file", "out.jsonl").startswith(f"#{ids[-1]}, attempt 1: codex: ")
    assert "of a chat with 3 tasks" in shell.ok("usage", str(ids[-1]))
