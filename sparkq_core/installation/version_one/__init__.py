"""Brings a project of SparkQ 1 over: settings, sessions, queues and tasks. Nothing of the old project is deleted."""

from sparkq_core.installation.version_one.bring_over import Brought as Brought
from sparkq_core.installation.version_one.bring_over import bring_over as bring_over
from sparkq_core.installation.version_one.found import Found as Found
from sparkq_core.installation.version_one.found import find as find
from sparkq_core.installation.version_one.found import nothing_found as nothing_found
