"""The house rules that no linter knows: plans of the SQL, the shape of errors, sizes, docstrings, migrations."""

import ast
import importlib
import inspect
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType

import apsw.ext
import pytest

import sparkq_core
from sparkq_core import errors, inbox, stale, tasks
from sparkq_core.errors import Kind, SparkQError
from sparkq_core.lifecycle import MARKS, MOVES, Status
from sparkq_core.project import SparkQ
from sparkq_core.storage import schema
from sparkq_core.storage.parameters import in_order, parameters
from tests.harness.projects import TOP, open_new_project
from tests.promises import holds

PACKAGE = Path(sparkq_core.__file__).parent
SCRIPTS = [*sorted(PACKAGE.parent.glob("sparkq_http/**/*.js")), PACKAGE.parent / "sparkq_mcp/board.html"]
MAX_LINES = 350
MAX_COLUMNS = 120
GROWING = ("tasks", "attempts", "events", "prompts", "search")
"""The tables that grow with the work that was ever done."""

SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")

WALK = re.compile(r"SCAN (\w+)(?! VIRTUAL TABLE INDEX \d+:.)")
"""A step through a whole table; a full-text table is asked by words or ids when something stands after the colon."""

SCANS = {
    "USED": "asks whether there is any task at all: EXISTS stops at the first",
    "UNCLAIMED_LATE": "walks the unclaimed tasks with a late text, of which there are few",
    "STALE": "walks the running tasks, of which there are as many as workers",
    "AT_WORK": "likewise",
    "IS_SET_BACK": "likewise",
    "HEARD_NOW": "likewise",
    "GIVEN_BACK": "likewise",
    "LIMIT_MOVED": "likewise",
    "TIME_TO_SPEAK": "likewise",
    "RUNNING": "likewise",
    "RUNNING_NEWEST": "likewise",
    "RUNNING_OLDEST": "likewise",
    "CHANGED": "walks the attempts once, for an export",
    "OF_RENAMED": "walks the lines of purged tasks, of which at most 20,000 are kept, when you rename a queue",
    "NO_EVENTS": "empties the table for an import",
    "PROMPTS_DIFFER": "walks the rows of an import once, before it is committed",
    "ATTEMPTS_DIFFER": "likewise",
    "OPEN_DIFFER": "likewise",
    "REVISIONS_DIFFER": "likewise",
    "COUNT": "the total of a list by tool, worker or time, which no counter knows; lists by queue and status have one",
}
"""Statements that may walk a whole growing table, each with its reason."""

SORTS = {
    "SINCE": "groups what ended since the person's last look, which the person then reads",
    "COUNTED": "groups the attempts of the last fourteen days, or of the time that a report is of",
    "COUNTED_PURGED": "groups the lines of purged tasks, of which at most 20,000 are kept",
    "ENDED_PURGED": "sorts the lines of purged tasks of one report, of which at most 20,000 are kept",
    "STALE": "groups the running tasks, of which there are as many as workers",
    "AT_WORK": "sorts the running tasks",
    "RUNNING_NEWEST": "likewise",
    "RUNNING_OLDEST": "likewise",
    "EARLIER": "orders the attempts of one task",
    "ONE": "orders the attempts of one chat",
    "WORK": "likewise",
    "BEST": "orders the newest matches of a search, of which at most 2,000 are compared",
    "NEWEST": "orders the attempts of the chats of a list",
    "IN_QUEUE": "orders the newest chats, of which there are at most a thousand",
    "WORKED": "counts the tasks of one chat",
    "LAST_OF_SESSION": "sorts the attempts of one chat",
    "OF_TASK": "turns the last events of one task around, at most as many as its limit",
}
"""Statements that may sort or group rows of a growing table, each with its reason."""


def modules() -> Iterator[ModuleType]:
    """Every module of the core."""
    for module in pkgutil.walk_packages(sparkq_core.__path__, "sparkq_core."):
        yield importlib.import_module(module.name)


def statements() -> dict[str, str]:
    """Every SQL constant of the core by the module and name where it was defined first; `_PARTS` are none yet."""
    constants: dict[str, str] = {}
    for module in modules():
        for name, value in vars(module).items():
            if (
                re.fullmatch("[A-Z][A-Z0-9_]*", name)
                and isinstance(value, str)
                and SQL.match(value)
                and value not in constants.values()
            ):
                constants[f"{module.__name__.removeprefix('sparkq_core.')}.{name}"] = value
    return constants


STATEMENTS = statements()


@pytest.fixture(scope="module")
def sq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkQ]:
    """A project that is only asked how it would do something."""
    with closing(open_new_project(tmp_path_factory.mktemp("asked"))) as opened:
        yield opened


def plan(sq: SparkQ, sql: str) -> list[str]:
    """What SQLite would do."""
    names = dict.fromkeys(parameters(sql))
    return [row[3] for row in sq.db.connection().execute(f"EXPLAIN QUERY PLAN {sql}", names or None)]


def growing(sql: str) -> set[str]:
    """The growing tables of a statement, and what it calls them."""
    pairs = re.findall(rf"\b({'|'.join(GROWING)})\b(?:\s+AS\s+(\w+))?", sql)
    return {name for pair in pairs for name in pair if name}


@holds("sql-constants")
def test_there_are_statements_to_look_at() -> None:
    assert len(STATEMENTS) > 40


@holds("no-growing-scan")
@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_walks_a_growing_table(sq: SparkQ, name: str) -> None:
    sql = STATEMENTS[name]
    walked = [step for step in plan(sq, sql) if (match := WALK.match(step)) and match[1] in growing(sql)]

    assert not walked or name.rpartition(".")[2] in SCANS, walked


@holds("no-growing-scan")
@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_sorts_a_growing_table(sq: SparkQ, name: str) -> None:
    sql = STATEMENTS[name]
    sorted_here = [step for step in plan(sq, sql) if "TEMP B-TREE" in step and growing(sql)]

    assert not sorted_here or name.rpartition(".")[2] in SORTS, plan(sq, sql)


@pytest.mark.parametrize("allowed", [*SCANS, *SORTS])
def test_an_exception_that_nothing_needs_is_taken_away(sq: SparkQ, allowed: str) -> None:
    plans = [plan(sq, sql) for name, sql in STATEMENTS.items() if name.rpartition(".")[2] == allowed]

    assert any("SCAN" in step or "TEMP B-TREE" in step for steps in plans for step in steps)


@holds("no-growing-scan")
def test_looking_for_what_is_due_is_one_seek(sq: SparkQ) -> None:
    assert any("tasks_due" in step for step in plan(sq, stale.DUE))


@pytest.mark.parametrize("name", STATEMENTS)
def test_values_go_in_the_order_in_which_sqlite_numbers_parameters(sq: SparkQ, name: str) -> None:
    sql = STATEMENTS[name]
    values = {parameter: number for number, parameter in enumerate(parameters(sql))}
    about = apsw.ext.query_info(sq.db.connection(), sql)

    assert in_order(sql, values) == tuple(range(len(values)))
    assert about.bindings_count == len(values)
    assert about.bindings_names == parameters(sql)


@holds("sql-constants", "text-is-data")
def test_no_sql_is_formatted_when_it_runs() -> None:
    """A constant may be put together when the module is read; a function passes values, never text."""
    for file in PACKAGE.rglob("*.py"):
        for function in (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)):
            for node in ast.walk(function):
                if isinstance(node, ast.JoinedStr):
                    text = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
                    assert not re.match(r"\s*(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM)\b", text), (
                        f"{file.name}:{node.lineno}"
                    )


ELSEWHERE = {
    "auto-fail": stale.sweep,
    "release --question": tasks.release,
    "requeue --again": tasks.requeue,
    "review": inbox.review,
}
"""Verbs that are not a function of the same name in sparkq_core.tasks."""


@holds("moves-are-data")
@pytest.mark.parametrize("verb", [*MOVES, *MARKS])
def test_every_move_is_a_documented_function(verb: str) -> None:
    function = ELSEWHERE.get(verb) or getattr(tasks, verb)

    assert inspect.getdoc(function)
    if verb.partition(" --")[2]:
        assert f"`{verb.partition(' --')[2]}`" in (inspect.getdoc(function) or "")


@holds("moves-are-data", "task-status")
@pytest.mark.parametrize("verb", MOVES)
def test_every_move_goes_between_statuses_that_the_database_knows(sq: SparkQ, verb: str) -> None:
    known = {name for (name,) in sq.db.rows("SELECT name FROM statuses")}

    assert known == set(Status)
    assert {*MOVES[verb].from_statuses, MOVES[verb].target} <= known


def refusals(of: type[SparkQError] = SparkQError) -> Iterator[type[SparkQError]]:
    """Every kind of refusal, the base too."""
    yield of
    for subclass in of.__subclasses__():
        if subclass.__module__ == errors.__name__:
            yield from refusals(subclass)


@holds("refusals")
@pytest.mark.parametrize("refusal", list(refusals()), ids=lambda refusal: refusal.__name__)
def test_every_refusal_has_kind_code_and_sentence(refusal: type[SparkQError]) -> None:
    assert isinstance(refusal.kind, Kind)
    assert re.fullmatch(r"[a-z_]+", refusal.code)
    assert "__doc__" in vars(refusal)
    assert refusal.__doc__


@holds("refusals")
def test_every_code_means_one_refusal() -> None:
    codes = [refusal.code for refusal in refusals()]

    assert len(set(codes)) == len(codes)


def test_every_kind_has_a_refusal() -> None:
    assert {refusal.kind for refusal in refusals()} == set(Kind)


@holds("modules")
@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_room_has_one_job_and_so_few_lines(file: Path) -> None:
    assert len(file.read_text().splitlines()) < MAX_LINES


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_the_javascript_of_the_page_fits_the_columns_of_the_python(file: Path) -> None:
    assert [line for line in file.read_text(encoding="utf-8").splitlines() if len(line) > MAX_COLUMNS] == []


@holds("modules")
@pytest.mark.parametrize("module", list(modules()), ids=lambda module: module.__name__)
def test_everything_public_says_what_it_promises(module: ModuleType) -> None:
    public = [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == module.__name__
        and not ("__doc__" in vars(value) if inspect.isclass(value) else value.__doc__)
    ]

    assert module.__doc__ or not vars(module).get("__file__", "").endswith(".py")
    assert public == []


@pytest.mark.parametrize("file", schema.migrations(), ids=lambda file: file.name)
def test_a_migration_opens_with_its_reason(file: Path) -> None:
    assert file.read_text().startswith("-- ")


def test_the_figure_of_the_architecture_has_every_room_where_the_contract_has_it() -> None:
    contracts = tomllib.loads((TOP / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (core,) = (each for each in contracts if each.get("containers") == ["sparkq_core"])
    figure = (TOP / "ARCHITECTURE.md").read_text().partition("│ sparkq_core ")[2].partition("└")[0]

    shown = [set(line.strip(" │").replace("/", "").split()) for line in figure.splitlines()[1:]]

    assert [line for line in shown if line] == [set(layer.split(" | ")) for layer in core["layers"]]
