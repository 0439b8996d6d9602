"""Chats: the conversations behind the results."""

from typing import Annotated, Any

from fastapi import Depends
from pydantic import Field

from sparkq_core import chat_work, shapes, wire
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import Filters, Open, OptionalAttempt, TaskId, Word, documented, queue_name, read

router = Router(prefix="/api", tags=["chats"])

LIMIT: dict[str, Any] = {"minimum": 1, "maximum": 1000}


class ChatFilters(Filters):
    """Which chats are listed."""

    queue: Word = Field(None, description="Only chats that claimed in this queue.")
    limit: int = Field(20, json_schema_extra=LIMIT)


class WorkFilters(Filters):
    """Which chat of a task is wanted, and how much of its work."""

    attempt: OptionalAttempt = Field(None, description="Default: the one whose outcome counts.")
    limit: int = Field(50, description="Attempts.", json_schema_extra=LIMIT)


@router.get("/chats", openapi_extra=documented(ChatFilters))
async def list_chats(sq: Open, asked: Annotated[ChatFilters, Depends(read(ChatFilters))]) -> Answer[shapes.ChatList]:
    """List the newest chats, the latest claim first, each with the command that opens it again."""
    queue = queue_name(sq, asked.queue) if asked.queue is not None else None
    return Answer(wire.chats(chat_work.newest(sq, queue, limit=asked.limit)))


@router.get("/tasks/{task_id}/chat", openapi_extra=documented(WorkFilters))
async def get_chat(
    sq: Open, task_id: TaskId, asked: Annotated[WorkFilters, Depends(read(WorkFilters))]
) -> Answer[shapes.ChatWork]:
    """Show the chat that worked on a task, and its newest attempts. 404 `no_chat` if its worker was not a chat over MCP."""
    line = chat_work.of_task(sq, task_id, asked.attempt)
    return Answer(wire.chat_whole(line, chat_work.work(sq, line.chat.id, limit=asked.limit)))
