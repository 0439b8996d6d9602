"""A task whole, as a chat reads it: what each attempt adds, and every long text by a name to read on."""

from sparkq_core import wire
from sparkq_core.model import Detail
from sparkq_mcp.answers.truncation import LIMIT, Long, fitted, size, window

ATTEMPTS_SHOWN = 5
EVENTS_SHOWN = 10

DATA_SIZE = 1000
"""Bytes of a result's data that are shown as JSON; longer data is shown as its text, which can be cut."""

NAME_SIZE = 100
"""Bytes of a worker's name, and of an error's type, where a task is longer than an answer."""

OF_TASK = {"prompt": "prompt", "feedback": "feedback", "result_summary": "result", "error_message": "error"}
OF_ATTEMPT = {"result_summary": "result", "error_message": "error"}


def reading_on(task_id: int) -> str:
    """The call that gives more of a task's text."""
    return f"get_task(task_id={task_id}, more='{{more}}')"


def texts_of(found: Detail) -> dict[str, str]:
    """Every long text of a task by the name that a cut answer gives it."""
    outcome = wire.outcome(found)
    data = outcome["result_data"]
    texts = {
        "prompt": found.prompt,
        "feedback": found.feedback,
        "result": outcome["result_summary"],
        "error": outcome["error_message"],
        "data": None if data is None else wire.compact(data),
    }
    for one in found.attempts:
        late = one.outcome == "failed" and one.late_outcome == "succeeded"
        texts |= {
            # As the next claim tells of it.
            f"attempt-{one.attempt}": one.late_text if late else one.result or one.error,
            f"result-{one.attempt}": one.result,
            f"error-{one.attempt}": one.error,
            f"data-{one.attempt}": one.data,
            f"late-{one.attempt}": one.late_text,
            f"late-data-{one.attempt}": one.late_data,
        }
    texts |= {f"event-{one.id}": one.text for one in found.events}
    return {name: text for name, text in texts.items() if text}


def whole(found: Detail, now: int) -> wire.Json:
    """A task with everything. What is longer than an answer is without repeats, early attempts and early events, and
    its texts are cut."""
    told: wire.Json = {**wire.present(wire.task_history(found, now))}
    if size(told) <= LIMIT:
        return told
    call = reading_on(found.task.id)
    if (earlier := len(told["history"]) - ATTEMPTS_SHOWN) > 0:
        told["earlier_attempts"] = earlier
    told["history"] = told["history"][-ATTEMPTS_SHOWN:]
    told["events"] = told["events"][-EVENTS_SHOWN:]
    for one in (told, *told["history"], *told["events"]):
        one |= {key: _named(one[key]) for key in ("worker_id", "error_type") if key in one}
    texts = [Long(told, key, name, call) for key, name in OF_TASK.items()]
    texts.append(_data(told, "result_data", "data", call))
    for one in told["history"]:
        number, late = one["attempt"], one.get("late", {})
        if number == found.task.attempts:
            _without_repeats(one, told)
        texts += [Long(one, key, f"{name}-{number}", call) for key, name in OF_ATTEMPT.items()]
        texts.append(_data(one, "result_data", f"data-{number}", call))
        texts.append(Long(late, "text", f"late-{number}", call))
        texts.append(_data(late, "data", f"late-data-{number}", call))
    texts += [Long(one, "text", f"event-{one['id']}", call) for one in told["events"]]
    return fitted(told, texts)


def _without_repeats(last: wire.Json, told: wire.Json) -> None:
    for key in ("result_summary", "result_data", "error_message"):
        if key in last and last[key] == told.get(key):
            del last[key]


def _named(name: str) -> str:
    return name if size(name) <= NAME_SIZE else f"{window(name, NAME_SIZE)}…"


def _data(holder: wire.Json, key: str, name: str, call: str) -> Long:
    if key in holder and size(holder[key]) > DATA_SIZE:
        holder[key] = wire.compact(holder[key])
    return Long(holder, key, name, call)
