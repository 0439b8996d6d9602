"""Finds the user at the other end of a connection from this machine, whose every user can reach a loopback address.

Linux shows the owner of the socket at the other end. It is asked once for each connection: for this one socket by
sock_diag (20 us), or else with the table of all connections (1 ms and more). Elsewhere the user is unknown.
"""

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

from starlette.types import Scope

TABLES = Path("/proc/net")
SOCK_DIAG = getattr(socket, "AF_NETLINK", None)
"""The family of the sockets that ask the kernel about sockets; None where there are none."""

DIAG_PROTOCOL, DIAG_BY_FAMILY, DIAG_TCP = 4, 20, 6
REQUEST, ANSWER, ANY_STATE = 1, 20, 0xFFFFFFFF
HEADER = struct.Struct("=IHHII")
QUESTION = struct.Struct("=BBBBI")
ADDRESS_BYTES = 16
ENDING = struct.Struct("=IIIII")
"""The last numbers of an answer: expires, two queues, user, inode."""

ENDING_AT = HEADER.size + 4 + 48
EXTENSION = "sparkq.peer"


class Address(NamedTuple):
    """One end of a connection."""

    host: str
    port: int


def owner(client: Address, server: Address) -> int | None:
    """Return the id of the user who has the socket `client` of a connection to `server` on this machine open.

    None if the system does not show it: on other systems than Linux, for a client in another network namespace, and for
    one that has closed its socket already, whose owner Linux would report as root.
    """
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    for look in (_by_sock_diag, _in_tables):
        with suppress(OSError, ValueError, struct.error):
            for user, inode in look(family, client, server):
                if inode:  # 0: no process has it open
                    return user
    return None


def can_identify() -> bool:
    """True if the system shows the user of a connection, tried with one of this process to itself."""
    try:
        with (
            closing(socket.create_server(("127.0.0.1", 0))) as listener,
            closing(socket.create_connection(listener.getsockname())) as client,
        ):
            return owner(Address(*client.getsockname()), Address(*client.getpeername())) == os.geteuid()
    except OSError:
        return False


def of_transport(transport: Any) -> int | None:
    """Return the user at the other end of a connection to a loopback address of this server, or None."""
    client, server = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
    if not client or not server or not is_loopback(server[0]):
        return None
    return owner(Address(*client[:2]), Address(*server[:2]))


def is_loopback(host: str) -> bool:
    """True if only this machine can reach the address `host`."""
    return host.startswith("127.") or host == "::1"


def note(scope: Any, user: int | None) -> None:
    """Keep the user at the other end with a request."""
    scope["extensions"] = {EXTENSION: {"user": user}}


def noted(scope: Scope) -> int | None:
    """Return the user at the other end of a request's connection, or None if the system does not show it."""
    user: int | None = scope.get("extensions", {}).get(EXTENSION, {}).get("user")
    return user


def _by_sock_diag(family: int, client: Address, server: Address) -> Iterator[tuple[int, int]]:
    """Yield user and inode of one socket, as the kernel answers it. Raises OSError."""
    if SOCK_DIAG is None:
        return
    ends = (_packed(family, end.host).ljust(ADDRESS_BYTES, b"\0") for end in (client, server))
    wanted = struct.pack("!HH", client.port, server.port) + b"".join(ends) + bytes(4) + b"\xff" * 8
    question = QUESTION.pack(family, DIAG_TCP, 0, 0, ANY_STATE) + wanted
    head = HEADER.pack(HEADER.size + len(question), DIAG_BY_FAMILY, REQUEST, 1, 0)
    with closing(socket.socket(SOCK_DIAG, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, DIAG_PROTOCOL)) as kernel:
        kernel.setblocking(False)  # the kernel has answered when the question is sent
        kernel.send(head + question)
        answer = kernel.recv(4096)
    if HEADER.unpack_from(answer)[1] == ANSWER:
        *_, user, inode = ENDING.unpack_from(answer, ENDING_AT)
        yield user, inode


def _in_tables(family: int, client: Address, server: Address) -> Iterator[tuple[int, int]]:
    """Yield user and inode of the socket from the tables of all connections. Raises OSError."""
    for table, width in (("tcp", 4), ("tcp6", 16)):
        if width < len(_packed(family, client.host)):
            continue
        ends = [f"{_spelled(family, end.host, width)}:{end.port:04X}" for end in (client, server)]
        for line in (TABLES / table).read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[1:3] == ends:
                yield int(fields[7]), int(fields[9])


def _packed(family: int, host: str) -> bytes:
    return socket.inet_pton(family, host.partition("%")[0])


def _spelled(family: int, host: str, width: int) -> str:
    """Spell an address as the tables do: each four bytes as one number of this machine, in hexadecimal digits."""
    packed = _packed(family, host)
    if len(packed) < width:
        packed = bytes(10) + b"\xff\xff" + packed  # an IPv4 address of a socket for both
    return "".join(f"{number:08X}" for (number,) in struct.iter_unpack("=I", packed))
