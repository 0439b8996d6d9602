"""Every requirement of the project as data: an id, a sentence, and the tests that hold it or the issue that brings it.

`python -m tests.requirements` prints the open ones.
"""

import ast
from functools import cache
from pathlib import Path

from tests.required import command_line, commands, document, doors, life_cycle, settings, storage
from tests.required.requirement import Requirement

TESTS = Path(__file__).parent

REQUIREMENTS: tuple[Requirement, ...] = (
    *settings.HOUSE,
    *storage.STORAGE,
    *life_cycle.LIFE_CYCLE,
    *command_line.ERRORS,
    *command_line.JSON,
    *doors.TOOLS,
    *doors.MCP,
    *command_line.COMMAND_LINE,
    *doors.SERVED,
    *settings.CONFIGURATION,
    *settings.DECISIONS,
    *settings.PROMISES,
    *document.CAPABILITIES,
    *commands.COMMANDS,
    *document.REST_OF_IT,
)

ISSUES = range(3, 10)
"""The issues that bring what is not there yet."""


@cache
def tests_in(file: str) -> frozenset[str]:
    """The tests that stand in a file below `tests/`; none when there is no such file."""
    path = TESTS / file
    if not path.is_file():
        return frozenset()
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):  # hypothesis: TestX = X.TestCase
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(name for name in found if name.lower().startswith("test"))


def exists(node: str) -> bool:
    """Whether a node id ("core/test_claim.py::test_x") is a test that pytest would collect."""
    file, _, name = node.partition("::")
    return Path(file).name.startswith("test_") and name in tests_in(file)


def report() -> str:
    """How many there are, and the open ones by the issue that brings them."""
    waiting = sorted((one for one in REQUIREMENTS if one.open_in), key=lambda one: (one.open_in or 0, one.id))
    lines = [f"{len(REQUIREMENTS)} requirements, {len(waiting)} open:"]
    return "\n".join([*lines, *(f"  issue {one.open_in}  {one.id:28}  {one.sentence}" for one in waiting)])


if __name__ == "__main__":
    print(report())
