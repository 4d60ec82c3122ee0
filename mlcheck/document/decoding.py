"""Bytes of a metadata file to text: size, encoding, byte order marks."""

from __future__ import annotations

import re

from mlcheck.document.document import Defect
from mlcheck.finding import Location

MAX_BYTES = 16 * 1024 * 1024
"""Larger files are not parsed: no metadata file of a real model comes near."""

CONFLICT = "a merge conflict was left in the file (`<<<<<<<`)"


def decode(path: str, raw: bytes) -> tuple[str | None, tuple[Defect, ...]]:
    """Return the text, `None` where there is none that can be read, and what is wrong with the bytes."""
    start = Location(path, 1, 1)
    if len(raw) > MAX_BYTES:
        size = f"{len(raw):,} bytes"
        return None, (Defect("too-large", f"the file has {size}, too large for a metadata file", start),)
    for bom, codec in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if raw.startswith(bom):
            return _decode_with_bom(raw, codec, start)
    try:
        return raw.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        place = Location(path, line, column)
        return None, (Defect("encoding", f"not UTF-8: byte 0x{raw[error.start]:02x}", place),)


def _decode_with_bom(raw: bytes, codec: str, start: Location) -> tuple[str | None, tuple[Defect, ...]]:
    name = "UTF-8" if codec == "utf-8-sig" else "UTF-16"
    defect = Defect("bom", f"the file starts with a {name} byte order mark", start)
    try:
        return raw.decode(codec), (defect,)
    except UnicodeDecodeError:
        return None, (defect, Defect("encoding", f"the file has a {name} mark but is not {name}", start))


def first_line(text: str) -> str:
    """Return the first line of what an error says."""
    return text.strip().splitlines()[0] if text.strip() else "unknown error"


def conflict_place(path: str, text: str) -> Location | None:
    """Return where a merge conflict begins that was left in a text, `None` where there is none."""
    begin = re.search(r"^<{7}(?: .*)?$", text, re.MULTILINE)
    if begin is None or not re.search(r"^>{7}(?: .*)?$", text[begin.end() :], re.MULTILINE):
        return None
    return Location(path, text.count("\n", 0, begin.start()) + 1, 1)
