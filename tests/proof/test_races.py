"""Many hands at one queue through every door at once, and the pairs of verbs that meet at the worst moment."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from sparkq_core import inbox, project, queues, search, tasks
from sparkq_core.errors import ClaimLost, NoSuchTask
from sparkq_core.maintenance import purge
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, attempts, take, timed_out_task
from tests.http.caller import Served
from tests.http.conftest import new_project
from tests.promises import holds
from tests.proof.counts import Counts
from tests.proof.door_workers import ChatWorker, CommandWorker, CoreWorker, DoorWorker, RestWorker
from tests.proof.extent import extent
from tests.proof.finished_run import moves, out_of_order, twice, unsound

EACH = extent(40, 400, 4000)
AT_THE_SHELL = extent(4, 30, 300)
ROUNDS = extent(60, 400, 4000)
WORDS = 300


@pytest.fixture
def crowd(root: Path, tmp_path: Path) -> Iterator[dict[str, Callable[[], DoorWorker]]]:
    """A hand for each door, and a server for those that need one."""
    served = Served(new_project(root))
    served.call.post("/api/queues", name="backend")["queue"]
    with ExitStack() as at_the_end:
        at_the_end.callback(served.stop)

        def made(hand: DoorWorker) -> DoorWorker:
            at_the_end.callback(hand.end)
            return hand

        yield {
            "core": lambda: made(CoreWorker(root)),
            "cli": lambda: made(CommandWorker(root, tmp_path / "home")),
            "rest": lambda: made(RestWorker(served.port)),
            "mcp": lambda: made(ChatWorker(root)),
        }


@holds("claim-once")
def test_six_claimers_and_four_producers_through_every_door_share_one_line(
    crowd: dict[str, Callable[[], DoorWorker]], root: Path, counts: Counts
) -> None:
    producers = {name: make() for name, make in crowd.items()}
    claimers = [crowd[name]() for name in ("core", "core", "cli", "rest", "mcp", "mcp")]
    enough = threading.Event()

    def produce(name: str) -> list[int]:
        number = AT_THE_SHELL if name == "cli" else EACH
        return [producers[name].enqueue(f"{name} {at}", f"{name}-{at}") for at in range(number)]

    def work(hand: DoorWorker) -> list[int]:
        done = []
        while True:
            over = enough.is_set()
            held = hand.claim()
            if held is not None:
                hand.settle("complete", held, f"done {held.task}")
                done.append(held.task)
            elif over:
                return done

    with ThreadPoolExecutor(len(producers) + len(claimers)) as pool:
        working = [pool.submit(work, hand) for hand in claimers]
        producing = [pool.submit(produce, name) for name in producers]
        try:
            made = sorted(task for process in producing for task in process.result())
        finally:
            enough.set()
        shares = [process.result() for process in working]

    sq = project.open(root, env={})
    log = moves(sq)
    assert (out_of_order(log), twice(log), unsound(sq)) == ([], [], [])
    assert sorted(task for share in shares for task in share) == made == list(range(1, len(made) + 1))
    assert [event.task_id for event in log if event.kind == "claimed"] == made
    assert all(task.status == "succeeded" for task in tasks.list_page(sq, limit=1000).tasks)
    assert sum(1 for share in shares if share) > 3, "few got anything: that was no race"
    counts(tasks=len(made), claimers=len(claimers), producers=len(producers))
    sq.close()


def at_once(*verbs: Callable[[], object]) -> list[object]:
    """What each verb came to, all begun at the same moment; a refusal stands for itself."""
    start = threading.Barrier(len(verbs))

    def run(verb: Callable[[], object]) -> object:
        start.wait(10)
        try:
            return verb()
        except (ClaimLost, NoSuchTask) as refusal:
            return refusal

    with ThreadPoolExecutor(len(verbs)) as pool:
        return [future.result() for future in [pool.submit(run, verb) for verb in verbs]]


def test_a_late_completion_never_disturbs_the_attempt_after_it(
    sq: SparkQ, queue: str, clock: SetClock, counts: Counts
) -> None:
    late, person = second_handle(sq), second_handle(sq)

    def again(task_id: int) -> str:
        tasks.requeue(person, task_id)
        claim = take(person, "bob", task_id=task_id)
        return tasks.complete(person, task_id, "second", attempt=claim.task.attempts).task.status

    for _ in range(ROUNDS):
        task = timed_out_task(sq, clock)
        refusal, status = at_once(
            partial(tasks.complete, late, task.id, "first, late", attempt=1), partial(again, task.id)
        )
        first, second = attempts(sq, task.id)
        assert (type(refusal), status) == (ClaimLost, "succeeded")
        assert (first.outcome, first.error_type, first.late_text) == ("failed", "timeout", "first, late")
        assert (second.worker, second.outcome, second.result, second.late_text) == ("bob", "succeeded", "second", None)
    assert unsound(sq) == []
    counts(rounds=ROUNDS)


def test_readers_see_whole_tasks_or_none_while_a_purge_takes_them(
    sq: SparkQ, queue: str, clock: SetClock, counts: Counts
) -> None:
    looks = [0]

    def read(reader: SparkQ, over: threading.Event) -> None:
        while not over.is_set():
            for task in tasks.list_page(reader, limit=50).tasks:
                try:
                    detail = tasks.detail(reader, task.id)
                except NoSuchTask:
                    continue
                assert (detail.prompt, len(detail.attempts)) == (f"task {detail.task.title[5:]}", 1)
            inbox.unreviewed(reader)
            search.find_page(reader, "task")
            queues.all_of(reader)
            looks[0] += 1
        reader.close()

    for _ in range(max(1, ROUNDS // 20)):
        done = add(sq, *(f"task {number}" for number in range(WORDS)))
        for task_id in done:
            take(sq, task_id=task_id)
            tasks.complete(sq, task_id, "done", attempt=1)
            inbox.review(sq, task_id)
        over = threading.Event()
        with ThreadPoolExecutor(3) as pool:
            reading = [pool.submit(read, second_handle(sq), over) for _ in range(3)]
            try:
                clock.move(1)
                assert purge.purge(sq, older_than=0).reviewed == WORDS
            finally:
                over.set()
            for process in reading:
                process.result()
    assert (unsound(sq), tasks.list_page(sq).total) == ([], 0)
    counts(looks_of_readers=looks[0])
