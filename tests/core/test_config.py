"""Which settings are in force: defaults, the config table or the file, and over all the environment."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkq_core import catalogue, project, queues, tasks
from sparkq_core.config import loading, reading
from sparkq_core.config.settings import SCALARS, Settings
from sparkq_core.errors import InvalidConfig, SparkQError
from sparkq_core.installation import setup
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.harness.task_steps import refusal_of
from tests.promises import holds


def write(root: Path, text: str) -> None:
    (root / "sparkq.yml").write_text(text)


def reopened(sq: SparkQ) -> SparkQ:
    """The project again, with the file as it is now."""
    return project.open(sq.config.root, env={}, clock=sq.clock)


@holds("defaults")
def test_without_a_file_the_defaults_hold(root: Path) -> None:
    config = loading.load(root, {})

    assert config.settings == Settings()
    assert (config.name, config.file, config.origins) == ("project", None, {})
    assert config.database == root / "sparkq/data/sparkq.db"


@holds("defaults")
def test_the_defaults_are_what_the_design_says() -> None:
    settings = Settings()

    assert (settings.server.host, settings.server.port, settings.env) == ("127.0.0.1", 5005, "dev")
    assert (settings.purge.older_than_days, settings.purge.unreviewed_days) == (3, 30)
    assert (settings.queue_runner.poll_interval_seconds, settings.queue_runner.auto_fail_interval_seconds) == (30, 30)
    assert (settings.database.path, settings.logs.path) == ("sparkq/data/sparkq.db", "sparkq/logs/sparkq.log")


def test_the_file_overrides_the_defaults(root: Path) -> None:
    write(root, "project:\n  name: shop\nserver:\n  port: 6006\n")

    config = loading.load(root, {})

    assert (config.name, config.settings.server.port) == ("shop", 6006)
    assert config.origins == {"project.name": "sparkq.yml:2", "server.port": "sparkq.yml:4"}


@holds("environment", "defaults")
def test_the_environment_overrides_the_file(root: Path) -> None:
    write(root, "server:\n  port: 6006\n")

    config = loading.load(root, {"SPARKQ_SERVER__PORT": "7007", "SPARKQ_CHANGES": "off", "SPARKQ_ENV": "prod"})

    assert (config.settings.server.port, config.settings.changes, config.settings.env) == (7007, "off", "prod")
    assert config.origins["server.port"] == "the environment variable SPARKQ_SERVER__PORT"


@holds("config-table")
def test_the_config_table_serves_when_there_is_no_file(sq: SparkQ) -> None:
    with sq.db.write() as tx:
        tx.run("INSERT INTO config VALUES ('server.port', '6006')")

    assert reopened(sq).config.settings.server.port == 6006


@holds("config-table")
def test_with_a_file_the_config_table_is_silent(sq: SparkQ) -> None:
    with sq.db.write() as tx:
        tx.run("INSERT INTO config VALUES ('server.port', '6006')")
    write(sq.config.root, "changes: sizes\n")

    assert reopened(sq).config.settings.server.port == 5005


def test_the_environment_overrides_the_config_table(sq: SparkQ, clock: SetClock) -> None:
    with sq.db.write() as tx:
        tx.run("INSERT INTO config VALUES ('server.port', '6006')")

    opened = project.open(sq.config.root, env={"SPARKQ_SERVER__PORT": "7007"}, clock=clock)

    assert opened.config.settings.server.port == 7007


@pytest.mark.parametrize("value", ["{", '"6006"', "null", "0"])
def test_a_bad_value_in_the_config_table_is_a_clear_error(sq: SparkQ, value: str) -> None:
    with sq.db.write() as tx:
        tx.run("INSERT INTO config VALUES ('server.port', :value)", {"value": value})

    with pytest.raises(InvalidConfig, match="config table"):
        reopened(sq)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SPARKQ_SERVER__PORT", "x"),
        ("SPARKQ_SERVER__PORT", ""),
        ("SPARKQ_SERVER__PORT", "0"),
        ("SPARKQ_SERVER__PORT", "--5"),
        ("SPARKQ_SERVER__PORT", "9" * 5000),
        ("SPARKQ_CHANGES", "maybe"),
        ("SPARKQ_ENV", "production"),
        ("SPARKQ_SERVER__PROT", "5005"),
        ("SPARKQ_NONE__AT_ALL", "5005"),
    ],
)
def test_a_bad_variable_is_refused_and_named(root: Path, name: str, value: str) -> None:
    with pytest.raises(InvalidConfig, match=name):
        loading.load(root, {name: value})


@pytest.mark.parametrize(
    ("name", "value", "command"),
    [
        ("SPARKQ_TASK_CLASSES__LLM_HEAVY", "20", "sparkq config set task_classes.NAME SECONDS"),
        ("SPARKQ_TASK_CLASSES", "{LLM_HEAVY: 20}", "sparkq config set task_classes.NAME SECONDS"),
        ("SPARKQ_HOOKS__ON_FAILED", "x", "sparkq config set hooks.on_failed"),
        ("SPARKQ_SCRIPT_DIRS", "bin", "sparkq config set script_dirs"),
    ],
)
def test_a_table_or_a_list_in_the_environment_is_refused_with_its_command(
    root: Path, name: str, value: str, command: str
) -> None:
    refusal = refusal_of(lambda: loading.load(root, {name: value}))

    assert refusal is not None
    assert name in refusal.message
    assert command in refusal.hint


def test_variables_of_other_programs_are_left_alone(root: Path) -> None:
    assert loading.load(root, {"SPARKQ_TOKEN": "x", "SPARKQ": "1", "SERVER__PORT": "x"}).settings == Settings()


@given(value=st.one_of(st.text(max_size=30), st.from_regex(r"\A\s?[-+]{0,3}[0-9_٣]{1,5}\s?\Z")))
def test_any_value_of_a_variable_is_read_or_refused(value: str) -> None:
    for name in ("SPARKQ_SERVER__PORT", "SPARKQ_CHANGES", "SPARKQ_ENV"):
        refusal = refusal_of(lambda name=name: loading.load(Path("/"), {name: value}))  # type: ignore[misc]  # inferred by its call
        assert refusal is None or name in refusal.message


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SPARKQ_CONFIG", "~nobody-of-this-name/sparkq.yml"),
        ("SPARKQ_DATABASE__PATH", "~nobody-of-this-name/x.db"),
        ("SPARKQ_DATABASE__PATH", "a\x00b"),
        ("SPARKQ_DATABASE__PATH", ""),
        ("SPARKQ_DATABASE__PATH", "README/x.db"),
        ("SPARKQ_DATABASE__PATH", "x" * 300),
    ],
)
def test_a_path_that_leads_nowhere_is_a_clear_error(sq: SparkQ, variable: str, value: str) -> None:
    (sq.config.root / "README").write_text("no folder")

    with pytest.raises(SparkQError) as refusal:
        project.open(sq.config.root, env={variable: value})

    assert refusal.value.hint


@holds("relative-paths", "config-location")
def test_relative_paths_start_at_the_file(root: Path) -> None:
    write(root, "database: {path: db/x.db}\nlogs: {path: /var/log/sparkq.log}\n")
    (root / "sub").mkdir()

    config = loading.load(root / "sub", {})

    assert (config.database, config.log) == (root / "db/x.db", Path("/var/log/sparkq.log"))


@holds("task-classes")
def test_the_files_tools_and_classes_go_before_the_built_in_ones(sq: SparkQ) -> None:
    write(
        sq.config.root,
        "task_classes: {FAST_SCRIPT: 5, NIGHTLY: 7200}\n"
        "tools:\n  run-make: {how: Run this target., task_class: NIGHTLY}\n  run-bash: {how: Do it.}\n",
    )
    again = reopened(sq)
    queues.create(again, "backend")

    assert catalogue.classes(again)["FAST_SCRIPT"].timeout == 5
    assert {"run-bash", "run-make", "llm-sonnet"} <= set(catalogue.tools(again))
    task = tasks.enqueue(again, "backend", "all", tool="run-make").task
    assert (task.task_class, task.timeout) == ("NIGHTLY", 7200)
    claim = tasks.claim(again, "backend", "ann")
    assert claim is not None
    assert claim.how == "Run this target."


def test_a_task_keeps_its_timeout_when_its_class_changes(sq: SparkQ, queue: str) -> None:
    task = tasks.enqueue(sq, queue, "one", task_class="FAST_SCRIPT").task
    write(sq.config.root, "task_classes: {FAST_SCRIPT: 5}\n")

    assert tasks.get(reopened(sq), task.id).timeout == 30


def test_a_task_of_a_tool_that_is_gone_can_still_be_claimed(sq: SparkQ, queue: str) -> None:
    write(sq.config.root, "tools: {run-make: {how: Run this target.}}\n")
    tasks.enqueue(reopened(sq), queue, "all", tool="run-make")

    claim = tasks.claim(sq, queue, "ann")

    assert claim is not None
    assert "run-make" in claim.how


def settings_by_key(settings: object, prefix: str = "") -> Iterator[str]:
    """The dotted keys of the single values."""
    for name, value in settings._asdict().items():  # type: ignore[attr-defined]  # a named tuple
        if hasattr(value, "_asdict"):
            yield from settings_by_key(value, f"{prefix}{name}.")
        elif not isinstance(value, dict | tuple):
            yield f"{prefix}{name}"


@holds("defaults")
def test_every_single_setting_is_explained() -> None:
    assert set(settings_by_key(Settings())) == set(SCALARS)
    assert all(setting.doc for setting in SCALARS.values())


@holds("defaults")
def test_what_setup_writes_is_what_it_reads(root: Path) -> None:
    text = setup.render(setup.defaults(root))

    config = loading.build(reading.parse(text, "sparkq.yml"))

    assert config._replace(project=Settings().project, task_classes={}) == Settings()
    assert config.project.name == "project"


def test_a_file_that_a_checkout_takes_away_after_it_was_found_is_not_an_error(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, "env: prod\n")
    read = reading.read_file

    def taken_away(file: Path) -> reading.Given:
        file.unlink()
        return read(file)

    monkeypatch.setattr(loading, "read_file", taken_away)

    config = loading.load(root, {})

    assert (config.file, config.settings.env) == (None, "dev")
