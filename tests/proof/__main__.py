"""`python -m tests.proof [prove|soak] [CHECK …]`: run the checks and print the table; exit code 1 for any violation."""

import os
import subprocess
import sys

from tests.harness.projects import TOP
from tests.proof.checks import CHECKS
from tests.proof.extent import EXTENTS


def main(arguments: list[str]) -> int:
    """Run the named checks, or all of them."""
    extent = arguments.pop(0) if arguments and arguments[0] in EXTENTS else "prove"
    known = {check.name: check for check in CHECKS}
    unknown = [name for name in arguments if name not in known]
    if unknown:
        print(f"There is no check {unknown[0]!r}. There are: {', '.join(known)}.")
        return 2
    files = [f"tests/{file}" for name in arguments or known for file in known[name].tests]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.proof.table", *files],
        cwd=TOP,
        env={**os.environ, "PROOF_EXTENT": extent},
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
