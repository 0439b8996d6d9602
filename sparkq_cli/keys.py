"""Ask for a key: a single letter or its whole word, so that `abort` is never read as `accept`."""

from collections.abc import Mapping

import typer

from sparkq_cli import show
from sparkq_core.text import safe


def asked(keys: Mapping[str, str], prompt: str, default: str) -> str:
    """Ask until the answer is a key or a word of `keys`, which has a word for each key; return the key.

    An empty answer is the `default`, and `?` explains the keys.
    """
    by_word = {word.split()[0].rstrip(":"): key for key, word in keys.items()}
    while True:
        answer = str(typer.prompt(prompt, default=default, show_default=False, prompt_suffix=" > ")).strip().lower()
        key = by_word.get(answer, answer)
        if key in keys:
            return key
        if answer in ("?", "h", "help"):
            show.say("\n".join(f"  {each}  {word}" for each, word in keys.items()))
            continue
        names = list(keys)
        show.say(
            f"Unknown key {safe(answer)[:40]!r}: type {', '.join(names[:-1])} or {names[-1]}, then Enter; ? explains them."
        )
