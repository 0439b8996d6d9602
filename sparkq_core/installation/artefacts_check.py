"""The doctor's check of the folder in which accepted tasks leave their text and their patch."""

from sparkq_core import artefacts
from sparkq_core.artefacts import place
from sparkq_core.clock import SystemClock
from sparkq_core.errors import SparkQError
from sparkq_core.installation.findings import OK, WARNING, Finding, Patient
from sparkq_core.project import SparkQ
from sparkq_core.text import counted


def check(patient: Patient) -> Finding:
    """Say where accepted tasks leave their files, and how many could not be written."""
    folder = patient.config.reviews
    if folder is None:
        return Finding("reviews", OK, "accepted tasks leave no files (reviews.path)")
    waiting = _due(patient)
    trouble = artefacts.trouble(patient.config)
    if trouble:
        late = f", and {counted(waiting, 'task')} could not be written" if waiting else ""
        return Finding("reviews", WARNING, f"{trouble}{late}", place.SETTING)
    if waiting:
        still = f"the files of {counted(waiting, 'task')} are still to be written to {folder}"
        return Finding(
            "reviews", WARNING, still, "The next verdict writes them, and a running server does: sparkq start"
        )
    return Finding("reviews", OK, f"accepted tasks leave their files in {folder}")


def _due(patient: Patient) -> int:
    if patient.db is None:
        return 0
    try:
        return artefacts.due(SparkQ(patient.db, patient.config, SystemClock()))
    except SparkQError:  # the schema is older, until the next command upgrades it
        return 0
