"""Schemathesis asks every operation of the document what no author thinks of: nothing is a defect or undocumented."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.core.result import Ok
from schemathesis.openapi import from_url

from tests.harness.waiting import SECONDS
from tests.http.caller import JSON, Served
from tests.http.conftest import new_project
from tests.promises import holds
from tests.proof.extent import extent

EXAMPLES = extent(4, 8, 40)
ENDLESS = "/api/events"
UNSUITED = {
    "positive_data_acceptance",  # a name may be taken and a queue unknown, however well it is spelled
    "unsupported_method",  # the guard judges first: a TRACE without a content type is 415
    "allow_header_conformance",
    "missing_required_header",
    "ignored_auth",
    "object_level_authorization",
    "use_after_free",
    "ensure_resource_availability",
}
"""Checks about what this door does not have, or judges in another order."""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server for questions: what they leave behind troubles nobody."""
    server = Served(new_project(tmp_path_factory.mktemp("asked")))
    server.call.post("/api/queues", name="backend")
    for number in range(5):
        server.call.add("backend", f"task {number}")
    server.call.done("backend")
    yield server
    server.stop()


@holds("rest-nouns")
@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
def test_no_question_finds_a_defect_or_an_undocumented_answer(asked: Served, mode: GenerationMode) -> None:
    checks: Any = CHECKS.get_by_names([name for name in CHECKS.get_all_names() if name not in UNSUITED])
    document = from_url(f"http://127.0.0.1:{asked.port}/openapi.json", timeout=SECONDS).exclude(path=ENDLESS)
    counted = 0
    for result in document.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()

        @given(case=operation.as_strategy(mode))
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def asks(case: Case[Any]) -> None:
            case.call_and_validate(checks=checks, headers=JSON, timeout=SECONDS)

        with suppress(Unsatisfiable):  # nothing can be wrong about a request that has nothing in it
            asks()
            counted += 1
    assert counted > 25
