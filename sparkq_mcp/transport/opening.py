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
SUBSCRIPTION_KEY = f"{PREFIX}subscriptionId"
DISCOVER, INITIALIZE, INITIALIZED = "server/discover", "initialize", "notifications/initialized"
LISTEN, CANCELLED, ACKNOWLEDGED = (
    "subscriptions/listen",
    "notifications/cancelled",
    "notifications/subscriptions/acknowledged",
)
PING, SET_LEVEL, TOOLS, RESOURCES = "ping", "logging/setLevel", "tools/list", "resources/list"
CHANGES = {"toolsListChanged": TOOLS, "promptsListChanged": "prompts/list", "resourcesListChanged": RESOURCES}
"""What a client can subscribe to besides single resources, and the list that it means."""

MOST_LISTENERS = 8
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
    """A line that the SDK must see to know the connection, and the answer that the client has; empty for a notification.

    `request_id` is the id that was given to the line; a subscription keeps its own. `news` is what the client hears if the
    SDK's answer is another one: that the list has changed.
    """

    line: str
    answer: str = ""
    request_id: str = ""
    news: str = ""


class Opening:
    """Answers the lines of a client until one needs the SDK."""

    def __init__(self, answers: FirstAnswers, facts: Facts) -> None:
        self._answers = answers
        self._facts = facts
        self._era = ""
        self._version: str | None = None
        self._kept: dict[str, Replayed] = {}
        self._known: dict[str, Json] = {}
        self._listeners: dict[str | int, frozenset[str]] = {}
        self.client: Json | None = None
        """What the client says of itself."""

    @property
    def replay(self) -> tuple[Replayed, ...]:
        """What the SDK must be shown before anything else, in this order."""
        return tuple(kept._replace(news=self._news(name)) for name, kept in self._kept.items())

    def answer(self, line: bytes) -> str | None:
        """Return the answer to a line, empty if it needs none. None if the SDK must answer it."""
        message = parsed(line)
        if message is None:
            return None
        method, params = message["method"], message.get("params", {})
        if "id" not in message:
            return self._noted(message)
        if not _is_plain_id(message["id"]):
            return None
        if method == LISTEN:
            return self._subscribed(message["id"], params, line)
        answer = self._answer(method, params)
        if answer is None:
            return None
        is_first = bool(self._era) and not any(kept.answer for kept in self._kept.values())
        if is_first or method == INITIALIZE or _may_change(method, answer):
            self._keep(method, message, answer)
        if method in (TOOLS, RESOURCES):
            self._known[method] = answer
        return _text(message["id"], answer)

    def changes(self) -> Iterator[str]:
        """Yield what the client hears of the lists that have changed since it got them."""
        for method in (TOOLS, RESOURCES):
            kept, news = self._kept.get(method), self._news(method)
            if not news or (self._era == "legacy" and kept is None):
                continue
            answer = self._listed(method)
            if self._known.setdefault(method, answer) != answer:
                self._known[method] = answer
                if kept is not None:
                    self._keep(method, json.loads(kept.line), answer)
                yield news

    def ends(self) -> Iterator[str]:
        """Yield the last word on each subscription, when the client has closed its end."""
        for request_id in self._listeners:
            about = self._answers.answer(MODERN, TOOLS)["result"]["_meta"]
            yield _text(request_id, {"result": {"_meta": _subscription(request_id) | about, "resultType": "complete"}})

    def _noted(self, message: Json) -> str | None:
        """Take note of a notification. Two mean anything before the first call."""
        method = message["method"]
        if not method.startswith("notifications/"):
            return None
        if method == INITIALIZED:
            self._kept[method] = Replayed(compact(message))
        if method == CANCELLED:
            cancelled = str(message.get("params", {}).get("requestId"))
            for request_id in [each for each in self._listeners if str(each) == cancelled]:
                del self._listeners[request_id], self._kept[f"{LISTEN} {request_id!r}"]
        return ""

    def _subscribed(self, request_id: str | int, params: Json, line: bytes) -> str | None:
        """Acknowledge a subscription to lists. One to single resources is left to the SDK."""
        meta, wanted = params.get("_meta"), params.get("notifications")
        if (
            not isinstance(meta, dict)
            or not isinstance(wanted, dict)
            or not params.keys() <= {"_meta", "notifications"}
        ):
            return None
        if self._era == "legacy" or VERSION_KEY not in meta or not _is_envelope(meta):
            return None
        is_usual = wanted.keys() <= set(CHANGES) and all(isinstance(flag, bool) for flag in wanted.values())
        if not is_usual or request_id in self._listeners or len(self._listeners) >= MOST_LISTENERS:
            return None
        self._era, self._version = "modern", MODERN
        honored = {kind: True for kind in CHANGES if wanted.get(kind)}
        said = {"_meta": _subscription(request_id), "notifications": honored}
        answer = compact({"jsonrpc": "2.0", "method": ACKNOWLEDGED, "params": said}) + "\n"
        self._listeners[request_id] = frozenset(CHANGES[kind] for kind in honored)
        if TOOLS in self._listeners[request_id]:
            self._known.setdefault(TOOLS, self._listed(TOOLS))
        self._kept[f"{LISTEN} {request_id!r}"] = Replayed(line.decode(), answer)
        return answer

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

    def _news(self, method: str) -> str:
        """Return what the client hears when a list changes; empty if it does not follow that list."""
        if method not in (TOOLS, RESOURCES):
            return ""
        message = {"jsonrpc": "2.0", "method": f"notifications/{method}_changed"}
        if self._era == "legacy":
            return compact(message) + "\n"
        told = (each for each, lists in self._listeners.items() if method in lists)
        return "".join(compact(message | {"params": {"_meta": _subscription(each)}}) + "\n" for each in told)

    def _keep(self, method: str, message: Json, answer: Json) -> None:
        request_id = f"{REPLAYED}{method}"
        self._kept[method] = Replayed(compact(message | {"id": request_id}), _text(request_id, answer), request_id)


def _may_change(method: str, answer: Json) -> bool:
    """True for a list that may become another one before the first call."""
    return method == RESOURCES or (method == TOOLS and not answer["result"]["tools"])


def _subscription(request_id: str | int) -> Json:
    return {SUBSCRIPTION_KEY: request_id}


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
