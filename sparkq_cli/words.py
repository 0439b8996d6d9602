"""What people type because other programs call it so, and which command they mean."""

from collections.abc import Collection, Sequence

from sparkq_cli.command_list import COMMANDS
from sparkq_cli.options import ID_LIKE
from sparkq_core.text import counted, safe

ALIASES = {
    "add": ("enqueue",),
    "done": ("complete",),
    "find": ("tasks", "--search"),
    "finish": ("complete",),
    "follow": ("watch",),
    "history": ("report",),
    "inbox": ("review", "--list"),
    "info": ("task",),
    "list": ("tasks",),
    "log": ("report",),
    "ls": ("tasks",),
    "mv": ("move",),
    "next": ("peek",),
    "queues": ("queue", "list"),
    "remove": ("cancel",),
    "retry": ("requeue",),
    "rm": ("cancel",),
    "script": ("scripts",),
    "search": ("tasks", "--search"),
    "sessions": ("session", "list"),
    "show": ("task",),
}
"""Words that run a command. None of them deletes anything."""

OF_A_TASK = ("history", "log", "tasks")
"""Lists that, with an id behind the word, mean this one task."""

VERBS = {
    "add": "create",
    "info": "show",
    "ls": "list",
    "mv": "rename",
    "remove": "delete",
    "rm": "delete",
    "new": "create",
    "restore": "unarchive",
    "close": "end",
    "finish": "end",
    "get": "show",
}
"""The same for the verbs of a noun: `queue ls` is `queue list`. Only those that the noun has count."""

MEANINGS = {
    "abort": "cancel",
    "approve": "accept",
    "board": "start",
    "change": "edit",
    "close": "complete",
    "configure": "config",
    "continue": "queue resume",
    "create": "enqueue",
    "delete": "cancel",
    "hold": "queue pause",
    "init": "setup",
    "install": "setup",
    "kill": "cancel",
    "logs": "report",
    "monitor": "watch",
    "new": "enqueue",
    "open": "start",
    "output": "task",
    "pause": "queue pause",
    "push": "enqueue",
    "reject": "requeue",
    "reset": "requeue",
    "resume": "queue resume",
    "revert": "diff ID --reverse",
    "serve": "run",
    "server": "status",
    "settings": "config",
    "stash": "queue pause",
    "submit": "enqueue",
    "summary": "report",
    "switch": "edit ID --swap ID",
    "todo": "tasks",
    "ui": "start",
    "view": "task",
    "web": "start",
    "work": "claim",
}
"""Words that are answered with the command that does it, because they could mean another one."""

NEVER_SUGGESTED = frozenset({"import", "purge", "restore", "teardown"})
"""Commands that delete or replace work."""

TEXTS = frozenset({"ANSWER", "MESSAGE", "NOTE", "PROMPT", "REASON", "SUMMARY", "TEXT"})
"""The last arguments that are sentences, which need quotes."""


def meant(words: Sequence[str]) -> list[str]:
    """Return the words of a command line with SparkQ's own commands in place of aliases.

    `switch 3 4` is `edit 3 --swap 4`, `task VERB …` is `VERB …`, `tasks 3` is `task 3`, and what has no meaning here
    stays as it is.
    """
    word, *rest = words
    behind = rest[0] if rest else ""
    if word in OF_A_TASK and ID_LIKE.fullmatch(behind):
        return ["task", *rest]
    if word in ("queues", "sessions") and rest and not behind.startswith("-"):
        return [word.removesuffix("s"), *rest]
    if word in ("task", "tasks") and behind != word and (behind in COMMANDS or behind in ALIASES):
        return meant(rest)
    if word in ("switch", "swap") and len(rest) > 1 and ID_LIKE.fullmatch(behind) and ID_LIKE.fullmatch(rest[1]):
        return ["edit", behind, "--swap", *rest[1:]]
    if word in ("script", "scripts") and behind in ("list", "ls"):
        return ["scripts", *rest[1:]]
    return [*ALIASES.get(word, (word,)), *rest] if word not in COMMANDS else [*words]


def verb_meant(verb: str, verbs: Collection[str]) -> str:
    """Return the verb of a noun that `verb` means: itself, or another word for it."""
    return verb if verb in verbs else other if (other := VERBS.get(verb, "")) in verbs else verb


def advice(words: Sequence[str]) -> str:
    """Return the next step for a word that is not a command: the command that does it, or the likely ones."""
    word, rest = words[0], words[1:]
    if ID_LIKE.fullmatch(word):
        return f"Show a task: sparkq task {word.removeprefix('#')}."
    if " " in word.strip():
        return f'Queue a task: sparkq enqueue "{safe(word)[:40]}".'
    if (command := MEANINGS.get(word.lower())) is not None:
        return f"Perhaps you mean: sparkq {command}."
    if word.lower() != word and (word.lower() in COMMANDS or word.lower() in ALIASES):
        return f"Commands are in lower case: sparkq {word.lower()}."
    likely = near(word, [*COMMANDS, *ALIASES])
    if likely:
        return f"Did you mean {' or '.join(likely)}?"
    return f'Queue a task: sparkq enqueue "{safe(" ".join(words))[:40]}".' if len(rest) > 1 else ""


def near(word: str, known: Collection[str]) -> list[str]:
    """Return the commands that begin with `word`, or are spelled nearly so. Never one that deletes work."""
    safe_ones = [each for each in known if each not in NEVER_SUGGESTED]
    begun = [each for each in safe_ones if len(word) > 1 and each.startswith(word)]
    if begun:
        return begun[:4]
    from difflib import get_close_matches  # 4 ms at import, and only errors need it

    return get_close_matches(word, safe_ones, n=2, cutoff=0.75)


def unquoted(command: str, metavar: str, extra: str, before: Sequence[str]) -> tuple[str, str]:
    """Return message and next step for a sentence that was typed without quotes; `before` are the arguments up to it."""
    *ids, first = before
    typed = " ".join(["sparkq", command, *map(safe, ids)])
    words = counted(len(extra.split()) + 1, "word")
    text = safe(f"{first} {extra}").replace('"', '\\"')
    return (
        f"The {metavar.lower()} was given as {words} without quotes.",
        f'Write: {typed} "{text}"',
    )
