"""Whether a file is whole, judged by a few bytes of it: pickles, archives, HDF5, Parquet, boosters, ONNX and others."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable

Read = Callable[[int, int], bytes]  # (offset, size) → bytes, fewer at the end of the file

_MAX_FRAMES = 5000
_FEW_FRAMES = 64  # enough doubt for a file whose last byte is that of a whole pickle
_MAX_HEADER = 16 * 1024 * 1024
_EOCD_SPAN = 65_557  # the end record of a zip archive and its longest comment
# pickle opcodes of large objects, which stand between frames → size of the length that follows them
_LARGE = {0x42: 4, 0x58: 4, 0x8D: 8, 0x8E: 8, 0x96: 8}
_FRAME, _STOP = 0x95, 0x2E
# opcodes that stand between frames where they are too few for one → size of their argument
_SMALL = dict.fromkeys(b"])}(tsuaeldbRN012\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94", 0)
_SMALL |= dict.fromkeys(b"Khq", 1) | {0x4D: 2}
_BACK = 128 * 1024


def is_pickle(head: bytes) -> bool:
    """Return whether bytes begin like a pickle of protocol 2 to 5."""
    return len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5


def pickle_is_cut(read: Read, size: int) -> bool | None:
    """Return whether a pickle of protocol 4 or 5 ends too early; None if its frames do not tell.

    Only frame headers are read: the end of a frame beyond the end of the file is certain. Between frames joblib
    writes arrays as they are; there the frames cannot be followed.
    """
    position, framed = 2, True
    for _ in range(_FEW_FRAMES if read(size - 1, 1) == b"." else _MAX_FRAMES):
        head = read(position, 9)
        if not head:
            return read(size - 1, 1) != b"."
        if head[0] == _STOP:
            return False
        step = _step(head)
        if framed and head[0] != _FRAME:
            framed = False
            if b"joblib" in read(max(0, position - _BACK), min(position, _BACK)):
                return None
        if step is None:
            return False if read(position - 1, 1) == b"." else None
        position += step
        if position > size:
            return True
    return None


def _step(head: bytes) -> int | None:
    """Return how far the opcode at the beginning of some bytes reaches, None if it should not stand there."""
    if head[0] in _SMALL:
        return 1 + _SMALL[head[0]]
    width = 8 if head[0] == _FRAME else _LARGE.get(head[0])
    return None if width is None else 1 + width + int.from_bytes(head[1 : 1 + width], "little")


def zip_is_cut(read: Read, size: int) -> bool:
    """Return whether a zip archive lacks its end: the end record, or the directory that it points to."""
    start = max(0, size - _EOCD_SPAN)
    tail = read(start, _EOCD_SPAN)
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or len(tail) - found < 22:
        return True
    length = int.from_bytes(tail[found + 12 : found + 16], "little")
    offset = int.from_bytes(tail[found + 16 : found + 20], "little")
    return 0xFFFFFFFF not in (length, offset) and start + found - length - offset < 0


def hdf5_is_cut(read: Read, size: int) -> bool:
    """Return whether an HDF5 file is shorter than its superblock says."""
    head = read(0, 64)
    place = {0: 40, 1: 44, 2: 28, 3: 28}.get(head[8] if len(head) > 8 else -1)
    width = head[13] if len(head) > 13 and head[8] < 2 else head[9] if len(head) > 9 else 0
    if place is None or width != 8:
        return False
    return int.from_bytes(head[place : place + 8], "little") > size


def parquet_is_cut(read: Read, size: int) -> bool:
    """Return whether a Parquet file lacks the mark at its end."""
    return read(max(0, size - 4), 4) != b"PAR1"


def xz_is_cut(read: Read, size: int) -> bool:
    """Return whether an xz stream lacks its footer (zero padding may follow it)."""
    return not read(max(0, size - 64), 64).rstrip(b"\0").endswith(b"YZ")


def safetensors_is_cut(read: Read, size: int) -> bool | None:
    """Return whether a safetensors file is shorter than its header says; None if the header cannot be read."""
    length = int.from_bytes(read(0, 8), "little")
    if not 0 < length < _MAX_HEADER:
        return None
    if 8 + length > size:
        return True
    try:
        tensors = json.loads(read(8, length))
        ends = [one["data_offsets"][1] for name, one in tensors.items() if name != "__metadata__"]
        return 8 + length + max(ends, default=0) > size
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None


def json_is_cut(read: Read, size: int) -> bool:
    """Return whether a JSON object lacks its closing brace."""
    head, tail = read(0, 64).split(), read(max(0, size - 64), 64).rstrip()
    return b"".join(head).startswith(b'{"') and tail[-1:] != b"}"


def ubjson_is_cut(read: Read, size: int) -> bool:
    """Return whether a model that XGBoost wrote in UBJSON lacks the end of its object."""
    return read(size - 1, 1) != b"}"


def catboost_is_cut(read: Read, size: int) -> bool:
    """Return whether a CatBoost model is shorter than the number behind its mark says."""
    return 8 + int.from_bytes(read(4, 4), "little") > size


def npy_is_cut(read: Read, size: int) -> bool:
    """Return whether an array of NumPy has fewer bytes than its header says; arrays of objects are pickles."""
    head = read(0, 12)
    width = 2 if head[6:7] == b"\x01" else 4
    start = 8 + width + int.from_bytes(head[8 : 8 + width], "little")
    header = read(8 + width, min(start, _MAX_NPY_HEADER))
    kind = re.search(rb"'descr': *'[<>|=]?([a-zA-Z])(\d+)", header)
    shape = re.search(rb"'shape': *\(([\d, ]*)\)", header)
    if kind is None or shape is None or kind[1] == b"O":
        return start > size
    items = math.prod(int(number) for number in re.findall(rb"\d+", shape[1]))
    return start + items * int(kind[2]) * (4 if kind[1] == b"U" else 1) > size


_MAX_NPY_HEADER = 64 * 1024


def lightgbm_is_cut(read: Read, size: int) -> bool:
    """Return whether the text of a LightGBM booster lacks all that stands behind its trees."""
    tail = read(max(0, size - _LIGHTGBM_TAIL), _LIGHTGBM_TAIL)
    if b"\nparameters:" in tail:
        return b"end of parameters" not in tail
    return not any(mark in tail for mark in (b"end of trees", b"end of parameters", b"pandas_categorical:"))


_LIGHTGBM_TAIL = 64 * 1024


def protobuf_is_cut(read: Read, size: int) -> bool | None:
    """Return whether a message of protocol buffers ends within a field; None if it is none or has too many fields."""
    position = 0
    for _ in range(_MAX_FIELDS):
        if position >= size:
            return position > size
        head = read(position, 20)
        key, start = _varint(head, 0)
        kind = key & 7
        if key >> 3 == 0 or kind not in (0, 1, 2, 5):
            return None
        value, end = _varint(head, start) if kind in (0, 2) else (0, start)
        position += {0: end, 1: start + 8, 2: end + value, 5: start + 4}[kind]
    return None


_MAX_FIELDS = 1000


def _varint(data: bytes, start: int) -> tuple[int, int]:
    """Return a number of variable length and the position behind it."""
    value = 0
    for index, byte in enumerate(data[start : start + 10]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, start + index + 1
    return value, start + 10
