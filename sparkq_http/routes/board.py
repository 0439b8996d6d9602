"""The board, and the heads of all queues: one request each, however many queues there are."""

from typing import Annotated

from fastapi import Depends
from pydantic import Field

from sparkq_core import board, shapes, wire
from sparkq_core.queues import assignments
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import Filters, Open, documented, read

router = Router(prefix="/api", tags=["board"])


class BoardFilters(Filters):
    """How much of the board is shown."""

    limit: int = Field(
        50, description="Tasks in a column.", json_schema_extra={"minimum": 1, "maximum": board.MAX_SHOWN}
    )
    heads: int = Field(
        3, description="Next tasks of each queue.", json_schema_extra={"minimum": 0, "maximum": board.MAX_HEADS}
    )


class HeadFilters(Filters):
    """How many tasks of each queue are shown."""

    limit: int = Field(
        3, description="Next tasks of each queue.", json_schema_extra={"minimum": 0, "maximum": board.MAX_HEADS}
    )


@router.get("/board", openapi_extra=documented(BoardFilters))
async def get_board(sq: Open, asked: Annotated[BoardFilters, Depends(read(BoardFilters))]) -> Answer[shapes.Board]:
    """Show the board: the next tasks of every queue, the running ones with their age, last note and chat, the newest to
    review, and those that you have reviewed today, in the time zone of the server. The totals count all of them.
    """
    shown = board.board(sq, limit=asked.limit, each=asked.heads)
    return Answer(
        wire.board(
            shown.lines,
            (shown.running, shown.running_total),
            (shown.review, shown.review_total),
            shown.questions,
            (shown.done, shown.done_total),
            shown.today,
            shown.assigned,
            sq.clock.now(),
        )
    )


@router.get("/heads", openapi_extra=documented(HeadFilters))
async def get_heads(sq: Open, asked: Annotated[HeadFilters, Depends(read(HeadFilters))]) -> Answer[shapes.QueueLines]:
    """List every queue that is not archived with its counts and its next tasks, and the chats that work queues."""
    return Answer(wire.queue_lines(board.heads(sq, asked.limit), assignments.open_ones(sq), sq.clock.now()))
