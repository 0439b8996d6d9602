"""The checks of the proof as data: what each shows, and the tests that show it."""

from pathlib import Path
from typing import NamedTuple

CLIENTS = Path(__file__).parents[1] / "clients"


class Check(NamedTuple):
    """One line of the table. `tests` are files below `tests/`; what stands first for a test's file counts."""

    name: str
    shows: str
    tests: tuple[str, ...]


CHECKS = (
    Check(
        "model",
        "the whole project equals a plain model of it, whatever is done through two connections",
        ("core/test_model.py",),
    ),
    Check(
        "races",
        "each task is handed out once and in order, through all doors at once, and nobody hears of a lock",
        ("core/test_race.py", "core/test_stale_race.py", "proof/test_races.py", "proof/test_cold_start.py"),
    ),
    Check(
        "kill",
        "whatever is killed, every acknowledged write is there and no task runs twice without a requeue",
        ("proof/test_kill.py",),
    ),
    Check(
        "housekeeping",
        "branches, stashes, cleaning, moving and restoring lose nothing that was acknowledged, and refusals name the way on",
        ("proof/test_housekeeping.py",),
    ),
    Check(
        "clocks",
        "whatever jumps or sleeps, nothing fails or is purged before its time, and no duration is negative",
        ("proof/test_clocks.py", "core/test_stale.py", "core/test_marks.py"),
    ),
    Check(
        "snapshots",
        "whatever ends the record of what a task changed, no task is lost or delayed, and .git is as it was",
        (
            "proof/test_snapshots.py",
            "core/changes/test_recording.py",
            "core/changes/test_snapshot.py",
            "core/test_pruning.py",
        ),
    ),
    Check(
        "faults",
        "what a disk refuses changes nothing, and is said clearly",
        ("proof/test_disk_faults.py", "proof/test_disk.py", "core/test_database.py", "core/test_schema.py"),
    ),
    Check(
        "a held lock",
        "while a suspended process holds the lock, only those who write wait, and they are refused after ten seconds",
        ("proof/test_held_lock.py", "core/test_aside.py"),
    ),
    Check(
        "upgrade and backup",
        "files of every schema are brought up while others write; a backup is of one moment",
        ("core/test_upgrade.py", "core/test_backup.py", "proof/test_upgrade_in_use.py"),
    ),
    Check(
        "HTTP guard",
        "every route refuses foreign hosts, pages, content types and sizes",
        ("http/test_guard.py", "http/test_token.py", "http/test_peer.py", "http/test_questions.py"),
    ),
    Check(
        "hostile page",
        "a page of another origin in a browser changes nothing and reads nothing",
        ("proof/test_hostile_page.py",),
    ),
    Check(
        "hostile text",
        "task text reaches terminal, JSON and chat as data",
        ("proof/test_hostile_text.py", "cli/test_hostile_text.py", "core/test_text.py"),
    ),
    Check(
        "MCP fuzz",
        "whatever line comes, the server answers the next one",
        ("proof/test_stdio_fuzz.py", "mcp/test_stdio.py"),
    ),
    Check(
        "long texts",
        "a chat that has carried megabytes, in any script, still answers",
        ("mcp/test_long_texts.py",),
    ),
    Check(
        "clients",
        "real clients with a scripted model finish their work, whatever becomes of the chat",
        tuple(f"clients/{file.name}" for file in sorted(CLIENTS.glob("test_*.py"))),
    ),
    Check(
        "contexts",
        "workers that forget, share a chat, resume and repeat lose no word, and settle no attempt of another",
        ("mcp/test_context_fuzz.py", "mcp/test_chats.py", "core/test_fence.py"),
    ),
    Check(
        "files",
        "locks are the system's, files the owner's, and nothing follows a link",
        ("proof/test_files.py", "core/test_doctor.py", "core/test_script_index.py", "core/test_config_reading.py"),
    ),
    Check(
        "strangers",
        "hooks of a file run only after a yes to their content; other users' files and programs are refused",
        ("core/test_hooks.py", "core/test_ownership.py", "http/test_peer.py"),
    ),
    Check(
        "the harness",
        "each check fails on a core that is broken on purpose",
        ("test_mutants.py", "proof/test_proof_mutants.py"),
    ),
)


def check_of(node: str) -> Check | None:
    """The check that a test ("tests/core/test_race.py::test_x") belongs to."""
    file = node.partition("::")[0].removeprefix("tests/")
    return next((check for check in CHECKS if file in check.tests), None)
