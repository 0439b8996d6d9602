"""The opening of a connection: what clients ask first, answered in the SDK's words before it is loaded.

Each client begins with a handshake and the lists of tools, prompts and resources, and most chats never call a tool.
What is not exactly known here is left to the SDK, which is shown the same beginning (`replay`).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from sparkq_mcp.offer import NO_PROJECT
from sparkq_mcp.transport.first_answers import LEVELS, LISTS, MODERN, FirstAnswers, Json

PREFIX = "io.modelcontextprotocol/"
VERSION_KEY = f"{PREFIX}protocolVersion"
CLIENT_KEY = f"{PREFIX}clientInfo"
CAPABILITIES_KEY = f"{PREFIX}clientCapabilities"
DISCOVER, INITIALIZE, INITIALIZED = "server/discover", "initialize", "notifications/initialized"
PING, SET_LEVEL, TOOLS, RESOURCES = "ping", "logging/setLevel", "tools/list", "resources/list"
MESSAGE_KEYS = frozenset({"jsonrpc", "id", "method", "params"})
HELLO_KEYS = frozenset({"protocolVersion", "capabilities", "clientInfo", "_meta"})
INFO_KEYS = frozenset({"name", "version", "title", "description", "websiteUrl"})
LARGEST_ID, LONGEST_ID = 2**53, 1000
REPLAYED = "sparkq:replayed:"
"""The ids of replayed requests begin with this."""


class Facts(NamedTuple):
    """What the answers depend on besides the options, asked when it is needed.

    `is_waiting` is True if no tools are listed, because nothing was set up here yet. `mentions` are the address, name and
    description of each queue and task in the list of resources.
    """

    is_waiting: Callable[[], bool]
    mentions: Callable[[], Sequence[Sequence[str]]]


class Replayed(NamedTuple):
    """A line that the SDK must see to know the connection, its id, and the answer with this id that the client has. Both are
    empty for a notification. The client is told of changes of a list that it follows."""

    line: str
    request_id: str = ""
    answer: str = ""
    is_followed: bool = False


class Opening:
    """Answers the lines of a client until one needs the SDK."""

    def __init__(self, answers: FirstAnswers, facts: Facts) -> None:
        self._answers = answers
        self._facts = facts
        self._era = ""
        self._version: str | None = None
        self._kept: dict[str, Replayed] = {}
        self.client: Json | None = None
        """What the client says of itself."""

    @property
    def replay(self) -> tuple[Replayed, ...]:
        """What the SDK must be shown before anything else, in this order."""
        return tuple(self._kept.values())

    def answer(self, line: bytes) -> str | None:
        """Return the answer to a line, empty if it needs none. None if the SDK must answer it."""
        message = parsed(line)
        if message is None:
            return None
        method, params = message["method"], message.get("params", {})
        if "id" not in message:
            return self._noted(method, message)
        if not _is_plain_id(message["id"]):
            return None
        answer = self._answer(method, params)
        if answer is None:
            return None
        is_followed = self._is_followed(method, answer)
        is_first = bool(self._era) and not any(kept.answer for kept in self._kept.values())
        if is_first or method == INITIALIZE or is_followed:
            self._keep(method, message, answer, is_followed)
        return _text(message["id"], answer)

    def changes(self) -> Iterator[str]:
        """Yield a notification for each list that has changed since the client got it."""
        for method, kept in list(self._kept.items()):
            answer = self._listed(method) if kept.is_followed else {}
            if kept.is_followed and _text(kept.request_id, answer) != kept.answer:
                if self._is_followed(method, answer):
                    self._keep(method, json.loads(kept.line), answer, True)
                else:
                    del self._kept[method]
                yield changed(method)

    def _noted(self, method: str, message: Json) -> str | None:
        """Take note of a notification. Only one means anything before the first call."""
        if not method.startswith("notifications/"):
            return None
        if method == INITIALIZED:
            self._kept[method] = Replayed(compact(message))
        return ""

    def _answer(self, method: str, params: Json) -> Json | None:
        """Return the result or error of a request, and settle the era of the connection by the first one."""
        meta = params.get("_meta", {})
        if not isinstance(meta, dict):
            return None
        is_modern = VERSION_KEY in meta
        if method == DISCOVER and not self._era:
            return self._probed(meta)
        if method == INITIALIZE:
            return self._initialized(params)
        if self._era != "modern" and not is_modern:
            return self._legacy(method, params, meta)
        if self._era != "legacy" and is_modern and _is_envelope(meta):
            return self._modern(method, params)
        return None

    def _probed(self, meta: Json) -> Json | None:
        """Answer a probe. It does not settle the era, since some clients initialize next."""
        if meta.get(VERSION_KEY) != MODERN:
            return None
        return self._answers.answer(MODERN, DISCOVER, said=self._said())

    def _initialized(self, params: Json) -> Json | None:
        version = params.get("protocolVersion")
        is_known = isinstance(version, str) and self._answers.knows(version, INITIALIZE)
        if self._era == "modern" or self._version is not None or not is_known or not params.keys() <= HELLO_KEYS:
            return None
        info, capabilities, meta = params.get("clientInfo"), params.get("capabilities"), params.get("_meta", {})
        if not (_is_info(info) and _are_capabilities(capabilities) and _is_plain_meta(meta)):
            return None
        self._era, self._version, self.client = "legacy", str(version), info
        return self._answers.answer(str(version), INITIALIZE, said=self._said())

    def _legacy(self, method: str, params: Json, meta: Json) -> Json | None:
        if not _is_plain_meta(meta) or not (self._version or method == PING):
            return None
        if method == SET_LEVEL:
            is_plain = params.keys() <= {"level", "_meta"} and params.get("level") in LEVELS
        else:
            is_plain = params.keys() <= {"_meta"}
        if not is_plain:
            return None
        if method in LISTS:
            return self._listed(method)
        if method not in (PING, SET_LEVEL):
            return None
        answer = self._answers.answer(self._version or self._answers.oldest, method)
        self._era = "legacy"
        return answer

    def _modern(self, method: str, params: Json) -> Json | None:
        if method not in (*LISTS, DISCOVER) or not params.keys() <= {"_meta"}:
            return None
        self._era, self._version = "modern", MODERN
        if method == DISCOVER:
            return self._answers.answer(MODERN, DISCOVER, said=self._said())
        return self._listed(method)

    def _listed(self, method: str) -> Json:
        assert self._version is not None
        if method == TOOLS and self._facts.is_waiting():
            return self._answers.without_tools(self._version)
        mentions = self._facts.mentions() if method == RESOURCES else ()
        return self._answers.answer(self._version, method, mentions=mentions)

    def _said(self) -> str:
        return NO_PROJECT if self._facts.is_waiting() else ""

    def _is_followed(self, method: str, answer: Json) -> bool:
        """True for a list whose changes are told to the client: that of the resources, and an empty one of the tools."""
        return self._era == "legacy" and (method == RESOURCES or (method == TOOLS and not answer["result"]["tools"]))

    def _keep(self, method: str, message: Json, answer: Json, is_followed: bool) -> None:
        request_id = f"{REPLAYED}{method}"
        line = compact(message | {"id": request_id})
        self._kept[method] = Replayed(line, request_id, _text(request_id, answer), is_followed)


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


def changed(method: str) -> str:
    """Return the notification that a list has changed, in the SDK's words."""
    return compact({"jsonrpc": "2.0", "method": f"notifications/{method}_changed"}) + "\n"


def compact(message: Json) -> str:
    """Return JSON as the SDK writes it."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _text(number: str | int, answer: Json) -> str:
    return compact({"jsonrpc": "2.0", "id": number, **answer}) + "\n"


def _is_plain_id(number: Any) -> bool:
    if isinstance(number, str):
        return len(number) <= LONGEST_ID and not number.startswith(REPLAYED)
    return type(number) is int and abs(number) <= LARGEST_ID


def _is_plain_meta(meta: Any) -> bool:
    """True for metadata that changes no answer: at most a token for progress, and keys of the client's own."""
    if not isinstance(meta, dict) or any(key.startswith(PREFIX) for key in meta):
        return False
    return "progressToken" not in meta or type(meta["progressToken"]) in (str, int)


def _is_envelope(meta: Json) -> bool:
    """True for the metadata of a modern request."""
    own = {key: value for key, value in meta.items() if key not in (VERSION_KEY, CLIENT_KEY, CAPABILITIES_KEY)}
    is_known = CLIENT_KEY not in meta or _is_info(meta[CLIENT_KEY])
    is_served = meta[VERSION_KEY] == MODERN and _are_capabilities(meta.get(CAPABILITIES_KEY))
    return is_served and is_known and _is_plain_meta(own)


def _is_info(info: Any) -> bool:
    """True for the usual words of a client about itself."""
    if not isinstance(info, dict) or not {"name", "version"} <= info.keys() <= INFO_KEYS:
        return False
    return all(isinstance(text, str) for text in info.values())


def _are_capabilities(capabilities: Any) -> bool:
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
