"""`sparkq.sh`: runs sparkq from a checkout, making .venv the first time, and passes everything on."""

import shutil
from pathlib import Path

import pytest

from tests.harness.projects import TOP
from tests.harness.shell import BIN, Shell
from tests.promises import holds


@pytest.fixture
def wrapper(tmp_path: Path) -> Path:
    """The wrapper in a folder with a blank in its name, where .venv is missing."""
    folder = tmp_path / "a checkout"
    folder.mkdir()
    return Path(shutil.copy(TOP / "sparkq.sh", folder))


def python(folder: Path, body: str) -> str:
    """A Python for the wrapper that does `body` when it is asked for more than its version."""
    program = folder / "python"
    program.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exit 0\n{body}\n')
    program.chmod(0o755)
    return str(program)


@holds("wrapper")
def test_everything_is_passed_on_and_so_is_the_exit_code(shell: Shell, wrapper: Path) -> None:
    (wrapper.parent / ".venv").symlink_to(BIN.parent)

    added = shell.run(wrapper, "enqueue", "two words; $HOME", "--queue", "backend", "--json")
    piped = shell.run(wrapper, "enqueue", "-", stdin="from a pipe\n")

    assert (added.code, added.err) == (0, "")
    assert '"title":"two words; $HOME"' in added.out
    assert piped.out == "#2 in backend, 2nd in line.\n"
    assert shell.run(wrapper, "task", "99").code == 3
    assert shell.run(wrapper, "version").out == shell.ok("version")


@holds("wrapper")
def test_the_first_time_it_makes_a_virtual_environment_and_says_so(shell: Shell, wrapper: Path, tmp_path: Path) -> None:
    body = f"""mkdir -p "$3/bin"
printf '#!/bin/sh\\necho pip "$@" >> "{tmp_path}/said"\\n' > "$3/bin/python"
ln -s "{BIN}/sparkq" "$3/bin/sparkq"
chmod +x "$3/bin/python"
"""
    first = shell.run(wrapper, "version", PYTHON=python(tmp_path, body))
    second = shell.run(wrapper, "version", PYTHON="no-such-python")

    assert (first.code, first.out) == (0, shell.ok("version"))
    assert "Setting up" in first.err
    assert (wrapper.parent / ".venv/.sparkq").is_file()
    assert (second.code, second.err) == (0, "")
    (installed,) = (tmp_path / "said").read_text().splitlines()
    assert installed.endswith(f"install --quiet --disable-pip-version-check {wrapper.parent}")


def test_an_old_python_is_refused_with_what_to_do(shell: Shell, wrapper: Path, tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    done = shell.run(wrapper, "version", PYTHON=str(old))

    assert (done.code, done.out) == (69, "")
    assert "3.11" in done.err
    assert not (wrapper.parent / ".venv").exists()
