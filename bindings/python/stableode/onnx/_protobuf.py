"""The wire format of Protocol Buffers, as much of it as the messages of ONNX need."""

from __future__ import annotations

import struct


def varint(number: int) -> bytes:
    """A whole number in groups of 7 bits, the lowest first; negative ones as 64 bits."""
    number &= (1 << 64) - 1
    parts = bytearray()
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def whole(field: int, number: int) -> bytes:
    return varint(field << 3) + varint(number)


def real(field: int, number: float) -> bytes:
    """A float32."""
    return varint(field << 3 | 5) + struct.pack("<f", number)


def block(field: int, content: bytes | str) -> bytes:
    """A text, bytes, or a message in the message."""
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content
