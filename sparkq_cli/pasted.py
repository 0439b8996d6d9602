"""Read a text that is pasted or typed in a terminal, with lines of any length.

As long as a terminal edits lines, it keeps 4,096 bytes of each (macOS: 1,024) and silently drops the rest. A pasted
paragraph is longer, so it is read without that.
"""

import os
import sys
import termios

LOCAL, CHARACTERS = 3, 6
"""Places in the list of `termios.tcgetattr`."""

READ_BYTES = 65536
ERASED_MARK = b"\b\b  \b\b"
"""The terminal echoes the erase key as two characters, `^?`."""


def read(what: str) -> bytes:
    """Return what comes until Ctrl-D, after a line that asks for it. Ctrl-C and the erase key work as usual."""
    keys = sys.stdin.fileno()
    before = termios.tcgetattr(keys)
    unedited = termios.tcgetattr(keys)
    unedited[LOCAL] &= ~termios.ICANON
    unedited[CHARACTERS][termios.VMIN], unedited[CHARACTERS][termios.VTIME] = 1, 0
    end, erase = before[CHARACTERS][termios.VEOF], before[CHARACTERS][termios.VERASE]
    termios.tcsetattr(keys, termios.TCSADRAIN, unedited)
    try:
        sys.stderr.write(f"Paste or type the {what}, then press Ctrl-D.\n")
        sys.stderr.flush()
        return _until(end, erase, keys)
    finally:
        termios.tcsetattr(keys, termios.TCSADRAIN, before)


def _until(end: bytes, erase: bytes, keys: int) -> bytes:
    text = bytearray()
    while data := os.read(keys, READ_BYTES):
        if not text:
            data = _with_early_end(data, end)
        data, ended, _ = data.partition(end)
        if erase in data:
            for byte in data:
                _press(text, bytes((byte,)), erase, keys)
        else:
            text += data
        if ended:
            break
    return bytes(text)


def _with_early_end(data: bytes, end: bytes) -> bytes:
    """Return what was read first, with the Ctrl-D of somebody who typed ahead: Linux has made a NUL of it, at the start of
    a line, while the terminal still edited lines."""
    first, mark, rest = (b"\n" + data).partition(b"\n\0")
    return data if not mark else first[1:] + (b"\n" if first else b"") + end + rest


def _press(text: bytearray, key: bytes, erase: bytes, keys: int) -> None:
    """Add a key to the text. The erase key removes the character before it, on the same line."""
    if key != erase:
        text += key
        return
    shown = ERASED_MARK
    if text and not text.endswith(b"\n"):
        while text and (text.pop() & 0xC0) == 0x80:  # the bytes of a character after its first
            pass
        shown += b"\b \b"
    os.write(keys, shown)
