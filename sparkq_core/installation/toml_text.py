"""The TOML of a client's configuration: changes one table of the text.

Comments, order and formatting of everything else stay. Each change is checked, as in `jsonc`.
"""

import copy
import tomllib
from collections.abc import Sequence
from typing import Any

from sparkq_core.installation.jsonc import BOM, UNSAFE


def loads(text: str) -> dict[str, Any]:
    """Return the value of a text. Raises ValueError."""
    try:
        return tomllib.loads(_plain(text))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def with_table(text: str, keys: Sequence[str], value: dict[str, Any]) -> str:
    """Return the text with the table `value` at `keys`, at its end if it is new. Raises ValueError."""
    import tomlkit  # only Codex needs it

    wanted = loads(text)
    document = tomlkit.parse(_plain(text))
    holder: Any = document
    inner = wanted
    for key in keys[:-1]:
        if key not in holder:
            holder[key] = tomlkit.table(is_super_table=True)
        holder, inner = holder[key], inner.setdefault(key, {})
        if not isinstance(inner, dict):
            raise ValueError(f"{key} is not a table")
    if inner.get(keys[-1]) == value:
        return text
    table = tomlkit.inline_table() if isinstance(holder, tomlkit.items.InlineTable) else tomlkit.table()
    table.update(value)
    inner[keys[-1]] = copy.deepcopy(value)
    holder[keys[-1]] = table
    return _checked(document.as_string(), wanted, text)


def without_table(text: str, keys: Sequence[str]) -> str:
    """Return the text without the table at `keys`, and without tables that are empty then. Raises ValueError."""
    import tomlkit

    wanted = loads(text)
    document = tomlkit.parse(_plain(text))
    for depth in range(len(keys), 0, -1):
        holder, inner = _at(document, keys[: depth - 1]), _at(wanted, keys[: depth - 1])
        if depth < len(keys) and inner[keys[depth - 1]]:
            break
        del holder[keys[depth - 1]], inner[keys[depth - 1]]
    left = document.as_string()
    return _checked(left[:-1] if left == "\n" or left.endswith("\n\n") else left, wanted, text)


def _at(value: Any, keys: Sequence[str]) -> Any:
    try:
        for key in keys:
            value = value[key]
    except (KeyError, TypeError) as error:
        raise ValueError("there is no such table") from error
    return value


def _plain(text: str) -> str:
    """Return the text without its byte order mark, with line ends of Unix."""
    return text.removeprefix(BOM).replace("\r\n", "\n")


def _checked(new: str, wanted: dict[str, Any], text: str) -> str:
    """Return the new text with the line ends of `text`, if its value is `wanted`. Raises ValueError."""
    if loads(new) != wanted or (text.count("\r\n") not in (0, text.count("\n"))):
        raise ValueError(UNSAFE)
    mark = BOM if text.startswith(BOM) else ""
    return mark + (new.replace("\n", "\r\n") if "\r\n" in text else new)
