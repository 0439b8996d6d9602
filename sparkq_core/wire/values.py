"""Values in JSON, and objects without the keys that have no value."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from sparkq_core.clock import iso

Json = dict[str, Any]
P = ParamSpec("P")
T = TypeVar("T", bound=Mapping[str, Any])

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def compact(value: Any) -> str:
    """Format a value as one line of JSON without spaces."""
    return _ENCODER.encode(value)


def exclude_none(value: T) -> T:
    """Copy a JSON object without the keys that have no value."""
    return {key: item for key, item in value.items() if item is not None}  # type: ignore[return-value]  # T, with fewer keys


def excludes_none(convert: Callable[P, T]) -> Callable[P, T]:
    """Leave out the keys that have no value from all that the function returns."""

    @wraps(convert)
    def converted(*args: P.args, **kwargs: P.kwargs) -> T:
        return exclude_none(convert(*args, **kwargs))

    return converted


def iso_or_none(moment: int | None) -> str | None:
    """Format a moment, if there is one."""
    return None if moment is None else iso(moment)


def json_or_none(data: str | None) -> Any:
    """Read stored JSON, if there is any."""
    return None if data is None else json.loads(data)


def seconds_or_none(duration_ms: int | None) -> float | None:
    """Convert milliseconds to seconds, rounded to tenths, if there are any."""
    return None if duration_ms is None else round(duration_ms / 1000, 1)
