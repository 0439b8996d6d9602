"""uvicorn's connection on the C parser llhttp, with the two checks that llhttp leaves to its user, and its peer."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sparkq_http import peer

MAX_HEAD = 64 * 1024
"""The largest size of a request's start line and headers together, in bytes."""


class Connection(HttpToolsProtocol):
    """A keep-alive connection that strips spaces around header values, limits the size of a head, and knows its peer."""

    _in_head = True
    _head = 0
    _user: int | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a narrower transport, as uvicorn's
        super().connection_made(transport)
        self._user = peer.of_transport(transport)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        peer.note(self.scope, self._user)

    def data_received(self, data: bytes) -> None:
        self._head += len(data)  # if the whole head is in this piece, on_message_complete sets this back to 0
        super().data_received(data)
        if self._in_head and self._head > MAX_HEAD and not self.transport.is_closing():
            self.send_400_response(f"The start line and the headers are larger than {MAX_HEAD} bytes.")

    def on_header(self, name: bytes, value: bytes) -> None:
        # RFC 9110, 5.5: spaces and tabs around a value are not part of it. llhttp strips only the leading ones.
        super().on_header(name, value.rstrip(b" \t"))

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head, self._head = True, 0
        super().on_message_complete()
