"""A project of SparkQ 1 is recognised by every command, and comes over whole, or not at all. Nothing of it is deleted."""

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkq_core import inbox, project, queues, sessions, tasks
from sparkq_core.config import writing
from sparkq_core.errors import InvalidConfig, InvalidValue, KeyUsed, NotEmpty, StorageError, VersionOne
from sparkq_core.files import durable
from sparkq_core.installation import setup, version_one
from sparkq_core.installation.version_one import Brought
from sparkq_core.project import SparkQ
from tests.core.examination import examined, snapshot
from tests.core.test_import_checks import use
from tests.harness.clocks import SetClock
from tests.harness.projects import database_of
from tests.harness.task_steps import queued_ids, take
from tests.harness.version_one import DAY_1, DAY_2, DAY_3, SETTINGS, SHOP, TABLES, create, task
from tests.promises import holds


def brought(root: Path, clock: SetClock) -> Brought:
    """Bring over what must be there."""
    found = version_one.find(root, {})
    assert found is not None
    return version_one.bring_over(found, clock)


def opened(root: Path, clock: SetClock) -> SparkQ:
    return project.open(root, env={}, clock=clock)


@pytest.fixture
def old(root: Path) -> Path:
    """A project of SparkQ 1 in which everything has happened."""
    create(root, {
        **SHOP,
        "tasks": [
            task(1, status="succeeded", result="All green.", claimed_at=DAY_2, finished_at=DAY_3, attempts=1),
            task(2, status="running", claimed_at=DAY_3, started_at=DAY_3, attempts=1),
            task(3, "que_2", tool_name="quick-check", task_class="FAST_SCRIPT", timeout=120),
            task(4, status="failed", error="TIMEOUT: Task timeout (auto-failed)", finished_at=DAY_3),
            task(5),
        ],
    })  # fmt: skip
    return root


def everything(root: Path) -> dict[str, tuple[int, bytes]]:
    """Every file but the locks."""
    return {name: file for name, file in snapshot(root).items() if not name.endswith(".lock")}


@holds("from-version-one")
@pytest.mark.parametrize("has_file", [True, False])
def test_every_command_says_what_it_is_and_changes_nothing(root: Path, has_file: bool) -> None:
    create(root, SHOP, SETTINGS if has_file else None)
    before = everything(root)

    with pytest.raises(VersionOne, match="SparkQ 1") as refusal:
        project.open(root, env={})

    assert "sparkq setup --from-v1" in refusal.value.hint
    finding = examined(root)["configuration" if has_file else "database"]
    assert ("SparkQ 1" in finding.message, "--from-v1" in finding.fix) == (True, True)
    assert everything(root) == before


@pytest.mark.parametrize(
    "line",
    [
        "database: {mode: wal}",
        "project: {repo_path: .}",
        "sparkq_scripts_dir: sparkq/scripts",
        "project_script_dirs: [scripts]",
        "queue_runner: {base_url: 'http://localhost:5005'}",
        "tools: {run-bash: {description: Bash, task_class: MEDIUM_SCRIPT}}",
    ],
)
def test_one_setting_of_version_one_is_enough(root: Path, line: str) -> None:
    (root / "sparkq.yml").write_text(f"{line}\nfeatures: {{flags: {{}}}}\n")

    with pytest.raises(VersionOne):
        project.open(root, env={})
    assert version_one.find(root, {}) is not None


@pytest.mark.parametrize(
    "ours",
    ["queue_runner: {poll_interval_seconds: 5}", "server: {mcp: true}", "hooks: {on_failed: [echo]}", "changes: full"],
)
def test_a_file_of_this_version_with_a_key_of_version_one_has_an_unknown_key(root: Path, ours: str) -> None:
    (root / "sparkq.yml").write_text(f"{ours}\ndatabase: {{mode: wal}}\n")

    with pytest.raises(InvalidConfig, match=r"sparkq.yml:2: 'database.mode' is not a setting"):
        project.open(root, env={})
    assert version_one.find(root, {}) is None


def test_a_project_of_this_version_is_not_one(configured: SparkQ) -> None:
    assert version_one.find(configured.config.root, {}) is None
    assert "There is no project of SparkQ 1" in version_one.nothing_found(configured.config.root, {}).message


@holds("from-version-one")
def test_queues_sessions_and_tasks_come_over_in_their_order(old: Path, clock: SetClock) -> None:
    done = brought(old, clock)

    assert done.figures._replace(renamed=()) == (2, 3, 3, 1, 2, 0, 0, ())
    assert done.figures.renamed == (("Week 1 - done", "Week-1-done"), ("UI Fixes", "UI-Fixes"))
    sq = opened(old, clock)
    assert [(each.name, each.status) for each in sessions.all_of(sq)] == [
        ("feature-x", "active"),
        ("Week-1-done", "ended"),
    ]
    listed = {queue.name: queue for queue, _ in queues.all_of(sq, archived=True)}
    assert {name: (queue.session, queue.status) for name, queue in listed.items()} == {
        "backend": ("feature-x", "active"),
        "UI-Fixes": ("Week-1-done", "active"),
        "old": (None, "archived"),
    }
    assert queues.instructions(sq, "backend")[1] == "Run the tests."
    assert (queued_ids(sq), queued_ids(sq, "UI-Fixes")) == ([2, 5], [3])
    claim = take(sq)
    assert (claim.prompt, claim.task.timeout, claim.task.attempts) == ("prompt 2", 900, 1)
    assert [event.kind for event in tasks.detail(sq, 2).events] == ["enqueued", "released", "claimed"]
    assert "failure" not in {finding.state for finding in examined(old).values()}


@holds("from-version-one")
def test_finished_tasks_wait_for_your_review(old: Path, clock: SetClock) -> None:
    brought(old, clock)
    sq = opened(old, clock)

    unreviewed = {each.task.id: each for each in inbox.unreviewed(sq).tasks}

    assert {number: (each.task.status, each.summary) for number, each in unreviewed.items()} == {
        1: ("succeeded", "All green."),
        4: ("failed", "TIMEOUT: Task timeout (auto-failed)"),
    }
    assert unreviewed[4].task.timed_out
    detail = tasks.detail(sq, 1)
    assert detail.last is not None
    assert detail.last.duration_ms == 24 * 3600 * 1000
    assert tasks.requeue(sq, 4).task.id == 4


def test_the_old_id_finds_the_task_again(old: Path, clock: SetClock) -> None:
    brought(old, clock)
    sq = opened(old, clock)

    assert tasks.enqueue(sq, "backend", "prompt 5", key="v1:tsk_000000000005").task.id == 5
    with pytest.raises(KeyUsed):
        tasks.enqueue(sq, "backend", "other", key="v1:tsk_000000000005")


@holds("from-version-one")
def test_the_old_files_are_kept_as_they_were(old: Path, clock: SetClock) -> None:
    """Also what is only in the write-ahead log of an old process that was killed."""
    database = database_of(old)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute(
            "INSERT INTO sessions (id, name, created_at) VALUES ('ses_9', 'late', '2023-11-14T11:00:00Z')"
        )
        connection.commit()
        for side in ("", "-wal"):
            shutil.copy(f"{database}{side}", old / f"copy{side}")
    for side in ("", "-wal"):
        os.replace(old / f"copy{side}", f"{database}{side}")

    done = brought(old, clock)

    kept = database.with_name("sparkq1.db")
    assert done.kept == (old / "sparkq.v1.yml", kept)
    assert (old / "sparkq.v1.yml").read_text() == SETTINGS
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("SELECT name FROM sessions ORDER BY id").fetchall()[-1] == ("late",)
        assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (5,)
    assert [session.name for session in sessions.all_of(opened(old, clock))][1:2] == ["late"]


def test_settings_come_over_and_what_changes_is_said(old: Path, clock: SetClock) -> None:
    done = brought(old, clock)
    config = opened(old, clock).config.settings

    assert (config.project.name, config.server.host, config.server.port) == ("my-shop", "127.0.0.1", 5050)
    assert (config.purge.older_than_days, config.purge.unreviewed_days) == (5, 30)
    assert (config.queue_runner.poll_interval_seconds, config.queue_runner.auto_fail_interval_seconds) == (12, 40)
    assert config.script_dirs == ("scripts", "bin")
    assert config.task_classes["FAST_SCRIPT"].timeout == 120
    assert config.task_classes["NIGHTLY"] == (7200, "Work of a night")
    assert config.tools["quick-check"] == ("Quick validation check", "FAST_SCRIPT")
    assert "run-bash" not in config.tools, "a built-in tool keeps the words of this version"
    assert config.tools["llm-haiku"].task_class == "LLM_HEAVY"
    assert done.settings.left == (
        "database.mode", "defaults", "features", "project.prd_path", "project.repo_path", "queue_runner.base_url",
        "sparkq_scripts_dir",
    )  # fmt: skip
    assert ["server.host was 0.0.0.0" in note for note in done.settings.notes] == [True]


def test_what_the_page_had_stored_overrides_the_file(root: Path, clock: SetClock) -> None:
    create(root, {
        "config": [
            {"namespace": "purge", "key": "config", "value": '{"older_than_days": 9}'},
            {"namespace": "queue_runner", "key": "config", "value": "not JSON"},
            {"namespace": "ui", "key": "build_id", "value": '"b7"'},
        ],
        "task_classes": [{"name": "FAST_SCRIPT", "timeout": 77}],
        "tools": [{"name": "deploy", "description": "Deploy it", "task_class": "GONE"}],
    })  # fmt: skip

    done = brought(root, clock)

    config = opened(root, clock).config.settings
    assert (config.purge.older_than_days, config.task_classes["FAST_SCRIPT"].timeout) == (9, 77)
    assert config.tools["deploy"] == ("Deploy it", "MEDIUM_SCRIPT")
    assert any("tools.deploy had the unknown task class GONE" in note for note in done.settings.notes)


def test_a_setting_that_cannot_be_here_has_its_default(root: Path, clock: SetClock) -> None:
    create(root, SHOP, SETTINGS.replace("port: 5050", "port: many"))

    done = brought(root, clock)

    assert opened(root, clock).config.settings.server.port == 5005
    assert any("server.port must be a whole number" in note for note in done.settings.notes)


PAYLOADS = {
    "of the command line": ({"prompt": "Do it.", "metadata": {}}, "Do it."),
    "with metadata": ({"prompt": "Do it.", "metadata": {"pr": 7}}, 'Do it.\n\nMetadata: {"pr": 7}'),
    "of the page": ({"prompt": "Run the tests.\n\nDo it.", "raw_prompt": "Do it.", "mode": "chat"}, "Do it."),
    "with a role": (
        {"prompt": "You are a tester. Do it.", "raw_prompt": "Do it.", "agent_role_key": "tester"},
        "You are a tester. Do it.",
    ),
    "of a script": ({"script_path": "scripts/a b.sh", "args": ["--fast", "x"]}, "'scripts/a b.sh' --fast x"),
    "of a file": ({"prompt_path": "prompts/x.md", "metadata": None}, "Do what the file prompts/x.md says."),
    "of no known form": ({"what": 1}, '{"what": 1}'),
    "a list": ([1], "[1]"),
    "a text": ("Do it.", "Do it."),
    "of nothing that is seen": ({"prompt": "\u200b"}, '{"prompt": "\\u200b"}'),
    "with a first line that is not seen": ({"prompt": "\u200b\nDo it."}, "\u200b\nDo it."),
    "with a NUL": ({"prompt": "a\0b\ud800"}, "a\ufffdb?"),
}


@pytest.mark.parametrize("form", PAYLOADS)
def test_a_payload_of_any_form_becomes_a_prompt(root: Path, clock: SetClock, form: str) -> None:
    payload, prompt = PAYLOADS[form]
    create(root, {**SHOP, "tasks": [task(1, payload=json.dumps(payload))]})

    brought(root, clock)

    assert take(opened(root, clock)).prompt == prompt


@pytest.mark.parametrize(
    ("payload", "prompt"),
    [("not JSON", "not JSON"), *((nothing, "(SparkQ 1 kept no prompt.)") for nothing in ("", "\u200b", None))],
)
def test_a_payload_that_is_not_json_is_a_prompt_too(root: Path, clock: SetClock, payload: Any, prompt: str) -> None:
    create(root, {**SHOP, "tasks": [task(1, payload=payload)]})

    brought(root, clock)

    assert take(opened(root, clock)).prompt == prompt


def test_a_long_text_is_cut_and_a_result_in_json_keeps_its_data(root: Path, clock: SetClock) -> None:
    finished = {"status": "succeeded", "finished_at": DAY_3}
    create(root, {
        **SHOP,
        "tasks": [
            task(1, **finished, result="é" * 2**20, stdout="\x1b" * 2**20, stderr="warned"),
            task(2, **finished, result=json.dumps({"summary": "Short.", "files": 3})),
            task(3, **finished, result=None),
        ],
    })  # fmt: skip

    brought(root, clock)

    sq = opened(root, clock)
    long, short, none = (tasks.detail(sq, number).last for number in (1, 2, 3))
    assert long is not None
    assert short is not None
    assert none is not None
    assert (long.result or "").endswith("(cut: SparkQ 1 kept more)")
    assert json.loads(long.data or "")["stderr"] == "warned"
    assert (short.result, json.loads(short.data or "")) == ("Short.", {"summary": "Short.", "files": 3})
    assert none.result == "SparkQ 1 recorded no result."


def test_what_does_not_come_over_is_counted_and_stays_in_the_old_database(root: Path, clock: SetClock) -> None:
    create(root, {
        **SHOP,
        "tasks": [
            task(1, status="succeeded", finished_at="2023-10-01T10:00:00Z"),
            task(2, "que_gone"),
            task(3, status="paused"),
            task(4),
        ],
    })  # fmt: skip

    done = brought(root, clock)

    assert (done.figures.old, done.figures.unknown, done.figures.queued) == (1, 2, 1)
    with closing(sqlite3.connect(database_of(root).with_name("sparkq1.db"))) as connection:
        assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (4,)


def test_names_that_become_the_same_stay_apart(root: Path, clock: SetClock) -> None:
    names = ["a b", "a-b", "a  b", "…", "x" * 80, "x" * 81]
    rows = [{"id": f"que_{at}", "name": name, "created_at": DAY_1} for at, name in enumerate(names)]
    create(root, {"queues": rows, "sessions": [{"id": "s1", "name": "one"}, {"id": "s2", "name": "one"}]})

    brought(root, clock)

    sq = opened(root, clock)
    assert list(queues.names(sq)) == ["a-b", "a-b-2", "a-b-3", "queue", "x" * 64, f"{'x' * 58}-2"]
    assert [session.name for session in sessions.all_of(sq)] == ["one", "one-2"]


def test_unknown_columns_and_tables_do_no_harm_and_optional_ones_may_be_missing(root: Path, clock: SetClock) -> None:
    create(
        root,
        {"queues": [{"id": "q", "name": "backend", "session_id": None}], "tasks": [{"id": "t", "queue_id": "q", "payload": "x", "created_at": DAY_2}]},
        tables={
            "sessions": "id TEXT PRIMARY KEY, name TEXT",
            "queues": "id TEXT PRIMARY KEY, name TEXT, session_id TEXT, status TEXT DEFAULT 'active', created_at TEXT, more TEXT",
            "tasks": "id TEXT PRIMARY KEY, queue_id TEXT, payload TEXT, status TEXT DEFAULT 'queued', created_at TEXT, more BLOB",
            "anything": "id TEXT",
        },
    )  # fmt: skip

    brought(root, clock)

    claim = take(opened(root, clock))
    assert (claim.prompt, claim.task.tool, claim.task.timeout) == ("x", "llm-sonnet", 300)


@pytest.mark.parametrize(("table", "column"), [("queues", "name"), ("tasks", "queue_id"), ("sessions", "name")])
def test_a_column_that_is_needed_and_missing_is_named(root: Path, clock: SetClock, table: str, column: str) -> None:
    create(root, {}, tables=TABLES | {table: TABLES[table].replace(f" {column} TEXT", f" {column}_id TEXT", 1)})
    before = everything(root)

    with pytest.raises(InvalidValue, match=f"no column {table}.{column}"):
        brought(root, clock)
    assert everything(root) == before


def server_runs(root: Path) -> None:
    (root / "sparkq.lock").write_text(str(os.getpid()))


def file_is_taken(root: Path) -> None:
    (root / "sparkq.v1.yml").write_text("something else")


def database_is_taken(root: Path) -> None:
    database_of(root).with_name("sparkq1.db").write_bytes(b"something else")


@holds("from-version-one")
@pytest.mark.parametrize(
    ("prepare", "refusal", "says"),
    [
        (server_runs, VersionOne, r"process \d+"),
        (file_is_taken, NotEmpty, "sparkq.v1.yml exists"),
        (database_is_taken, NotEmpty, "sparkq1.db exists"),
    ],
)
def test_what_is_in_the_way_is_named_and_nothing_changes(
    old: Path, clock: SetClock, prepare: Callable[[Path], None], refusal: type[Exception], says: str
) -> None:
    prepare(old)
    before = everything(old)

    with pytest.raises(refusal, match=says) as said:
        brought(old, clock)
    assert getattr(said.value, "hint", "")
    assert everything(old) == before


@pytest.mark.parametrize("content", ["", "x", "999999999", "-5", "0"])
def test_a_lock_file_without_a_server_does_no_harm(old: Path, clock: SetClock, content: str) -> None:
    (old / "sparkq.lock").write_text(content if content != "0" else "4194304")

    assert brought(old, clock).figures.queued == 3


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_an_old_database_that_another_process_uses_is_left_alone(old: Path, clock: SetClock) -> None:
    command = [sys.executable, "-c", HOLD, str(database_of(old))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        before = everything(old)

        with pytest.raises(VersionOne, match="Another process uses"):
            brought(old, clock)
        assert everything(old) == before
        holder.communicate()


def test_a_second_time_there_is_nothing_to_bring_over(old: Path, clock: SetClock) -> None:
    brought(old, clock)

    assert version_one.find(old, {}) is None
    assert "already in" in version_one.nothing_found(old, {}).message


@pytest.mark.parametrize("has_file", [True, False])
def test_the_second_of_two_sees_that_it_was_done_meanwhile(root: Path, clock: SetClock, has_file: bool) -> None:
    create(root, SHOP, SETTINGS if has_file else None)
    found = version_one.find(root, {})
    assert found is not None
    brought(root, clock)
    before = everything(root)

    with pytest.raises(VersionOne, match="Another process has just"):
        version_one.bring_over(found, clock)
    assert everything(root) == before


@holds("from-version-one")
@pytest.mark.parametrize("place", ["the new database", "the settings"])
def test_after_a_crash_it_goes_on_where_it_ended(
    old: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def crash(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(*((durable, "put") if place == "the new database" else (writing, "replace")), crash)
        with pytest.raises(StorageError):
            brought(old, clock)
    with pytest.raises(VersionOne):
        project.open(old, env={})
    assert database_of(old).is_file()

    done = brought(old, clock)

    assert (done.figures.queued, "before" in "".join(done.settings.notes)) == ((3, False) if place == "the new database" else (0, True))  # fmt: skip
    assert queued_ids(opened(old, clock)) == [2, 5]
    assert {file.name for file in (old / "sparkq/data").iterdir()} >= {"sparkq.db", "sparkq1.db"}
    assert (old / "sparkq.v1.yml").read_text() == SETTINGS


@pytest.mark.parametrize("path", ["null", "~nobody-at-all/x.db", "' '"])
def test_a_database_path_that_leads_nowhere_is_that_of_every_project(root: Path, clock: SetClock, path: str) -> None:
    create(root, SHOP, SETTINGS.replace("path: sparkq/data/sparkq.db", f"path: {path}"))

    assert brought(root, clock).figures.queues == 3
    assert opened(root, clock).config.database == database_of(root)


def test_a_database_in_another_place_stays_there(root: Path, clock: SetClock) -> None:
    create(root, SHOP, SETTINGS.replace("sparkq/data/sparkq.db", "store/q.sqlite"))
    (root / "store").mkdir()
    for side in ("", "-wal"):
        if Path(f"{database_of(root)}{side}").exists():
            os.replace(f"{database_of(root)}{side}", root / f"store/q.sqlite{side}")

    assert brought(root, clock).kept[1] == root / "store/q1.sqlite"
    assert opened(root, clock).config.database == root / "store/q.sqlite"


def test_without_hard_links_it_is_renamed(old: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)

    assert brought(old, clock).figures.queued == 3
    assert database_of(old).with_name("sparkq1.db").is_file()


def test_settings_without_a_database_come_over_too(root: Path, clock: SetClock) -> None:
    (root / "sparkq.yml").write_text(SETTINGS)

    assert brought(root, clock).kept == (root / "sparkq.v1.yml",)
    assert queues.all_of(opened(root, clock)) == ()


def test_a_database_under_settings_of_this_version_comes_over_too(root: Path, clock: SetClock) -> None:
    create(root, SHOP, setup.render({"server.port": 5999}))

    assert brought(root, clock).kept == (database_of(root).with_name("sparkq1.db"),)
    sq = opened(root, clock)
    assert (sq.config.settings.server.port, len(queues.all_of(sq))) == (5999, 2)


TEXT = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8"), max_size=30),
    st.just("{}"),
    st.sampled_from(['{"prompt": ""}', "\u200b\nx", "\u200b"]),
)
STATUS = st.sampled_from(["queued", "running", "succeeded", "failed", "", "idle"])
TIME = st.one_of(TEXT, st.sampled_from([DAY_1, DAY_3, "9999-12-31T23:59:59Z", "0001-01-01T00:00:00", "2023-11-14"]))
COLUMNS = {
    "tool_name": TEXT,
    "task_class": TEXT,
    "payload": TEXT,
    "status": STATUS,
    "timeout": st.one_of(st.none(), st.integers(-5, 10**9), st.text(max_size=3)),
    "result": TEXT,
    "error": TEXT,
    "stdout": TEXT,
    "claimed_at": TIME,
    "finished_at": TIME,
    "updated_at": TIME,
    "created_at": TIME,
}


@settings(max_examples=40)
@given(
    rows=st.lists(st.fixed_dictionaries(COLUMNS), max_size=6),
    names=st.lists(st.text(st.characters(codec="utf-8"), max_size=70), min_size=1, max_size=4, unique=True),
)
def test_any_old_database_makes_a_sound_project(
    rows: list[dict[str, Any]], names: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root, clock = tmp_path_factory.mktemp("old"), SetClock()
    listed = [{"id": f"que_{at}", "name": name, "created_at": DAY_1} for at, name in enumerate(names)]
    old_tasks = [{"id": f"tsk_{at}", "queue_id": "que_0"} | row for at, row in enumerate(rows)]
    create(root, {"queues": listed, "tasks": old_tasks})

    done = brought(root, clock)

    assert done.figures.queued + done.figures.finished + done.figures.old + done.figures.unknown == len(rows)
    with closing(opened(root, clock)) as sq:
        use(sq)
    assert "failure" not in {finding.state for finding in examined(root).values()}


WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Z"]), max_size=20)
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**6),
    WORDS,
    st.lists(st.sampled_from(["scripts", "", "x" * 200]), max_size=2),
    st.fixed_dictionaries({}, optional={"timeout": st.integers(-5, 10**6), "task_class": st.sampled_from(["A", [], "LLM_LITE"]), "description": WORDS}),
)  # fmt: skip
SECTIONS = {
    "project": ["name", "repo_path", "prd_path"],
    "server": ["host", "port", "cors_origins"],
    "purge": ["older_than_days"],
    "queue_runner": ["poll_interval", "auto_fail_interval_seconds", "base_url"],
    "task_classes": ["FAST_SCRIPT", "A", "\x1b"],
    "tools": ["run-bash", "mine", "two\nlines"],
}


@settings(max_examples=60)
@given(
    given=st.fixed_dictionaries(
        {},
        optional={
            section: st.fixed_dictionaries({}, optional=dict.fromkeys(keys, ANYTHING))
            for section, keys in SECTIONS.items()
        }
        | dict.fromkeys(["project_script_dirs", "script_dirs", "features", "defaults", "ui"], ANYTHING),
    )
)
def test_any_old_settings_make_a_project_that_opens(
    given: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """JSON is YAML too."""
    root, clock = tmp_path_factory.mktemp("old"), SetClock()
    (root / "sparkq.yml").write_text(json.dumps(given | {"database": {"mode": "wal"}}, ensure_ascii=False))

    done = brought(root, clock)

    with closing(opened(root, clock)) as sq:
        assert sq.config.settings.server.host in ("127.0.0.1", "::1", "localhost")
    assert "database.mode" in done.settings.left
