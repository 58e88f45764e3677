"""Tell whether a JPEG file can be stored as it is: small, gray or in usual colors, and with nothing but the picture."""

from __future__ import annotations

_START, _END = b"\xff\xd8", b"\xff\xd9"
_SCAN = 0xDA
_FRAMES = frozenset((0xC0, 0xC1, 0xC2))
_TABLES = frozenset((0xC4, 0xDB, 0xDD, 0xE0))
"""Huffman and quantization tables, restart intervals, and the mark of JFIF. Camera data would be in 0xE1."""


def is_plain(content: bytes, side: int) -> bool:
    """Return whether a file is a JPEG of at most `side` pixels in height and width, without camera data or comments."""
    if not content.startswith(_START) or not content.rstrip(b"\0").endswith(_END):
        return False
    at, sized = 2, False
    while at + 4 <= len(content) and content[at] == 0xFF:
        kind, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if kind == _SCAN:
            return sized
        if kind in _FRAMES:
            height, width = (int.from_bytes(content[at + k : at + k + 2], "big") for k in (5, 7))
            sized = 0 < max(height, width) <= side and content[at + 9] in (1, 3)
        elif kind not in _TABLES:
            return False
        at += 2 + length
    return False
