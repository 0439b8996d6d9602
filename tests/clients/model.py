"""A model that follows scripts, on loopback: a real client runs without a key and without a network.

It is Claude's Messages API, and those that the other clients speak (`dialects`).

It keeps nothing between requests: the newest text of the user that opens with a known phrase names the script, and the
script decides from the tool results that came after it.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

from tests.clients.conversation import Answer, Call, Message, Script, conversation, json_object, results
from tests.clients.dialects import DIALECTS, as_offered

SUMMARY = "<summary>The work goes on.</summary>"
"""The answer to a client that compacts its conversation."""

TITLE = json.dumps({"title": "Work"})
"""The answer to every other question that brings no tools."""

WANTS_SUMMARY = "create a detailed summary"
_numbers = count(1)


class ScriptedModel:
    """The model's server.

    `server` is the name under which the client knows SparkQ's server: a plugin gives it a longer one than the scripts use.
    With `limit`, Claude's requests are refused: its usage limit is reached, in these words. `requests` has every request for an answer, and `failures` the errors of scripts. Whatever else a client asks for is
    refused, other hosts too if the server is its proxy.
    """

    def __init__(self, scripts: dict[str, Script]) -> None:
        self.scripts = dict(scripts)
        self.server = "sparkq"
        self.requests: list[Message] = []
        self.failures: list[BaseException] = []
        self.limit: str | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: Message) -> Answer:
        """Say what comes next in the conversation of `request`."""
        self.requests.append(request)
        if WANTS_SUMMARY in json.dumps(request["messages"][-1]):
            return SUMMARY
        if not request.get("tools"):
            return TITLE
        match = conversation(request, self.scripts)
        if match is None:
            return "I have no script for this."
        script, seen = match
        try:
            return self._named(script(seen))
        except Exception as failure:  # the test shall see it; the client would ask again and again
            self.failures.append(failure)
            return "My script has failed."

    def _named(self, answer: Answer) -> Answer:
        """Call the tools by their names in the client."""
        if isinstance(answer, str):
            return answer
        return [Call(call.tool.replace("mcp__sparkq__", f"mcp__{self.server}__"), call.arguments) for call in answer]

    @property
    def answers(self) -> list[Message]:
        """The answers of SparkQ's tools that the model was shown, each once, oldest first."""
        shown = {key: text for request in list(self.requests) for key, text in results(request)}
        return [answer for text in shown.values() if "next" in (answer := json_object(text))]

    @property
    def packets(self) -> list[Message]:
        """The packets among them that have a task."""
        packets = [answer.get("claimed", answer) for answer in self.answers]
        return [packet for packet in packets if packet.get("task")]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["content-length"])))
                path = self.path.partition("?")[0]
                dialect = next((dialect for dialect in DIALECTS if dialect.path.search(path)), None)
                if path == "/v1/messages" and model.limit is not None:
                    self._refuse(model.limit)
                elif path == "/v1/messages":
                    self._reply("text/event-stream", b"".join(_events(model.answer(request))))
                elif path == "/v1/messages/count_tokens":
                    self._reply("application/json", b'{"input_tokens": 100}')
                elif dialect is not None:
                    heard = dialect.heard(request) | {"as_sent": request}
                    answer = as_offered(model.answer(heard), heard)
                    self._reply("text/event-stream", b"".join(dialect.events(answer, request)))
                else:
                    self.do_GET()

            def do_GET(self) -> None:
                self.send_error(HTTPStatus.NOT_FOUND)

            do_HEAD = do_CONNECT = do_GET

            def _refuse(self, why: str) -> None:
                """Say that the usage limit is reached."""
                error = {"type": "error", "error": {"type": "rate_limit_error", "message": why}}
                body = json.dumps(error).encode()
                with suppress(ConnectionError):
                    self.send_response(HTTPStatus.TOO_MANY_REQUESTS)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(body)))
                    self.send_header("x-should-retry", "false")
                    self.end_headers()
                    self.wfile.write(body)

            def _reply(self, kind: str, body: bytes) -> None:
                with suppress(ConnectionError):  # a client that was interrupted waits no longer
                    self.send_response(200)
                    self.send_header("content-type", kind)
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        return Handler


def _events(answer: Answer) -> Iterator[bytes]:
    """An answer as the events of a streamed message."""
    number = next(_numbers)
    usage = {"input_tokens": 100, "output_tokens": 10}
    message = {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": "scripted", "content": []}
    yield _event("message_start", message=message | {"stop_reason": None, "stop_sequence": None, "usage": usage})
    for index, (block, delta) in enumerate(_parts(answer, number)):
        yield _event("content_block_start", index=index, content_block=block)
        yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    reason = "end_turn" if isinstance(answer, str) else "tool_use"
    yield _event("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage=usage)
    yield _event("message_stop")


def _parts(answer: Answer, number: int) -> list[tuple[Message, Message]]:
    """Each block of an answer as it begins, and what is then added to it."""
    if isinstance(answer, str):
        return [({"type": "text", "text": ""}, {"type": "text_delta", "text": answer})]
    return [
        (
            {"type": "tool_use", "id": f"toolu_{number}_{at}", "name": call.tool, "input": {}},
            {"type": "input_json_delta", "partial_json": json.dumps(call.arguments)},
        )
        for at, call in enumerate(answer)
    ]


def _event(kind: str, **facts: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **facts})}\n\n".encode()
