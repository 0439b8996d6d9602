"""What a task leaves that was accepted over REST or on the page: it is written when the answer is out."""

from pathlib import Path

import pytest

from sparkq_core import project, queues
from tests.harness.waiting import until
from tests.http.caller import Served
from tests.promises import holds


@holds("artefacts")
@pytest.mark.parametrize("bulk", [False, True])
def test_a_verdict_over_rest_writes_the_files_and_undo_removes_them(own: Path, bulk: bool) -> None:
    (own / "sparkq.yml").write_text("reviews: {path: kept}\n")
    sq = project.open(own, env={})
    queues.create(sq, "backend")
    sq.close()
    server = Served(own)
    try:
        task = server.call.done("backend")
        if bulk:
            server.call.post("/api/inbox/accept", tasks=[{"id": task, "attempt": 1}])["total"]
        else:
            server.call.post(f"/api/tasks/{task}/review")["task"]
        file = own / "kept/0001-one.md"
        until(file.exists)
        assert "over REST" in file.read_text()

        server.call.post("/api/undo")["total"]

        until(lambda: not file.exists())
    finally:
        server.stop()
