"""What you type to let a chat work a queue: `backend 5 until 07:00 --fresh`."""

import re

from sparkq_core.clock import next_time_of_day
from sparkq_core.errors import InvalidValue
from sparkq_core.queues.assignments import Order
from sparkq_core.text import cut, safe

USAGE = "Type: /sparkq:work QUEUE [NUMBER] [until HH:MM] [--fresh]"
MOST = 100_000
"""The largest number of tasks that can be asked for."""

COMMAND = re.compile(r"[/$]?sparkq:(work|stop)(?:\s+(.*))?", re.DOTALL)
"""A command as the text of a prompt, for clients that have no slash commands of a plugin."""

TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def command_in(prompt: str) -> tuple[str, str] | None:
    """Return the command that a prompt consists of, and its arguments; None if it is something else."""
    match = COMMAND.fullmatch(prompt.strip().partition("\n")[0].strip())
    return (match[1], match[2] or "") if match else None


def order(arguments: str, now: int) -> Order:
    """Read the words behind the command. The time is that of the machine's clock, the next one after `now` (UTC ms).

    Raises InvalidValue, which says how to type it.
    """
    wanted, words = Order(), iter(arguments.replace(",", " ").split())
    for word in words:
        bare = word.strip("\"'`.")
        match bare.lower().lstrip("-"):
            case "until":
                wanted = wanted._replace(until=_time(next(words, ""), now))
            case "fresh" if word.startswith("-"):
                wanted = wanted._replace(fresh=True)
            case _ if word.startswith("-"):
                raise _unreadable(word)
            case digits if digits.isdecimal() and wanted.most is None:
                wanted = wanted._replace(most=_number(digits))
            case _ if bare and wanted.queue is None and wanted.most is None and wanted.until is None:
                wanted = wanted._replace(queue=bare)
            case _:
                raise _unreadable(word)
    return wanted


def _number(digits: str) -> int:
    if len(digits) > len(str(MOST)) or not 1 <= int(digits) <= MOST:
        raise InvalidValue(f"The number of tasks is from 1 to {MOST:,}.", USAGE)
    return int(digits)


def _time(word: str, now: int) -> int:
    match = TIME.fullmatch(word.strip("\"'`."))
    if match is None:
        after = f"{safe(cut(word, 40))!r} is not a time of day." if word else "The time of day is missing."
        raise InvalidValue(after, f"Write it like 07:00. {USAGE}")
    return next_time_of_day(now, int(match[1]), int(match[2]))


def _unreadable(word: str) -> InvalidValue:
    return InvalidValue(f"SparkQ cannot read {safe(cut(word, 40))!r}.", USAGE)
