"""A whole task for a chat: every attempt, and a name for every long text, by which a chat reads on."""

from sparkq_core import wire
from sparkq_core.model import Detail
from sparkq_mcp.answers.truncation import ANSWER_SIZE, LongText, cut_to_fit, get_task_call, size, window

ATTEMPTS_SHOWN = 5
EVENTS_SHOWN = 10

DATA_SIZE = 1000
"""Most bytes of a result's data shown as JSON; longer data is shown as text, which can be cut."""

NAME_SIZE = 100
"""Most bytes of a worker's name and of an error's type in a task that is longer than an answer."""

CHAT_KEYS = ("client", "model", "closed_at", "resume")
"""What a chat learns of another one: the command has its session and its folder."""

TASK_TEXTS = {
    "prompt": "prompt",
    "feedback": "feedback",
    "question": "question",
    "answer": "answer",
    "result_summary": "result",
    "error_message": "error",
}
ATTEMPT_TEXTS = {"result_summary": "result", "error_message": "error", "question": "question", "answer": "answer"}


def texts_of(detail: Detail) -> dict[str, str]:
    """Return every long text of a task by its name in a cut answer."""
    outcome = wire.outcome(detail)
    data = outcome["result_data"]
    texts = {
        "prompt": detail.prompt,
        "feedback": detail.feedback,
        "question": detail.asked.question if detail.asked else None,
        "answer": detail.asked.answer if detail.asked else None,
        "result": outcome["result_summary"],
        "error": outcome["error_message"],
        "data": None if data is None else wire.compact(data),
    }
    for attempt in detail.attempts:
        late = attempt.outcome == "failed" and attempt.late_outcome == "succeeded"
        number = attempt.attempt
        texts |= {
            # As the next claim shows it.
            f"attempt-{number}": attempt.late_text if late else attempt.result or attempt.error,
            f"result-{number}": attempt.result,
            f"error-{number}": attempt.error,
            f"data-{number}": attempt.data,
            f"question-{number}": attempt.question,
            f"answer-{number}": attempt.answer,
            f"late-{number}": attempt.late_text,
            f"late-data-{number}": attempt.late_data,
        }
    texts |= {f"check-{run.attempt}-{run.number}": run.tail for run in detail.checks}
    texts |= {f"event-{event.id}": event.text for event in detail.events}
    return {name: text for name, text in texts.items() if text}


def whole_task(detail: Detail, now: int, changed: wire.Json | None) -> wire.Json:
    """Return a task with everything, and what it changed. If it is longer than an answer, leave out repeats, early
    attempts, early events and the states of the repository, and cut its texts."""
    view: wire.Json = {**wire.exclude_none(wire.task_history(detail, now))}
    if "chat" in view:
        view["chat"] = {key: value for key, value in view["chat"].items() if key in CHAT_KEYS}
    if changed is not None:
        view["changed"] = changed
    if size(view) <= ANSWER_SIZE:
        return view
    if (earlier := len(view["history"]) - ATTEMPTS_SHOWN) > 0:
        view["earlier_attempts"] = earlier
    view["history"] = view["history"][-ATTEMPTS_SHOWN:]
    view["events"] = view["events"][-EVENTS_SHOWN:]
    for part in (view, *view["history"], *view["events"]):
        part |= {key: _short_name(part[key]) for key in ("worker_id", "error_type") if key in part}
    call = get_task_call(detail.task.id)
    texts = [LongText(view, key, name, call) for key, name in TASK_TEXTS.items()]
    texts.append(_data_text(view, "result_data", "data", call))
    for attempt in view["history"]:
        number, late = attempt["attempt"], attempt.get("late", {})
        for state in ("git_before", "git_after", "usage"):
            attempt.pop(state, None)
        if number == detail.task.attempts:
            _drop_repeats(attempt, view)
        texts += [LongText(attempt, key, f"{name}-{number}", call) for key, name in ATTEMPT_TEXTS.items()]
        texts += _check_texts(attempt, call)
        texts.append(_data_text(attempt, "result_data", f"data-{number}", call))
        texts.append(LongText(late, "text", f"late-{number}", call))
        texts.append(_data_text(late, "data", f"late-data-{number}", call))
    texts += [LongText(event, "text", f"event-{event['id']}", call) for event in view["events"]]
    return cut_to_fit(view, texts)


def _check_texts(attempt: wire.Json, call: str) -> list[LongText]:
    """Return what the last check of an attempt printed, and leave out the other checks."""
    if "checks" not in attempt:
        return []
    attempt["checks"] = attempt["checks"][-1:]
    return [LongText(run, "tail", f"check-{attempt['attempt']}-{run['number']}", call) for run in attempt["checks"]]


def _drop_repeats(last_attempt: wire.Json, view: wire.Json) -> None:
    for key in ("result_summary", "result_data", "error_message", "question", "answer"):
        if key in last_attempt and last_attempt[key] == view.get(key):
            del last_attempt[key]


def _short_name(name: str) -> str:
    return name if size(name) <= NAME_SIZE else f"{window(name, NAME_SIZE)}…"


def _data_text(holder: wire.Json, key: str, name: str, call: str) -> LongText:
    """Return the text of a result's data. Long data is replaced by its JSON text, so that it can be cut."""
    if key in holder and size(holder[key]) > DATA_SIZE:
        holder[key] = wire.compact(holder[key])
    return LongText(holder, key, name, call)
