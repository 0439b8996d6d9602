"""JSON with comments and trailing commas, as configuration files of clients are: changes one part of the text.

Every other character stays as it was. Each change is checked: the new text differs from the old one in exactly that part.
Where it would not, ValueError is raised.
"""

import copy
import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

BOM = "\ufeff"
UNSAFE = "it is written in a way that cannot be changed safely"
_BETWEEN = re.compile(r"(?:[ \t\r\n]+|//[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_SCALAR = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null')
_REST = re.compile(r"(?:[ \t]*/\*[^\r\n]*?\*/)*(?:[ \t]*//[^\r\n]*)?")
"""The comments that belong to what is before them on their line."""
_LEAD = re.compile(r"(?:\r?\n)?[ \t]*\Z")
"""The line break and the indentation before a part."""
_INDENTED = re.compile(r"\n([ \t]+)\S")


class _Node(NamedTuple):
    """A value and its place in the text; `parts` are the members of an object or the items of an array."""

    value: Any
    start: int
    end: int
    parts: "tuple[_Part, ...]" = ()


class _Part(NamedTuple):
    """A member or an item: its start, its name if it has one, its value, and the place of the comma after it."""

    start: int
    name: str | None
    node: _Node
    comma: int | None


def loads(text: str) -> Any:
    """Return the value of a text; of an empty one `{}`. Raises ValueError."""
    return _tree(text).value


def is_plain(text: str) -> bool:
    """True if the text is JSON without comments and trailing commas, or empty."""
    try:
        json.loads(text.removeprefix(BOM).strip() or "{}")
    except (ValueError, RecursionError):
        return False
    return True


def with_member(text: str, keys: Sequence[str], value: Any) -> str:
    """Return the text with `value` at `keys`; objects that are missing on the way are made. Raises ValueError."""
    tree = _tree(text)
    node, rest = _deepest(tree, keys)
    if not rest and json.dumps(node.value) == json.dumps(value):
        return text
    if not rest:
        new = text[: node.start] + _written(value, text, _indent(text, node.start)) + text[node.end :]
    elif not isinstance(node.value, dict):
        raise ValueError(f"{json.dumps(keys[len(keys) - len(rest) - 1])} is not an object")
    else:
        inner = value
        for name in reversed(rest[1:]):
            inner = {name: inner}
        new = _inserted(text, node, rest[0], inner)
    wanted = copy.deepcopy(tree.value)
    holder = wanted
    for key in keys[:-1]:
        holder = holder.setdefault(key, {})
    holder[keys[-1]] = value
    return _checked(new, wanted)


def with_item(text: str, keys: Sequence[str], item: Any) -> str:
    """Return the text with `item` at the end of the array at `keys`, which is made if it is missing. Raises ValueError."""
    tree = _tree(text)
    node, rest = _deepest(tree, keys)
    if rest:
        return with_member(text, keys, [item])
    if not isinstance(node.value, list):
        raise ValueError(f"{json.dumps(keys[-1])} is not a list")
    wanted = copy.deepcopy(tree.value)
    _at(wanted, keys).append(item)
    return _checked(_inserted(text, node, None, item), wanted)


def without_member(text: str, keys: Sequence[str]) -> str:
    """Return the text without the member at `keys`. Raises ValueError."""
    tree = _tree(text)
    wanted = copy.deepcopy(tree.value)
    _at(wanted, keys)
    del _at(wanted, keys[:-1])[keys[-1]]
    holder, _ = _deepest(tree, keys[:-1])
    at = max(number for number, part in enumerate(holder.parts) if part.name == keys[-1])
    return _checked(_cut(text, holder, at), wanted)


def without_item(text: str, keys: Sequence[str], item: Any) -> str:
    """Return the text without the last `item` of the array at `keys`. Raises ValueError."""
    tree = _tree(text)
    wanted = copy.deepcopy(tree.value)
    items = _at(wanted, keys)
    if not isinstance(items, list) or item not in items:
        raise ValueError("there is no such item")
    at = max(number for number, present in enumerate(items) if present == item)
    del items[at]
    return _checked(_cut(text, _deepest(tree, keys)[0], at), wanted)


def _checked(text: str, wanted: Any) -> str:
    """Return the text if its value is `wanted`. Raises ValueError."""
    try:
        value = loads(text)
    except ValueError as error:
        raise ValueError(UNSAFE) from error
    if value != wanted:
        raise ValueError(UNSAFE)
    return text


def _at(value: Any, keys: Sequence[str]) -> Any:
    try:
        for key in keys:
            value = value[key]
    except (KeyError, TypeError) as error:
        raise ValueError("there is no such member") from error
    return value


def _deepest(node: _Node, keys: Sequence[str]) -> tuple[_Node, Sequence[str]]:
    """Return the last value on the way of `keys` that is there, and the keys that remain."""
    for number, key in enumerate(keys):
        inner = [part.node for part in node.parts if part.name == key]
        if not inner:
            return node, keys[number:]
        node = inner[-1]
    return node, ()


def _inserted(text: str, holder: _Node, name: str | None, value: Any) -> str:
    """Return the text with one more part at the end of an object or an array, written as its others are."""
    if holder.start == holder.end:  # nothing but white space and comments
        return f"{text}{_written({name: value}, text, '')}{_newline(text)}"
    label = "" if name is None else f"{json.dumps(name, ensure_ascii=False)}: "
    if not holder.parts:
        return _filled(text, holder, label, value)
    last = holder.parts[-1]
    after = last.node.end if last.comma is None else last.comma + 1
    rest = _REST.match(text, after)
    at = after if rest is None else rest.end()
    if "\n" not in text[holder.start : last.start] and "//" not in text[after:at]:
        new = f" {label}{json.dumps(value, ensure_ascii=False)}"
    else:
        indent = _indent(text, last.start)
        new = f"{_newline(text)}{indent}{label}{_written(value, text, indent)}"
    if last.comma is None:
        return f"{text[:after]},{text[after:at]}{new}{text[at:]}"
    return f"{text[:at]}{new},{text[at:]}"


def _filled(text: str, holder: _Node, label: str, value: Any) -> str:
    """Return the text with the first part of an object or an array, which may have comments."""
    close = holder.end - 1
    outer = _indent(text, holder.start)
    indent = outer + _unit(text)
    new = f"{_newline(text)}{indent}{label}{_written(value, text, indent)}"
    inside = text[holder.start + 1 : close]
    space = inside[len(inside.rstrip(" \t\r\n")) :]
    if "\n" in space:
        at = close - len(space)
        return f"{text[:at]}{new}{text[at:]}"
    return f"{text[:close]}{new}{_newline(text)}{outer}{text[close:]}"


def _cut(text: str, holder: _Node, at: int) -> str:
    """Return the text without a part of an object or an array."""
    part = holder.parts[at]
    lead = _LEAD.search(text, 0, part.start)
    start = part.start if lead is None else lead.start()
    end = part.node.end if part.comma is None else part.comma + 1
    if len(holder.parts) == 1:
        left = text[holder.start + 1 : start] + text[end : holder.end - 1]
        return text[: holder.start + 1] + (left if left.strip() else "") + text[holder.end - 1 :]
    previous = holder.parts[at - 1].comma if at == len(holder.parts) - 1 and part.comma is None else None
    if previous is None:
        return text[:start] + text[end:]
    return text[:previous] + text[previous + 1 : start] + text[end:]


def _written(value: Any, text: str, indent: str) -> str:
    """Write a value in lines that are indented as the text is."""
    lines = json.dumps(value, indent=_unit(text), ensure_ascii=False).split("\n")
    return f"{_newline(text)}{indent}".join(lines)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _unit(text: str) -> str:
    """Return the indentation of one level."""
    match = _INDENTED.search(text)
    return match[1] if match else "  "


def _indent(text: str, at: int) -> str:
    """Return the indentation of the line of a place."""
    line = text[text.rfind("\n", 0, at) + 1 : at].removeprefix(BOM)
    return line[: len(line) - len(line.lstrip(" \t"))]


def _tree(text: str) -> _Node:
    """Parse a text. Raises ValueError."""
    try:
        start = _skip(text, len(BOM) if text.startswith(BOM) else 0)
        if start == len(text):
            return _Node({}, start, start)
        node = _value(text, start)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if _skip(text, node.end) != len(text):
        raise _unexpected(text, _skip(text, node.end))
    return node


def _skip(text: str, at: int) -> int:
    match = _BETWEEN.match(text, at)
    return match.end() if match else at


def _value(text: str, at: int) -> _Node:
    opening = text[at : at + 1]
    if opening in ("{", "["):
        return _container(text, at, "}" if opening == "{" else "]")
    scalar = _SCALAR.match(text, at)
    if scalar is None:
        raise _unexpected(text, at)
    try:
        return _Node(json.loads(scalar[0]), at, scalar.end())
    except ValueError as error:
        raise _unexpected(text, at) from error


def _container(text: str, start: int, closing: str) -> _Node:
    parts: list[_Part] = []
    at = _skip(text, start + 1)
    while text[at : at + 1] != closing:
        if parts and parts[-1].comma is None:
            raise _unexpected(text, at)
        part = _part(text, at, named=closing == "}")
        after = _skip(text, part.node.end)
        if text[after : after + 1] == ",":
            part = part._replace(comma=after)
            after = _skip(text, after + 1)
        parts.append(part)
        at = after
    value = {part.name: part.node.value for part in parts} if closing == "}" else [part.node.value for part in parts]
    return _Node(value, start, at + 1, tuple(parts))


def _part(text: str, start: int, *, named: bool) -> _Part:
    if not named:
        return _Part(start, None, _value(text, start), None)
    name = _value(text, start)
    colon = _skip(text, name.end)
    if not isinstance(name.value, str) or text[colon : colon + 1] != ":":
        raise _unexpected(text, colon if isinstance(name.value, str) else start)
    return _Part(start, name.value, _value(text, _skip(text, colon + 1)), None)


def _unexpected(text: str, at: int) -> ValueError:
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    found = json.dumps(text[at], ensure_ascii=False) if at < len(text) else "the end"
    return ValueError(f"line {line}, column {column}: unexpected {found}")
