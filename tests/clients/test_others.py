"""Codex, Gemini CLI and opencode call the tools with what `sparkq connect` wrote."""

import pytest

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.clients.others import Others
from tests.harness.shell import Shell
from tests.harness.task_steps import add
from tests.promises import holds
from tests.proof.extent import in_prove


@holds("connect-allow")
@pytest.mark.parametrize(
    "client", [pytest.param("codex", marks=in_prove), pytest.param("gemini", marks=in_prove), "opencode"]
)
def test_a_client_completes_a_task(others: Others, store: SparkQ, shell: Shell, client: str) -> None:
    (task_id,) = add(store, "one")
    shell.ok("connect", client, "--allow")

    done = others.ask(client, "Do one task of backend.")

    assert (done.code, f"#{task_id} is done." in done.out) == (0, True), done
    assert tasks.get(store, task_id).status == "succeeded"
