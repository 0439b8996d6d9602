"""How the work went: finished tasks by day, and how long they took by queue."""

from fastapi import APIRouter

from sparkq_core import statistics
from sparkq_http.answer import Answer
from sparkq_http.parameters import Open
from sparkq_http.shapes import project as shapes

router = APIRouter(prefix="/api/statistics", tags=["statistics"])


@router.get("", response_model=shapes.Statistics)
async def week(sq: Open) -> Answer:
    """The last seven days (UTC)."""
    return Answer({
        "days": [one._asdict() for one in statistics.by_day(sq)],
        "queues": [one._asdict() for one in statistics.by_queue(sq)],
    })  # fmt: skip
