"""Forms that texts, bytes and numbers of real models have, to be tried where nothing shows what a model takes."""

from __future__ import annotations

import base64
import io
import json
import struct
import wave
import zlib
from typing import Any, Final

import numpy as np


def _png(red: int) -> bytes:
    """Return an image of 32 × 32 pixels in one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = (b"\x00" + bytes((red, 120, 200)) * 32) * 32
    header = struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def _wav() -> bytes:
    """Return half a second of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(16_000))
    return file.getvalue()


def _npy() -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros((4, 4)))
    return file.getvalue()


_OBJECTS: Final = ({"text": "apple", "value": 1}, {"text": "pear", "value": 2})

_TEXTS: Final[tuple[tuple[Any, ...], ...]] = (
    ("5", "12", "7"),
    ("0.5", "2.25", "10.0"),
    ("2024-01-15", "2023-06-30", "2024-02-29"),
    ("2024-01-15 12:30:00", "2023-06-30 08:00:15"),
    ("2024-01-15T12:30:00Z", "2023-06-30T08:00:15Z"),
    ("2024-01", "2023-06"),
    ("15/01/2024", "30/06/2023"),
    ("15.01.2024", "30.06.2023"),
    ("20240115", "20230630"),
    ("01/15/2024", "06/30/2023"),
    ("12:30", "08:00"),
    tuple(map(json.dumps, _OBJECTS)),
    ("[1.0, 2.0, 3.0]", "[4.0, 5.0, 6.0]"),
    ('[{"text": "apple"}]', '[{"text": "pear"}]'),
    ("1,2,3", "4,5,6"),
    ("name@example.com", "other@example.org"),
    ("https://example.com/a.png?b=1", "https://example.org/c.html"),
    tuple(base64.b64encode(_png(red)).decode() for red in (10, 200)),
    tuple("data:image/png;base64," + base64.b64encode(_png(red)).decode() for red in (10, 200)),
    ("The apple is red and it is sweet.", "Where is the pear? It was here an hour ago."),
    ("user", "assistant"),
    ("0", "1"),
    ("Monday", "Tuesday", "Sunday"),
    ("January", "June", "December"),
    ("Germany", "France", "Japan"),
    ("positive", "negative"),
    ("yes", "no"),
    ("Yes", "No"),
    ("true", "false"),
    ("Y", "N"),
    ("male", "female"),
    ("M", "F"),
    ("S", "C", "Q"),
    ("A", "B", "C"),
    ("a", "b", "c"),
    ("low", "medium", "high"),
    ("red", "green", "blue"),
    ("US", "DE", "FR"),
    ("en", "de", "fr"),
    ("USD", "EUR"),
    ("123e4567-e89b-42d3-a456-426614174000", "9b2d1c1e-4b1a-4e0e-9b8e-0f3c6a1d2e3f"),
    ("192.0.2.1", "198.51.100.7"),
    ("CCO", "c1ccccc1"),
    ("ACGTACGT", "TTGACCAA"),
    ("POINT (30 10)", "POINT (5 52)"),
    ("a:b:c", "d:e:f"),
    ("a-b-c", "d-e-f"),
    ("a_b_c", "d_e_f"),
    ("key=value;other=1", "key=word;other=2"),
)
_BYTES: Final[tuple[tuple[Any, ...], ...]] = (
    (_png(10), _png(200)),
    (b"apple", b"pear"),
    tuple(json.dumps(each).encode() for each in _OBJECTS),
    (_wav(),),
    (_npy(),),
    (np.zeros(4, "float32").tobytes(), np.ones(4, "float32").tobytes()),
    (zlib.compress(b"apple"),),
    (base64.b64encode(_png(10)), base64.b64encode(_png(200))),
)
_NUMBERS: Final[tuple[tuple[Any, ...], ...]] = (
    (20, 30, 40),
    (50, 55, 60),
    (100, 150, 200),
    (2024, 2023, 2020),
    (1000, 1500),
    (0, 1),
)

FORMS: Final = {
    ("string",): _TEXTS,
    ("binary",): _BYTES,
    ("integer", "long", "float", "double"): _NUMBERS,
}
"""By the scalar types that may have them: families of values of one form."""
