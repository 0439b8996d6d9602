"""A patch is read as Git wrote it: the lines that are shown make the new file of the old one, whatever is in both."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sparkq_core.changes import diff, patch
from sparkq_core.changes.git import Deadline, Git
from sparkq_core.changes.patch import Hunk
from tests.harness.git_steps import git, start

Files = dict[bytes, bytes]

LINES = [
    "a", "b", "c", "", " ", "-- x", "++ y", "--- a/x", "+++ b/x", "@@ -1 +1 @@", "diff --git a/x b/x", "é\u2028", "\r", "\t",
    "\\ No newline at end of file", "index 1..2", "def f():", "x" * 40,
]  # fmt: skip
"""Lines that look like those of a patch, and lines that no reader must split."""

names = st.one_of(
    st.text('aé"\\\t\n :*?[]-#\x1b\u202e', min_size=1, max_size=4).map(str.encode),
    st.sampled_from([b"\xff", b"-p", b"a b/c"]),
).filter(lambda name: name != b"a b")
contents = st.tuples(st.lists(st.sampled_from(LINES), max_size=30), st.booleans()).map(
    lambda drawn: ("\n".join(drawn[0]) + ("\n" if drawn[1] and drawn[0] else "")).encode()
)
binary = st.binary(max_size=20).map(lambda some: b"\0" + some)


@st.composite
def changes(draw: st.DrawFn) -> tuple[Files, Files]:
    """Files before and after a change: kept, changed, deleted, renamed and new ones."""
    before = draw(st.dictionaries(names, contents | binary, max_size=5))
    after: Files = {}
    for name, content in before.items():
        match draw(st.sampled_from(["keep", "change", "delete", "rename"])):
            case "keep":
                after[name] = content
            case "change":
                after[name] = draw(contents | binary)
            case "rename":
                after[draw(names)] = content + draw(st.sampled_from([b"", b"more\n"]))
    after |= draw(st.dictionaries(names, contents, max_size=2))
    return before, after


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    start(folder)
    return folder


def trees(folder: Path, *states: Files) -> list[str]:
    """Store each state of the files; the names of their trees."""
    script = b""
    for number, files in enumerate(states):
        script += b"commit refs/heads/state%d\ncommitter Ann <a@b> 1 +0000\ndata 0\n\ndeleteall\n" % number
        for name, content in files.items():
            quoted = b"".join(b"\\%03o" % byte for byte in name)
            script += b'M 100644 inline "%s"\ndata %d\n%s\n' % (quoted, len(content), content)
    subprocess.run(["git", "fast-import", "--quiet", "--force"], cwd=folder, input=script, check=True)
    return [f"refs/heads/state{number}^{{tree}}" for number in range(len(states))]


def applied(old: bytes, hunks: list[Hunk]) -> bytes:
    """The new file that the hunks make of the old one. Each must be where it says."""
    before = old.decode().split("\n")
    made: list[str] = []
    at = 0
    ended = old.endswith(b"\n") or not old
    lines = before[:-1] if ended else before
    is_open = not ended
    for hunk in hunks:
        assert_heading(hunk)
        made += lines[at : hunk.old]
        at = hunk.old
        assert len(made) == hunk.new
        previous = ""
        for line in hunk.lines:
            match line[0]:
                case " ":
                    assert lines[at] == line[1:]
                    made.append(line[1:])
                    at += 1
                case "-":
                    assert lines[at] == line[1:]
                    at += 1
                case "+":
                    made.append(line[1:])
                case "\\":
                    assert line == "\\ No newline at end of file"
                    is_open = previous != "-"
                case _:
                    pytest.fail(f"a line without a sign: {line!r}")
            if line[0] == "+":
                is_open = False
            previous = line[0]
    made += lines[at:]
    if not made:
        return b""
    return "\n".join(made).encode() + (b"" if is_open else b"\n")


def assert_heading(hunk: Hunk) -> None:
    """What is written above a hunk fits its lines."""
    match = re.match(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", hunk.heading)
    assert match is not None
    for start_, count, sign, before in ((match[1], match[2], "-", hunk.old), (match[3], match[4], "+", hunk.new)):
        assert int(count or 1) == sum(line[0] in f" {sign}" for line in hunk.lines)
        assert int(start_) == before + (count != "0")


def in_pieces(hunks: list[Hunk], room: int) -> Iterator[Hunk]:
    """The same lines, a page of `room` bytes at a time."""
    shown: int | None = 0
    while shown is not None:
        piece = patch.cut(hunks, shown, room)
        assert piece.reached is None or piece.reached > shown
        yield from piece.hunks
        shown = piece.reached


@given(changes(), st.integers(1, 200))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(({b"a": b"x\n"}, {b"b": b"x\n"}), 1)
@example(({b"a": b"x"}, {b"a": b"x\n"}), 1)
@example(({b"a": b"x\n"}, {b"a": b"x"}), 1)
@example(({b":a*": b"x\n", b"aa": b"x\n"}, {b":a*": b"y\n", b"aa": b"z\n"}), 100)
def test_the_lines_of_each_file_make_the_new_one_of_the_old_one(
    repository: Path, change: tuple[Files, Files], room: int
) -> None:
    before, after = change
    old, new = trees(repository, before, after)
    reader = Git(repository, Deadline.after(60))
    listed = diff.files(reader, old, new)

    parts = diff.parts(reader, old, new, listed, 10_000_000) if listed else diff.Parts({}, whole=True)

    assert parts.whole
    assert set(parts.by_name) == {file.names[0] for file in listed}
    for file in listed:
        source = before.get(file.names[-1], b"")
        target = after.get(file.names[0], b"")
        hunks = [hunk for section in parts.by_name[file.names[0]] for hunk in patch.hunks(section)]
        if file.insertions is None:
            assert not hunks
            continue
        lines = [line for hunk in hunks for line in hunk.lines]
        assert (sum(line[0] == "+" for line in lines), sum(line[0] == "-" for line in lines)) == file[2:4]
        assert applied(source, hunks) == target
        pieces = [*in_pieces(hunks, room)]
        assert [line for piece in pieces for line in piece.lines] == lines
        assert not [piece for piece in pieces if piece.lines[0].startswith(patch.NO_NEWLINE)]
        assert applied(source, pieces) == target


def test_a_file_that_became_a_link_has_the_lines_of_both(repository: Path) -> None:
    work = repository / "work"
    start(work)
    for name in ("a", "b", "c"):
        (work / name).write_text("one\n")
    git(work, "add", "--all")
    old = git(work, "write-tree")
    (work / "b").unlink()
    (work / "b").symlink_to("a")
    (work / "c").write_text("two\n")
    git(work, "add", "--all")
    reader, new = Git(work, Deadline.after(60)), git(work, "write-tree")

    parts = diff.parts(reader, old, new, diff.files(reader, old, new), 10_000)

    lines = {
        name: [hunk.lines for part in found for hunk in patch.hunks(part)] for name, found in parts.by_name.items()
    }
    assert lines == {
        b"b": [("-one",), ("+a", "\\ No newline at end of file")],
        b"c": [("-one", "+two")],
    }


def test_the_signs_that_a_setting_of_git_leaves_out_are_there(repository: Path) -> None:
    git(repository, "config", "diff.suppressBlankEmpty", "true")
    old, new = trees(repository, {b"a": b"one\n\ntwo\n"}, {b"a": b"one\n\n2\n"})
    reader = Git(repository, Deadline.after(60))

    parts = diff.parts(reader, old, new, diff.files(reader, old, new), 10_000)

    assert [hunk.lines for hunk in patch.hunks(parts.by_name[b"a"][0])] == [(" one", " ", "-two", "+2")]
    git(repository, "config", "--unset", "diff.suppressBlankEmpty")


def test_of_a_patch_that_is_too_long_the_beginning_is_read(repository: Path) -> None:
    files = {b"a": b"line\n" * 5, b"b": b"line\n" * 100_000, b"c": b"line\n"}
    old, new = trees(repository, {}, files)
    reader = Git(repository, Deadline.after(60))

    parts = diff.parts(reader, old, new, diff.files(reader, old, new), 100_000)

    (whole,) = patch.hunks(parts.by_name[b"a"][0])
    (beginning,) = patch.hunks(parts.by_name[b"b"][0])
    assert (parts.whole, [*parts.by_name]) == (False, [b"a", b"b"])
    assert whole.heading == "@@ -0,0 +1,5 @@"
    assert 10_000 < len(beginning.lines) < 20_000
    assert set(beginning.lines) == {"+line"}


def test_of_a_line_that_is_too_long_the_beginning_is_shown(repository: Path) -> None:
    old, new = trees(repository, {b"a": b"x\n"}, {b"a": b"x\n" + b"y" * 20_000 + b"\n"})
    reader = Git(repository, Deadline.after(60))

    parts = diff.parts(reader, old, new, diff.files(reader, old, new), 100_000)

    (hunk,) = patch.hunks(parts.by_name[b"a"][0])
    assert (len(hunk.lines[1]), hunk.cut) == (patch.MAX_LINE, True)
