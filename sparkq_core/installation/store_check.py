"""The doctor's check of the store of what tasks changed: whether it is kept, how large it is, and that it can be written."""

import os
import shlex

from sparkq_core.changes import store
from sparkq_core.config import location
from sparkq_core.installation.findings import OK, WARNING, Finding, Patient

LATE = store.MAX_BYTES * 5 // 4
"""Above this the store should have been pruned an hour ago."""


def check(patient: Patient) -> Finding:
    """Say how much of the disk the store takes, and why it may not grow."""
    setting, folder = patient.config.settings.changes, store.path(patient.config)
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        return Finding(
            "changes", WARNING, f"{folder} is not a folder: nothing is kept", "Move it away; it is made by itself."
        )
    if folder.is_dir() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Finding("changes", WARNING, f"{folder} cannot be written", f"chmod u+rwx {shlex.quote(str(folder))}")
    taken = store.size(folder)
    kept = f"{store.share(taken)} kept in {folder}"
    if taken > LATE:
        return Finding("changes", WARNING, f"{kept}: it is pruned each hour while a SparkQ runs", "sparkq start")
    if setting != "full":
        return Finding(
            "changes", OK, f"{setting}: what tasks change is not kept" + (f" any more; {kept}" if taken else "")
        )
    if location.repository(patient.config.root, patient.env) is None:
        return Finding("changes", OK, "not in a repository")
    return Finding("changes", OK, kept)
