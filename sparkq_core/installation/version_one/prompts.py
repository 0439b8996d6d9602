"""Reads what SparkQ 1 kept of a task as text: the payload with its prompt, the result, and the output of a script."""

import json
from collections.abc import Mapping
from typing import Any

from sparkq_core.errors import SparkQError
from sparkq_core.tasks.settle import as_json
from sparkq_core.text import MAX_TEXT, is_blank

CUT = "… (cut: SparkQ 1 kept more)"
MAX_OUTPUT = 64 * 1024
"""Bytes of each output stream that are kept: the last ones. As JSON they may be six times as long."""

NO_PROMPT = "(SparkQ 1 kept no prompt.)"


def cleaned(value: Any) -> str:
    """Return a text of the old database as one that can be stored here: at most 1 MiB, without NUL and surrogates."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    text = text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if len(text) <= MAX_TEXT // 4 or len(text.encode()) <= MAX_TEXT:
        return "" if is_blank(text) else text
    return text.encode()[: MAX_TEXT - len(CUT.encode())].decode(errors="ignore") + CUT


def prompt_of(row: Mapping[str, Any]) -> str:
    """Return the prompt of a task. SparkQ 1 had several forms of payload, and none that is not known is lost.

    The prompt of its page began with the queue's instructions, which come with every claim here: what was typed is taken
    instead, except where a role was put in too. A task of a script has its command line.
    """
    text = cleaned(row.get("payload"))
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return text or NO_PROMPT
    if not isinstance(payload, dict):
        return (cleaned(payload) if isinstance(payload, str) else text) or NO_PROMPT
    prompt = _prompt(payload)
    if not prompt:
        return text
    metadata = payload.get("metadata")
    return cleaned(f"{prompt}\n\nMetadata: {json.dumps(metadata, ensure_ascii=False)}" if metadata else prompt)


def _prompt(payload: Mapping[str, Any]) -> str:
    raw, whole, path = (payload.get(key) for key in ("raw_prompt", "prompt", "prompt_path"))
    if isinstance(raw, str) and not is_blank(raw) and not payload.get("agent_role_key"):
        return raw
    if isinstance(whole, str) and not is_blank(whole):
        return whole
    if isinstance(path, str) and not is_blank(path):
        return f"Do what the file {path} says."
    script, arguments = payload.get("script_path"), payload.get("args")
    if isinstance(script, str) and not is_blank(script):
        from shlex import join

        return join([script, *(str(argument) for argument in (arguments if isinstance(arguments, list) else []))])
    return ""


def result_of(row: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return the result of a task and its data as JSON. The result is the summary, if it was JSON with one."""
    text = cleaned(row.get("result"))
    try:
        result = json.loads(text)
    except (ValueError, RecursionError):
        return text, output_of(row)
    summary = result.get("summary") if isinstance(result, dict) else None
    if not isinstance(summary, str) or is_blank(summary):
        return text, output_of(row)
    try:
        return cleaned(summary), as_json(result | _outputs(row))
    except SparkQError:
        return text, output_of(row)


def output_of(row: Mapping[str, Any]) -> str | None:
    """Return the output of a script as JSON, None if there is none."""
    return as_json(_outputs(row) or None)


def _outputs(row: Mapping[str, Any]) -> dict[str, str]:
    texts = {name: cleaned(row.get(name)) for name in ("stdout", "stderr")}
    return {name: text.encode()[-MAX_OUTPUT:].decode(errors="ignore") for name, text in texts.items() if text}
