"""The usual forms of what clients send: those of which it is known that the SDK takes them as they are."""

import json
from typing import Any

from sparkq_mcp.transport.first_answers import MODERN, Json

PREFIX = "io.modelcontextprotocol/"
VERSION_KEY = f"{PREFIX}protocolVersion"
CLIENT_KEY = f"{PREFIX}clientInfo"
CAPABILITIES_KEY = f"{PREFIX}clientCapabilities"
SUBSCRIPTION_KEY = f"{PREFIX}subscriptionId"
MESSAGE_KEYS = frozenset({"jsonrpc", "id", "method", "params"})
INFO_KEYS = frozenset({"name", "version", "title", "description", "websiteUrl"})
LARGEST_ID, LONGEST_ID = 2**53, 1000
REPLAYED = "sparkq:replayed:"
"""The ids of replayed requests begin with this."""


def parsed(line: bytes) -> Json | None:
    """Return the message on a line; None if it is not a request or notification in its usual form."""
    try:
        text = line.decode()
        message = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or not message.keys() <= MESSAGE_KEYS or "\\ud" in text.lower():
        return None
    is_usual = message.get("jsonrpc") == "2.0" and isinstance(message.get("method"), str)
    return message if is_usual and isinstance(message.get("params", {}), dict) else None


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def is_plain_id(number: Any) -> bool:
    if isinstance(number, str):
        return len(number) <= LONGEST_ID and not number.startswith(REPLAYED)
    return type(number) is int and abs(number) <= LARGEST_ID


def is_plain_meta(meta: Any) -> bool:
    """True for metadata that changes no answer: at most a token for progress, and keys of the client's own."""
    if not isinstance(meta, dict) or any(key.startswith(PREFIX) for key in meta):
        return False
    return "progressToken" not in meta or type(meta["progressToken"]) in (str, int)


def is_envelope(meta: Json) -> bool:
    """True for the metadata of a modern request."""
    own = {key: value for key, value in meta.items() if key not in (VERSION_KEY, CLIENT_KEY, CAPABILITIES_KEY)}
    is_known = CLIENT_KEY not in meta or is_info(meta[CLIENT_KEY])
    is_served = meta[VERSION_KEY] == MODERN and are_capabilities(meta.get(CAPABILITIES_KEY))
    return is_served and is_known and is_plain_meta(own)


def is_info(info: Any) -> bool:
    """True for the usual words of a client about itself."""
    if not isinstance(info, dict) or not {"name", "version"} <= info.keys() <= INFO_KEYS:
        return False
    return all(isinstance(text, str) for text in info.values())


def are_capabilities(capabilities: Any) -> bool:
    """True for the usual capabilities of a client: objects in objects, of which no value is looked at here."""
    if not isinstance(capabilities, dict):
        return False
    for name, capability in capabilities.items():
        if not isinstance(capability, dict):
            return False
        if name == "roots":
            if not capability.keys() <= {"listChanged"} or not isinstance(capability.get("listChanged", True), bool):
                return False
        elif name in ("experimental", "extensions", "elicitation", "sampling"):
            if not all(isinstance(value, dict) for value in capability.values()):
                return False
        elif name != "tasks" or not _are_objects(capability):
            return False
    return True


def _are_objects(value: Any) -> bool:
    return isinstance(value, dict) and all(_are_objects(each) for each in value.values())
