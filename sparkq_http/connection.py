"""A connection as uvicorn reads it with llhttp, in C, and the two things that llhttp leaves to its user."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD = 64 * 1024
"""Bytes that the start line and the headers of a request may have together."""


class Connection(HttpToolsProtocol):
    """One keep-alive connection: header values without the spaces around them, and a head that ends."""

    _in_head = True
    _head = 0

    def data_received(self, data: bytes) -> None:
        self._head += len(data)  # for a head that comes with its end in one piece this is undone at once
        super().data_received(data)
        if self._in_head and self._head > MAX_HEAD and not self.transport.is_closing():
            self.send_400_response(f"The head of a request may have {MAX_HEAD} bytes at most.")

    def on_header(self, name: bytes, value: bytes) -> None:
        # RFC 9110, 5.5: spaces and tabs around a value are not part of it. llhttp takes only the leading ones away.
        super().on_header(name, value.rstrip(b" \t"))

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head, self._head = True, 0
        super().on_message_complete()
