"""Show how a plan is split before it is queued, ask, and say how to undo it."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

from sparkq_cli import show
from sparkq_cli.context import agreed
from sparkq_cli.options import MOST_IDS
from sparkq_core import tasks, wire
from sparkq_core.errors import InvalidValue
from sparkq_core.project import SparkQ
from sparkq_core.queues import gates
from sparkq_core.tasks import Draft, Enqueued
from sparkq_core.text import safe
from sparkq_core.titles import title_of

if TYPE_CHECKING:
    from sparkq_core.plans import Plan

ASK_ABOVE = 10
"""Tasks that are queued without a question on a terminal."""

FOUND = {
    "items": "one for each item of its lists",
    "headings": "one for each heading",
    "rows": "one for each row of its tables",
    "lines": "one for each line",
    "backlog": "a task file of Backlog.md",
    "task-master": "the tasks of task-master",
}


WORD = re.compile(r"[^\s-]\S*")


class SplitCommand(TyperCommand):
    """A command whose --split may have a way to split behind it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, _with_way(args))


def _with_way(args: list[str]) -> list[str]:
    """Return the arguments with `auto` behind each --split that has nothing behind it.

    A single word behind it is not a plan. Raises InvalidValue if it is not a way to split either.
    """
    if "--split" not in args:
        return args
    from sparkq_core import plans  # 10 ms at import, and a single task needs nothing of it

    options = args[: args.index("--")] if "--" in args else args
    made: list[str] = []
    for option, following in pairwise([*options, ""]):
        if option == "--split" and following not in plans.BY and WORD.fullmatch(following):
            raise plans.unknown_way(following)
        made.append("--split=auto" if option == "--split" and following not in plans.BY else option)
    return made + args[len(options) :]


def plan_of(sq: SparkQ, text: str, way: str, file: Path | None) -> Plan:
    """Split a text. Raises InvalidValue, also if it has no task."""
    from sparkq_core import plans

    source = show.near(file.resolve(), sq.config.root.resolve()) if file is not None and str(file) != "-" else ""
    plan = plans.checked(plans.split(text, way, source))
    if len(plan.prompts) > MOST_IDS:
        number = f"{len(plan.prompts):,} tasks; at most {MOST_IDS:,} are queued at once"
        raise InvalidValue(f"This text has {number}.", "Split the file.")
    return plan


def drafts_of(plan: Plan, draft: Draft) -> list[Draft]:
    """Return a draft for each task of a plan, like `draft`. Each has its own key if that has one."""
    keys = _keys(draft.key, plan.prompts) if draft.key else [None] * len(plan.prompts)
    return [draft._replace(prompt=prompt, key=key) for prompt, key in zip(plan.prompts, keys, strict=True)]


def _keys(key: str, prompts: Sequence[str]) -> list[str]:
    """Return a key for each prompt, by what it says: the same plan again adds nothing, a longer one only what is new."""
    from hashlib import sha256  # 2 ms at import

    seen: Counter[str] = Counter()
    keys = []
    for prompt in prompts:
        seen[prompt] += 1
        digest = sha256(prompt.encode()).hexdigest()[:12]
        keys.append(f"{key}-{digest}" if seen[prompt] == 1 else f"{key}-{digest}-{seen[prompt]}")
    return keys


def preview(sq: SparkQ, queue: str, plan: Plan, drafts: Sequence[Draft], *, json: bool) -> None:
    """Print what a plan becomes, without queueing it."""
    twins = tasks.waiting(sq, queue, drafts)
    if json:
        listed = [
            {"title": title_of(draft.prompt), "prompt": draft.prompt} | ({"queued": twin} if twin else {})
            for draft, twin in zip(drafts, twins, strict=True)
        ]
        left_out = {"done": list(plan.done), "rest": list(plan.rest)}
        show.json_line({"tasks": listed, "total": len(listed), "found": plan.kind, **left_out})
        return
    _numbered(drafts, twins)
    show.say(f"\n{show.prose(_about(plan, drafts, twins))}")
    show.say(show.prose("Nothing was queued yet. Another way: --split items, lists, headings or rows."))


def check(sq: SparkQ, queue: str, plan: Plan, drafts: Sequence[Draft]) -> None:
    """On a terminal, show a long plan and ask before it is queued."""
    if len(drafts) <= ASK_ABOVE or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return
    twins = tasks.waiting(sq, queue, drafts)
    _numbered(drafts, twins)
    show.say(f"\n{show.prose(_about(plan, drafts, twins))}")
    new = len(drafts) - sum(twin is not None for twin in twins)
    agreed(f"Queue {show.counted(new, 'task')} in {queue}?", default=True)


def report(sq: SparkQ, plan: Plan, added: Sequence[Enqueued], *, json: bool) -> None:
    """Print what was queued, and how to undo it."""
    new = [each.task.id for each in added if not each.again]
    if json:
        now = sq.clock.now()
        listed = [facts(each, now) for each in added]
        show.json_line({"tasks": listed, "total": len(added), "added": len(new)})
        return
    for each in added:
        show.say(show.one_line(f"{wire.friendly(each.task.id)}  {safe(each.task.title)}{again(each)}"))
    before = len(added) - len(new)
    keyed = any(each.again and each.task.key for each in added)
    earlier = f" {before:,} {'had been added before' if keyed else _were_queued(before)}." if before else ""
    queued = f"{show.counted(len(new), 'task')} in {added[0].task.queue}."
    show.say(show.prose(f"{queued}{earlier}{gate(added[-1])}{_left_out(plan)}{_undo(new)}"))


def facts(done: Enqueued, now: int) -> wire.Json:
    """Return a task, its place, and whether it was added now; not, where it had been added before."""
    return {**wire.queued_task(done.task, done.place, done.gate, now), "added": not done.again}


def gate(done: Enqueued) -> str:
    """Return why the queue hands out no tasks for now, and the command that lets it."""
    return f" {gates.sentence(done.gate)} ({gates.opener(done.gate)})." if done.gate is not None else ""


def again(done: Enqueued) -> str:
    """Say why nothing was added."""
    if not done.again:
        return ""
    return " (its key was used before)" if done.task.key else " (queued already)"


def _numbered(drafts: Sequence[Draft], twins: Sequence[int | None]) -> None:
    rows = [
        [str(number), safe(title_of(draft.prompt)), "" if twin is None else f"queued already: {wire.friendly(twin)}"]
        for number, (draft, twin) in enumerate(zip(drafts, twins, strict=True), 1)
    ]
    show.table(["", "TASK", ""], rows, flexible=1)


def _about(plan: Plan, drafts: Sequence[Draft], twins: Sequence[int | None]) -> str:
    queued = sum(twin is not None for twin in twins)
    earlier = f" {queued:,} of them {_are_queued(queued)}." if queued else ""
    return f"{show.counted(len(drafts), 'task')}: {FOUND[plan.kind]}.{earlier}{_left_out(plan)}"


def _are_queued(number: int) -> str:
    return "is queued already" if number == 1 else "are queued already"


def _were_queued(number: int) -> str:
    return "was queued already (add it with --again)" if number == 1 else "were queued already (add them with --again)"


def _left_out(plan: Plan) -> str:
    parts = [f"{len(plan.done):,} that {'is' if len(plan.done) == 1 else 'are'} done"] if plan.done else []
    if plan.rest:
        parts.append(f"{show.counted(len(plan.rest), 'line')} of other text")
    tables = sum(line.startswith("|") for line in plan.rest)
    hint = " For the rows of its tables: --split rows." if tables > 2 else ""
    if plan.unboxed:
        have = "item of its lists has" if plan.unboxed == 1 else "items of its lists have"
        hint += f" {plan.unboxed:,} {have} no box; --split lists queues every item."
    return f" Left out: {', '.join(parts)}.{hint}" if parts else ""


def _undo(ids: Sequence[int]) -> str:
    """Say how to cancel what was queued; the ids of one transaction follow one another."""
    if not ids:
        return ""
    return f"\nTo undo: sparkq cancel {ids[0]}" + (f"-{ids[-1]}" if len(ids) > 1 else "")
