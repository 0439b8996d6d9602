"""`sparkq` alone: the state of the project at a glance."""

from sparkq_cli import questions, show, task_table
from sparkq_cli.context import open_sparkq
from sparkq_cli.queue_table import none_there, show_at_work, show_queues
from sparkq_core import hooks, inbox, purged, queues, tasks, times, wire
from sparkq_core.changes import store
from sparkq_core.config.loading import environment
from sparkq_core.lifecycle import Status
from sparkq_core.model import Counts, Queue
from sparkq_core.project import SparkQ
from sparkq_core.queues import assignments, gates
from sparkq_core.text import safe

RUNNING = 5
"""Most running tasks that are shown."""


def show_overview(json: bool) -> None:
    """Project, queues, and what wants the person's attention."""
    sq = open_sparkq()
    listed, at_work = queues.all_of(sq), assignments.open_ones(sq)
    if json:
        show.json_line({"project": sq.config.name, "root": str(sq.config.root), **wire.queues(listed, at_work)})
        return
    show.say(f"{show.paint(safe(sq.config.name), 'bold')}  {safe(str(sq.config.root))}")
    if sq.config.is_remembered:
        show.say("There is no sparkq.yml here now: its settings are used as they were last read (sparkq doctor).")
    hooks_wait = hooks.waiting(sq.config, environment())
    if hooks_wait:
        show.say(f"{safe(hooks_wait)}: sparkq hooks allow")
    needs = questions.needs_you(sq)
    if needs:
        show.say("\n".join(["", *needs]))
    waiting = inbox.waiting(sq)
    if listed:
        show.say()
        show_queues(listed)
        show_at_work(at_work)
        _gates(sq, listed)
        _running(sq, sum(counts.running for _, counts in listed))
    else:
        show.say(none_there(sq))
        if not waiting:
            return
    silent = sum(counts.stale for _, counts in listed)
    show.say()
    if silent:
        show.say(
            f"{show.counted(silent, 'running task')} {'have' if silent > 1 else 'has'} gone quiet: sparkq tasks --status running"
        )
    show.say(f"{waiting} to review: sparkq review" if waiting else "Nothing to review.")
    for sentence in purged.sentences(purged.news(sq)):
        show.say(sentence)
    if store.is_half_full(store.path(sq.config)):
        show.say(
            f"What the tasks changed takes more than {store.MAX_BYTES // (2 * store.MB)} MB of the disk. The oldest goes at"
            f" {store.MAX_BYTES // store.MB} MB, or sooner by a purge: sparkq doctor"
        )


def _gates(sq: SparkQ, listed: tuple[tuple[Queue, Counts], ...]) -> None:
    """Say which queues hand out no tasks until you let them."""
    closed = [gate for queue, _ in listed if (gate := gates.of_queue(sq.db, queue.id)) is not None]
    if closed:
        show.say()
    for gate in closed:
        show.say(f"{gates.sentence(gate)}, {gate.queued} queued: {gates.opener(gate)}")


def _running(sq: SparkQ, total: int) -> None:
    """Show the running tasks: who works on each since when, or that its chat was closed."""
    if not total:
        return
    now = sq.clock.now()
    show.say()
    for task in tasks.list_page(sq, tasks.Wanted(status=Status.RUNNING), sort="oldest", limit=RUNNING).tasks:
        since = f"{safe(task.worker or '')}, for {times.ago(task.claimed_at, now)}"
        who = show.paint(show.chat_gone(task, now) or show.limit(task, now), "warning") or show.paint(since, "dim")
        line = f"{show.paint(wire.friendly(task.id), 'bold')}  {show.in_colour(show.state(task, now))}  {safe(task.title)}  {who}"
        show.say(show.fit(line, show.columns()))
        if note := task_table.note_line(sq, task, now):
            show.say(note)
    if total > RUNNING:
        show.say(f"{total - RUNNING} more: sparkq tasks --status running")
