"""Mutants of what connects clients and takes them back."""

from tests.mutants.mutant import mutant

INSTALLATION_MUTANTS = [
    mutant(
        "an agent lets the tools be used without a question",
        "installation/connection.py",
        ('consent.check_keyboard(env, "Only', 'consent.check_keyboard({}, "Only'),
        caught_by=("test_connection.py::test_an_agents_shell_allows_nothing",),
    ),
    mutant(
        "an entry that is committed works the queues of one checkout",
        "installation/connection.py",
        ("None if is_found else at.config.root", "at.config.root"),
        caught_by=("test_connection.py::test_an_entry_in_a_project_names_no_folder_of_this_machine",),
    ),
    mutant(
        "a permission that was there before goes with what was added",
        "installation/allowance.py",
        (
            "added.append(Added(keys, item))\n",
            "added.append(Added(keys, item))\n    added += [Added(keys, item) for keys, item in NEEDED]\n",
        ),
        caught_by=("test_connection.py::test_what_is_taken_out_is_what_was_added",),
    ),
    mutant(
        "a change of a client's file is not checked",
        "installation/jsonc.py",
        ("if value != wanted:", "if value is None:"),
        caught_by=("test_jsonc.py::test_what_cannot_be_changed_safely_is_refused",),
    ),
    mutant(
        "the doctor passes an entry for another checkout",
        "installation/client_check.py",
        ("if other is not None and not each.client.at_home:", "if other is None and each.client.at_home:"),
        caught_by=("test_doctor_connected.py::test_an_entry_of_the_project_for_another_checkout_is_a_warning",),
    ),
]
