"""The store knows which chat holds what, whatever process it comes through."""

from sparkq_core import chats, inbox, tasks
from sparkq_core.chats import Caller
from sparkq_core.maintenance import purge
from sparkq_core.model import CHAT_COLUMNS, Chat
from sparkq_core.project import SparkQ
from tests.core.test_fence import CLAUDE, claimed_in, id_of
from tests.harness.clocks import SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, attempts, take


def all_chats(sq: SparkQ) -> list[Chat]:
    """Every chat in the store."""
    return [Chat(*row) for row in sq.db.rows(f"SELECT {CHAT_COLUMNS} FROM chats")]


def test_an_attempt_names_the_chat_that_claimed_it(sq: SparkQ, queue: str, clock: SetClock) -> None:
    add(sq, "one", "two")
    claimed_in(sq, CLAUDE._replace(cwd="/home/ann/shop", model="opus"))
    take(sq, "bob")

    (chat,) = all_chats(sq)
    assert chat._replace(id=0) == Chat(
        0, "claude-code", "2.1", "8d2a-1", "/home/ann/shop", "opus", clock.now(), clock.now(), None, None
    )
    assert [attempt.chat_id for task in (1, 2) for attempt in attempts(sq, task)] == [chat.id, None]


def test_a_chat_that_comes_back_through_another_process_holds_what_it_held(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    add(sq, "one", "two")
    first = claimed_in(sq)
    clock.move(7)
    second = claimed_in(second_handle(sq), CLAUDE._replace(version="2.2"))

    assert first.chat_id == second.chat_id == id_of(sq)
    assert [(claim.task_id, claim.attempt) for claim in chats.open_claims(sq.db, id_of(sq))] == [(1, 1), (2, 1)]
    (chat,) = all_chats(sq)
    assert (chat.version, chat.first_at, chat.last_at) == ("2.2", clock.now() - 7000, clock.now())


def test_a_chat_without_a_session_is_known_by_the_id_that_its_first_claim_gave(sq: SparkQ, queue: str) -> None:
    add(sq, "one", "two", "three")
    nameless = Caller("gemini")
    first = claimed_in(sq, nameless)
    again = claimed_in(sq, nameless._replace(id=first.chat_id))
    other = claimed_in(sq, nameless)

    assert first.chat_id == again.chat_id != other.chat_id


def test_an_empty_queue_makes_no_chat(sq: SparkQ, queue: str) -> None:
    assert tasks.claim(sq, queue, "ann", chat=CLAUDE) is None
    assert all_chats(sq) == []


def test_the_next_task_of_a_completion_belongs_to_the_same_chat(sq: SparkQ, queue: str) -> None:
    add(sq, "one", "two")
    claimed_in(sq)

    settled = tasks.complete(sq, 1, "Done.", attempt=1, next_for="claude-code-8d2a", chat=CLAUDE)

    assert settled.claimed is not None
    assert [claim.task_id for claim in chats.open_claims(sq.db, id_of(sq))] == [2]
    assert chats.open_claims(sq.db, id_of(sq), besides=2) == ()
    assert (chats.held(sq.db, id_of(sq), 1), chats.held(sq.db, id_of(sq), 2)) == (None, 1)


def test_a_chat_is_gone_from_the_end_of_its_connection_until_it_claims_again(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    add(sq, "one", "two")
    claimed_in(sq)
    clock.move(5)
    chats.close(sq, id_of(sq), "its client closed the connection")
    (gone,) = all_chats(sq)
    claimed_in(sq)
    (back,) = all_chats(sq)

    assert (gone.gone_at, gone.gone_why) == (clock.now(), "its client closed the connection")
    assert (back.gone_at, back.gone_why) == (None, None)


def test_a_chat_is_forgotten_when_all_of_its_attempts_are_purged(sq: SparkQ, queue: str, clock: SetClock) -> None:
    """A process that remembers its id goes on as a new chat."""
    add(sq, "one", "two", "three")
    first = claimed_in(sq, Caller("gemini"))
    kept = claimed_in(sq, Caller("codex", session="7"))
    for task_id in (1, 2):
        tasks.complete(sq, task_id, "Done.", attempt=1)
    inbox.review(sq, 1)
    clock.move(4 * 24 * 3600)
    purge.purge(sq)

    assert [chat.id for chat in all_chats(sq)] == [kept.chat_id]
    again = claimed_in(sq, Caller("gemini", id=first.chat_id))
    assert (again.chat_id is not None, attempts(sq, 3)[0].chat_id) == (True, again.chat_id)


def test_what_a_client_says_of_itself_is_stored_as_harmless_words(sq: SparkQ, queue: str) -> None:
    add(sq, "one")
    claimed_in(sq, Caller("evil\x1b[31m", "9" * 500, session="\u202es", cwd="/tmp/a\nb"))

    (chat,) = all_chats(sq)
    assert (chat.client, len(chat.version or ""), chat.session, chat.cwd) == (
        "evil\\x1b[31m",
        200,
        "\\u202es",
        "/tmp/a\\nb",
    )


def test_the_id_of_a_forgotten_chat_is_no_other_chats(sq: SparkQ, queue: str, clock: SetClock) -> None:
    """The process of the chat remembers it for as long as it runs."""
    add(sq, "one", "two")
    first = claimed_in(sq, Caller("cursor"))
    tasks.complete(sq, 1, "Done.", attempt=1)
    inbox.review(sq, 1)
    clock.move(4 * 24 * 3600)
    purge.purge(sq)
    other = claimed_in(sq, Caller("vscode"))

    assert first.chat_id is not None
    assert first.chat_id != other.chat_id
    assert chats.open_claims(sq.db, first.chat_id) == ()
