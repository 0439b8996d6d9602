"""The verbs of the life cycle, and the functions that read tasks."""

from typing import TYPE_CHECKING

from sparkq_core import lazy

if TYPE_CHECKING:
    from sparkq_core.tasks.answer import answer, open_questions, question_of
    from sparkq_core.tasks.cancel import cancel, cancel_all
    from sparkq_core.tasks.check import begin as begin_check
    from sparkq_core.tasks.check import end as end_check
    from sparkq_core.tasks.claim import claim, claim_again
    from sparkq_core.tasks.detail import detail, get, prompts
    from sparkq_core.tasks.edit import edit, edit_all, editable
    from sparkq_core.tasks.enqueue import Draft, Enqueued, enqueue, enqueue_all, waiting
    from sparkq_core.tasks.fence import attempt_of
    from sparkq_core.tasks.finished import latest
    from sparkq_core.tasks.from_script import of_script
    from sparkq_core.tasks.late_results import accept
    from sparkq_core.tasks.listing import Wanted, ended_since, failed_before, list_page
    from sparkq_core.tasks.move import move
    from sparkq_core.tasks.order import delete, place, swap, to_front
    from sparkq_core.tasks.peek import peek
    from sparkq_core.tasks.progress import progress
    from sparkq_core.tasks.release import release, release_all
    from sparkq_core.tasks.requeue import requeue, requeue_all
    from sparkq_core.tasks.resume import resume
    from sparkq_core.tasks.settle import complete, complete_at_once, fail, fail_all
else:  # a type checker would believe in every name
    __getattr__ = lazy.names(
        __name__,
        {
            "answer": "answer open_questions question_of",
            "cancel": "cancel cancel_all",
            "check": "begin_check=begin end_check=end",
            "claim": "claim claim_again",
            "detail": "detail get prompts",
            "edit": "edit edit_all editable",
            "enqueue": "Draft Enqueued enqueue enqueue_all waiting",
            "fence": "attempt_of",
            "finished": "latest",
            "from_script": "of_script",
            "late_results": "accept",
            "listing": "Wanted ended_since failed_before list_page",
            "move": "move",
            "order": "delete place swap to_front",
            "peek": "peek",
            "progress": "progress",
            "release": "release release_all",
            "requeue": "requeue requeue_all",
            "resume": "resume",
            "settle": "complete complete_at_once fail fail_all",
        },
    )

__all__ = [
    "Draft",
    "Enqueued",
    "Wanted",
    "accept",
    "answer",
    "attempt_of",
    "begin_check",
    "cancel",
    "cancel_all",
    "claim",
    "claim_again",
    "complete",
    "complete_at_once",
    "delete",
    "detail",
    "edit",
    "edit_all",
    "editable",
    "end_check",
    "ended_since",
    "enqueue",
    "enqueue_all",
    "fail",
    "fail_all",
    "failed_before",
    "get",
    "latest",
    "list_page",
    "move",
    "of_script",
    "open_questions",
    "peek",
    "place",
    "progress",
    "prompts",
    "question_of",
    "release",
    "release_all",
    "requeue",
    "requeue_all",
    "resume",
    "swap",
    "to_front",
    "waiting",
]
