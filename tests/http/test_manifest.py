"""What a browser needs to install the page."""

import struct
import zlib

import pytest

from sparkq_http import icons
from tests.http.caller import Caller
from tests.promises import holds


@holds("installable")
def test_the_page_names_a_manifest_whose_icons_are_there(call: Caller) -> None:
    assert b'href="/manifest.webmanifest"' in call.get("/").body
    manifest = call.get("/manifest.webmanifest")

    assert manifest.headers["content-type"] == "application/manifest+json"
    assert (manifest["start_url"], manifest["display"]) == ("/", "standalone")
    for icon in manifest["icons"]:
        reply = call.get(icon["src"])
        assert (reply.status, reply.headers["content-type"]) == (200, icon["type"])
    call.get("/icons/64.png").refused(404, "no_such_file")


@pytest.mark.parametrize("size", icons.SIZES)
def test_an_icon_is_a_picture_of_its_size_with_a_spark(size: int) -> None:
    picture = icons.png(size)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == (size, size)
    length = struct.unpack(">I", picture[33:37])[0]
    rows = zlib.decompress(picture[41 : 41 + length])
    stride = 1 + 3 * size

    assert len(rows) == size * stride
    assert tuple(rows[1:4]) == icons.GROUND
    middle = size // 2 * stride + 1 + 3 * (size // 2)
    assert tuple(rows[middle : middle + 3]) == icons.SPARK
