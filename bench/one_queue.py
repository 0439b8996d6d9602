"""One queue of one library at work, as a process: `one_queue.py NAME rate|behind|drain FOLDER`. Prints JSON.

Each library is used as its documentation says, with SQLite's synchronous=FULL and write-ahead log. A worker takes a
task, does nothing, and acknowledges it where the library knows acknowledgement.
"""

import contextlib
import json
import multiprocessing
import pickle
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

TASKS = 300
BACKLOG = 50_000
DRAINED = 2_000
PROMPT = "x" * 500


class Queue(NamedTuple):
    """What is compared: put one in, take one and acknowledge it."""

    put: Callable[[str], object]
    take: Callable[[], Any]


def sparkq(folder: Path) -> Queue:
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from sparkq_core import project, queues, tasks
    from sparkq_core.clock import SystemClock
    from sparkq_core.config.location import DATABASE
    from sparkq_core.errors import SparkQError
    from sparkq_core.storage import schema

    (folder / "sparkq.yml").write_text("changes: off\n")
    schema.create(folder / DATABASE, "bench", SystemClock())
    sq = project.open(folder, env={})
    with contextlib.suppress(SparkQError):  # another process was first
        queues.create(sq, "main")
    held: Any = None

    def take() -> Any:
        nonlocal held
        held = held or tasks.claim(sq, "main", "bench")
        if held is None:
            return None
        done = held.task.id
        # As a worker goes through a queue: each outcome brings the next task.
        held = tasks.complete(sq, done, "done", attempt=held.task.attempts, next_for="bench").claimed
        return done

    return Queue(lambda prompt: tasks.enqueue(sq, "main", prompt), take)


def huey(folder: Path) -> Queue:
    """Deletes on dequeue; there is no acknowledgement."""
    from huey.storage import SqliteStorage  # type: ignore[import-not-found]  # only in the environment of the peers

    storage = SqliteStorage(filename=str(folder / "huey.db"), journal_mode="wal", fsync=True)

    def take() -> Any:
        item = storage.dequeue()
        return None if item is None else pickle.loads(item)

    return Queue(lambda prompt: storage.enqueue(pickle.dumps(prompt)), take)


def litequeue(folder: Path) -> Queue:
    from litequeue import LiteQueue  # type: ignore[import-not-found]  # only in the environment of the peers

    queue = LiteQueue(str(folder / "lite.db"))
    queue.conn.execute("PRAGMA synchronous = FULL")

    def take() -> Any:
        item = queue.pop()
        if item is None:
            return None
        queue.done(item.message_id)
        return item.message_id

    return Queue(queue.put, take)


def persist_queue(folder: Path) -> Queue:
    from persistqueue import Empty, SQLiteAckQueue  # type: ignore[import-not-found]  # only in the environment of the peers

    queue = SQLiteAckQueue(str(folder / "persist"), auto_commit=True, multithreading=True, auto_resume=False)

    def take() -> Any:
        try:
            item = queue.get(block=False, raw=True)
        except Empty:
            return None
        queue.ack(id=item["pqid"])
        return item["pqid"]

    return Queue(queue.put, take)


def sqlalchemy(folder: Path) -> Queue:
    """A table, a session for each verb, a guarded update: as most people would write it."""
    from sqlalchemy import Integer, String, create_engine, event, select, update  # type: ignore[import-not-found]  # only in the environment of the peers
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column  # type: ignore[import-not-found]  # only in the environment of the peers

    class Base(DeclarativeBase):  # type: ignore[misc]  # Any
        pass

    class Job(Base):
        __tablename__ = "jobs"
        id: Mapped[int] = mapped_column(Integer, primary_key=True)
        status: Mapped[str] = mapped_column(String, index=True, default="queued")
        prompt: Mapped[str] = mapped_column(String)
        result: Mapped[str | None] = mapped_column(String, default=None)

    engine = create_engine(f"sqlite:///{folder / 'alchemy.db'}")

    @event.listens_for(engine, "connect")  # type: ignore[untyped-decorator]  # likewise
    def pragmas(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    Base.metadata.create_all(engine)

    def put(prompt: str) -> None:
        with Session(engine) as session:
            session.add(Job(prompt=prompt))
            session.commit()

    def take() -> Any:
        with Session(engine) as session:
            job = session.scalars(select(Job).where(Job.status == "queued").order_by(Job.id).limit(1)).first()
            if job is None:
                return None
            number = job.id
            session.execute(update(Job).where(Job.id == number, Job.status == "queued").values(status="running"))
            session.commit()
        with Session(engine) as session:
            session.execute(
                update(Job).where(Job.id == number, Job.status == "running").values(status="done", result="done")
            )
            session.commit()
        return number

    return Queue(put, take)


LIBRARIES = {
    "sparkq": sparkq,
    "huey": huey,
    "litequeue": litequeue,
    "persist-queue": persist_queue,
    "SQLAlchemy": sqlalchemy,
}


def rate(queue: Queue) -> dict[str, float]:
    """Tasks put in, taken and acknowledged in a second."""
    started = time.perf_counter()
    for _ in range(TASKS):
        queue.put(PROMPT)
    while queue.take() is not None:
        pass
    return {"per_second": TASKS / (time.perf_counter() - started)}


def behind(name: str, queue: Queue, folder: Path) -> dict[str, float]:
    """Seconds of taking one when 50,000 wait."""
    if name == "sparkq":
        from sparkq_core import project, tasks

        sq = project.open(folder, env={})
        for _ in range(BACKLOG // 10_000):
            tasks.enqueue_all(sq, "main", [tasks.Draft("one")] * 10_000)
    else:
        connection = sqlite3.connect(folder / "lite.db")
        connection.execute("PRAGMA synchronous = OFF")
        connection.close()
        with queue.put.__self__.transaction(mode="IMMEDIATE"):  # type: ignore[attr-defined]  # a bound method
            for _ in range(BACKLOG):
                queue.put.__self__.conn.execute(  # type: ignore[attr-defined]  # a bound method
                    "INSERT INTO Queue (data, message_id, status, in_time) VALUES ('x', hex(randomblob(16)), 0, 1)"
                )
    times = []
    for _ in range(30):
        started = time.perf_counter()
        queue.take()
        times.append(time.perf_counter() - started)
    return {"seconds": sorted(times)[len(times) // 2]}


def worker(name: str, folder: str, results: Any) -> None:
    """Take until nothing is left."""
    queue = LIBRARIES[name](Path(folder))
    taken = []
    empty = 0
    while empty < 20:
        try:
            item = queue.take()
        except sqlite3.OperationalError:
            continue
        if item is None:
            empty += 1
            time.sleep(0.01)
        else:
            taken.append(item)
    results.put(taken)


def drain(name: str, queue: Queue, folder: Path) -> dict[str, int]:
    """How many of 2,000 tasks four processes took twice."""
    for _ in range(DRAINED):
        queue.put("one")
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    started = [context.Process(target=worker, args=(name, str(folder), results)) for _ in range(4)]
    for process in started:
        process.start()
    taken = [number for _ in started for number in results.get(timeout=120)]
    for process in started:
        process.join()
    return {"twice": len(taken) - len(set(taken)), "taken": len(taken)}


if __name__ == "__main__":
    library, what, where = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    made = LIBRARIES[library](where)
    result = (
        rate(made)
        if what == "rate"
        else behind(library, made, where)
        if what == "behind"
        else drain(library, made, where)
    )
    sys.stdout.write(json.dumps(result) + "\n")
