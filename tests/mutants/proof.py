"""Mutants that the proof must find: each of its checks runs once on a SparkQ that is broken at just that point."""

from tests.mutants.life_cycle import FENCE, LIFE_CYCLE_MUTANTS, NO_FENCE
from tests.mutants.mutant import mutant
from tests.mutants.storage_and_config import STORAGE_AND_CONFIG_MUTANTS

CONTEXTS = "tests/mcp/test_context_fuzz.py::TestContexts"
_STORED = {mutant.name: mutant for mutant in STORAGE_AND_CONFIG_MUTANTS}
_BY_NAME = {mutant.name: mutant for mutant in LIFE_CYCLE_MUTANTS}
CROWD = "tests/proof/test_races.py::test_six_claimers_and_four_producers_through_every_door_share_one_line"
DRAIN = "tests/core/test_race.py::test_four_processes_drain_a_queue_each_task_once_and_in_order"
HOUSEKEEPING = "tests/proof/test_housekeeping.py::test_whatever_is_done_in_the_repository_nothing_acknowledged_is_lost"
CLOCKS = "tests/proof/test_clocks.py::test_a_clock_that_jumps_ends_nothing_before_its_time"
KILL = "tests/proof/test_kill.py::test_whoever_is_killed_nothing_acknowledged_is_lost_and_nothing_runs_twice"
MODEL = "tests/core/test_model.py::TestLifeCycle"
CHECKED = "tests/proof/test_check_races.py::test_a_task_is_only_completed_on_files_that_passed_however_they_change"
SNAPSHOTS = "tests/proof/test_snapshots.py::test_a_snapshot_that_is_killed_loses_and_delays_no_task"
SETTLES = "error_type = :error_type\nWHERE id = :id"

PROOF_MUTANTS = [
    mutant("a racy claim", "tasks/claim.py", *_BY_NAME["a claim in two steps"].changes, caught_by=(DRAIN,)),
    mutant(
        "no busy timeout",
        "storage/patience.py",
        ("return clock.monotonic() - started < longest", "return False"),
        caught_by=(DRAIN,),
    ),
    mutant("no fence", "tasks/settle.py", (f"{SETTLES} {FENCE}", SETTLES), caught_by=(MODEL,)),
    mutant(
        "a fence of the state only",
        "tasks/settle.py",
        (f"{SETTLES} {FENCE}", f"{SETTLES} {NO_FENCE}"),
        caught_by=("tests/proof/test_races.py::test_a_late_completion_never_disturbs_the_attempt_after_it",),
    ),
    mutant(
        "a sweep in two steps",
        "stale.py",
        ("WHERE status = 'running' AND due_at <= :now AND stale_warned_at IS NOT NULL\n", "WHERE id = :id\n"),
        (
            "    with sq.db.write() as tx:\n        if is_set_back:\n",
            "    due = sq.db.rows(\"SELECT id FROM tasks WHERE status = 'running' AND due_at <= :now"
            ' AND stale_warned_at IS NOT NULL", {"now": now})\n'
            "    with sq.db.write() as tx:\n        if is_set_back:\n",
        ),
        ("        return sweep_within(sq, tx, now)\n", "        return sweep_within(sq, tx, now, due)\n"),
        ("def sweep_within(sq: SparkQ, tx: Transaction, now: int) ->", "def sweep_within(sq, tx, now: int, due=()) ->"),
        ("_fail_due(tx, now)\n    return", "_fail_due(tx, now, due)\n    return"),
        ("def _fail_due(tx: Transaction, now: int) ->", "def _fail_due(tx: Transaction, now: int, due) ->"),
        (
            'for row in tx.rows(FAIL, {"now": now}))\n',
            'for (id,) in due for row in tx.rows(FAIL, {"now": now, "id": id}))\n',
        ),
        ("UPDATE tasks INDEXED BY tasks_due SET status = 'failed'", "UPDATE tasks SET status = 'failed'"),
        caught_by=(
            "tests/core/test_stale_race.py::test_in_200_rounds_no_sweeper_overwrites_an_acknowledged_completion",
        ),
    ),
    mutant(
        "a commit that failed is acknowledged",
        "storage/database.py",
        (
            "        except BaseException as error:\n            self._roll_back(error)\n            raise\n\n    def _roll",
            "        except BaseException:\n            self._db._roll_back(self._opened)\n\n    def _roll",
        ),
        caught_by=("tests/proof/test_disk_faults.py::test_a_fault_changes_nothing_that_was_acknowledged",),
    ),
    mutant(
        "an acknowledgement before the commit",
        "storage/database.py",
        (
            '            self._opened.execute("COMMIT")\n',
            "            if self._opened.connection.total_changes() % 3:\n"
            '                self._opened.execute("COMMIT")\n',
        ),
        (
            "                version: Any = opened.execute(BEGIN_WRITE).fetchall()[0][0]\n",
            "                begin = DATA_VERSION if opened.connection.in_transaction else BEGIN_WRITE\n"
            "                version: Any = 0 if opened.execute(begin).fetchall() and begin is DATA_VERSION else self._db.schema\n",
        ),
        caught_by=(KILL,),
    ),
    mutant(
        "the server waits for the lock on its event loop",
        "storage/aside.py",
        ("FIRST_SECONDS = 0.03", "FIRST_SECONDS = 10.0"),
        caught_by=("tests/proof/test_held_lock.py::test_a_suspended_process_stops_only_those_who_write",),
    ),
    mutant(
        "a call that finds the lock taken does not wait for it",
        "storage/aside.py",
        ("if hurry.committed or loop.time() - start >= longest:", "if True:"),
        caught_by=(
            "tests/proof/test_held_lock.py::test_a_lock_that_is_held_for_twelve_seconds_loses_nothing_at_any_door",
        ),
    ),
    mutant(
        "what was committed is done again",
        "storage/aside.py",
        ("if hurry.committed or loop.time() - start", "if loop.time() - start"),
        caught_by=("tests/core/test_aside.py::test_what_was_committed_is_not_done_again",),
    ),
    mutant(
        "a backup that copies the file as it lies there",
        "storage/copying.py",
        (
            '            with connection.backup("main", source, "main") as running:\n',
            "            import shutil\n            connection.close()\n            shutil.copyfile(source.filename, target)\n"
            "            connection = apsw.Connection(str(target))\n            if False:\n",
        ),
        caught_by=(KILL,),
    ),
    mutant(
        "an older program writes into a newer schema",
        "storage/database.py",
        ("                if version > self._db.schema:\n", "                if version > self._db.schema + 99:\n"),
        caught_by=(
            "tests/proof/test_upgrade_in_use.py::"
            "test_what_an_older_process_writes_while_a_newer_one_migrates_is_kept_or_refused",
        ),
    ),
    mutant(
        "another user of the machine is answered",
        "sparkq_http/guard.py",
        ("if self._users and user is not None and user not in self._users:", "if False:"),
        caught_by=("tests/http/test_peer.py::test_a_program_of_another_user_adds_no_task",),
    ),
    mutant(
        "a client that is gone passes for root",
        "sparkq_http/peer.py",
        ("if inode:", "if True:"),
        caught_by=(
            "tests/http/test_peer.py::test_a_client_that_is_gone_is_nobody_although_linux_reports_root[sock_diag]",
            "tests/http/test_peer.py::test_a_client_that_is_gone_is_nobody_although_linux_reports_root[tables]",
        ),
    ),
    mutant(
        "another project's server does the work",
        "sparkq_http/named_project.py",
        ("if wanted != present:", "if not present:"),
        caught_by=(
            "tests/http/test_named_project.py::test_a_chat_that_names_its_project_is_refused_by_another_ones_server",
        ),
    ),
    mutant(
        "any Host will do",
        "sparkq_http/guard.py",
        ("if len(hosts) != 1 or not self._is_here(hosts[0].lower()):", "if len(hosts) != 1:"),
        caught_by=(
            "tests/http/test_guard.py::test_a_host_that_is_not_this_server_is_misdirected[GET-/api/health]",
            "tests/proof/test_hostile_page.py::test_a_name_that_was_rebound_to_this_machine_is_misdirected",
        ),
    ),
    mutant(
        "any content type and any origin will do",
        "sparkq_http/guard.py",
        ('if method not in READING and kind != "application/json" and', "if not hosts and"),
        ('if headers.getlist("origin") not in', 'if not hosts and headers.getlist("origin") not in'),
        ('if site not in ("none", "same-origin") and', "if not hosts and"),
        caught_by=("tests/proof/test_hostile_page.py::test_a_page_of_another_origin_changes_and_reads_nothing",),
    ),
    mutant(
        "a request that was cut off is one with an empty body",
        "sparkq_http/guard.py",
        (
            'if message["type"] != "http.request":\n            return None\n',
            'if message["type"] != "http.request":\n            break\n',
        ),
        caught_by=("tests/http/test_guard.py::test_a_request_that_is_cut_off_changes_nothing[before its body]",),
    ),
    mutant(
        "task text is shown as it is",
        "text.py",
        ('shown = with_escapes(value.replace("\\r\\n", "\\n"), _escape)', "shown = value"),
        caught_by=(
            "tests/proof/test_hostile_text.py::test_a_terminal_gets_nothing_that_acts",
            "tests/proof/test_hostile_text.py::test_a_chat_reads_escapes",
        ),
    ),
    mutant(
        "a line that is no UTF-8 ends the chat",
        "sparkq_mcp/transport/streams.py",
        ('line.decode("utf-8", errors="replace")', 'line.decode("utf-8")'),
        caught_by=(
            "tests/proof/test_stdio_fuzz.py::test_after_whatever_line_the_next_request_is_answered_within_a_second",
        ),
    ),
    mutant(
        "an answer that the client has is sent again when the SDK takes over",
        "sparkq_mcp/transport/streams.py",
        ('text = replayed.news if text != replayed.answer else ""', "pass"),
        caught_by=("tests/mcp/test_opening.py::test_everything_at_once_is_answered_once",),
    ),
    mutant(
        "the SDK is not shown the handshake",
        "sparkq_mcp/transport/opening.py",
        ("if is_first or method == INITIALIZE or _may_change(method, answer):", "if _may_change(method, answer):"),
        caught_by=("tests/mcp/test_opening.py::test_everything_at_once_is_answered_once",),
    ),
    mutant(
        "a server that waited goes on with the modules of two versions",
        "sparkq_mcp/transport/stdio.py",
        ("if relay.stamp() != self._stamp:", "if self._stamp is None:"),
        caught_by=(
            "tests/mcp/test_opening.py::test_a_server_that_waits_while_sparkq_is_upgraded_goes_on_as_the_new_version",
        ),
    ),
    mutant(
        "a line adds its bytes and takes off its characters",
        "sparkq_mcp/transport/streams.py",
        ("self._pending -= size", "self._pending -= len(line)"),
        caught_by=(
            "tests/mcp/test_long_texts.py::test_a_chat_that_has_carried_megabytes_still_answers[accents-stdio]",
        ),
    ),
    mutant(
        "a context without a number settles what runs now",
        "tasks/fence.py",
        *_BY_NAME["a chat without a number settles the attempt that runs now"].changes,
        caught_by=(CONTEXTS,),
    ),
    mutant(
        "a packet without the instructions",
        "sparkq_mcp/answers/claim_packet.py",
        ("    if claim.instructions:\n", "    if False:\n"),
        caught_by=(CONTEXTS,),
    ),
    mutant(
        "a lock follows links",
        "files/lock.py",
        ("os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC", "os.O_RDWR | os.O_CREAT | os.O_CLOEXEC"),
        caught_by=("tests/proof/test_files.py::test_a_lock_that_is_a_link_is_not_followed",),
    ),
    mutant(
        "a pass on other files proves a task done",
        "queues/checks.py",
        (" AND tree IS :tree AND work_tree IS :work_tree ORDER BY", " ORDER BY"),
        caught_by=(CHECKED,),
    ),
    mutant(
        "a pass of an earlier attempt proves a task done",
        "queues/checks.py",
        (
            "WHERE task_id = :task AND attempt = :attempt AND command = :command AND outcome <> 'stopped'",
            "WHERE task_id = :task AND :attempt IS NOT NULL AND command = :command AND outcome <> 'stopped'",
        ),
        (
            "FROM checks WHERE task_id = :task AND attempt = :attempt AND command = :command\nAND outcome IN",
            "FROM checks WHERE task_id = :task AND :attempt IS NOT NULL AND command = :command\nAND outcome IN",
        ),
        caught_by=(MODEL,),
    ),
    mutant(
        "a check may fail without end",
        "tasks/check.py",
        ("if times >= queue.max_checks:", "if times > 100:"),
        caught_by=(MODEL,),
    ),
    mutant(
        "a check of an attempt that was lost is kept",
        "tasks/check.py",
        (
            "        task = _alive(tx, run.task_id, run.attempt, now)\n        which",
            "        task = queues_find(tx, run.task_id)\n        which",
        ),
        (
            "from sparkq_core.tasks.refusals import refused",
            "from sparkq_core.tasks.refusals import find as queues_find, refused",
        ),
        caught_by=(MODEL,),
    ),
    mutant("last in, first out", "tasks/claim.py", *_BY_NAME["last in, first out"].changes, caught_by=(CROWD,)),
    *(
        mutant(
            name,
            _STORED[name].file,
            *_STORED[name].changes,
            caught_by=tuple(f"tests/core/{test}" for test in _STORED[name].caught_by),
        )
        for name in (
            "a project of another user is used",
            "hooks of a cloned repository run without a yes",
            "a yes holds for other commands too",
        )
    ),
    mutant(
        "programs of any user are answered",
        "sparkq_http/guard.py",
        (
            "if self._users and user is not None and user not in self._users:",
            "if user is None and self._users == {-1}:",
        ),
        caught_by=(
            "tests/http/test_peer.py::test_a_program_of_another_user_is_refused_on_every_route",
            "tests/http/test_peer.py::test_a_program_of_another_user_adds_no_task",
        ),
    ),
    mutant(
        "unread work is purged at the second look",
        "maintenance/marks.py",
        ('"notice": NOTICE}', '"notice": 0}'),
        caught_by=(CLOCKS,),
    ),
    mutant(
        "a jump of the clock counts as observed time",
        "observed.py",
        ("min(:now - observed_at, :tick - observed_tick, :most)", "min(:now - observed_at, 1000 * :most)"),
        caught_by=(CLOCKS,),
    ),
    mutant(
        "a warned task gets nothing back for the sleep of the machine",
        "stale.py",
        *_BY_NAME["a warned task gets nothing back for the sleep of the machine"].changes,
        caught_by=(CLOCKS,),
    ),
    mutant(
        "a clock that is set back leaves the deadlines where they are",
        "stale.py",
        ('is_set_back = sq.db.row(IS_SET_BACK, {"now": now}) is not None', "is_set_back = False"),
        caught_by=(CLOCKS,),
    ),
    mutant(
        "a duration may be negative",
        "lifecycle.py",
        ("return max(end - start, 0)", "return end - start"),
        caught_by=(CLOCKS,),
    ),
    mutant(
        "a removed database is not copied",
        "storage/lost.py",
        ("copy = self._rescue(connection, identity)", "copy = None"),
        caught_by=(HOUSEKEEPING,),
    ),
    mutant(
        "restoring sets nothing aside",
        "installation/restore.py",
        ("before = _set_aside(config, present, clock) if database.is_file() else None", "before = None"),
        caught_by=(HOUSEKEEPING,),
    ),
    mutant(
        "Git takes a restored database into a stash",
        "installation/restore.py",
        ("        ignoring.guard(config)", "        # ignoring.guard(config)"),
        caught_by=(HOUSEKEEPING,),
    ),
    mutant(
        "setup makes an empty database over the copies",
        "installation/setup.py",
        (
            "if config.database.exists() or not (found := copies.found(config)):",
            "if (found := copies.found(config)) is not None:",
        ),
        caught_by=(HOUSEKEEPING,),
    ),
    mutant(
        "a moved project is said to be lost",
        "storage/lost.py",
        ("if self._root is not None and not self._root.is_dir():", "if False:"),
        caught_by=(HOUSEKEEPING,),
    ),
    mutant(
        "what a killed snapshot left is not swept",
        "changes/store.py",
        ("        _sweep(store)\n", ""),
        caught_by=(SNAPSHOTS,),
    ),
    mutant(
        "snapshots write their objects into the repository",
        "changes/git.py",
        ('"GIT_OBJECT_DIRECTORY": str(store)', '"GIT_NO_OBJECT_DIRECTORY": str(store)'),
        caught_by=(SNAPSHOTS,),
    ),
]
