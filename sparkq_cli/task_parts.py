"""A single part of a task, to read it alone or to pass it on: its prompt, its outcome, its notes, its earlier prompts."""

from collections.abc import Callable

from sparkq_cli import show
from sparkq_core import tasks, times, wire
from sparkq_core.errors import InvalidValue, WrongState
from sparkq_core.project import SparkQ
from sparkq_core.text import counted, safe

Part = Callable[[SparkQ, int], str]


def chosen(
    *, json: bool, prompt: bool, result: bool, notes: bool, revisions: bool, revision: int | None
) -> Part | None:
    """Return the part that was asked for, None for the whole task. Raises InvalidValue if there are several."""

    def one_revision(sq: SparkQ, task_id: int) -> str:
        return _revision(sq, task_id, revision or 1)

    parts: dict[str, tuple[bool, Part]] = {
        "--prompt": (prompt, _prompt),
        "--result": (result, _result),
        "--notes": (notes, _notes),
        "--revisions": (revisions, _revisions),
        "--revision": (revision is not None, one_revision),
    }
    named = [name for name, (is_chosen, _) in parts.items() if is_chosen]
    if len(named) + (json and bool(named)) > 1:
        raise InvalidValue(
            f"{' and '.join([*named, *(['--json'] if json else [])])} were given.",
            "Choose one of them: --json has all parts but earlier prompts.",
        )
    return parts[named[0]][1] if named else None


def _prompt(sq: SparkQ, task_id: int) -> str:
    return safe(tasks.detail(sq, task_id).prompt, lines=True)


def _result(sq: SparkQ, task_id: int) -> str:
    detail = tasks.detail(sq, task_id)
    outcome = wire.outcome(detail)
    text = outcome["result_summary"] or outcome["error_message"]
    if text is None:
        raise WrongState(
            f"#{task_id} has no result: it is {detail.task.status}.", f"To wait for it: sparkq watch {task_id}"
        )
    return safe(text, lines=True)


def _notes(sq: SparkQ, task_id: int) -> str:
    now = sq.clock.now()
    notes = [event for event in tasks.detail(sq, task_id).events if event.kind == "progress" and event.text]
    return "\n".join(f"{times.second(note.at, now)}  {safe(note.text or '')}" for note in notes) or "No notes."


def _revisions(sq: SparkQ, task_id: int) -> str:
    now = sq.clock.now()
    return "\n\n".join(
        f"{show.paint(f'Revision {prompt.revision}', 'bold')}  {times.moment(prompt.created_at, now)}\n{show.block(prompt.text)}"
        for prompt in tasks.prompts(sq, task_id)
    )


def _revision(sq: SparkQ, task_id: int, number: int) -> str:
    prompts = tasks.prompts(sq, task_id)
    for prompt in prompts:
        if prompt.revision == number:
            return safe(prompt.text, lines=True)
    raise InvalidValue(
        f"#{task_id} has no revision {number}.",
        f"It has had {counted(len(prompts), 'prompt')}: sparkq task {task_id} --revisions",
    )
