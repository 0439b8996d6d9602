"""Mutants of the modules below the life cycle: storage, and the project's location and configuration."""

from tests.mutants.mutant import mutant

STORAGE_AND_CONFIG_MUTANTS = [
    mutant(
        "a project of another user is used",
        "config/location.py",
        ("ownership.check((*file, project.root, *reasons), environment)", "ownership.check(reasons, environment)"),
        caught_by=(
            "test_ownership.py::test_another_users_file_in_the_working_directory_is_refused_by_name",
            "test_ownership.py::test_a_main_work_tree_of_another_user_is_refused",
        ),
    ),
    mutant(
        "a file that anyone left in /tmp decides for all folders below it",
        "config/location.py",
        ("return folder == start or not ownership.is_planted(", "return folder == start or not (lambda *_: False)("),
        caught_by=("test_ownership.py::test_what_others_leave_in_a_folder_of_everybody_decides_nothing_below_it",),
    ),
    mutant(
        "what a worker does at once is lost",
        "changes/recording.py",
        ("taken.tree if begun is None else", "taken.tree if sq else"),
        caught_by=("changes/test_earlier.py::test_what_a_worker_does_at_once_is_its_own",),
    ),
    mutant(
        "what was done just before the claim is the worker's",
        "changes/earlier.py",
        ("time_ns // 1_000_000 > moment", "time_ns > 0"),
        caught_by=("changes/test_earlier.py::test_what_was_done_before_the_claim_is_not",),
    ),
    mutant(
        "the small trees of an import are taken for a work tree",
        "changes/states.py",
        ('return "tree" in state and "carried" not in state', 'return "tree" in state'),
        caught_by=(
            "changes/test_earlier.py::test_after_an_import_nothing_is_said_of_what_was_done_before",
            "changes/test_earlier.py::test_the_first_task_after_an_import_has_only_its_own_work",
            "test_carried.py::test_an_attempt_on_which_a_later_one_was_built_is_in_the_branch",
        ),
    ),
    mutant(
        "a clock decides which attempt ended last",
        "changes/recording.py",
        ("e.{sequence.ENDED} ORDER BY e.id DESC LIMIT 20", "e.{sequence.ENDED} ORDER BY a.finished_at DESC LIMIT 20"),
        caught_by=(
            "changes/test_sequence.py::test_a_worker_that_is_quick_goes_on_from_the_last_end",
            "changes/test_sequence.py::test_what_nobody_was_asked_for_is_compared_with_the_last_end",
        ),
    ),
    mutant(
        "an import knows no queue that was deleted",
        "installation/importer.py",
        (" or row_id <= self._last_ids[table]", ""),
        caught_by=(
            "test_export.py::test_a_queue_that_was_deleted_leaves_nothing_that_an_import_refuses",
            "test_export.py::test_a_round_trip_is_exact_to_the_last_row_and_number",
        ),
    ),
    mutant(
        "hooks of a cloned repository run without a yes",
        "config/consent.py",
        (
            "except (KeyError, TypeError, ValueError):\n        return None",
            "except (KeyError, TypeError, ValueError):\n        return Consent(0, '')",
        ),
        caught_by=("test_hooks.py::test_hooks_of_a_file_that_was_not_written_here_run_only_after_a_yes",),
    ),
    mutant(
        "a yes holds for other commands too",
        "config/consent.py",
        (
            "for name, command in hooks.items()}, sort_keys=True",
            "for name, command in list(hooks.items())[:0]}, sort_keys=True",
        ),
        caught_by=("test_hooks.py::test_a_yes_is_to_one_content_in_one_place",),
    ),
    mutant(
        "all hooks run at once",
        "maintenance/hook_process.py",
        ("while self._waiting and len(self._running) < PARALLEL and", "while self._waiting and"),
        caught_by=("test_hooks.py::test_a_few_run_at_a_time_in_order_and_beyond_a_hundred_are_counted",),
    ),
    mutant(
        "a hook does not wait for what its task changed",
        "maintenance/hook_process.py",
        ("< PARALLEL and self._is_ready(self._waiting[0]):", "< PARALLEL:"),
        caught_by=("test_hooks.py::test_a_hook_knows_what_its_task_changed",),
    ),
    mutant(
        "a locked database is a defect",
        "storage/errors.py",
        ("if isinstance(error, apsw.BusyError | apsw.LockedError):", "if isinstance(error, apsw.LockedError):"),
        caught_by=("test_database.py::test_a_locked_database_is_busy_after_ten_seconds_of_trying",),
    ),
    mutant(
        "nobody waits for a lock",
        "storage/patience.py",
        ("return clock.monotonic() - started < longest", "return False"),
        caught_by=("test_database.py::test_a_lock_that_is_released_in_time_is_not_an_error",),
    ),
    mutant(
        "deleted text stays in the free space of the file",
        "storage/database.py",
        ('("secure_delete", 1),', '("secure_delete", 0),'),
        caught_by=("test_cleaning.py::test_no_byte_of_a_purged_text_is_left_after_the_cleaning",),
    ),
    mutant(
        "the words of deleted tasks stay in the search index",
        "maintenance/cleaning.py",
        ("    _merge_index(sq)\n    _give_back(sq)\n", "    _give_back(sq)\n"),
        caught_by=("test_cleaning.py::test_a_task_that_you_delete_leaves_nothing_either",),
    ),
    mutant(
        "a result is acknowledged before it is on the disk",
        "storage/database.py",
        ('("synchronous", self.synchronous)', '("synchronous", "off")'),
        caught_by=("test_schema.py::test_a_result_is_on_the_disk_before_it_is_acknowledged",),
    ),
    mutant(
        "a file gets its name before it is on the disk",
        "files/durable.py",
        ("    sync(built)\n    try:\n        os.link(built, target)", "    try:\n        os.link(built, target)"),
        caught_by=("test_backup.py::test_a_copy_and_the_settings_are_on_the_disk_before_they_have_their_names",),
    ),
    mutant(
        "only the checked-out branch hides the database from Git",
        "config/ignoring.py",
        ("missing = [folder / FILE for folder in folders(config)", "missing = [folder / FILE for folder in ()"),
        caught_by=("test_ignoring.py::test_branches_stash_and_clean_leave_the_database_in_its_place",),
    ),
    mutant(
        "a writer that waited for the lock does not notice that the file was replaced",
        "storage/database.py",
        ("                self._check_file()\n            else:", "            else:"),
        caught_by=(
            "test_restore.py::test_a_writer_that_waited_for_the_lock_while_the_file_was_replaced_writes_nothing",
        ),
    ),
    mutant(
        "a lost database is not rescued",
        "storage/lost.py",
        ("copy = self._rescue(connection, identity)", "copy = None"),
        caught_by=("test_restore.py::test_a_lost_database_is_copied_once_from_the_handle_that_is_still_open",),
    ),
    mutant(
        "what is committed after the removal is in no copy",
        "storage/database.py",
        ("                self._db._keep_if_lost(self._opened)\n", ""),
        caught_by=("test_restore.py::test_what_is_committed_just_after_the_file_was_removed_is_in_a_copy",),
    ),
    mutant(
        "a second log is begun beside the one that was removed",
        "storage/log_files.py",
        ("(used := header.locks(identity))", "(used := [])"),
        caught_by=("test_restore.py::test_where_the_log_was_removed_while_it_is_used_nobody_begins_another",),
    ),
    mutant(
        "Git sees a restored database",
        "installation/restore.py",
        ("        ignoring.guard(config)", "        # ignoring.guard(config)"),
        caught_by=("test_restore.py::test_what_was_restored_is_hidden_from_git_at_once",),
    ),
    mutant(
        "restoring throws away what was there",
        "installation/restore.py",
        ("copying.copy(present, target)\n        return target", "return target"),
        caught_by=("test_restore.py::test_restoring_sets_aside_what_was_there_and_uses_no_id_again",),
    ),
    mutant(
        "a project of SparkQ 1 is brought over while its server runs",
        "installation/version_one/bring_over.py",
        ("    _check_server(found)\n", ""),
        caught_by=("test_version_one.py::test_what_is_in_the_way_is_named_and_nothing_changes",),
    ),
    mutant(
        "the old database of SparkQ 1 is lost",
        "installation/version_one/bring_over.py",
        ("            _set_aside(found)\n", ""),
        caught_by=(
            "test_version_one.py::test_the_old_files_are_kept_as_they_were",
            "test_version_one.py::test_what_does_not_come_over_is_counted_and_stays_in_the_old_database",
        ),
    ),
    mutant(
        "an import brings commands in",
        "installation/importer.py",
        ('elif row["key"].startswith("hooks."):', 'elif row["key"] == "hooks":'),
        caught_by=(
            "test_import_checks.py::test_hooks_do_not_come_in_and_those_that_are_here_stay",
            "test_import_checks.py::test_a_hook_of_any_form_is_left_out",
        ),
    ),
    mutant(
        "an export has a whole table in memory",
        "storage/statements.py",
        (
            "yield from cursor.execute(sql, in_order(sql, values))",
            "yield from list(cursor.execute(sql, in_order(sql, values)))",
        ),
        caught_by=("test_import_checks.py::test_an_export_needs_no_more_memory_for_more_rows",),
    ),
    mutant(
        "a failed transaction stays open",
        "storage/database.py",
        ('opened.connection.execute("ROLLBACK")', "pass"),
        caught_by=("test_database.py::test_a_transaction_that_failed_leaves_the_connection_usable",),
    ),
    mutant(
        "an empty file becomes a database",
        "storage/database.py",
        ("if os.path.getsize(self._name) == 0:", "if os.path.getsize(self._name) < 0:"),
        caught_by=("test_schema.py::test_an_empty_file_is_refused",),
    ),
    mutant(
        "a database of another program is taken over",
        "storage/header.py",
        ("if application != APPLICATION_ID:", "if not APPLICATION_ID:"),
        caught_by=("test_schema.py::test_a_database_of_another_program_is_refused",),
    ),
    mutant(
        "a newer schema is written by an older program",
        "storage/database.py",
        ("if version > self.schema:", "if version > self.schema + 99:"),
        caught_by=("test_schema.py::test_a_newer_schema_is_refused_and_says_what_to_do",),
    ),
    mutant(
        "a replaced file is not noticed",
        "storage/database.py",
        ("if is_checked and self._identity() != local", "if is_checked and not local"),
        caught_by=("test_database.py::test_a_file_that_was_replaced_while_it_was_open_is_not_written",),
    ),
    mutant(
        "a fork shares the connection of its parent",
        "storage/database.py",
        (
            "if local.opened is not None and local.pid == _process:\n            if is_checked",
            "if local.opened is not None:\n            if is_checked",
        ),
        caught_by=("test_database.py::test_a_forked_child_works_on_a_connection_of_its_own",),
    ),
    mutant(
        "a follower that does not read sees no change",
        "storage/database.py",
        ("int(self.rows(DATA_VERSION)[0][0])", "self._present().connection.data_version()"),
        caught_by=("test_database.py::test_the_data_version_changes_when_another_connection_has_written",),
    ),
    mutant(
        "the log of an older database is replayed into a new one",
        "storage/schema.py",
        ("            set_aside_log(path)\n", ""),
        caught_by=("test_schema.py::test_what_an_older_database_left_does_not_come_back_in_a_new_one",),
    ),
    mutant(
        "a damaged text passes for a defect",
        "storage/errors.py",
        (
            "STORAGE = (apsw.Error, UnicodeEncodeError, UnicodeDecodeError)",
            "STORAGE = (apsw.Error, UnicodeEncodeError)",
        ),
        caught_by=("test_schema.py::test_a_damaged_page_never_passes_for_a_defect_of_the_program",),
    ),
    mutant(
        "everybody may read the file",
        "storage/schema.py",
        ("os.O_WRONLY, 0o600", "os.O_WRONLY, 0o644"),
        caught_by=("test_schema.py::test_the_file_and_its_folder_are_the_owners",),
    ),
    mutant(
        "setting up again replaces the database",
        "storage/schema.py",
        ("if path.exists():\n                return False", "if not name:\n                return False"),
        caught_by=("test_schema.py::test_creating_again_leaves_what_is_there",),
    ),
    mutant(
        "a migration that fails leaves half of itself",
        "storage/schema.py",
        ('connection.execute("ROLLBACK")', 'connection.execute("COMMIT")'),
        caught_by=("test_schema.py::test_a_migration_that_fails_changes_nothing",),
    ),
    mutant(
        "a linked work tree has a store of its own",
        "config/location.py",
        ("if git and git.linked:", "if git and not git.top:"),
        caught_by=("test_location.py::test_a_linked_work_trees_own_copy_of_the_file_does_not_split_the_store",),
    ),
    mutant(
        "the search goes on above the repository",
        "config/location.py",
        ("        if git and folder == git.top:\n            return\n", ""),
        caught_by=("test_location.py::test_the_search_ends_at_the_repositorys_root",),
    ),
    mutant(
        "the environment is not read",
        "config/loading.py",
        ("given |= _from_environment(env)", "_from_environment(env)"),
        caught_by=("test_config.py::test_the_environment_overrides_the_file",),
    ),
    mutant(
        "an unknown setting is passed over",
        "config/loading.py",
        ('raise InvalidConfig(f"{origin}: {safe(key)!r} is not a setting.", _meant(key))', "continue"),
        caught_by=("test_config_reading.py::test_an_unknown_key_is_refused_with_the_nearest_one",),
    ),
    mutant(
        "the second of two equal keys wins",
        "config/reading.py",
        ("if key_node.value in keys:", "if not keys and key_node.value in keys:"),
        caught_by=("test_config_reading.py::test_a_key_that_is_given_twice_is_refused",),
    ),
    mutant(
        "an alias is read",
        "config/reading.py",
        ("if isinstance(event, AliasEvent):", "if not event:"),
        caught_by=("test_config_reading.py::test_an_alias_is_refused",),
    ),
    mutant(
        "a merge key is read as a name",
        "config/reading.py",
        (' or key_node.value == "<<"', ""),
        caught_by=("test_config_reading.py::test_merge_keys_and_composite_keys_are_refused",),
    ),
    mutant(
        "a text without spaces is one word",
        "words.py",
        ("        text = re.sub(_RUN, _spaced, text)\n", ""),
        caught_by=("test_search.py::test_words_are_found_where_no_space_divides_them",),
    ),
    mutant(
        "a module takes the place of its function",
        "lazy.py",
        ("if not (isinstance(value, ModuleType) and name in self.__all__):", "if True:"),
        caught_by=("test_lazy.py::test_a_module_does_not_take_the_place_of_its_function",),
    ),
]
