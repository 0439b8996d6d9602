"""What a command prints for a worker, as the worker reads it."""

import re


def command(printed: str, verb: str = "complete") -> str:
    """The command that the runner says settles the task, with its here-document."""
    return [match[0] for match in re.finditer(rf"^sparkq {verb} .*<<'(\w+)'\n(?s:.*?)^\1$", printed, re.MULTILINE)][-1]
