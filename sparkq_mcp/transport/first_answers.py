"""What the SDK answers first, as it was recorded: the handshake and the lists, for each protocol version.

Loading the SDK takes half a second and 50 MB, and these answers depend on nothing but the version of SparkQ and the
options of the server. `recording` asks the SDK for them, and `make check` fails when they are not in step.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sparkq_mcp.offer import instructions, offered

Json = dict[str, Any]

FILE = Path(__file__).with_name("first_answers.json")
MODERN = "2026-07-28"
"""The version in which each request names its version, and nothing is initialized."""

MENTION_FORM = "sparkq://queues"
"""The address of a fixed resource that has the same keys as a queue or task in the list."""

LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
LISTS = ("tools/list", "prompts/list", "resources/list", "resources/templates/list")


class FirstAnswers:
    """The answers of a server that offers some of the tools. Raises InvalidValue for tools that it cannot offer."""

    def __init__(self, *, read_only: bool = False, only: Sequence[str] = ()) -> None:
        self._recorded: dict[tuple[str, str], Json] = {}
        for entry in json.loads(FILE.read_bytes()):
            for version in entry["versions"]:
                self._recorded[version, entry["method"]] = entry["answer"]
        reads = {tool["name"]: tool["annotations"]["readOnlyHint"] for tool in self._tools(MODERN)}
        self.tools = offered(reads, read_only=read_only, only=only)
        self._instructions = instructions(frozenset(self.tools))

    @property
    def oldest(self) -> str:
        """The oldest version, in which a request before the handshake is answered."""
        return min(version for version, _ in self._recorded)

    def knows(self, version: str, method: str) -> bool:
        """True if there is an answer to `method` in this protocol version."""
        return (version, method) in self._recorded

    def answer(self, version: str, method: str, *, said: str = "", mentions: Sequence[Sequence[str]] = ()) -> Json:
        """Return the answer, a `result` or an `error`. `said` are other instructions, `mentions` are the address, name and
        description of the queues and tasks in the list of resources."""
        answer = self._recorded[version, method]
        result = answer.get("result", {})
        if "instructions" in result:
            return {"result": result | {"instructions": said or self._instructions}}
        if method == "tools/list":
            return {"result": result | {"tools": [tool for tool in result["tools"] if tool["name"] in self.tools]}}
        if method == "resources/list" and mentions:
            form = next(resource for resource in result["resources"] if resource["uri"] == MENTION_FORM)
            listed = [_mentioned(form, *mention) for mention in mentions]
            return {"result": result | {"resources": [*result["resources"], *listed]}}
        return answer

    def without_tools(self, version: str) -> Json:
        """Return the list of tools where none are offered yet."""
        return {"result": self._recorded[version, "tools/list"]["result"] | {"tools": []}}

    def hooked(self, version: str, text: str) -> Json:
        """Return the answer of the tool that only hooks call."""
        result = self._recorded[version, "tools/call"]["result"]
        (content,) = result["content"]
        return {"result": result | {"content": [content | {"text": text}]}}

    def _tools(self, version: str) -> list[Json]:
        tools: list[Json] = self._recorded[version, "tools/list"]["result"]["tools"]
        return tools


def _mentioned(form: Mapping[str, Any], uri: str, name: str, description: str) -> Json:
    values = {"uri": uri, "name": name, "title": name, "description": description}
    return {key: values.get(key, value) for key, value in form.items()}
