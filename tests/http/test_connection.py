"""What is read of a request before any of our rules can see it."""

import http.client
import json
import socket

import pytest

from sparkq_http.connection import MAX_HEAD
from tests.harness.waiting import SECONDS
from tests.http.caller import Caller


def said(call: Caller, *pieces: bytes) -> bytes:
    """The beginning of what the server answers to these bytes, sent piece by piece until it hangs up."""
    with socket.create_connection(("127.0.0.1", call.port), timeout=SECONDS) as raw:
        try:
            for piece in pieces:
                raw.sendall(piece)
        except OSError:
            pass  # it has answered and hung up
        return raw.recv(200)


def head(call: Caller, *lines: bytes) -> bytes:
    return b"GET /api/queues HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % call.port + b"".join(lines)


def test_spaces_around_a_header_are_not_part_of_it(call: Caller) -> None:
    request = b"PUT /api/queues HTTP/1.1\r\nHost: \t 127.0.0.1:%d \t \r\nContent-Type:  application/json\t \r\n\r\n"

    assert said(call, request % call.port).startswith(b"HTTP/1.1 405 ")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([b"X-Long: ", *[b"x" * 8192] * 200], id="one value"),
        pytest.param([b"X-%d: y\r\n" % number * 300 for number in range(400)], id="many headers"),
    ],
)
def test_a_head_without_an_end_is_refused(call: Caller, lines: list[bytes]) -> None:
    answer = said(call, head(call), *lines)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert str(MAX_HEAD).encode() in answer


def test_a_head_in_many_pieces_is_read(call: Caller) -> None:
    almost = [b"X-%d: y\r\n" % number for number in range(1000)]

    assert said(call, head(call), *almost, b"\r\n").startswith(b"HTTP/1.1 200 ")


def test_bodies_do_not_count_as_heads(call: Caller) -> None:
    """Two requests over one connection, the first with more body than a head may have."""
    connection = http.client.HTTPConnection("127.0.0.1", call.port, timeout=SECONDS)
    for _ in range(2):
        connection.request("POST", "/api/work/peek", b" " * (2 * MAX_HEAD), {"Content-Type": "application/json"})
        answer = connection.getresponse()

        assert (answer.status, json.loads(answer.read())["error"]) == (404, "no_such_route")
        assert not answer.will_close
    connection.close()


@pytest.mark.parametrize(
    "request_line",
    [
        b"GARBAGE\r\n\r\n",
        b"GET /api/queues HTTP/1.1\r\nHost : x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["no request", "a space before the colon", "TLS"],
)
def test_what_is_no_http_is_refused(call: Caller, request_line: bytes) -> None:
    assert said(call, request_line).startswith(b"HTTP/1.1 400 ")


def test_two_readings_of_where_a_body_ends_are_refused(call: Caller) -> None:
    both = b"Content-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    request = head(call, both).replace(b"GET", b"POST", 1)

    assert said(call, request).startswith(b"HTTP/1.1 400 ")
