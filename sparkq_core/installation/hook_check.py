"""The doctor's check of the hooks: their programs, your yes to them, and how they last ended."""

import shutil

from sparkq_core import hooks
from sparkq_core.errors import SparkQError
from sparkq_core.installation.findings import OK, WARNING, Finding, Patient

LOOK = "See how each ended, and what it printed: sparkq hooks"


def check(patient: Patient) -> Finding:
    """Look for hooks that cannot start, that wait for your yes, or that failed the last time."""
    configured = patient.config.settings.hooks
    path = patient.env.get("PATH")
    missing = [
        f"{name}: {command[0]}" for name, command in configured.items() if not _exists(command[0], patient, path)
    ]
    if missing:
        return Finding(
            "hooks", WARNING, f"no such program: {', '.join(missing)}", "Correct hooks in sparkq.yml, or install it."
        )
    waiting = hooks.waiting(patient.config, patient.env)
    if waiting:
        return Finding("hooks", WARNING, waiting, "Look at what would run, and allow it: sparkq hooks allow")
    failed = _failed(patient)
    if failed:
        return Finding("hooks", WARNING, "; ".join(failed), LOOK)
    return Finding("hooks", OK, ", ".join(configured) or "none configured")


def _exists(program: str, patient: Patient, path: str | None) -> bool:
    """True if a hook's program can be started: by its path from the project's root, or by its name."""
    return shutil.which(str(patient.config.root / program) if "/" in program else program, path=path) is not None


def _failed(patient: Patient) -> list[str]:
    """Return the problem of each configured hook whose last run failed, with the last line of its standard error."""
    try:
        last = {run.hook: run for run in hooks.runs(patient.db)} if patient.db is not None else {}
    except SparkQError:  # the schema is older, until the next command upgrades it
        return []
    failed = []
    for name, run in last.items():
        if name in patient.config.settings.hooks and run.problem is not None:
            words = run.stderr.strip().splitlines()[-1:]
            failed.append(": ".join([f"{name} failed ({run.problem})", *words]))
    return failed
