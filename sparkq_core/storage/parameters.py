"""Puts named values into the order in which SQLite numbers the parameters of a statement.

SQLite can bind parameters by name, but that is a tenth of the cost of a verb. The order of a statement's parameters is
computed once.
"""

import re
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

Values = Mapping[str, Any]

_PARAMETER = re.compile(r":(\w+)")
_orders: dict[str, Callable[[Values], tuple[Any, ...]]] = {}


def in_order(sql: str, values: Values | None) -> tuple[Any, ...] | None:
    """Return the values in the order of the statement's parameters. Others are ignored. Raises KeyError if one is missing."""
    if values is None:
        return None
    order = _orders.get(sql)
    if order is None:
        order = _orders[sql] = _order(parameters(sql))
    return order(values)


def parameters(sql: str) -> tuple[str, ...]:
    """Return the names of a statement's parameters in the order in which they first appear."""
    return tuple(dict.fromkeys(_PARAMETER.findall(sql)))


def _order(names: tuple[str, ...]) -> Callable[[Values], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    if not names:
        return lambda _: ()
    (name,) = names
    return lambda values: (values[name],)  # itemgetter would return the value alone
