"""The check of a queue: the command that proves a task done."""

from pydantic import Field

from sparkq_core.queues import checks
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import Body, Door, Open, QueueName, queue_name
from sparkq_http.routes.queues import OneQueue, queue_shown

router = Router(prefix="/api/queues/{queue}/check", tags=["queues"])


class QueueCheck(Body):
    """The command, one line for the shell; null removes the check. An attempt may fail it `max_checks` times: without the
    number, as often as before."""

    command: str | None
    max_checks: int | None = Field(None, ge=1, le=checks.MOST_CHECKS)


@router.put("")
async def set_check(sq: Open, door: Door, queue: QueueName, body: QueueCheck) -> Answer[OneQueue]:
    """Set or remove the check of a queue. Its worker runs the command with `sparkq check`; this server runs it never. A queue
    with a review limit then completes a task only if the check has passed on the files as they are."""
    changed = checks.set_command(sq, queue_name(sq, queue), body.command, body.max_checks, giver=door)
    return Answer({"queue": queue_shown(sq, changed.name)})
