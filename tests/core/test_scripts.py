"""Headers of scripts: every form that the index reads, and that no text is more to it than text."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sparkq_core.config.settings import WEEK_SECONDS
from sparkq_core.scripts import Parameter
from sparkq_core.scripts.header import SUFFIXES, Script, parse, read
from tests.promises import holds

WHOLE = """\
#!/usr/bin/env bash
# name: deploy
# description: Put the service on a machine
#   and wait until it answers.
# inputs: ENV (required), VERSION (optional)
# outputs: URL (required), LOG (optional)
# tags: deploy, production
# timeout: 600
# task_class: MEDIUM_SCRIPT

set -eu
# name: not the header any more
"""


def header(*lines: str, path: str = "scripts/x.sh", mark: str = "# ") -> Script:
    """The script whose header is these lines, each behind a comment mark."""
    script = parse("".join(f"{mark}{line}\n" for line in lines), path)
    assert script is not None
    return script


@holds("script-fields")
def test_a_whole_header_is_read() -> None:
    assert parse(WHOLE, "scripts/deploy.sh") == Script(
        name="deploy",
        path="scripts/deploy.sh",
        tool="run-bash",
        description="Put the service on a machine and wait until it answers.",
        inputs=(Parameter("ENV", True), Parameter("VERSION", False)),
        outputs=(Parameter("URL", True), Parameter("LOG", False)),
        tags=("deploy", "production"),
        timeout=600,
        task_class="MEDIUM_SCRIPT",
    )


@pytest.mark.parametrize("mark", ["# ", "#", "#\t", "// ", "//", "  # ", "\t// "])
def test_comments_begin_with_a_hash_or_two_slashes(mark: str) -> None:
    text = WHOLE.replace("# ", mark)

    assert parse(text, "scripts/deploy.js") == parse(WHOLE, "scripts/deploy.js")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_on_any_system(end: str) -> None:
    assert parse(WHOLE.replace("\n", end), "x.sh") == parse(WHOLE, "x.sh")


@pytest.mark.parametrize(
    "before",
    [
        "#!/bin/sh\n",
        "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n",
        "\n\n",
        "# Copyright: somebody, all rights reserved\n#\n",
        "#\n# Deploys things: careful.\n#\n",
    ],
    ids=["shebang", "coding", "blank", "licence", "prose"],
)
def test_lines_before_the_header_are_skipped(before: str) -> None:
    script = parse(f"{before}# name: deploy\n# tags: a\n", "x.py")

    assert script is not None
    assert (script.name, script.tags, script.description) == ("deploy", ("a",), "")


@pytest.mark.parametrize("code", ["make", "import_all()", "x = 1", "echo # name: x", "setup"])
def test_the_header_ends_where_the_code_begins(code: str) -> None:
    assert parse(f"{code}\n# name: late\n", "x.sh") is None
    assert parse(f"# description: early\n{code}\n# name: late\n", "x.sh") == Script(
        "x", "x.sh", "run-bash", description="early"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "#!/bin/sh\n",
        "# Only prose.\n",
        "# names: x\n",
        "# description of name: x\n",
        "name: x\n",
        "#name x\n",
    ],
)
def test_a_file_without_a_key_has_no_header(text: str) -> None:
    assert parse(text, "x.sh") is None


def test_a_blank_line_between_keys_is_no_end() -> None:
    script = parse("# name: deploy\n\n# tags: a\n#\n# timeout: 5\n", "x.sh")

    assert script is not None
    assert (script.name, script.tags, script.timeout) == ("deploy", ("a",), 5)


def test_the_name_of_a_script_without_one_is_its_files() -> None:
    assert header("tags: a", path="scripts/nightly/clean.up.sh").name == "clean.up"
    assert header("name:", path="scripts/clean.sh").name == "clean"


@pytest.mark.parametrize("key", ["NAME", "Name", "name ", " name", "name\t"])
def test_keys_have_any_case_and_space_around_them(key: str) -> None:
    assert header(f"{key}:deploy").name == "deploy"


def test_of_a_key_that_stands_twice_the_first_counts() -> None:
    script = header("name: first", "tags: a", "name: second", "  second continued", "tags: b")

    assert (script.name, script.tags) == ("first", ("a",))


def test_a_deeper_indented_line_continues_the_value() -> None:
    script = header("description: Deploys", "  the service,", "    carefully", "name: deploy")

    assert (script.description, script.name) == ("Deploys the service, carefully", "deploy")


def test_a_continuation_that_looks_like_a_key_is_none() -> None:
    script = header("description: Says", "  name: who it is", "name: deploy")

    assert (script.description, script.name) == ("Says name: who it is", "deploy")


@pytest.mark.parametrize("end", ["", "Prose at the margin."])
def test_a_value_ends_at_a_line_that_is_not_deeper(end: str) -> None:
    script = header("description: Deploys", end, "   no longer part of it")

    assert script.description == "Deploys"


def test_keys_that_are_all_indented_continue_relative_to_their_own_column() -> None:
    script = header("description: Deploys", "  the service", "name: deploy", mark="#    ")

    assert (script.description, script.name) == ("Deploys the service", "deploy")


@pytest.mark.parametrize("mark", ["- ", ""])
def test_parameters_may_stand_one_a_line_with_a_description(mark: str) -> None:
    script = header(
        "inputs:",
        f"  {mark}ENV (required): where to",
        f"  {mark}VERSION (optional) which one",
        f"  {mark}dry.run - only says what it would do",
        f"  {mark}REGION",
    )

    assert script.inputs == (
        Parameter("ENV", True, "where to"),
        Parameter("VERSION", False, "which one"),
        Parameter("dry.run", False, "only says what it would do"),
        Parameter("REGION", False),
    )


def test_a_description_of_a_parameter_may_have_commas() -> None:
    script = header("inputs:", "  - ENV (required): staging, production or test", "  - VERSION (optional)")

    assert script.inputs == (Parameter("ENV", True, "staging, production or test"), Parameter("VERSION", False))


def test_parameters_in_one_line_may_go_on_in_the_next() -> None:
    script = header("inputs: ENV (required), VERSION (optional),", "  REGION (optional)")

    assert [parameter.name for parameter in script.inputs] == ["ENV", "VERSION", "REGION"]


def test_whether_it_is_required_may_be_shouted() -> None:
    assert header("inputs: ENV (REQUIRED), VERSION (Optional)").inputs == (
        Parameter("ENV", True),
        Parameter("VERSION", False),
    )


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        ("a", ("a",)),
        ("a, b,c", ("a", "b", "c")),
        ("a b", ("a", "b")),
        ("a, a, b", ("a", "b")),
        (", ,", ()),
        ("", ()),
    ],
)
def test_tags_are_words_between_commas_or_spaces(value: str, tags: tuple[str, ...]) -> None:
    assert header("name: x", f"tags: {value}").tags == tags


def test_tags_may_stand_one_a_line() -> None:
    assert header("tags:", "  a", "  b").tags == ("a", "b")


@pytest.mark.parametrize("value", ["0", "-1", "ten", "60x", "1.5", "", "６０", str(WEEK_SECONDS + 1), "9" * 10_000])
def test_a_timeout_that_is_no_number_of_seconds_is_left_out(value: str) -> None:
    assert header("name: x", f"timeout: {value}").timeout is None


@holds("script-headers")
@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("60s", 60),
        ("5m", 300),
        ("5min, retries: 3", 300),
        ("1h 30m", 5400),
        ("10 minutes", 600),
        ("'90'", 90),
        ("2 hours", 7200),
    ],
)
def test_a_timeout_may_have_units(value: str, seconds: int) -> None:
    assert header(f"timeout: {value}").timeout == seconds


@pytest.mark.parametrize("seconds", [1, 60, WEEK_SECONDS])
def test_a_timeout_is_in_seconds(seconds: int) -> None:
    assert header(f"timeout: {seconds}").timeout == seconds


@pytest.mark.parametrize(("suffix", "tool"), SUFFIXES.items())
def test_each_kind_of_file_has_the_tool_that_executes_it(suffix: str, tool: str) -> None:
    assert header("name: x", path=f"scripts/x{suffix}").tool == tool


def test_the_kinds_of_files_are_those_of_the_requirements() -> None:
    assert set(SUFFIXES) == {".sh", ".bash", ".py", ".js", ".rb", ".pl"}
    assert SUFFIXES[".py"] == "run-python"


HEADER = "name: deploy\ntags: a"


@holds("script-headers")
@pytest.mark.parametrize(
    "text",
    [
        "#!/bin/bash\nset -euo pipefail\nIFS=$'\\n'\n\n# name: deploy\n# tags: a\n",
        "## name: deploy ##\n## tags: a   ||\n",
        "import sys\nfrom os import path\n# name: deploy\n# tags: a\n",
        f'#!/usr/bin/env python3\n"""Deploys things.\n\n{HEADER}\n"""\n',
        f"r'''\n{HEADER}\n'''\nimport sys\n",
        "/*\n * name: deploy\n * tags: a\n */\n",
        "/**\n * @name deploy\n * @tags: a\n */\n",
        "/* name: deploy */\n// tags: a\n",
        "'use strict';\nconst fs = require('fs');\n// name: deploy\n// tags: a\n",
        f"=begin\n{HEADER}\n=end\n",
        f"use strict;\n=pod\n\n{HEADER}\n\n=cut\n",
        f": <<'DOC'\n{HEADER}\nDOC\n",
        '\ufeff# name: "deploy"\n# tags: [a]\n',
        "# name: 'deploy'\n# tag: a\n",
    ],
    ids=repr,
)
def test_a_header_may_be_where_people_write_it(text: str) -> None:
    script = parse(text, "x.py")

    assert script is not None
    assert (script.name, script.tags) == ("deploy", ("a",))


@holds("script-headers")
@pytest.mark.parametrize(
    ("line", "inputs"),
    [
        ("ENV VERSION", [("ENV", False, ""), ("VERSION", False, "")]),
        ("ENV (required) VERSION (optional)", [("ENV", True, ""), ("VERSION", False, "")]),
        ("ENV; VERSION | REGION", [("ENV", False, ""), ("VERSION", False, ""), ("REGION", False, "")]),
        ("ENV: staging, production or test", [("ENV", False, "staging, production or test")]),
        ("ENV: where, VERSION: which", [("ENV", False, "where"), ("VERSION", False, "which")]),
        ("<env> [version]", [("env", True, ""), ("version", False, "")]),
        ("`ENV`, $1 - a file", [("ENV", False, ""), ("1", False, "a file")]),
        ("--array -> how many", [("--array", False, "how many")]),
        ("x: (o) the matrix", [("x", False, "(o) the matrix")]),
        ("ENV (string, optional) where", [("ENV", False, "(string, optional) where")]),
        ("ENV (string, required)", [("ENV", True, "(string, required)")]),
        ("none. Checks every file", []),
        ("N/A", []),
    ],
)
def test_inputs_are_read_as_people_write_them(line: str, inputs: list[tuple[str, bool, str]]) -> None:
    assert [tuple(parameter) for parameter in header(f"inputs: {line}").inputs] == inputs
    assert [tuple(parameter) for parameter in header("name: x", "inputs:", f"  {line}").inputs] == inputs


@holds("script-headers")
@pytest.mark.parametrize(
    "line", ["Reads the file of settings", "a folder of files, then writes", "the configuration in the current folder."]
)
def test_a_sentence_is_no_input_and_the_check_says_so(line: str) -> None:
    reading = read(f"# name: x\n# inputs: {line}\n# timeout: soon\n# name: y\n", "x.sh")

    assert reading is not None
    assert (reading.script.name, reading.script.inputs, reading.script.timeout) == ("x", (), None)
    assert [problem.partition(":")[0] for problem in reading.problems] == ["name", "inputs", "timeout"]


WORD = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
SENTENCE = st.lists(WORD, max_size=5).map(" ".join)
PARAMETERS = st.lists(
    st.builds(Parameter, WORD, st.booleans(), SENTENCE), max_size=4, unique_by=lambda parameter: parameter.name
).map(tuple)


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """A script that a header can say."""
    return Script(
        name=draw(SENTENCE.filter(bool)),
        path="scripts/x.py",
        tool="run-python",
        description=draw(SENTENCE),
        inputs=draw(PARAMETERS),
        outputs=draw(PARAMETERS),
        tags=tuple(draw(st.lists(WORD, max_size=4, unique=True))),
        timeout=draw(st.none() | st.integers(1, WEEK_SECONDS)),
        task_class=draw(st.none() | WORD),
    )


def rendered(script: Script, mark: str, indent: str, order: list[str]) -> str:
    """A header that says what `script` is."""
    values = {
        "name": [script.name],
        "description": script.description.split(" "),
        "inputs": ["", *map(parameter, script.inputs)],
        "outputs": ["", *map(parameter, script.outputs)],
        "tags": [", ".join(script.tags)],
        "timeout": [str(script.timeout or "")],
        "task_class": [script.task_class or ""],
    }
    lines = [line for key in order for line in (f"{key}: {values[key][0]}", *(f"  {more}" for more in values[key][1:]))]
    return "".join(f"{mark}{indent}{line}\n" for line in lines)


def parameter(declared: Parameter) -> str:
    """A parameter on a line of its own."""
    return f"- {declared.name} ({'required' if declared.required else 'optional'}): {declared.description}"


KEYS = ["name", "description", "inputs", "outputs", "tags", "timeout", "task_class"]


@given(
    script=scripts(),
    mark=st.sampled_from(["#", "//"]),
    indent=st.sampled_from(["", " ", "    ", "\t"]),
    order=st.permutations(KEYS),
    code=st.sampled_from(["", "print(1)\n", "\nimport os\n# name: other\n"]),
)
def test_what_a_header_says_is_what_is_read(
    script: Script, mark: str, indent: str, order: list[str], code: str
) -> None:
    text = f"#!/usr/bin/env python3\n{rendered(script, mark, indent, order)}{code}"

    assert parse(text, script.path) == script


@given(
    text=st.text()
    | st.lists(st.sampled_from([*KEYS, "# ", "// ", ":", "\n", " ", "\t", ",", "(required)", "-", "x", "(", ")"])).map(
        "".join
    )
)
@example(text="# inputs: " + "(" * 10_000)
@example(text="# inputs: " + "a," * 10_000)
@example(text="# inputs: " + "a (" * 5000 + ")")
@example(text="# inputs: " + "-" * 15_000 + " x")
@example(text="# inputs: x" + " " * 15_000 + "y")
@example(text="#" + " " * 15_000 + "x")
@example(text="# inputs: " + "$" * 15_000)
@example(text="# inputs: " + "A " * 7_500 + "-")
@example(text="# timeout: 1" + " " * 15_000 + "x")
@example(text='"""' + "name\n" * 3_000)
@example(text="/*" * 8_000)
@example(text="# tags: " + " ," * 10_000)
@example(text="# description: x\n# " + "-" * 15_000 + "x")
@example(text="# outputs: " + "a/" * 8_000 + " x")
@example(text="# name: x " + "# " * 8_000 + "x")
@example(text="#" * 16_000 + " name: x")
@example(text=("# " + " " * 200 + "name\n") * 80)
def test_any_text_is_a_header_or_none(text: str) -> None:
    script = parse(text, "scripts/x.sh")

    assert script is None or (script.name and script.path == "scripts/x.sh")
