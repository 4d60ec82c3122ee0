"""What one model does when it is asked: load, predict and serve, told to the parent as JSON frames.

This file runs in the model's own process, under the model's own interpreter: Python 3.8 or newer with MLflow 2.0
or newer, where mlcheck need not be installed. It imports the standard library and, once asked, what the model
needs anyway: mlflow, numpy, pandas. `child/` starts it and minds it; `process.py` is the other end.

A frame is four bytes of length, big-endian, and that much JSON (Python's, with NaN and Infinity). A request is
`{"id": n, "op": name, …}`; each answer repeats the id. Data crosses in the format of `contract/data/wire.py`.
"""

from __future__ import annotations

import asyncio
import base64
import collections
import copy
import datetime
import decimal
import dis
import faulthandler
import functools
import gc
import importlib
import importlib.util
import inspect
import io
import itertools
import json
import os
import platform
import re
import struct
import sys
import threading
import time
import traceback
import types
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Json = dict[str, Any]
    Case = tuple[Any, Any]
    Writer = tuple[Any, Callable[[Any], Any]]

MAX_FRAME = 256 * 1024 * 1024  # below 0x20000000, so that four bytes of stray text are never taken for a length
MAX_OUTPUT = 32 * 1024 * 1024  # what one output may weigh, roughly in bytes
MAX_TEXT = 2000  # of a repr
MAX_MESSAGE = 20000  # of an exception's message or traceback
MAX_CATEGORIES = 100  # of one column
MAX_WARNINGS = 20  # of one call
MAX_DEPTH = 60  # of nested containers
FEW = 8  # columns that are quicker read one by one
OUTPUT_MARK = b"\0mlcheck\0\n"  # on stdout and stderr, where a call begins

np: Any = None
pd: Any = None


# --- frames ------------------------------------------------------------------------------------------------------

# Kept here, for a model may replace what the module holds
_read, _write = os.read, os.write


def read_frame(fd: int) -> Json | None:
    """Return the next frame, None at the end of the stream; raise ValueError for what is no frame."""
    head = _read_exactly(fd, 4)
    if len(head) < 4:
        return None
    size = struct.unpack(">I", head)[0]
    if size > MAX_FRAME:
        raise ValueError(f"a frame of {size} bytes")
    body = _read_exactly(fd, size)
    return json.loads(body.decode("utf-8")) if len(body) == size else None


def _read_exactly(fd: int, size: int) -> bytes:
    parts = []
    while size > 0:
        part = _read(fd, min(size, 1 << 20))
        if not part:
            break
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def write_frame(fd: int, message: Json) -> None:
    """Write one frame; raise ValueError when it is larger than a frame may be."""
    body = json.dumps(message).encode("ascii")
    if len(body) > MAX_FRAME:
        raise ValueError(f"a frame of {len(body)} bytes")
    rest = memoryview(struct.pack(">I", len(body)) + body)
    while rest:
        rest = rest[_write(fd, rest) :]


# --- libraries ---------------------------------------------------------------------------------------------------


def import_libraries() -> None:
    """Import what every model needs; the forkserver does so once for all of them."""
    global np, pd
    import mlflow.pyfunc
    import numpy
    import pandas

    np, pd = numpy, pandas
    try:
        import mlflow.pyfunc.scoring_server
    except ImportError:  # mlflow-skinny without the server's libraries: said when it is asked for
        pass


def describe_versions() -> dict[str, str]:
    """Return the versions that decide what a signature means here."""
    import mlflow

    versions = {"mlflow": mlflow.__version__, "numpy": np.__version__, "pandas": pd.__version__}
    return dict(versions, python=platform.python_version())


# --- wire format: real objects to JSON ---------------------------------------------------------------------------

_ATOMS = frozenset([type(None), bool, int, float])


class _TooLarge(Exception):
    """The value would weigh more than may cross."""


def encode(value: Any) -> Any:
    """Return the JSON for any object at all; what has no place in the format, or is too large, becomes "other"."""
    try:
        return _Encoder(MAX_OUTPUT).encode(value)
    except _TooLarge:
        return _other(value, f"<more than {MAX_OUTPUT >> 20} MB>")
    except BaseException as error:  # a class of the model's may do anything when it is looked at
        return _other(value, f"<could not be read: {type(error).__name__}>")


class _Encoder:
    """Writes one value, counting what it weighs and watching for containers that hold themselves."""

    def __init__(self, limit: int) -> None:
        self.left = limit
        self.around: list[int] = []  # ids of the containers around the value
        self.writers = self.list_writers()

    def list_writers(self) -> list[Writer]:
        """First fit wins: numpy scalars before the Python types that some subclass, datetime before date."""
        return [
            (np.ndarray, self.write_array),
            (np.generic, self.write_numpy_scalar),
            (pd.DataFrame, self.write_frame),
            (pd.Series, self.write_series),
            (type(pd.NaT), lambda value: {"t": "nat"}),
            (type(pd.NA), lambda value: {"t": "na"}),
            (dict, self.write_dict),
            (list, self.write_list),
            (tuple, lambda value: {"t": "tuple", "v": self.write_list(value)}),
            # In a stable order, so that equal sets of two processes look equal
            ((set, frozenset), lambda value: {"t": "set", "v": sorted(self.write_list(value), key=json.dumps)}),
            ((bytes, bytearray), self.write_bytes),
            (datetime.datetime, lambda value: self.write_text("datetime", value.isoformat())),
            (datetime.date, lambda value: self.write_text("date", value.isoformat())),
            (datetime.timedelta, self.write_timedelta),
            (decimal.Decimal, lambda value: self.write_text("decimal", str(value))),
            # Subclasses, such as an IntEnum
            (int, lambda value: self.encode(int(value))),
            (float, lambda value: self.encode(float(value))),
            (str, lambda value: self.encode(str.__str__(value))),
        ]

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise _TooLarge

    def encode(self, value: Any) -> Any:
        kind = type(value)
        if kind in _ATOMS:
            self.spend(8)
            return value
        if kind is str:
            self.spend(len(value))
            return value
        if id(value) in self.around:
            return _other(value, "<contains itself>")
        if len(self.around) >= MAX_DEPTH:
            return _other(value, f"<nested more than {MAX_DEPTH} deep>")
        self.around.append(id(value))
        written = self.write(value)
        self.around.pop()
        return written

    def write(self, value: Any) -> Any:
        for kind, write in self.writers:
            if isinstance(value, kind):
                return write(value)
        # No import of scipy on its account: without it there is no matrix
        if type(value).__module__.startswith("scipy.sparse") and getattr(value, "format", "") in ("csr", "csc"):
            return self.write_sparse(value)
        if _is_pydantic(value):
            return self.encode(value.model_dump())  # a dict, but for a RootModel
        return _other(value)

    def encode_all(self, values: list[Any]) -> list[Any]:
        if _ATOMS.issuperset(map(type, values)):
            self.spend(8 * len(values))
            return values
        return [self.encode(value) for value in values]

    def write_list(self, values: Any) -> list[Any]:
        return self.encode_all(list(values))

    def write_dict(self, value: Any) -> Json:
        return {"t": "dict", "v": [[self.encode(key), self.encode(item)] for key, item in value.items()]}

    def write_text(self, kind: str, text: str) -> Json:
        self.spend(len(text))
        return {"t": kind, "v": text}

    def write_bytes(self, value: Any) -> Json:
        return self.write_text("bytes", _base64(bytes(value)))

    def write_timedelta(self, value: Any) -> Json:
        if isinstance(value, pd.Timedelta):
            nanoseconds = int(value.to_timedelta64().astype("timedelta64[ns]").astype("int64"))
        else:
            nanoseconds = value // datetime.timedelta(microseconds=1) * 1000
        return {"t": "timedelta", "v": self.encode(nanoseconds)}

    def write_numpy_scalar(self, value: Any) -> Json:
        if isinstance(value, np.void):
            return _other(value)
        if isinstance(value, (np.datetime64, np.complexfloating)):
            plain: Any = str(value)
        elif isinstance(value, np.timedelta64):
            plain = int(value.astype("int64"))
        elif isinstance(value, np.floating):
            plain = float(value)
        else:
            plain = value.item()
        return {"t": "np", "d": value.dtype.str, "v": self.encode(plain)}

    def write_array(self, array: Any) -> Json:
        kind, shape = array.dtype.kind, list(array.shape)
        if kind not in "OUSbiufcmM" or isinstance(array, np.ma.MaskedArray):
            return _other(array)
        if kind in "OUS":
            flat = self.encode_all(np.asarray(array).reshape(-1).tolist())
            return {"t": "array", "d": array.dtype.str, "s": shape, "v": flat}
        self.spend(array.nbytes)
        native = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
        return {"t": "array", "d": native.dtype.str, "s": shape, "b": _base64(native.tobytes())}

    def write_frame(self, frame: Any) -> Json:
        self.spend(8 * frame.size)
        columns = [
            {"n": self.encode(name), "d": str(dtype), "v": cells} for name, dtype, cells in self.read_columns(frame)
        ]
        return {"t": "frame", "c": columns, "r": len(frame), "i": self.encode_index(frame.index)}

    def read_columns(self, frame: Any) -> Iterator[tuple[Any, Any, list[Any]]]:
        """The name, dtype and values of each column."""
        if len(frame.columns) <= FEW:
            return ((name, column.dtype, self.encode_cells(column)) for name, column in frame.items())
        dtypes = list(frame.dtypes)
        return zip(frame.columns, dtypes, self.encode_columns(frame, dtypes))

    def encode_columns(self, frame: Any, dtypes: list[Any]) -> list[list[Any]]:
        """The values of each column; many of one numeric dtype come out together, ten times as fast."""
        places: dict[Any, list[int]] = collections.defaultdict(list)
        for place, dtype in enumerate(dtypes):
            places[dtype].append(place)
        cells: list[list[Any]] = [[]] * len(dtypes)
        for dtype, some in places.items():
            if len(some) > FEW and _is_plain(dtype):
                found = frame.iloc[:, some].to_numpy().T.tolist()
            else:
                found = [self.encode_cells(frame.iloc[:, place]) for place in some]
            for place, values in zip(some, found):
                cells[place] = values
        return cells

    def encode_cells(self, column: Any) -> list[Any]:
        """The values of a Series, plain numbers without a look at each."""
        values: list[Any] = column.tolist()
        return values if _is_plain(column.dtype) else self.encode_all(values)

    def encode_index(self, index: Any) -> list[Any] | None:
        if isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1:
            return None
        return self.encode_all(index.tolist())

    def write_series(self, series: Any) -> Json:
        self.spend(8 * len(series))
        name, index = self.encode(series.name), self.encode_index(series.index)
        return {"t": "series", "n": name, "d": str(series.dtype), "v": self.encode_cells(series), "i": index}

    def write_sparse(self, matrix: Any) -> Json:
        self.spend(16 * int(matrix.nnz))
        parts = {name: getattr(matrix, name).tolist() for name in ("data", "indices", "indptr")}
        shape = [int(size) for size in matrix.shape]
        return dict(parts, t="sparse", f=matrix.format, d=str(matrix.dtype), s=shape)


def _is_plain(dtype: Any) -> bool:
    """Tell whether the dtype's values are numbers or booleans of JSON."""
    return isinstance(dtype, np.dtype) and dtype.kind in "biuf"


def _is_pydantic(value: Any) -> bool:
    """Tell whether it is an instance of a pydantic model, which MLflow's server writes as a dict since 2.20."""
    pydantic = sys.modules.get("pydantic")  # no import on its account: without it there is no such value
    base = getattr(pydantic, "BaseModel", None)
    return isinstance(base, type) and isinstance(value, base) and hasattr(value, "model_dump")


def _other(value: Any, text: str | None = None) -> Json:
    return {"t": "other", "c": _name_of(type(value)), "r": _text_of(value) if text is None else text}


def _name_of(kind: type) -> str:
    return _name_steadily(f"{getattr(kind, '__module__', '?')}.{getattr(kind, '__qualname__', '?')}")


def _name_steadily(text: str) -> str:
    """Leave out the number that MLflow (2.12 and newer) makes up at each load for the module of a model from code."""
    return re.sub("code_model_[0-9a-f]{32}", "code_model", text)


def _text_of(value: Any) -> str:
    try:
        return _name_steadily(str(repr(value))[:MAX_TEXT])
    except BaseException as error:
        return f"<repr failed: {type(error).__name__}>"


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


# --- wire format: JSON to real objects ---------------------------------------------------------------------------


class Unavailable(Exception):
    """What was asked for is not to be had here, and that is no fault of the model."""


def make(wire: Any) -> Any:
    """Return the real object; raise Unavailable where these versions of pandas and numpy have none for it."""
    try:
        return decode(wire)
    except Exception as error:
        raise Unavailable(f"the data cannot be made here: {type(error).__name__}: {error}") from None


def decode(wire: Any) -> Any:
    """Return the real object that JSON from the wire stands for."""
    if type(wire) is list:
        return wire[:] if _ATOMS.issuperset(map(type, wire)) else [decode(item) for item in wire]
    if type(wire) is dict:
        return _READERS[wire["t"]](wire)
    return wire


def _read_datetime(wire: Json) -> Any:
    # Python 3.11 reads nanoseconds and drops them, Python 3.8 does not read them; pandas has them
    has_nanoseconds = re.search(r"\.\d{9}", wire["v"]) is not None
    return pd.Timestamp(wire["v"]) if has_nanoseconds else datetime.datetime.fromisoformat(wire["v"])


def _read_numpy_scalar(wire: Json) -> Any:
    dtype, value = np.dtype(wire["d"]), decode(wire["v"])
    if dtype.kind == "m":
        return np.array(value, dtype="int64").astype(dtype)[()]
    return np.array(complex(value) if dtype.kind == "c" else value, dtype=dtype)[()]


def _read_array(wire: Json) -> Any:
    dtype, shape = np.dtype(wire["d"]), tuple(wire["s"])
    if "b" in wire:
        return np.frombuffer(base64.b64decode(wire["b"]), dtype=dtype).reshape(shape).copy()
    return _fill_array(wire["v"], dtype).reshape(shape)


def _fill_array(values: list[Any], dtype: Any) -> Any:
    # One by one, for numpy would make a matrix of lists of one length
    array = np.empty(len(values), dtype=dtype)
    for i, value in enumerate(values):
        array[i] = decode(value)
    return array


@functools.lru_cache(maxsize=1)
def _text_dtype() -> Any:
    """The dtype of a list of str: `object` before pandas 3, `str` from 3 on."""
    return pd.Series(["a"]).dtype


# What a list may hold for numpy to make exactly the array that pandas would
_EXACT: dict[str, set[type]] = {"b": {bool}, "i": {int}, "u": {int}, "f": {float, int}}


def _make_cells(values: list[Any], dtype: Any, index: Any) -> Any:
    """A column: an array where that is the same and ten times as fast, a Series elsewhere."""
    if dtype in ("text", "str"):
        dtype = _text_dtype()
        if dtype != object:
            return pd.array(decode(values), dtype=dtype)
    kind = _kind_of(dtype)
    if kind in _EXACT and _EXACT[kind].issuperset(map(type, values)):
        return np.array(values, dtype=dtype)
    return pd.Series(_fill_array(values, object) if kind == "O" else decode(values), dtype=dtype, index=index)


@functools.lru_cache(maxsize=64)
def _kind_of(dtype: Any) -> str:
    try:
        return str(np.dtype(dtype).kind)
    except TypeError:  # one of pandas' own
        return ""


def _read_frame(wire: Json) -> Any:
    index = pd.RangeIndex(wire["r"]) if wire["i"] is None else pd.Index(decode(wire["i"]))
    columns = [_make_cells(column["v"], column["d"], index) for column in wire["c"]]
    # Positions first: names may come twice
    frame = pd.DataFrame(dict(enumerate(columns)), index=index)
    if columns:
        frame.columns = _name_columns([decode(column["n"]) for column in wire["c"]])
    return frame


_columns: list[Any] = [()]  # those of the last frame


def _name_columns(names: list[Any]) -> Any:
    """The index of these names; mostly they are those of the last frame, and pandas has hashed them by then."""
    known = _columns[0]
    # A text alone: 1 and True are equal, NaN is not. A model may have written into what is shared
    if set(map(type, names)) != {str} or list(known) != names:
        known = _columns[0] = pd.Index(names)
    return known.view()


def _read_series(wire: Json) -> Any:
    index = pd.RangeIndex(len(wire["v"])) if wire["i"] is None else pd.Index(decode(wire["i"]))
    return pd.Series(_make_cells(wire["v"], wire["d"], index), index=index, name=decode(wire["n"]))


def _read_sparse(wire: Json) -> Any:
    sparse = importlib.import_module("scipy.sparse")
    maker = sparse.csc_matrix if wire["f"] == "csc" else sparse.csr_matrix
    parts = (np.array(decode(wire["data"]), dtype=wire["d"]), np.array(wire["indices"]), np.array(wire["indptr"]))
    return maker(parts, shape=tuple(wire["s"]))


def _read_other(wire: Json) -> Any:
    raise ValueError(f"a {wire['c']} cannot be made from its description")


_READERS: dict[str, Callable[[Json], Any]] = {
    "bytes": lambda wire: base64.b64decode(wire["v"]),
    "datetime": _read_datetime,
    "date": lambda wire: datetime.date.fromisoformat(wire["v"]),
    "timedelta": lambda wire: pd.Timedelta(wire["v"], unit="ns"),
    "decimal": lambda wire: decimal.Decimal(wire["v"]),
    "nat": lambda wire: pd.NaT,
    "na": lambda wire: pd.NA,
    "np": _read_numpy_scalar,
    "tuple": lambda wire: tuple(decode(wire["v"])),
    "set": lambda wire: set(decode(wire["v"])),
    "dict": lambda wire: {decode(key): decode(value) for key, value in wire["v"]},
    "array": _read_array,
    "frame": _read_frame,
    "series": _read_series,
    "sparse": _read_sparse,
    "other": _read_other,
}


# --- errors and warnings -----------------------------------------------------------------------------------------

_OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
# What lies between the server and the model's own code
_ON_THE_WAY = [os.sep + name + os.sep for name in ("mlflow", "asyncio", "concurrent", "starlette", "fastapi", "flask")]


def describe_error(error: BaseException, *, trace: bool = True) -> Json:
    """Return the type, its bases, the message and, if wanted, the traceback without mlcheck's own frames."""
    mro = [_name_of(base) for base in type(error).__mro__]
    lines = _cut(_trace_of(error)) if trace else ""
    return {"type": mro[0], "mro": mro, "message": _cut(_message_of(error)), "traceback": lines}


def _message_of(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException as second:
        return f"<str failed: {type(second).__name__}>"


def _trace_of(error: BaseException) -> str:
    try:
        trace = traceback.TracebackException.from_exception(error)
        _trim_frames(trace, set())
        return "".join(trace.format())
    except BaseException as second:
        return f"<traceback failed: {type(second).__name__}>"


def _trim_frames(trace: traceback.TracebackException | None, seen: set[int]) -> None:
    """Leave out mlcheck's frames, and MLflow's on the way to the model's first own one."""
    if trace is None or id(trace) in seen:
        return
    seen.add(id(trace))
    frames = [frame for frame in trace.stack if not frame.filename.startswith(_OURS)]
    own = list(itertools.dropwhile(lambda frame: any(part in frame.filename for part in _ON_THE_WAY), frames))
    trace.stack[:] = own or frames
    _trim_frames(trace.__cause__, seen)
    _trim_frames(trace.__context__, seen)


def _cut(text: str) -> str:
    text = _name_steadily(text)
    if len(text) <= MAX_MESSAGE:
        return text
    return text[: MAX_MESSAGE // 2] + "\n…\n" + text[-MAX_MESSAGE // 2 :]


class Warnings:
    """The Python warnings of the current call. The filters stay the model's own."""

    def __init__(self) -> None:
        self.noted: list[str] = []
        self.show = warnings.showwarning
        warnings.showwarning = self.note

    def note(self, message: Any, category: Any, *rest: Any, **more: Any) -> None:
        if len(self.noted) < MAX_WARNINGS:
            self.noted.append(f"{category.__name__}: {_message_of(message)[:MAX_TEXT]}")
        self.show(message, category, *rest, **more)

    def take(self) -> list[str]:
        noted, self.noted = self.noted, []
        return noted


# --- the model's own predict -------------------------------------------------------------------------------------


class Counted:
    """Stands for a function, method or callable and counts its calls; pickled or copied, it is the thing itself."""

    def __init__(self, function: Callable[..., Any], calls: InnerCalls) -> None:
        functools.update_wrapper(self, function)  # MLflow looks at its signature and type hints
        self._function = function
        self._calls = calls

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._calls.note()
        if self._calls.params is not None and isinstance(kwargs.get("params"), dict):
            kwargs["params"] = self._calls.params = WatchedParams(kwargs["params"])
            self._calls.params_named = _names_params(self._function)
        return self._function(*args, **kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __reduce__(self) -> Any:
        return copy.copy, (self._function,)


class WatchedParams(dict):  # type: ignore[type-arg] # Python 3.8 cannot subclass dict[str, Any]
    """The params of one call, which note the names that the model asks for; `**` and copies ask for all."""

    def __init__(self, params: Any = ()) -> None:
        super().__init__(params)
        self.asked: set[str] = set()

    def __getitem__(self, name: Any) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)

    def get(self, name: Any, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def pop(self, name: Any, *default: Any) -> Any:
        self.asked.add(name)
        return super().pop(name, *default)

    def __contains__(self, name: Any) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)

    def __iter__(self) -> Any:
        self.asked.update(super().keys())
        return super().__iter__()

    def keys(self) -> Any:
        self.asked.update(super().keys())
        return super().keys()

    def values(self) -> Any:
        self.asked.update(super().keys())
        return super().values()

    def items(self) -> Any:
        self.asked.update(super().keys())
        return super().items()

    def __or__(self, other: Any) -> Any:
        self.asked.update(super().keys())
        return dict(self, **other)

    def __ror__(self, other: Any) -> Any:
        self.asked.update(super().keys())
        return dict(other, **self)

    def copy(self) -> Any:
        self.asked.update(super().keys())
        return super().copy()

    def __reduce__(self) -> Any:
        self.asked.update(super().keys())
        return dict, (dict(super().items()),)


def _names_params(function: Any) -> bool:
    """Tell whether the function's code does anything with its argument `params`; True where that cannot be seen."""
    try:
        code = getattr(inspect.unwrap(function), "__code__", None)
    except ValueError:  # wrapped in a circle
        code = None
    if code is None or "params" in code.co_cellvars:
        return True
    return any("params" in str(one.argrepr) for one in dis.get_instructions(code) if one.opname.startswith("LOAD"))


# Where MLflow's wrappers keep the user's object
_USERS_OWN = ("python_model", "chat_model", "chat_agent", "responses_agent")


class InnerCalls:
    """Counts how often the model's own predict was reached; `first` runs before the next first time."""

    def __init__(self) -> None:
        self.by_thread: dict[int, int] = collections.Counter()
        self.first: Callable[[], None] | None = None
        self.params_named = True  # whether the code of the model's own predict has the word
        self.params: dict[str, Any] | None = None  # set to watch what the next call does with its params
        self.spent = 0.0  # seconds in `first`, which are not the model's

    def note(self) -> None:
        self.by_thread[threading.get_ident()] += 1
        first, self.first = self.first, None
        if first is not None:
            started = time.perf_counter()
            first()
            self.spent = time.perf_counter() - started

    def total(self) -> int:
        return sum(list(self.by_thread.values()))

    def mine(self) -> int:
        return self.by_thread[threading.get_ident()]

    def watch(self, model: Any) -> None:
        """Count what a PyFuncModel calls once enforcement is done.

        For a python model that is the user's own function, behind the checks of type hints that MLflow >= 2.20
        wraps around it; for any other flavor the predict function of MLflow's wrapper.
        """
        impl = getattr(model, "_model_impl", None)
        users = [getattr(impl, name, None) for name in _USERS_OWN]
        try:
            watched = any(self._watch_python_model(own) for own in users if own is not None)
        except (AttributeError, TypeError, ValueError):  # slots, or a metaclass that will not have it
            watched = False
        if not watched:
            model._predict_fn = Counted(model._predict_fn, self)

    def _watch_python_model(self, python_model: Any) -> bool:
        # A function logged as a model: MLflow's `_FunctionPythonModel` holds it as `func`
        name = "func" if type(python_model).__name__ == "_FunctionPythonModel" else "predict"
        # Where the function is, rather than on the object: what a model copies or pickles stays as it was
        holder = next((holder for holder in (python_model, *type(python_model).__mro__) if name in vars(holder)), None)
        function = vars(holder)[name] if holder is not None else None
        if not callable(function) or isinstance(function, (staticmethod, classmethod)):
            return False
        cell = _find_cell(function)
        if cell is not None:
            cell.cell_contents = Counted(cell.cell_contents, self)
        else:
            setattr(holder, name, Counted(function, self))
        return True


def _find_cell(function: Any) -> Any:
    """Return the closure cell in which the innermost of MLflow's decorators holds the user's function, if any."""
    found = None
    while getattr(function, "_is_pyfunc", False) and hasattr(function, "__wrapped__"):
        inside = function.__wrapped__
        found = next((cell for cell in function.__closure__ or () if cell.cell_contents is inside), found)
        function = inside
    return found


# --- outputs as the scoring server writes them -------------------------------------------------------------------


def describe_serialised(output: Any) -> Json:
    """Tell whether MLflow's scoring server can write the output, and whether what it writes is strict JSON."""
    try:
        server = importlib.import_module("mlflow.pyfunc.scoring_server")
    except ImportError as error:
        return {"ok": None, "error": str(error), "strict_json": None}
    text = io.StringIO()
    try:
        server.predictions_to_json(output, text)
    except BaseException as error:
        return {"ok": False, "error": f"{type(error).__name__}: {_message_of(error)}", "strict_json": False}
    return {"ok": True, "error": None, "strict_json": _is_strict(text.getvalue())}


def _is_strict(text: str) -> bool:
    """NaN and Infinity are Python's JSON and nobody else's."""
    if re.search("NaN|Infinity", text) is None:
        return True
    found: list[str] = []
    json.loads(text, parse_constant=found.append)
    return not found


# --- the scoring server in process -------------------------------------------------------------------------------


class AsgiServer:
    """MLflow's FastAPI application (2.21 and newer), asked without a socket."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.loop = asyncio.new_event_loop()

    def post(self, body: bytes, content_type: str) -> Json:
        answer: Json = {"status": None, "content_type": "", "body": b"", "error": None}
        try:
            self.loop.run_until_complete(self._exchange(body, content_type, answer))
        except BaseException as error:  # the application raises again what it has answered with 500
            answer["error"] = describe_error(error)
        return answer

    async def _exchange(self, body: bytes, content_type: str, answer: Json) -> None:
        done = asyncio.Event()
        requests = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            if requests:
                return requests.pop()
            await done.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = {key.lower(): value for key, value in message.get("headers", [])}
                answer["status"] = message["status"]
                answer["content_type"] = headers.get(b"content-type", b"").decode("latin-1")
            elif message["type"] == "http.response.body":
                answer["body"] += message.get("body", b"")
                if not message.get("more_body", False):
                    done.set()

        await self.app(_scope(content_type, len(body)), receive, send)


def _scope(content_type: str, length: int) -> Json:
    headers = [(b"content-type", content_type.encode("latin-1")), (b"content-length", str(length).encode())]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/invocations",
        "raw_path": b"/invocations",
        "root_path": "",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 5000),
    }


class FlaskServer:
    """MLflow's Flask application (before 2.21), asked through Flask's own test client."""

    def __init__(self, app: Any) -> None:
        self.client = app.test_client()
        self.error: Json | None = None
        self.handle = app.handle_exception
        app.handle_exception = self._note_error

    def _note_error(self, error: BaseException) -> Any:
        self.error = describe_error(error)
        return self.handle(error)

    def post(self, body: bytes, content_type: str) -> Json:
        self.error = None
        response = self.client.post("/invocations", data=body, content_type=content_type)
        kind = response.headers.get("Content-Type", "")
        return {"status": response.status_code, "content_type": kind, "body": response.data, "error": self.error}


def start_server(model: Any) -> Any:
    """Return the application that `mlflow models serve` runs, for this MLflow."""
    try:
        app = importlib.import_module("mlflow.pyfunc.scoring_server").init(model)
    except Exception as error:  # flask or fastapi is missing, or too new: MLflow 3.10 cannot do with FastAPI 0.165
        raise Unavailable(f"MLflow's scoring server cannot be started: {type(error).__name__}: {error}") from None
    return FlaskServer(app) if hasattr(app, "test_client") else AsgiServer(app)


# --- flavors -----------------------------------------------------------------------------------------------------

# Where the library's import name is not the flavor's own
_LIBRARIES = {"pytorch": "torch", "spark": "pyspark", "gluon": "mxnet"}


def find_flavor(flavor: str, library: str | None) -> Callable[[str], Any]:
    """Return the flavor's own load_model; raise Unavailable where its library is not installed or MLflow has none."""
    library = library or _LIBRARIES.get(flavor, flavor)
    if library not in sys.modules and importlib.util.find_spec(library) is None:
        raise Unavailable(f"the library {library!r} is not installed")
    try:
        load: Any = importlib.import_module(f"mlflow.{flavor}").load_model
    except (ImportError, AttributeError) as error:
        raise Unavailable(f"this MLflow does not load the flavor {flavor!r}: {error}") from None
    return load  # type: ignore[no-any-return]


# --- what the caller handed over ---------------------------------------------------------------------------------


def take_snapshot(data: Any, params: Any) -> Callable[[], bool]:
    """Return a function that tells whether the data or the params are no longer what they are now."""
    checks = [_watch_data(data), _watch_data(params)]
    return lambda: any(changed() for changed in checks)


def _watch_data(data: Any) -> Callable[[], bool]:
    # Copies are cheap, and compare well where no cell is a container that could change inside
    if isinstance(data, pd.DataFrame) and not (data.dtypes == object).any():
        frame = data.copy()
        return lambda: not frame.equals(data)
    kept = repr(encode(data))
    return lambda: kept != repr(encode(data))


# --- requests ----------------------------------------------------------------------------------------------------


class Worker:
    """Answers requests about one model until the stream ends."""

    def __init__(self, fd: int, path: str, watch: Any, outputs: list[int]) -> None:
        """`watch.take()` tells what the call did to network and files; `outputs` are descriptors of stdout, stderr."""
        self.fd = fd
        self.path = path
        self.watch = watch
        self.outputs = outputs
        self.warnings = Warnings()
        self.calls = InnerCalls()
        self.model: Any = None
        self.server: Any = None
        self.broke = False

    def run(self) -> None:
        """Serve requests until the parent's end of the stream is closed."""
        try:
            while True:
                request = read_frame(self.fd)
                if request is None:
                    return
                answer = self.skip(request) or self.handle(request)
                self.broke = answer.get("outcome") not in ("answered", "refused")
                self.send(dict(answer, id=request["id"]))
        except OSError:
            _write(self.outputs[-1], b"mlcheck: the model closed a descriptor that is not its own\n")
            raise

    def send(self, answer: Json) -> None:
        try:
            write_frame(self.fd, answer)
        except ValueError as error:  # an int of more digits than Python writes, for one
            if "output" not in answer:
                raise
            write_frame(self.fd, dict(answer, output={"t": "other", "c": "", "r": f"<could not be sent: {error}>"}))

    def skip(self, request: Json) -> Json | None:
        """What was sent ahead of an answer is not for a model in which something broke meanwhile."""
        return {"outcome": "skipped"} if self.broke and request.get("ahead") else None

    def handle(self, request: Json) -> Json:
        self.mark_output()
        try:
            answer: Json = getattr(self, "do_" + request["op"])(request)
        except Unavailable as reason:
            answer = {"outcome": "unavailable", "reason": str(reason)}
        except Exception:
            answer = {"outcome": "broken", "traceback": traceback.format_exc()}
        flush_output()
        return dict(answer, warnings=self.warnings.take(), **self.watch.take())

    def mark_output(self) -> None:
        """Say on stdout and stderr where a call begins; on descriptors that the model does not know."""
        for fd in self.outputs:
            try:
                _write(fd, OUTPUT_MARK)
            except OSError:  # closed by the model, so there is nothing to mark
                pass

    def attempt(self, function: Callable[[], Any], *, enforced: bool = False) -> tuple[Json, Any]:
        """Run the function; return what came of it and its value. Nothing that a model raises gets past here.

        What MLflow's enforcement raises before the model is reached is `refused`, and told without a traceback.
        """
        value, found = None, {"outcome": "answered"}  # type: Any, Json
        before, self.calls.spent = self.calls.mine(), 0.0
        started = time.perf_counter()
        try:
            value = function()
        except BaseException as error:
            seconds = time.perf_counter() - started
            refused = enforced and self.calls.mine() == before
            found = {"outcome": "refused" if refused else "raised", "error": describe_error(error, trace=not refused)}
        else:
            seconds = time.perf_counter() - started
        found["seconds"] = seconds - self.calls.spent
        found["inner_calls"] = self.calls.mine() - before
        return found, value

    # --- load --------------------------------------------------------------------------------------------

    def do_load(self, request: Json) -> Json:
        import mlflow.pyfunc

        before = set(sys.modules)
        found, self.model = self.attempt(lambda: mlflow.pyfunc.load_model(self.path))
        imported = [name for name in sys.modules if name not in before and _is_installed(name)]
        if self.model is not None:
            self.calls.watch(self.model)
            self.watch.remember()
        return dict(found, room=self.watch.room, imported=imported)

    def do_load_flavor(self, request: Json) -> Json:
        load = find_flavor(request["flavor"], request["library"])
        return self.attempt(lambda: load(self.path))[0]

    # --- predict -----------------------------------------------------------------------------------------

    def do_predict(self, request: Json) -> Json:
        data, params = make(request["data"]), make(request["params"])
        changed: list[Callable[[], bool]] = []
        if request["closely"]:  # from the model's own predict on: what enforcement changes is not the model's doing
            self.calls.first = lambda: changed.append(take_snapshot(data, params))
        found, output = self.predict(data, params)
        self.calls.first = None
        found["input_changed"] = any(has_changed() for has_changed in changed)
        if found["outcome"] == "answered":
            found["output"] = encode(output)
            found["serialised"] = describe_serialised(output) if request["closely"] else None
        return found

    def predict(self, data: Any, params: Any) -> tuple[Json, Any]:
        return self.attempt(lambda: self.call(data, params), enforced=True)

    def call(self, data: Any, params: Any) -> Any:
        # `params` came with MLflow 2.6
        return self.model.predict(data, *([] if params is None else [params]))

    def do_stream(self, request: Json) -> Json:
        """The stream read to its end; what it brings is not told."""
        if not hasattr(self.model, "predict_stream"):
            raise Unavailable("models stream in MLflow 2.12 and newer")
        data, params = _make_case(request)
        return self.attempt(lambda: collections.deque(self.model.predict_stream(data, params), maxlen=0))[0]

    def do_concurrent(self, request: Json) -> Json:
        """Several threads, each with a case of its own, calling again and again, all at once."""
        inputs = [[_make_case(case) for _ in range(request["repeats"])] for case in request["cases"]]
        results: list[list[Json]] = [[] for _ in inputs]
        barrier = threading.Barrier(len(inputs))
        threads = [
            threading.Thread(target=self.repeat, args=(barrier, *work), daemon=True) for work in zip(inputs, results)
        ]
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)  # threads take turns far more often than they would: races show
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)
        return {"outcome": "answered", "results": results}

    def repeat(self, barrier: threading.Barrier, inputs: list[Case], results: list[Json]) -> None:
        barrier.wait()
        for data, params in inputs:
            found, output = self.predict(data, params)
            if found["outcome"] == "answered":
                found["output"] = encode(output)
            results.append(found)

    def do_observe(self, request: Json) -> Json:
        """What predict does to its process besides answering."""
        # Made anew for each call: pandas 3 notes at the data who has looked at it, which looks like growing memory
        first, second = (lambda case=case: self.call(*_make_case(case)) for case in request["cases"])
        found, habits = self.attempt(lambda: self.watch.observe(first, second, encode))
        return dict(found, habits=habits)

    def do_watch_params(self, request: Json) -> Json:
        """Whether params reach the model's own predict, and which of them it asks for."""
        data, params = _make_case(request)
        self.calls.params = {}
        found, _ = self.attempt(lambda: self.call(data, params))
        seen, self.calls.params = self.calls.params, None
        asked = seen.asked if isinstance(seen, WatchedParams) else ()
        named = self.calls.params_named
        return dict(found, reached=isinstance(seen, WatchedParams), named=named, asked=sorted(map(str, asked)))

    def do_find_categories(self, request: Json) -> Json:
        """What the encoders in the model were fitted on."""
        return {"outcome": "answered", "categories": find_categories()}

    # --- serve -------------------------------------------------------------------------------------------

    def do_serve(self, request: Json) -> Json:
        if self.server is None:
            self.server = _as_server(lambda: start_server(self.model))
        body, total = base64.b64decode(request["body"]), self.calls.total()
        found, answer = self.attempt(lambda: _as_server(lambda: self.server.post(body, request["content_type"])))
        found["inner_calls"] = self.calls.total() - total  # the server calls predict in a thread of its own
        if answer is not None:
            found.update(answer, body=_base64(answer["body"][:MAX_OUTPUT]))
            if answer["status"] is None:  # SystemExit and the like, which would end a server
                found["outcome"] = "raised"
        return found


def _make_case(case: Json) -> Case:
    return make(case["data"]), make(case["params"])


def find_categories() -> dict[str, list[Any]]:
    """Return by column the texts and whole numbers that scikit-learn's encoders know, wherever they are in the model.

    Encoders have the names of columns since scikit-learn 1.0, where they were fitted on a DataFrame.
    """
    base = getattr(sys.modules.get("sklearn.base"), "BaseEstimator", None)  # type: Any
    found: dict[str, list[Any]] = {}
    lists = (list, tuple, np.ndarray)  # other classes may have anything under these names
    for item in gc.get_objects() if base is not None else ():
        if issubclass(type(item), base):
            fitted = vars(item)
            names, known = fitted.get("feature_names_in_"), fitted.get("categories_")
            for name, values in zip(names, known) if isinstance(names, lists) and isinstance(known, lists) else ():
                all_of_it = values if isinstance(values, lists) else ()
                plain = [value.item() if isinstance(value, np.generic) else value for value in all_of_it]
                found.setdefault(str(name), [value for value in plain if type(value) in (str, int)][:MAX_CATEGORIES])
    return found


def _is_installed(name: str) -> bool:
    """Tell whether a module is one of a library or of Python itself, by where it lies."""
    origin = getattr(getattr(sys.modules[name], "__spec__", None), "origin", None)
    return isinstance(origin, str) and (origin == "built-in" or origin.startswith((sys.prefix, sys.base_prefix)))


def _as_server(function: Callable[[], Any]) -> Any:
    """Run the function; the server tells MLflow through the environment that it is one, and only it is."""
    kept = os.environ.get("_MLFLOW_IS_IN_SERVING_ENVIRONMENT")
    os.environ["_MLFLOW_IS_IN_SERVING_ENVIRONMENT"] = "true"
    try:
        return function()
    finally:
        del os.environ["_MLFLOW_IS_IN_SERVING_ENVIRONMENT"]
        if kept is not None:
            os.environ["_MLFLOW_IS_IN_SERVING_ENVIRONMENT"] = kept


def flush_output() -> None:
    """Push out what the model printed; whatever it has done to the streams is its own affair."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass


def run_worker(fd: int, path: str, watch: Any, outputs: list[int]) -> None:
    """Serve the model folder at `path` over the descriptor; a crash leaves its Python stack on stderr."""
    faulthandler.enable(file=outputs[-1], all_threads=True)
    import_libraries()
    np.random.seed()  # a forked numpy would go on with the forkserver's numbers
    Worker(fd, path, watch, outputs).run()
