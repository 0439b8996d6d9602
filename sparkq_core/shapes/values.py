"""Declare which values a text has."""

from collections.abc import Callable
from typing import Any


class OneOf:
    """Declare the values of a text in its JSON schema; for mypy it is still a text, because the database returns one."""

    def __init__(self, *values: str) -> None:
        self.values = values

    def __get_pydantic_json_schema__(self, schema: Any, to_json: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        return to_json(schema) | {"enum": [str(value) for value in self.values]}
