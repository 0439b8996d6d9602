"""Changing one part of JSON with comments: what else is in the text stays, byte for byte."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkq_core.installation import jsonc

ENTRY = {"command": "sparkq", "args": ["mcp"]}
SERVER = ("servers", "sparkq")

KEPT = {
    "comments": '{\n  // ours\n  "servers": {\n    "github": {"command": "gh-mcp"} /* keep */\n  }\n}\n',
    "a comment behind the last": '{\n  "servers": {\n    "github": {} // keep  \n  }\n}',
    "trailing commas": '{\n  "servers": {\n    "github": {"command": "gh-mcp"}, // keep\n  },\n}\n',
    "a byte order mark": '\ufeff{"servers": {"github": {"command": "gh-mcp"}}}',
    "tabs": '{\n\t"servers": {\n\t\t"github": {}\n\t}\n}\n',
    "line ends of Windows": '{\r\n    "servers": {\r\n        "github": {}\r\n    }\r\n}\r\n',
    "one line": '{"servers":{"github":{"url":"http://a//b"}}}',
    "an empty object": '{"servers": {}}',
    "no key": '{\n  "inputs": []\n}\n',
    "only a comment": '{\n  "servers": {\n    // none yet\n  }\n}\n',
    "escapes": r'{"servers": {"a\"} // {": {"x": "\\"}}, "é": [1.5e3, -2, null, true]}',
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_a_member_comes_and_goes_and_nothing_else_changes(text: str) -> None:
    before = jsonc.loads(text)

    added = jsonc.with_member(text, SERVER, ENTRY)
    removed = jsonc.without_member(added, SERVER if "servers" in before else SERVER[:1])

    assert jsonc.loads(added) == before | {"servers": before.get("servers", {}) | {"sparkq": ENTRY}}
    assert removed == text


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("", '{\n  "a": {\n    "b": 1\n  }\n}\n'),
        ("{}", '{\n  "a": {\n    "b": 1\n  }\n}'),
        ('{\n  "a": {\n    "x": 0\n  }\n}', '{\n  "a": {\n    "x": 0,\n    "b": 1\n  }\n}'),
        ('{"a": {"x": 0}}', '{"a": {"x": 0, "b": 1}}'),
        ('{"a": {"x": 0,}}', '{"a": {"x": 0, "b": 1,}}'),
        ('{"a": {"b": {"old": 1}}}', '{"a": {"b": 1}}'),
        ('{"a": {"x": 0 // why\n}}', '{"a": {"x": 0, // why\n"b": 1\n}}'),
    ],
)
def test_it_is_written_as_its_neighbours_are(text: str, added: str) -> None:
    assert jsonc.with_member(text, ("a", "b"), 1) == added


@pytest.mark.parametrize(
    ("text", "removed"),
    [
        ('{"sparkq": 1, "b": 2}', '{ "b": 2}'),
        ('{\n  "sparkq": 1, // ours\n  "b": 2,\n}', '{ // ours\n  "b": 2,\n}'),
        ('{"a": 1, "sparkq": 2, "b": 3}', '{"a": 1, "b": 3}'),
        ('{"sparkq": 1,}', "{}"),
    ],
)
def test_a_member_between_others_goes(text: str, removed: str) -> None:
    assert jsonc.without_member(text, ("sparkq",)) == removed


def test_an_item_comes_and_goes() -> None:
    text = '{"allow": ["Bash(ls)"] /* mine */}'

    added = jsonc.with_item(text, ("allow",), "mcp__sparkq")

    assert added == '{"allow": ["Bash(ls)", "mcp__sparkq"] /* mine */}'
    assert jsonc.without_item(added, ("allow",), "mcp__sparkq") == text
    assert jsonc.loads(jsonc.with_item("", ("a", "b"), 1)) == {"a": {"b": [1]}}


BROKEN = ["{", "[1 2]", '{"a" 1}', "{a: 1}", '{"a": 1} x', '{"a": .5}', "/* open", '{"a": 1,, }', "{,}", "[" * 10**5]


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"line \d+, column \d+: unexpected|nested too deeply"):
        jsonc.loads(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "is not an object"),
        ('{"a": []}', '"a" is not an object'),
        ('{"a": {"b": 1, "b": 2}, "a": 1}', '"a" is not an object'),
    ],
)
def test_where_no_member_can_be_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        jsonc.with_member(text, ("a", "c"), 1)


def test_what_cannot_be_changed_safely_is_refused() -> None:
    with pytest.raises(ValueError, match="changed safely"):
        jsonc.without_member('{"a": 1, "a": 2}', ("a",))
    with pytest.raises(ValueError, match="changed safely"):
        jsonc.without_member('{"b": 1, // why\n"a": 2 }', ("a",))
    with pytest.raises(ValueError, match="no such"):
        jsonc.without_member("{}", ("a",))
    with pytest.raises(ValueError, match="no such"):
        jsonc.without_item('{"a": {}}', ("a",), 1)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
SPACE = st.sampled_from(["", " ", "\n", "\r\n  ", "\t", "// a\n", "/* , } */", "/**/ "])


@given(st.dictionaries(st.text(), VALUES, max_size=4), st.sampled_from([None, 1, "\t", "  "]), st.data())
def test_any_object_takes_a_member_and_gives_it_back(value: dict[str, Any], indent: Any, data: st.DataObject) -> None:
    text = spaced(json.dumps(value, indent=indent, ensure_ascii=data.draw(st.booleans())), data)

    added = jsonc.with_member(text, ("sparkq",), ENTRY)

    assert jsonc.loads(added) == value | {"sparkq": ENTRY}
    if "sparkq" not in value:
        assert jsonc.loads(jsonc.without_member(added, ("sparkq",))) == value


def spaced(text: str, data: st.DataObject) -> str:
    """The text with white space, comments or a trailing comma before its last brace."""
    end = text.rindex("}")
    comma = "," if ":" in text and data.draw(st.booleans()) else ""
    return text[:end] + data.draw(SPACE) + comma + data.draw(SPACE) + text[end:] + data.draw(SPACE)
