"""The opening of a connection: what clients ask first, answered in the SDK's words before it is loaded.

Each client begins with a handshake and the lists of tools, prompts and resources, and most chats never call a tool.
What is not exactly known here is left to the SDK, which is shown the same beginning (`replay`).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from sparkq_mcp.offer import HOOK, NO_PROJECT
from sparkq_mcp.transport.first_answers import LEVELS, LISTS, MODERN, FirstAnswers, Json
from sparkq_mcp.transport.usual import (
    CLIENT_KEY,
    REPLAYED,
    SUBSCRIPTION_KEY,
    VERSION_KEY,
    are_capabilities,
    is_envelope,
    is_info,
    is_plain_id,
    is_plain_meta,
    parsed,
)

DISCOVER, INITIALIZE, INITIALIZED = "server/discover", "initialize", "notifications/initialized"
LISTEN, CANCELLED, ACKNOWLEDGED = (
    "subscriptions/listen",
    "notifications/cancelled",
    "notifications/subscriptions/acknowledged",
)
PING, SET_LEVEL, TOOLS, RESOURCES = "ping", "logging/setLevel", "tools/list", "resources/list"
CALL = "tools/call"
CHANGES = {"toolsListChanged": TOOLS, "promptsListChanged": "prompts/list", "resourcesListChanged": RESOURCES}
"""What a client can subscribe to besides single resources, and the list that it means."""

MOST_LISTENERS = 8
HELLO_KEYS = frozenset({"protocolVersion", "capabilities", "clientInfo", "_meta"})


class Facts(NamedTuple):
    """What the answers depend on besides the options, asked when it is needed.

    `is_waiting` is True if no tools are listed, because nothing was set up here yet. `mentions` are the address, name and
    description of each queue and task in the list of resources. `hook` answers a hook of the client, by its arguments, what
    the client says of itself, and the metadata; None leaves it to the SDK.
    """

    is_waiting: Callable[[], bool]
    mentions: Callable[[], Sequence[Sequence[str]]]
    hook: Callable[[Json, Json | None, Json], str | None]


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
        if not is_plain_id(message["id"]):
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
        if self._era == "legacy" or VERSION_KEY not in meta or not is_envelope(meta):
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
        if self._era != "legacy" and is_modern and is_envelope(meta):
            return self._hooked(params, meta, meta.get(CLIENT_KEY)) if method == CALL else self._modern(method, params)
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
        if not (is_info(info) and are_capabilities(capabilities) and is_plain_meta(meta)):
            return None
        self._era, self._version, self.client = "legacy", str(version), info
        return self._answers.answer(str(version), INITIALIZE, said=self._said())

    def _legacy(self, method: str, params: Json, meta: Json) -> Json | None:
        if not is_plain_meta(meta) or not (self._version or method == PING):
            return None
        if method == CALL:
            return self._hooked(params, meta, self.client)
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

    def _hooked(self, params: Json, meta: Json, client: Json | None) -> Json | None:
        """Answer a call of the tool for hooks. Every other tool, and a call that settles the era, needs the SDK."""
        arguments = params.get("arguments")
        is_hook = params.get("name") == HOOK and params.keys() <= {"name", "arguments", "_meta"}
        if not self._kept or self._version is None or not is_hook or not isinstance(arguments, dict):
            return None
        text = self._facts.hook(arguments, client, meta)
        return None if text is None else self._answers.hooked(self._version, text)

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


def compact(message: Json) -> str:
    """Return JSON as the SDK writes it."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _text(number: str | int, answer: Json) -> str:
    return compact({"jsonrpc": "2.0", "id": number, **answer}) + "\n"
