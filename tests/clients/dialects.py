"""The model's other APIs: each turns a client's request into messages as Claude's API has them, and an answer into its events."""

import json
import re
from collections.abc import Iterator
from itertools import count
from typing import Any, Protocol

from tests.clients.conversation import Answer, Call, Message

PREFIX = "mcp__sparkq__"
"""What Claude Code puts before the names of SparkQ's tools, as the scripts do."""

_numbers = count(1)


class Dialect(Protocol):
    """An API: a `path` that it is asked at, its requests and its streamed answers."""

    path: re.Pattern[str]

    def heard(self, request: Message) -> Message:
        """Return the request as Claude's API would have it: `messages`, and `tools` with their names."""

    def events(self, answer: Answer, request: Message, /) -> Iterator[bytes]:
        """Yield the events of a streamed answer, whose calls name the tools as the client does."""


class _Responses:
    """OpenAI's Responses, as Codex uses them."""

    path = re.compile(r"/v1/responses$")

    def heard(self, request: Message) -> Message:
        messages = []
        for item in request["input"]:
            if item.get("role") == "user":
                messages.append(_said(*(part["text"] for part in item["content"] if "text" in part)))
            elif str(item.get("type")).endswith("call_output"):
                messages.append(_result(item["call_id"], _plain(item["output"])))
        return {"messages": messages, "tools": [{"name": name} for name in _response_tools(request)]}

    def events(self, answer: Answer, request: Message, /) -> Iterator[bytes]:
        number = next(_numbers)
        base = {
            "id": f"resp_{number}",
            "object": "response",
            "status": "in_progress",
            "model": "scripted",
            "output": [],
        }
        yield _event({"type": "response.created", "response": base}, "response.created")
        items = [self._item(call, request, f"{number}_{at}") for at, call in enumerate(_parts(answer))]
        for at, item in enumerate(items):
            for kind in ("response.output_item.added", "response.output_item.done"):
                yield _event({"type": kind, "output_index": at, "item": item}, kind)
        usage = {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110}
        details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
        whole = base | {"status": "completed", "output": items, "usage": usage | details}
        yield _event({"type": "response.completed", "response": whole}, "response.completed")

    def _item(self, part: "str | Call", request: Message, number: str) -> Message:
        if isinstance(part, str):
            content = [{"type": "output_text", "text": part, "annotations": []}]
            return {"type": "message", "id": f"msg_{number}", "role": "assistant", "content": content}
        called = {"call_id": f"call_{number}", "arguments": json.dumps(part.arguments)}
        return {"type": "function_call", "id": f"fc_{number}"} | called | _response_tools(request)[part.tool]


class _Chat:
    """OpenAI's Chat Completions, as opencode uses them; it quotes a prompt of its command line."""

    path = re.compile(r"/v1/chat/completions$")

    def heard(self, request: Message) -> Message:
        messages = []
        for message in request["messages"]:
            if message["role"] == "user":
                messages.append(_said(*(text.strip('"') for text in _texts(message["content"]))))
            elif message["role"] == "tool":
                messages.append(_result(message["tool_call_id"], "\n".join(_texts(message["content"]))))
        return {"messages": messages, "tools": [{"name": name} for name in self._tools(request)]}

    def events(self, answer: Answer, _request: Message, /) -> Iterator[bytes]:
        number = next(_numbers)
        base = {"id": f"chatcmpl-{number}", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}
        delta: Message = {"role": "assistant"}
        if isinstance(answer, str):
            delta["content"] = answer
        else:
            delta["tool_calls"] = [
                {
                    "index": at,
                    "id": f"call_{number}_{at}",
                    "type": "function",
                    "function": {"name": call.tool, "arguments": json.dumps(call.arguments)},
                }
                for at, call in enumerate(answer)
            ]
        why = "stop" if isinstance(answer, str) else "tool_calls"
        yield _event(base | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        yield _event(base | {"choices": [{"index": 0, "delta": {}, "finish_reason": why}]})
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        yield _event(base | {"choices": [], "usage": usage})
        yield b"data: [DONE]\n\n"

    def _tools(self, request: Message) -> list[str]:
        return [tool["function"]["name"] for tool in request.get("tools") or []]


class _Gemini:
    """Google's generateContent, as Gemini CLI uses it."""

    path = re.compile(r":streamGenerateContent$")

    def heard(self, request: Message) -> Message:
        messages = []
        for content in request["contents"]:
            if content.get("role", "user") != "user":
                continue
            for part in content["parts"]:
                if "functionResponse" in part:
                    given = part["functionResponse"]
                    messages.append(_result(given["id"], _plain(given["response"].get("output", given["response"]))))
                elif "text" in part:
                    messages.append(_said(part["text"]))
        return {"messages": messages, "tools": [{"name": name} for name in self._tools(request)]}

    def events(self, answer: Answer, _request: Message, /) -> Iterator[bytes]:
        parts = [
            {"text": part}
            if isinstance(part, str)
            else {
                "functionCall": {"id": f"call_{next(_numbers)}", "name": part.tool, "args": part.arguments},
                "thoughtSignature": "c2ln",
            }
            for part in _parts(answer)
        ]
        usage = {"promptTokenCount": 100, "candidatesTokenCount": 10, "totalTokenCount": 110}
        candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}
        yield _event({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "scripted"})

    def _tools(self, request: Message) -> list[str]:
        return [each["name"] for tool in request.get("tools", []) for each in tool.get("functionDeclarations", [])]


DIALECTS: tuple[Dialect, ...] = (_Responses(), _Chat(), _Gemini())


def _parts(answer: Answer) -> "list[str | Call]":
    return [answer] if isinstance(answer, str) else list(answer)


def _said(*texts: str) -> Message:
    return {"role": "user", "content": [{"type": "text", "text": text} for text in texts]}


def _result(call: str, text: str) -> Message:
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call, "content": text}]}


def _texts(content: Any) -> list[str]:
    return [content] if isinstance(content, str) else [part["text"] for part in content if "text" in part]


def _plain(output: Any) -> str:
    """The text of a tool's result, without what a client writes around it."""
    if isinstance(output, list):
        output = "\n".join(_texts(output))
    text = output if isinstance(output, str) else json.dumps(output)
    found = re.search(r"\{.*\}", text, re.DOTALL)
    return found[0] if found else text


def _response_tools(request: Message) -> dict[str, Message]:
    """The tools on offer, and how a call names each."""
    named = {}
    for tool in request.get("tools", []):
        if tool.get("type") == "namespace":
            space = tool["name"]
            for each in tool["tools"]:
                named[f"{space.removesuffix('__')}__{each['name']}"] = {"name": each["name"], "namespace": space}
        elif "name" in tool:
            named[tool["name"]] = {"name": tool["name"]}
    return named


def as_offered(answer: Answer, request: Message) -> Answer:
    """The answer with the names that this client has for the tools, which the scripts name as Claude Code does.

    A call of a tool that it does not offer becomes words, so that the conversation ends.
    """
    if isinstance(answer, str):
        return answer
    names = [tool["name"] for tool in request["tools"]]
    calls = []
    for call in answer:
        short = call.tool.removeprefix(PREFIX)
        found = [
            name for name in names if name == call.tool or ("sparkq" in name and re.search(rf"[_.]{short}$", name))
        ]
        if not found:
            return f"The tool {call.tool} is not on offer."
        calls.append(call._replace(tool=min(found, key=len)))
    return calls


def _event(value: Message, name: str = "") -> bytes:
    return (f"event: {name}\n" if name else "").encode() + f"data: {json.dumps(value)}\n\n".encode()
