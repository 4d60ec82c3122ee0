"""Words for values: what a value is, how it is written, and which known word is near to an unknown one."""

from __future__ import annotations

import datetime as dt
import difflib
import json
import re
import reprlib
from collections.abc import Iterable, Sequence

_KINDS = {
    "string": "text",
    "object": "a mapping",
    "array": "a list",
    "boolean": "true/false",
    "integer": "a whole number",
    "number": "a number",
    "null": "null",
}

# Names that other systems use for MLflow's types; case does not matter.
_SYNONYMS = {
    "boolean": ("bool", "bool_", "logical"),
    "integer": ("int", "int32", "int16", "int8", "uint8", "uint16", "int4"),
    "long": ("int64", "bigint", "uint32", "uint64"),
    "float": ("float32", "float16", "single", "real"),
    "double": ("float64", "number", "numeric", "decimal"),
    "string": ("str", "text", "unicode", "varchar", "category", "utf8"),
    "binary": ("bytes", "bytearray", "blob"),
    "datetime": ("timestamp", "date", "datetime64", "datetime64[ns]", "time"),
    "array": ("list", "sequence", "tuple", "vector"),
    "object": ("dict", "struct", "record", "json"),
    "map": ("mapping",),
    "sparkml_vector": ("vectorudt",),
    "tensor": ("ndarray", "numpy"),
    "dataframe": ("pandas", "df", "frame"),
    "json_object": ("json", "dict", "object"),
}

_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = _repr.maxlong = 60
_repr.maxdict = _repr.maxlist = _repr.maxset = 4
_repr.maxlevel = 2


def shorten(value: object) -> str:
    """Return the `repr` of a value, cut in the middle where it is long."""
    return _repr.repr(value)


def describe(value: object, *, json_words: bool = False) -> str:
    """Return what a value is, in words, with the value itself where it is short."""
    if value is None or isinstance(value, bool):
        return literal(value, json_text=True)
    if isinstance(value, str):
        return shorten(value)
    if isinstance(value, (int, float)):
        return f"the number {shorten(value)}"
    if isinstance(value, dt.date):
        return f"the date {value}"
    if isinstance(value, dict):
        return "an object" if json_words else "a mapping"
    words = {"list": "a list", "tuple": "a pair", "set": "a set (!!set)", "bytes": "binary data (!!binary)"}
    kind = type(value).__name__
    return words.get(kind, f"of type {kind}")


def step(key: object) -> str:
    """Return a key the way a path of dots and brackets has it."""
    if isinstance(key, str) and _SIMPLE_KEY.fullmatch(key):
        return f".{key}"
    return f"[{shorten(key)}]"


_SIMPLE_KEY = re.compile(r"[\w-]+")


def name_kinds(kinds: Sequence[str], *, json_words: bool = False) -> str:
    """Return the kinds of JSON Schema's `type` in words; null only where nothing else will do."""
    words = {**_KINDS, "object": "an object"} if json_words else _KINDS
    # null is what MLflow leaves for "nothing": it is allowed, not recommended.
    return join_or([words[kind] for kind in kinds if kind != "null" or len(kinds) == 1])


def join_or(words: Sequence[str]) -> str:
    """Return `a`, `a or b`, `a, b or c`."""
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def literal(value: object, *, json_text: bool = False) -> str:
    """Return a value as one would write it into the file: text in quotes, the rest as JSON (which is YAML too)."""
    if isinstance(value, str) and not json_text:
        return repr(value)
    return json.dumps(value, ensure_ascii=False)


def nearest(word: object, known: Iterable[object]) -> str:
    """Return the one of the known words that `word` was probably meant to be, empty when none is near."""
    if not isinstance(word, str):
        return ""
    simple = {_simplify(name): name for name in known if isinstance(name, str)}
    wanted = _simplify(word)
    for name, synonyms in _SYNONYMS.items():
        if wanted in synonyms and name in simple.values():
            return name
    close = difflib.get_close_matches(wanted, simple, n=1, cutoff=_NEAR)
    return simple[close[0]] if close else ""


# "dependancies" is near to "dependencies" (0.92), "build_dependencies" is not (0.80).
_NEAR = 0.82


def _simplify(word: str) -> str:
    return word.strip().lower().replace("-", "_").replace(" ", "_")
