"""The doctor's check of what the background purge will delete unread, and what purges have deleted lately."""

from sparkq_core import purged
from sparkq_core.clock import SystemClock
from sparkq_core.errors import SparkQError
from sparkq_core.installation.findings import OK, WARNING, Finding, Patient
from sparkq_core.project import SparkQ


def check(patient: Patient) -> Finding:
    """Say what goes next, and what went."""
    if patient.db is None:
        return Finding("purge", WARNING, "not checked: the database cannot be opened")
    try:
        news = purged.news(SparkQ(patient.db, patient.config, SystemClock()))
    except SparkQError:  # the schema is older, until the next command upgrades it
        return Finding("purge", OK, "not checked: the database has an older schema")
    said = purged.sentences(news)
    if news.next_at is None:
        return Finding("purge", OK, " ".join(said) or "nothing unread will be deleted")
    return Finding("purge", WARNING, purged.next_goes(news), purged.KEEP)
