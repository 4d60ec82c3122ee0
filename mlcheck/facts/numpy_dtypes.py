"""The names that numpy has for its dtypes, without numpy: tensors of a signature are declared by them."""

from __future__ import annotations

import re
from typing import Final

_SIZED_TEXT: Final = re.compile(r"[<>=|]?[USa][1-9][0-9]*|(str|bytes)[1-9][0-9]*")
_TIME: Final = re.compile(
    r"(datetime64|timedelta64|[<=]?M8|[<=]?m8)(\[[0-9]*(?:Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\])?",
)
_TIME_STEMS: Final = {"M8": "datetime64", "m8": "timedelta64"}
_KINDS: Final = {"b": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex"}
_NAMES: Final = frozenset(
    {"bool", "str", "bytes", "object", "void"}
    | {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
    | {f"float{bits}" for bits in (16, 32, 64, 128)}
    | {f"complex{bits}" for bits in (64, 128, 256)},
)
# As on the 64-bit platforms (not Windows) that models are deployed to
_ALIASES_BY_NAME: Final = {
    "bool": "? bool_ b1",
    "object": "O object_ O8",
    "str": "U U0 str_ unicode",
    "bytes": "S S0 a bytes_",
    "void": "V",
    "int8": "b byte",
    "int16": "h short",
    "int32": "i intc",
    "int64": "int int_ intp l q long longlong",
    "uint8": "B ubyte",
    "uint16": "H ushort",
    "uint32": "I uintc",
    "uint64": "uint uintp L Q ulong ulonglong",
    "float16": "e half",
    "float32": "f single",
    "float64": "float d double",
    "float128": "g longdouble",
    "complex64": "F csingle",
    "complex128": "complex D cdouble",
    "complex256": "G clongdouble",
}
_ALIASES: Final = {alias: name for name, aliases in _ALIASES_BY_NAME.items() for alias in aliases.split()}


def is_sized(text: str) -> bool:
    """Return whether the dtype fixes the length of its texts ('<U10'), which MLflow refuses."""
    return _SIZED_TEXT.fullmatch(text) is not None


def canonical_dtype(text: str) -> str | None:
    """Return numpy's own name for a dtype ('f4' gives 'float32'), None where numpy does not know it."""
    if text in _NAMES:
        return text
    bare = text[1:] if text[:1] in "<=|" else text
    return _ALIASES.get(bare) or _read_bits(bare) or _read_time(text)


def _read_bits(text: str) -> str | None:
    if text[:1] not in _KINDS or not text[1:].isdecimal():
        return None
    name = f"{_KINDS[text[0]]}{int(text[1:]) * 8}"
    return name if name in _NAMES else None


def _read_time(text: str) -> str | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    return _TIME_STEMS.get(match[1][-2:], match[1]) + (match[2] or "")
