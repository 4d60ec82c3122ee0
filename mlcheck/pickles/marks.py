"""How files begin that may hold pickles."""

from __future__ import annotations

PICKLE_SUFFIXES = (".pkl", ".pickle", ".p", ".joblib", ".pth", ".pt", ".ckpt", ".sav", ".cloudpickle", ".dill")
"""How files are called that hold nothing but pickles, maybe compressed."""
ZIP, NPY = b"PK\x03\x04", b"\x93NUMPY"
PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x5d\x00\x00", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
"""gzip, bzip2, xz, lzma, and zlib of four levels."""
UNREAD = (b"\x04\x22\x4d\x18", b"\x28\xb5\x2f\xfd")
"""LZ4, which joblib writes with `compress="lz4"`, and Zstandard: Python itself cannot unpack them."""
TAR_MARK, TAR_MARK_AT = b"ustar", 257
HEAD = TAR_MARK_AT + len(TAR_MARK)
"""So many bytes tell what a file may be."""

# opcodes that a pickle can begin with, and those that one without a mark of its protocol does begin with
_FIRST = frozenset(b"()]}FGIJKLMNSTUVXcBC\x82\x83\x84\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x95\x96\x97")
_FIRST_UNMARKED = frozenset(b"()]}FGIJKLMNSTUVXc")


def looks_like_pickle(head: bytes) -> bool:
    """Return whether what begins so is a pickle of protocol 2 to 5."""
    return len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5 and head[2] in _FIRST


def may_begin_unmarked(head: bytes) -> bool:
    """Return whether a pickle of protocol 0 or 1 may begin so; many texts do as well."""
    return bool(head) and head[0] in _FIRST_UNMARKED


def may_hold_pickles(head: bytes) -> bool:
    """Return whether a file that begins so may hold pickles, those without a mark of their protocol left out."""
    return looks_like_pickle(head) or head.startswith((ZIP, NPY, *PACKED)) or is_tar(head)


def is_tar(head: bytes) -> bool:
    """Return whether a file that begins so is a tar archive."""
    return head[TAR_MARK_AT:HEAD] == TAR_MARK
