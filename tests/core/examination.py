"""The doctor called by a test, which also checks that looking changes nothing."""

import stat
from pathlib import Path

from sparkq_core.installation.doctor import examine
from sparkq_core.installation.findings import FAILURE, OK, Finding


def examined(root: Path, home: Path | None = None) -> dict[str, Finding]:
    """What the doctor finds, by check. Whatever is wrong, no byte of any file may change, and a failure has its fix."""
    before = snapshot(root)
    findings = examine(root, {"HOME": str(home)} if home else {})
    assert snapshot(root) == before
    assert all(finding.fix for finding in findings if finding.state == FAILURE)
    return {finding.check: finding for finding in findings}


def snapshot(root: Path) -> dict[str, tuple[int, bytes]]:
    """Mode and content of every file; what SQLite keeps beside an open database is its own."""
    return {
        str(file.relative_to(root)): (stat.S_IMODE(file.stat().st_mode), file.read_bytes())
        for file in root.rglob("*")
        if file.is_file() and not file.name.endswith(("-wal", "-shm"))
    }


def wrong(findings: dict[str, Finding]) -> dict[str, str]:
    """The checks that are not in order."""
    return {name: finding.state for name, finding in findings.items() if finding.state != OK}
