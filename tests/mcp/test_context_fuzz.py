"""Workers that forget, are cleared, split into subagents, resume, restart and repeat calls, and obey `next` to the letter.

Long, since a state machine is one class: its rules share what really happened.
"""

import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from mcp import Client
from mcp_types import Implementation

from sparkq_core import queues, tasks, wire
from sparkq_core.model import Task
from sparkq_core.project import SparkQ
from sparkq_mcp.chat import Told
from sparkq_mcp.server import build
from tests.harness.clocks import SetClock
from tests.harness.projects import open_new_project, second_handle
from tests.harness.task_steps import add, refusal_of
from tests.mcp.chat import ERAS, Message, call
from tests.promises import holds
from tests.proof.counts import Counts as Figures
from tests.proof.extent import BROKEN, EXTENT, extent

QUEUES = {"backend": "Work on branch dev.", "docs": "Plain words. " * 100}
TIMEOUT = 60
MOST_CONTEXTS = 5
SETTLE = re.compile(r"complete\(task_id=(\d+), attempt=(\d+), result=…\)")
SHOW_AGAIN = re.compile(r"claim\(task_id=(\d+)\) shows it again")
NEXT_CLAIM = re.compile(r'claim\(queue="(\w+)"\) takes the next')


@dataclass
class OneChat:
    """A conversation, and the server process that its client uses now. `session` is empty if the client tells none."""

    session: str
    era: str
    client: Any = None
    process: ExitStack = field(default_factory=ExitStack)


@dataclass
class Context:
    """What a reader of answers remembers: its queue, its task, and the last `next`."""

    chat: OneChat
    queue: str
    next: str = ""
    task: tuple[int, int] | None = None
    repeat: Message | None = None
    stopped: bool = False


class Contexts(RuleBasedStateMachine):
    """Each rule is one thing that happens to a worker, to its client, or at the person's desk."""

    done: ClassVar[Counter[str]] = Counter()
    pick = st.integers(0, MOST_CONTEXTS - 1)

    @initialize(session=st.booleans(), era=st.sampled_from(ERAS), tasks_of=st.integers(1, 4))
    def begin(self, session: bool, era: str, tasks_of: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sparkq-contexts-"))
        (self.folder / "sparkq.yml").write_text("database: {synchronous: normal}\n")
        self.clock = SetClock()
        self.sq = open_new_project(self.folder, self.clock)
        self.stack = ExitStack()
        self.portal = self.stack.enter_context(start_blocking_portal())
        for name, instructions in QUEUES.items():
            queues.create(self.sq, name, instructions=instructions)
            add(self.sq, *(f"{name} {number}" for number in range(tasks_of)), queue=name, timeout=TIMEOUT)
        self.sent: dict[str, tuple[int, int]] = {}
        self.contexts: list[Context] = []
        self.chats: list[OneChat] = []
        self.open_chat(session, era)

    def open_chat(self, session: bool, era: str) -> None:
        chat = OneChat(f"session-{len(self.chats)}" if session else "", era)
        self.chats.append(chat)
        self.start_process(chat)
        self.contexts.append(Context(chat, "backend"))

    def start_process(self, chat: OneChat) -> None:
        """A new server process for the chat, as after a restart of the client or a resume."""
        chat.process.close()
        server = build(partial(second_handle, self.sq), told=Told(chat.session or None, "/work"))
        client = Client(server, mode=chat.era, client_info=Implementation(name="claude-code", version="1"))
        chat.process = ExitStack()
        chat.client = chat.process.enter_context(self.portal.wrap_async_context_manager(client))

    def ask(self, context: Context, tool: str, **arguments: Any) -> Message:
        self.done[tool] += 1
        answer = self.portal.call(partial(call, context.chat.client, tool, **arguments))
        context.next = answer["next"]
        return answer

    def chosen(self, pick: int) -> Context:
        return self.contexts[pick % len(self.contexts)]

    def take_up(self, context: Context, packet: Message) -> None:
        """Read a packet as its worker does: the queue's instructions must be in it, whether or not a context has seen them before."""
        if packet["task"] is None:
            context.task = None
            return
        task = packet["task"]
        expected = QUEUES[tasks.get(self.sq, task["id"]).queue]
        shown = packet["instructions"]
        whole = shown == expected
        assert whole or (shown.startswith(expected[:900]) and "instructions" in packet["more"])
        context.task = (task["id"], task["attempt"])

    def work_on(self, context: Context) -> None:
        """Claim, and go on with a task of the chat that nobody works on, if `next` names one."""
        packet = self.ask(context, "claim", queue=context.queue)
        if packet["task"] is None and (again := SHOW_AGAIN.search(packet["next"])):
            task_id = int(again[1])
            if not any(other.task and other.task[0] == task_id for other in self.contexts):
                packet = self.ask(context, "claim", task_id=task_id)
                if "error" in packet:
                    return
        self.take_up(context, packet)

    def settle(
        self, context: Context, *, with_number: bool, claim_next: bool, verb: str = "complete", lost: bool = False
    ) -> None:
        """Report the outcome of the context's own task, and obey what the answer says."""
        assert context.task is not None
        task_id, attempt = context.task
        text = f"words {len(self.sent)} of attempt {attempt} of task {task_id};"
        self.sent[text] = context.task
        arguments: Message = {"task_id": task_id, "claim_next": claim_next}
        arguments["result" if verb == "complete" else "error"] = text
        if with_number:
            arguments["attempt"] = attempt
        answer = self.ask(context, verb, **arguments)
        self.done[str(answer.get("error", "settled"))] += 1
        if answer.get("error") == "attempt_needed":
            spelled = re.search(r"attempt=(\d+)", answer["next"])
            arguments["attempt"] = int(spelled[1]) if spelled else attempt
            answer = self.ask(context, verb, **arguments)
        if lost and "error" not in answer:
            again = self.ask(context, verb, **arguments)
            assert again.get("claimed", {}).get("task") == answer.get("claimed", {}).get("task")
        context.repeat = {"tool": verb, **arguments}
        context.task = None
        self.read_settlement(context, answer)

    def read_settlement(self, context: Context, answer: Message) -> None:
        if "claimed" in answer:
            self.take_up(context, answer["claimed"])

    def idle(self) -> bool:
        return any(context.task is None for context in self.contexts)

    @precondition(lambda self: self.idle())
    @rule(pick=pick, queue=st.sampled_from(list(QUEUES)))
    def claim(self, pick: int, queue: str) -> None:
        idle = [context for context in self.contexts if context.task is None]
        context = idle[pick % len(idle)]
        context.queue = queue
        self.work_on(context)

    @rule(
        pick=pick,
        number=st.booleans(),
        claim_next=st.booleans(),
        verb=st.sampled_from(["complete", "complete", "fail"]),
        lost=st.booleans(),
    )
    def report(self, pick: int, number: bool, claim_next: bool, verb: str, lost: bool) -> None:
        context = self.chosen(pick)
        if context.task is None:
            self.work_on(context)
        if context.task is not None:
            self.settle(context, with_number=number, claim_next=claim_next, verb=verb, lost=lost)

    @rule(pick=pick, number=st.booleans())
    def report_too_late(self, pick: int, number: bool) -> None:
        """A worker is silent for too long, the person requeues its task, and another takes it before the worker speaks."""
        late = self.chosen(pick)
        if late.task is None:
            self.work_on(late)
        if late.task is None:
            return
        if len(self.contexts) < MOST_CONTEXTS:
            self.contexts.append(Context(late.chat, late.queue))
        for _ in range(2):
            self.clock.move(TIMEOUT + 1)
            tasks.peek(self.sq, "backend")
        self.send_back(feedback=False)
        for idle in self.contexts:
            if idle.task is None:
                idle.queue = tasks.get(self.sq, late.task[0]).queue
                self.work_on(idle)
        self.settle(late, with_number=number, claim_next=False)

    @rule(pick=pick)
    def repeat_a_lost_call(self, pick: int) -> None:
        """The answer was lost: the same call again, which brings the same next task if its worker has none."""
        context = self.chosen(pick)
        if context.repeat is not None:
            arguments = dict(context.repeat)
            answer = self.ask(context, arguments.pop("tool"), **arguments)
            if "error" not in answer and (claimed := answer.get("claimed", {}).get("task")) is not None:
                held = (claimed["id"], claimed["attempt"])
                assert not any(other.task == held for other in self.contexts if other is not context)
                if context.task is None:
                    context.task = held

    @rule(pick=pick)
    def clear(self, pick: int) -> None:
        """`/clear`, or a compaction: the context has seen nothing any more."""
        context = self.chosen(pick)
        context.next, context.task, context.repeat = "", None, None

    @precondition(lambda self: len(self.contexts) < MOST_CONTEXTS)
    @rule(pick=pick)
    def start_a_subagent(self, pick: int) -> None:
        parent = self.chosen(pick)
        self.contexts.append(Context(parent.chat, parent.queue))

    @precondition(lambda self: len(self.contexts) < MOST_CONTEXTS)
    @rule(session=st.booleans(), era=st.sampled_from(ERAS))
    def open_another_chat(self, session: bool, era: str) -> None:
        self.open_chat(session, era)

    @precondition(lambda self: len(self.contexts) > 1)
    @rule(pick=pick)
    def lose_a_context(self, pick: int) -> None:
        """A subagent that ends, or a chat that is closed, with whatever it held."""
        self.contexts.remove(self.chosen(pick))

    @rule(pick=pick)
    def restart(self, pick: int) -> None:
        """The client starts its server again: what it does not tell, the new process cannot know."""
        self.start_process(self.chosen(pick).chat)

    @rule(seconds=st.sampled_from([5, TIMEOUT, TIMEOUT + 1]))
    def time_passes(self, seconds: int) -> None:
        self.clock.move(seconds)
        tasks.peek(self.sq, "backend")

    @rule(queue=st.sampled_from(list(QUEUES)))
    def enqueue(self, queue: str) -> None:
        add(self.sq, "more", queue=queue, timeout=TIMEOUT)

    @rule(feedback=st.booleans())
    def send_back(self, feedback: bool) -> None:
        """The person requeues whatever has failed."""
        for task in tasks.list_page(self.sq, tasks.Wanted(status="failed"), limit=100).tasks:
            tasks.requeue(self.sq, task.id, feedback="Try again." if feedback else None)

    @rule(pick=pick)
    def release(self, pick: int) -> None:
        context = self.chosen(pick)
        if context.task is not None:
            task_id, attempt = context.task
            self.ask(context, "release", task_id=task_id, attempt=attempt, reason="Called away.")
            context.task = None

    def teardown(self) -> None:
        if not hasattr(self, "contexts"):
            return
        try:
            for context in self.contexts:
                self.obey_to_the_end(context)
            self.every_text_is_where_it_belongs()
            self.nothing_runs_for_ever()
        finally:
            for chat in self.chats:
                chat.process.close()
            self.stack.close()
            self.sq.close()
            shutil.rmtree(self.folder)

    def obey_to_the_end(self, context: Context) -> None:
        """Do what `next` says until it says stop: that comes, and by then the context has settled what it held."""
        for _ in range(4 * len(tasks.list_page(self.sq, limit=1000).tasks) + 20):
            if context.task is not None:
                self.settle(context, with_number=True, claim_next=True, lost=len(self.sent) % 2 == 0)
            elif (onward := NEXT_CLAIM.search(context.next)) is not None:
                context.queue = onward[1]
                self.work_on(context)
            elif "top." in context.next:
                return
            else:
                self.work_on(context)
        raise AssertionError(f"never told to stop: {context.next}")

    def every_text_is_where_it_belongs(self) -> None:
        """Whatever was sent is in the history of its task, and only on the attempt whose worker sent it."""
        for text, (task_id, attempt) in self.sent.items():
            detail = tasks.detail(self.sq, task_id)
            history = wire.task_history(detail, self.clock.now())
            assert text in json.dumps(history), text
            for other in detail.attempts:
                words = (other.result, other.error, other.late_text)
                assert text not in words or other.attempt == attempt, (text, other)

    def nothing_runs_for_ever(self) -> None:
        held = {context.task for context in self.contexts}
        for task in self.running(self.sq):
            assert (task.id, task.attempts) not in held
        for _ in range(2):
            self.clock.move(TIMEOUT + 1)
            tasks.peek(self.sq, "backend")
        assert self.running(self.sq) == ()
        assert refusal_of(lambda: tasks.list_page(self.sq)) is None

    @staticmethod
    def running(sq: SparkQ) -> tuple[Task, ...]:
        return tasks.list_page(sq, tasks.Wanted(status="running"), limit=1000).tasks


TestContexts = holds("mcp-chats", "mcp-instructions-each-packet")(Contexts.TestCase)
TestContexts.settings = settings(
    max_examples=extent(25, 150, 2000),
    stateful_step_count=40,
    deadline=None,
    derandomize=EXTENT != "soak",
    phases=(Phase.generate,) if EXTENT == BROKEN else tuple(Phase),
)


@pytest.fixture(autouse=True)
def _counted(counts: Figures) -> Iterator[None]:
    yield
    counts(Contexts.done)
