"""The texts of a task as a page shows them: Markdown as a tree of elements."""

from typing import Annotated, Literal, NamedTuple

from anyio import to_thread
from fastapi import Depends
from pydantic import Field
from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core import tasks, wire
from sparkq_core.errors import Kind, SparkQError
from sparkq_core.model import Attempt, Detail
from sparkq_core.project import SparkQ
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import Filters, Open, OptionalAttempt, TaskId, documented, read
from sparkq_http.rendering.markdown import render
from sparkq_http.rendering.tree import Element

router = Router(prefix="/api/tasks", tags=["tasks"])


class NoText(SparkQError):
    """The task does not have the text that is wanted."""

    kind, code = Kind.NOT_FOUND, "no_text"


class Rendered(TypedDict, closed=True):
    """A text of a task as a tree of elements, whose length is in characters. `failed` is true of an error.

    At most 200,000 characters and 20,000 elements are rendered. The end of a longer text is the `rest`, as plain text.
    """

    task_id: int
    part: str
    attempt: NotRequired[int | None]
    revision: NotRequired[int | None]
    failed: NotRequired[bool | None]
    length: int
    blocks: list[Element]
    rest: NotRequired[str | None]


class RenderedFilters(Filters):
    """Which text is wanted."""

    part: Literal["result", "late", "prompt"] = Field(
        "result", description="The outcome, a text that came after it, or the prompt."
    )
    attempt: OptionalAttempt = Field(
        None, description="Of an outcome or late text. Default: the one whose outcome counts, or the newest late text."
    )
    revision: OptionalAttempt = Field(None, description="Of the prompt. Default: the present one.")


class _Text(NamedTuple):
    """A text, and where it comes from."""

    text: str
    attempt: int | None = None
    revision: int | None = None
    failed: bool = False


@router.get("/{task_id}/rendered", openapi_extra=documented(RenderedFilters))
async def get_rendered(
    sq: Open, task_id: TaskId, asked: Annotated[RenderedFilters, Depends(read(RenderedFilters))]
) -> Answer[Rendered]:
    """Render a text of a task from Markdown to a tree of elements: never HTML, which is text here.

    Code has its colours. 404 `no_text` if the task does not have this text.
    """
    text = _wanted(sq, task_id, asked)
    return Answer(await to_thread.run_sync(_rendered, task_id, asked.part, text))


@wire.excludes_none
def _rendered(task_id: int, part: str, wanted: _Text) -> Rendered:
    # What was typed by hand or printed by a program has line ends that mean something; a model's prose has not.
    tree = render(wanted.text, breaks=part == "prompt" or wanted.failed)
    return {
        "task_id": task_id, "part": part, "attempt": wanted.attempt, "revision": wanted.revision,
        "failed": wanted.failed or None, "length": len(wanted.text), **tree,
    }  # fmt: skip


def _wanted(sq: SparkQ, task_id: int, asked: RenderedFilters) -> _Text:
    detail = tasks.detail(sq, task_id)
    if asked.part == "prompt":
        return _prompt(sq, detail, asked.revision)
    if asked.attempt is not None:
        attempt = next((each for each in detail.attempts if each.attempt == asked.attempt), None)
        if attempt is None:
            has = len(detail.attempts)
            raise NoText(f"#{task_id} has no attempt {asked.attempt}.", f"It has {has}: GET /api/tasks/{task_id}")
        return _late(detail, [attempt]) if asked.part == "late" else _outcome(detail, attempt)
    return _late(detail, detail.attempts) if asked.part == "late" else _present(detail)


def _prompt(sq: SparkQ, detail: Detail, revision: int | None) -> _Text:
    if revision in (None, detail.task.revision):
        return _Text(detail.prompt, revision=detail.task.revision)
    task_id = detail.task.id
    kept = next((each for each in tasks.prompts(sq, task_id) if each.revision == revision), None)
    if kept is None:
        raise NoText(
            f"The prompt of #{task_id} has no revision {revision}.", f"See all: GET /api/tasks/{task_id}/prompts"
        )
    return _Text(kept.text, revision=revision)


def _present(detail: Detail) -> _Text:
    """Return the outcome that led to the task's status."""
    outcome = wire.outcome(detail)
    text = outcome["result_summary"] or outcome["error_message"]
    if text is None:
        raise NoText(f"#{detail.task.id} has no outcome: it is {detail.task.status}.", "Look again when it has ended.")
    attempt = detail.last.attempt if detail.last else None
    return _Text(text, attempt, failed=outcome["error_message"] is not None)


def _outcome(detail: Detail, attempt: Attempt) -> _Text:
    text = attempt.result or attempt.error
    if text is None:
        raise NoText(
            f"Attempt {attempt.attempt} of #{detail.task.id} has no outcome.", "It is running or was released."
        )
    return _Text(text, attempt.attempt, failed=attempt.error is not None)


def _late(detail: Detail, attempts: list[Attempt] | tuple[Attempt, ...]) -> _Text:
    """Return the newest late text of these attempts."""
    came = max(
        (each for each in attempts if each.late_at is not None), key=lambda each: each.late_at or 0, default=None
    )
    if came is None or came.late_text is None:
        raise NoText(f"#{detail.task.id} has no late text.", f"See its attempts: GET /api/tasks/{detail.task.id}")
    return _Text(came.late_text, came.attempt, failed=came.late_outcome == "failed")
