"""`sparkq doctor`"""

import typer

from sparkq_cli import show
from sparkq_cli.options import Json, new_app
from sparkq_core.config import location
from sparkq_core.config.loading import environment
from sparkq_core.installation import doctor as core
from sparkq_core.installation.findings import FAILURE, OK, WARNING, Finding
from sparkq_core.text import safe

app = new_app()

MARKS = {OK: ("succeeded", "ok"), WARNING: ("running", "warning"), FAILURE: ("failed", "FAILURE")}


@app.command()
def doctor(json: Json = False) -> None:
    """Check the installation and the project, and show how to fix problems. Exit code 1 if a check fails.

    Example: sparkq doctor
    """
    findings = core.examine(location.here(), environment())
    failed = any(finding.state == FAILURE for finding in findings)
    if json:
        show.json_line({"ok": not failed, "findings": [_as_json(finding) for finding in findings]})
    else:
        for finding in findings:
            style, word = MARKS[finding.state]
            show.say(f"{show.paint(word.ljust(8), style)} {finding.check.ljust(16)} {safe(finding.message)}")
            if finding.fix and finding.state != OK:
                show.say(f"{' ' * 26}{safe(finding.fix)}")
    if failed:
        raise typer.Exit(1)


def _as_json(finding: Finding) -> dict[str, str]:
    return {"check": finding.check, "state": finding.state, "message": finding.message, "fix": finding.fix}
