"""What `sparkq setup` asks: one question about all settings, and each by its name if you want to change it."""

import json as json_format
from itertools import zip_longest
from typing import Any

import typer

from sparkq_cli import show
from sparkq_cli.wrap import wrapped
from sparkq_core.config import loading as configuration
from sparkq_core.errors import InvalidConfig, InvalidName
from sparkq_core.installation import configure
from sparkq_core.installation import setup as core
from sparkq_core.text import checked_name, nearest, safe

QUESTION = "Take these? [Y/n/edit, or the name of a setting]"
EXPLAINED = 30
"""Columns that a terminal must have left for what a setting is for; with fewer, that is below the setting."""

YES, NO, EDIT = ("", "y", "yes"), ("n", "no"), ("e", "edit")


def confirmed(values: dict[str, Any]) -> dict[str, Any]:
    """Show every setting in one table, and ask until you take them all as they are shown.

    `edit` asks about each, the name of one asks about it. Raises typer.Exit if you do not want them.
    """
    answers = dict(values)
    table(answers)
    while True:
        word = str(typer.prompt(f"\n{QUESTION}", default="", show_default=False)).strip()
        if word.lower() in YES:
            return answers
        if word.lower() in NO:
            show.say("Nothing was changed.")
            raise typer.Exit(1)
        keys = list(answers) if word.lower() in EDIT else _named(word, list(answers))
        if len(keys) > 1:
            show.say("Enter keeps the value in brackets.\n")
        for number, key in enumerate(keys):
            explanation = core.explained(key)
            if not number or explanation != core.explained(keys[number - 1]):
                show.say(show.paint(explanation, "dim"))
            answers[key] = _ask(key, answers[key])
        if len(keys) > 1:
            show.say()
            table(answers)
        elif keys:
            show.fields([(safe(key), shown(key, answers[key])) for key in keys])


def table(values: dict[str, Any]) -> None:
    """Print every setting with its value and what it is for."""
    rows = [[key, shown(key, value), core.explained(key)] for key, value in values.items()]
    left = show.columns() - sum(max(show.width(row[at]) + 2 for row in rows) for at in (0, 1))
    if left >= EXPLAINED or not show.is_terminal():
        show.table(["SETTING", "VALUE", "WHAT IT IS FOR"], rows, flexible=2)
        return
    texts = [explained for _, _, explained in rows]
    below = [  # four timeouts are explained once
        "" if text == following else show.paint("\n".join(wrapped(f"  {text}", show.columns(), show.width)), "dim")
        for text, following in zip_longest(texts, texts[1:])
    ]
    show.table(["SETTING", "VALUE"], [row[:2] for row in rows], flexible=1, below=below)


def _named(word: str, keys: list[str]) -> list[str]:
    """Return the setting of this name, whole or its last part; none, with an explanation, if it is not one."""
    matches = [key for key in keys if key.lower() == word.lower()]
    matches = matches or [key for key in keys if key.lower().rpartition(".")[2] == word.lower()]
    if len(matches) == 1:
        return matches
    hint = f"It can be: {', '.join(matches)}." if matches else nearest(word, keys)
    show.say(f"  There is no setting {safe(word)[:40]!r}. {hint}")
    return []


def _ask(key: str, value: Any) -> Any:
    """One answer, read as `sparkq config set` reads it; a wrong one is explained and asked again."""
    before = shown(key, value)
    while True:
        raw = str(typer.prompt(safe(key), default=before))
        if raw == before:
            return value
        try:
            answer = configure.value_of(key, raw.strip())
            configuration.check(key, answer, "Your answer")
        except InvalidConfig as error:
            show.say(f"  {error.message} {error.hint}")
            continue
        return answer


def name_of(noun: str, default: str) -> str | None:
    """Ask for the name of a first queue or session, `-` for none; one that cannot be is explained and asked again."""
    while True:
        name = str(typer.prompt(f"Name of a first {noun} (- for none)", default=default)).strip()
        try:
            return None if name == "-" else checked_name(name, noun)
        except InvalidName as error:
            show.say(f"  {error.message} {error.hint}")


def shown(key: str, value: Any) -> str:
    """Return a setting as you would type it."""
    if key == "script_dirs" and not any("," in folder or folder != folder.strip() for folder in value):
        return safe(", ".join(value))
    return safe(value if isinstance(value, str) else json_format.dumps(value, ensure_ascii=False))
