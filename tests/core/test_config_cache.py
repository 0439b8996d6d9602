"""A settings file that has not changed is not parsed again; one that has always is."""

import json
import os
import stat
from pathlib import Path

import pytest

from sparkq_core.clock import SystemClock
from sparkq_core.config import cache, loading
from sparkq_core.config.location import DATABASE
from sparkq_core.config.settings import Config
from sparkq_core.errors import InvalidConfig
from sparkq_core.installation import doctor, setup
from sparkq_core.installation.findings import WARNING
from sparkq_core.storage import schema
from tests.promises import holds

TEXT = "# mine\nenv: dev\nserver:\n  port: 6001\nscript_dirs: [a, b]\nhooks:\n  on_failed: [notify-send, x]\n"


@pytest.fixture
def file(root: Path) -> Path:
    """The settings of a project, written long enough ago to be remembered."""
    schema.create(root / DATABASE, "test", SystemClock())
    written = root / "sparkq.yml"
    written.write_text(TEXT)
    return aged(written)


def aged(file: Path) -> Path:
    """As if written an hour ago, as far as a program can pretend that."""
    hour = file.stat().st_mtime - 3600
    os.utime(file, (hour, hour))
    return file


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of a file's last change of state cannot be set back: nothing waits for it here."""
    monkeypatch.setattr(cache, "SETTLED_MS", -1_000_000)


def loaded(file: Path) -> Config:
    return loading.load(file.parent, {}, remember=True)


def test_what_is_remembered_is_what_was_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = loaded(file)
    monkeypatch.setattr(loading, "read_file", None)

    assert loaded(file) == first == loading.load(file.parent, {}, remember=True)
    assert first.origins["server.port"] == "sparkq.yml:4"
    kept = file.parent / cache.PATH
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.parametrize("way", ["in place", "same size and times", "replaced", "touched"])
def test_a_file_that_was_changed_is_read_again(file: Path, way: str) -> None:
    assert loaded(file).settings.server.port == 6001
    before = file.stat()

    if way == "replaced":
        other = file.with_name("other.yml")
        other.write_text(TEXT.replace("6001", "6002"))
        os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
        os.replace(other, file)
    else:
        file.write_text(TEXT.replace("6001", "6002") + ("" if way == "same size and times" else "# more\n"))
        if way != "in place":
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert loaded(file).settings.server.port == 6002


def test_a_file_that_was_just_written_is_not_remembered(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "SETTLED_MS", 3000)

    loaded(file)

    assert not (file.parent / cache.PATH).exists()


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "null", '{"of": 1}', '{"of": "STATE", "values": {"env": "x"}}', "\0"]
)
def test_what_cannot_be_understood_is_read_again(file: Path, damage: str) -> None:
    loaded(file)
    (file.parent / cache.PATH).write_text(damage.replace("STATE", cache.identity(file)))

    assert loaded(file).settings.server.port == 6001


def test_where_it_cannot_be_kept_nothing_is_said(file: Path) -> None:
    run = (file.parent / cache.PATH).parent
    run.mkdir(exist_ok=True)
    (run / "settings.json").mkdir()

    assert loaded(file).settings.server.port == 6001
    assert [file.name for file in run.iterdir() if file.suffix == ".new"] == []


def test_a_refusal_is_never_remembered(file: Path) -> None:
    file.write_text("server:\n  prot: 1\n")
    for _ in range(2):
        with pytest.raises(InvalidConfig, match="prot"):
            loaded(aged(file))


def test_looking_without_remembering_writes_nothing(file: Path) -> None:
    loading.load(file.parent, {})

    assert not (file.parent / cache.PATH).exists()


def test_the_environment_overrides_the_cached_settings(file: Path) -> None:
    loaded(file)

    assert loading.load(file.parent, {"SPARKQ_SERVER__PORT": "7"}, remember=True).settings.server.port == 7
    assert json.loads((file.parent / cache.PATH).read_text())["values"]["server.port"][0] == 6001


@holds("settings-on-every-branch")
def test_a_branch_without_the_file_has_its_last_settings(file: Path) -> None:
    """The database is found where the file said, too: defaults would lead to another one."""
    root = file.parent
    file.write_text(f"{TEXT}database:\n  path: elsewhere/here.db\n")
    aged(file)
    loaded(file)
    file.unlink()

    config = loading.load(root, {})

    assert (config.file, config.is_remembered, config.database) == (None, True, root / "elsewhere/here.db")
    assert config.origins["server.port"] == "sparkq.yml:4, as it was last read"
    assert loading.load(root, {}, {"server.port": "6003"}).settings.server.port == 6003
    assert setup.values(root, {})["server.port"] == 6001
    assert doctor.examine(root, {})[0][:2] == ("configuration", WARNING)


def test_another_file_of_the_folder_does_not_stand_in_for_it(file: Path) -> None:
    other = file.rename(file.with_name("ci.yml"))
    loading.load(file.parent, {"SPARKQ_CONFIG": str(other)}, remember=True)
    assert (file.parent / cache.PATH).exists()

    assert not loading.load(file.parent, {}).is_remembered


def test_what_this_version_does_not_know_is_left_out(file: Path) -> None:
    loaded(file)
    kept = file.parent / cache.PATH
    kept.write_text(kept.read_text().replace('"server.port"', '"server.old"'))
    file.unlink()

    config = loading.load(file.parent, {})

    assert config.is_remembered
    assert (config.settings.server.port, "server.old" in config.origins) == (5005, False)


def test_a_file_that_is_back_is_read(file: Path) -> None:
    loaded(file)
    away = file.rename(file.with_name("away.yml"))
    assert loading.load(file.parent, {}).is_remembered

    away.rename(file)

    assert not loaded(file).is_remembered
