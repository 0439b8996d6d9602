"""The icon of the page: a spark, as SVG and drawn as PNG, so that the page can be installed."""

import struct
import zlib
from functools import cache
from math import sqrt

SIZES = (192, 512)
GROUND, SPARK = (0x1F, 0x23, 0x28), (0xFF, 0xB2, 0x24)
REACH = 0.36
"""How far the points of the spark are from its centre, in parts of the icon: inside the safe zone of a mask."""

SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">\
<rect width="100" height="100" fill="#1f2328"/>\
<path fill="#ffb224" d="M50 14Q50 50 86 50Q50 50 50 86Q50 50 14 50Q50 50 50 14Z"/></svg>
"""


@cache
def png(size: int) -> bytes:
    """Draw the icon with `size` pixels a side. It takes a quarter of a second for the largest, once."""
    rows = bytearray()
    for y in range(size):
        rows.append(0)  # no filter
        rows += b"".join(_colour(_inside(x, y, size)) for x in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, *zip(*chunks, strict=True)))


def _inside(x: int, y: int, size: int) -> int:
    """Return how much of a pixel the spark covers, 0 to 16: its sides are curves between four points."""
    across, down = (abs((place + 0.5) / size - 0.5) / REACH for place in (x, y))
    edge = sqrt(across) + sqrt(down)
    steepness = size * REACH / 2
    return round(16 * min(max((1 - edge) * steepness / 4 + 0.5, 0), 1))


@cache
def _colour(covered: int) -> bytes:
    return bytes((ground * (16 - covered) + spark * covered) // 16 for ground, spark in zip(GROUND, SPARK, strict=True))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
