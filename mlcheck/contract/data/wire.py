"""Described data as JSON, the format in which a worker process and its parent exchange data."""

from __future__ import annotations

import base64
import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mlcheck.contract.data.describing import ATOMS, describe
from mlcheck.contract.data.types import ColumnData, Frame, Opaque, Series, Sparse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NANOSECONDS: Final = {"days": 86_400_000_000_000, "seconds": 1_000_000_000, "microseconds": 1_000}
_JSON_ATOMS: Final = ATOMS - {bytes}


def to_wire(value: object) -> object:
    """Return what `json.dumps` can write for the value; NaN and infinities as Python's JSON has them."""
    if type(value) in _JSON_ATOMS:
        return value
    if isinstance(value, list):
        return _write_list(value)
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(value)
    if value is pd.NaT:
        return {"t": "nat"}
    if value is pd.NA:
        return {"t": "na"}
    described = describe(value)
    return {"t": "other", "c": "", "r": str(described)} if described is value else to_wire(described)


def from_wire(wire: object) -> object:
    """Return the described value that the JSON stands for; raise ValueError for JSON that stands for none."""
    if isinstance(wire, list):
        return wire if set(map(type, wire)) <= _JSON_ATOMS else [from_wire(item) for item in wire]
    if not isinstance(wire, dict):
        return wire
    read = _READERS.get(str(wire.get("t")))
    if read is None:
        raise ValueError(f"unknown kind of data {wire.get('t')!r}")
    return read(wire)


def _write_list(values: list[object]) -> list[object]:
    return values if set(map(type, values)) <= _JSON_ATOMS else [to_wire(value) for value in values]


def _write_numpy_scalar(value: np.generic) -> object:
    if isinstance(value, np.void):
        return to_wire(Opaque("numpy.void", repr(value)))
    if isinstance(value, np.datetime64 | np.complexfloating):
        plain: object = str(value)
    elif isinstance(value, np.timedelta64):
        plain = int(value.astype("int64"))
    elif isinstance(value, np.floating):
        plain = float(value)
    else:
        plain = to_wire(value.item())
    return {"t": "np", "d": value.dtype.str, "v": plain}


def _read_numpy_scalar(wire: Mapping[str, Any]) -> object:
    dtype, value = np.dtype(wire["d"]), from_wire(wire["v"])
    if dtype.kind == "m":
        return np.array(value, dtype="int64").astype(dtype)[()]
    if dtype.kind == "c":
        value = complex(str(value))
    return np.array(value, dtype=dtype)[()]


def _write_array(array: np.ndarray[Any, Any]) -> object:
    shape = list(array.shape)
    if array.dtype.kind in "OUS":
        flat = np.asarray(array).reshape(-1).tolist()
        return {"t": "array", "d": array.dtype.str, "s": shape, "v": _write_list(flat)}
    if array.dtype.kind == "V":
        return to_wire(Opaque("numpy.ndarray", repr(array)))
    native = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    return {"t": "array", "d": native.dtype.str, "s": shape, "b": _encode(native.tobytes())}


def _read_array(wire: Mapping[str, Any]) -> object:
    dtype, shape = np.dtype(wire["d"]), tuple(wire["s"])
    if "b" in wire:
        return np.frombuffer(base64.b64decode(wire["b"]), dtype=dtype).reshape(shape).copy()
    array = np.empty(len(wire["v"]), dtype=dtype)
    for i, value in enumerate(wire["v"]):
        array[i] = from_wire(value)
    return array.reshape(shape)


def _write_timedelta(value: dt.timedelta) -> object:
    if isinstance(value, pd.Timedelta):
        return {"t": "timedelta", "v": value.as_unit("ns").value}
    return {"t": "timedelta", "v": sum(getattr(value, part) * unit for part, unit in _NANOSECONDS.items())}


def _read_datetime(wire: Mapping[str, Any]) -> object:
    has_nanoseconds = len(wire["v"].partition(".")[2].partition("+")[0].partition("-")[0]) > 6
    return pd.Timestamp(wire["v"]) if has_nanoseconds else dt.datetime.fromisoformat(wire["v"])


def _write_frame(frame: Frame) -> object:
    columns = [
        {"n": to_wire(column.name), "d": column.dtype, "v": _write_list(column.values)} for column in frame.columns
    ]
    return {"t": "frame", "c": columns, "r": frame.rows, "i": _write_index(frame.index)}


def _read_frame(wire: Mapping[str, Any]) -> Frame:
    columns = tuple(ColumnData(from_wire(c["n"]), c["d"], _read_list(c["v"])) for c in wire["c"])
    return Frame(columns, wire["r"], _read_index(wire["i"]))


def _write_series(series: Series) -> object:
    values, index = _write_list(series.values), _write_index(series.index)
    return {"t": "series", "n": to_wire(series.name), "d": series.dtype, "v": values, "i": index}


def _read_series(wire: Mapping[str, Any]) -> Series:
    return Series(from_wire(wire["n"]), wire["d"], _read_list(wire["v"]), _read_index(wire["i"]))


def _write_sparse(sparse: Sparse) -> object:
    lists = {name: _write_list(list(getattr(sparse, name))) for name in ("data", "indices", "indptr")}
    return {"t": "sparse", "f": sparse.format, "d": sparse.dtype, "s": list(sparse.shape), **lists}


def _read_sparse(wire: Mapping[str, Any]) -> Sparse:
    data, indices, indptr = (_read_list(wire[name]) for name in ("data", "indices", "indptr"))
    rows, columns = wire["s"]
    return Sparse(wire["f"], wire["d"], (rows, columns), data, _whole(indices), _whole(indptr))


def _read_dict(wire: Mapping[str, Any]) -> object:
    return {from_wire(key): from_wire(value) for key, value in wire["v"]}


def _read_list(wire: object) -> list[object]:
    values = from_wire(wire)
    if not isinstance(values, list | np.ndarray):
        raise ValueError(f"a list is needed here, not {wire!r}")  # noqa: TRY004 - one error for bad JSON
    return list(values)


def _whole(values: list[object]) -> list[int]:
    return [int(str(value)) for value in values]


def _write_index(index: list[object] | None) -> object:
    return None if index is None else _write_list(index)


def _read_index(wire: object) -> list[object] | None:
    return None if wire is None else _read_list(wire)


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _pairs(mapping: Mapping[object, object]) -> list[object]:
    return [[to_wire(key), to_wire(value)] for key, value in mapping.items()]


# First match wins: numpy's float64 is a float, numpy's str_ a str, a datetime is a date
_WRITERS: Final[tuple[tuple[type | tuple[type, ...], Callable[[Any], object]], ...]] = (
    (np.generic, _write_numpy_scalar),
    (np.ndarray, _write_array),
    (Frame, _write_frame),
    (Series, _write_series),
    (Sparse, _write_sparse),
    (Opaque, lambda value: {"t": "other", "c": value.type_name, "r": value.text}),
    (dict, lambda value: {"t": "dict", "v": _pairs(value)}),
    (tuple, lambda value: {"t": "tuple", "v": _write_list(list(value))}),
    ((set, frozenset), lambda value: {"t": "set", "v": _write_list(list(value))}),
    (complex, lambda value: _write_numpy_scalar(np.complex128(value))),
    ((bytes, bytearray), lambda value: {"t": "bytes", "v": _encode(bytes(value))}),
    (
        dt.datetime,
        lambda value: {"t": "nat"} if value is pd.NaT else {"t": "datetime", "v": value.isoformat()},
    ),
    (dt.date, lambda value: {"t": "date", "v": value.isoformat()}),
    (dt.timedelta, _write_timedelta),
    (Decimal, lambda value: {"t": "decimal", "v": str(value)}),
    (bool, bool),
    (int, int),
    (float, float),
    (str, str),
)
_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], object]]] = {
    "np": _read_numpy_scalar,
    "array": _read_array,
    "frame": _read_frame,
    "series": _read_series,
    "sparse": _read_sparse,
    "other": lambda wire: Opaque(wire["c"], wire["r"]),
    "dict": _read_dict,
    "tuple": lambda wire: tuple(_read_list(wire["v"])),
    "set": lambda wire: set(_read_list(wire["v"])),
    "bytes": lambda wire: base64.b64decode(wire["v"]),
    "datetime": _read_datetime,
    "date": lambda wire: dt.date.fromisoformat(wire["v"]),
    "decimal": lambda wire: Decimal(wire["v"]),
    "timedelta": lambda wire: pd.Timedelta(wire["v"], unit="ns"),
    "nat": lambda _: pd.NaT,
    "na": lambda _: pd.NA,
}
