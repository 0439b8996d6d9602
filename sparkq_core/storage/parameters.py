"""Named values in the order in which SQLite numbers a statement's parameters.

SQLite can be asked for each parameter by its name, but that costs a tenth of a verb; the order of a statement's names is
found out once.
"""

import re
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

Values = Mapping[str, Any]

_PARAMETER = re.compile(r":(\w+)")
_orders: dict[str, Callable[[Values], tuple[Any, ...]]] = {}


def in_order(sql: str, values: Values | None) -> tuple[Any, ...] | None:
    """`values` by number; more than the statement asks for may be there. Raises KeyError for a missing one."""
    if values is None:
        return None
    order = _orders.get(sql)
    if order is None:
        order = _orders[sql] = _order(parameters(sql))
    return order(values)


def parameters(sql: str) -> tuple[str, ...]:
    """The names of a statement's parameters, numbered as they first appear."""
    return tuple(dict.fromkeys(_PARAMETER.findall(sql)))


def _order(names: tuple[str, ...]) -> Callable[[Values], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)
