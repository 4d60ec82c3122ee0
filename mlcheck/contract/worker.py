"""What one model does when it is asked: load, predict and serve, told to the parent as JSON frames.

This file runs in the model's own process, under the model's own interpreter: Python 3.8 or newer with MLflow 2.0
or newer, where mlcheck need not be installed. It imports the standard library and, once asked, what the model
needs anyway: mlflow, numpy, pandas. `child/forkserver.py` starts it; `process.py` is the other end.

A frame is four bytes of length, big-endian, and that much JSON (Python's, with NaN and Infinity). A request is
`{"id": n, "op": name, …}`; each answer repeats the id. Data crosses in the format of `contract/data/wire.py`.
"""

import asyncio
import base64
import collections
import datetime
import decimal
import faulthandler
import functools
import importlib
import importlib.util
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
import warnings
from typing import Any, Callable, Dict, Iterator, List, Optional, Set, Tuple

Json = Dict[str, Any]

MAX_FRAME = 256 * 1024 * 1024  # below 0x20000000, so that four bytes of stray text are never taken for a length
MAX_OUTPUT = 32 * 1024 * 1024  # what one output may weigh on the wire, roughly in bytes
MAX_TEXT = 2000  # of a repr
MAX_MESSAGE = 20000  # of an exception's message or traceback
MAX_NOTES = 20  # warnings of one call
MAX_DEPTH = 100  # of nested containers

np = None  # type: Any
pd = None  # type: Any


# --- frames ------------------------------------------------------------------------------------------------------

# Kept here, for a model may replace what the modules hold
_read, _write = os.read, os.write


def read_frame(fd: int) -> Optional[Json]:
    """Return the next frame, None at the end of the stream; raise ValueError for what is no frame."""
    head = _read_exactly(fd, 4)
    if len(head) < 4:
        return None
    size = struct.unpack(">I", head)[0]
    if size > MAX_FRAME:
        raise ValueError("a frame of {} bytes".format(size))
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
        raise ValueError("a frame of {} bytes".format(len(body)))
    rest = memoryview(struct.pack(">I", len(body)) + body)
    while rest:
        rest = rest[_write(fd, rest) :]


# --- libraries ---------------------------------------------------------------------------------------------------


def import_libraries() -> None:
    """Import what every model needs; the forkserver does so once for all of them."""
    global np, pd
    import mlflow.pyfunc  # noqa: F401
    import numpy
    import pandas

    np, pd = numpy, pandas
    try:
        import mlflow.pyfunc.scoring_server  # noqa: F401
    except ImportError:  # mlflow-skinny without the server's libraries: said when it is asked for
        pass


def describe_versions() -> Json:
    """Return the versions that decide what a signature means here."""
    import mlflow

    found = {"python": platform.python_version(), "mlflow": mlflow.__version__}
    found.update(numpy=np.__version__, pandas=pd.__version__)
    return found


# --- wire format: real objects to JSON ---------------------------------------------------------------------------

_ATOMS = frozenset([type(None), bool, int, float])


class _TooLarge(Exception):
    """The output would weigh more than may cross."""


def encode(value: Any, limit: int = MAX_OUTPUT) -> Any:
    """Return the JSON for any object at all; what has no place in the format, or is too large, becomes "other"."""
    try:
        return _Encoder(limit).encode(value)
    except _TooLarge:
        return _other(value, "<more than {} MB>".format(limit // (1024 * 1024)))
    except BaseException as error:  # a class of the model's may do anything when it is looked at
        return _other(value, "<could not be read: {}>".format(type(error).__name__))


class _Encoder:
    def __init__(self, limit: int) -> None:
        self.left = limit
        self.open = []  # type: List[int]  # ids of the containers around the value, to see a cycle

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
        for base, write in _writers():
            if isinstance(value, base):
                return write(self, value)
        return _other(value)

    def encode_all(self, values: List[Any]) -> List[Any]:
        if _ATOMS.issuperset(map(type, values)):
            self.spend(8 * len(values))
            return values
        return [self.encode(item) for item in values]

    def nested(self, value: Any, write: Callable[[], Any]) -> Any:
        if id(value) in self.open:
            return _other(value, "<contains itself>")
        if len(self.open) >= MAX_DEPTH:
            return _other(value, "<nested more than {} deep>".format(MAX_DEPTH))
        self.open.append(id(value))
        try:
            return write()
        finally:
            self.open.pop()

    def encode_list(self, value: Any) -> Any:
        return self.nested(value, lambda: self.encode_all(list(value)))

    def encode_tuple(self, value: Any) -> Any:
        return {"t": "tuple", "v": self.encode_list(value)}

    def encode_set(self, value: Any) -> Any:
        # In a stable order, so that equal sets of two processes look equal
        return {"t": "set", "v": sorted(self.encode_list(value), key=json.dumps)}

    def encode_dict(self, value: Any) -> Any:
        return {"t": "dict", "v": self.nested(value, lambda: [self.encode_all(list(p)) for p in value.items()])}

    def encode_plain(self, value: Any) -> Any:
        """A subclass of a JSON type, such as an IntEnum."""
        for kind in (int, float, str):
            if isinstance(value, kind):
                return self.encode(kind(value))
        return _other(value)

    def encode_bytes(self, value: Any) -> Any:
        self.spend(len(value))
        return {"t": "bytes", "v": _base64(bytes(value))}

    def encode_datetime(self, value: Any) -> Any:
        self.spend(32)
        return {"t": "datetime", "v": value.isoformat()}

    def encode_date(self, value: Any) -> Any:
        self.spend(16)
        return {"t": "date", "v": value.isoformat()}

    def encode_timedelta(self, value: Any) -> Any:
        self.spend(16)
        if isinstance(value, pd.Timedelta):
            return {"t": "timedelta", "v": int(value.to_timedelta64().astype("timedelta64[ns]").astype("int64"))}
        return {"t": "timedelta", "v": value // datetime.timedelta(microseconds=1) * 1000}

    def encode_decimal(self, value: Any) -> Any:
        self.spend(16)
        return {"t": "decimal", "v": str(value)}

    def encode_numpy_scalar(self, value: Any) -> Any:
        if isinstance(value, np.void):
            return _other(value)
        if isinstance(value, (np.datetime64, np.complexfloating)):
            plain = str(value)  # type: Any
        elif isinstance(value, np.timedelta64):
            plain = int(value.astype("int64"))
        elif isinstance(value, np.floating):
            plain = float(value)
        else:
            plain = self.encode(value.item())
        self.spend(8)
        return {"t": "np", "d": value.dtype.str, "v": plain}

    def encode_array(self, array: Any) -> Any:
        kind, shape = array.dtype.kind, list(array.shape)
        if kind not in "OUSbiufcmM":
            return _other(array)
        if kind in "OUS":
            flat = self.nested(array, lambda: self.encode_all(np.asarray(array).reshape(-1).tolist()))
            return {"t": "array", "d": array.dtype.str, "s": shape, "v": flat}
        self.spend(array.nbytes)
        native = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
        return {"t": "array", "d": native.dtype.str, "s": shape, "b": _base64(native.tobytes())}

    def encode_cells(self, column: Any) -> List[Any]:
        """The values of a Series, plain numbers without a look at each."""
        self.spend(8 * len(column))
        if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
            return column.tolist()  # type: ignore[no-any-return]
        return self.encode_all(column.tolist())

    def encode_index(self, index: Any) -> Optional[List[Any]]:
        if isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1:
            return None
        return self.encode_all(index.tolist())

    def encode_frame(self, frame: Any) -> Any:
        columns = [
            {"n": self.encode(name), "d": str(column.dtype), "v": self.nested(frame, lambda: self.encode_cells(column))}
            for name, column in ((frame.columns[i], frame.iloc[:, i]) for i in range(frame.shape[1]))
        ]
        return {"t": "frame", "c": columns, "r": len(frame), "i": self.encode_index(frame.index)}

    def encode_series(self, series: Any) -> Any:
        cells = self.nested(series, lambda: self.encode_cells(series))
        found = {"t": "series", "n": self.encode(series.name), "d": str(series.dtype), "v": cells}
        found["i"] = self.encode_index(series.index)
        return found

    def encode_missing(self, value: Any) -> Any:
        return {"t": "nat"} if value is pd.NaT else {"t": "na"}

    def encode_sparse(self, matrix: Any) -> Any:
        if matrix.format not in ("csr", "csc"):
            return _other(matrix)
        self.spend(16 * int(matrix.nnz))
        found = {"t": "sparse", "f": matrix.format, "d": str(matrix.dtype), "s": [int(n) for n in matrix.shape]}
        for name in ("data", "indices", "indptr"):
            found[name] = getattr(matrix, name).tolist()
        return found


Writer = Tuple[Any, Callable[[_Encoder, Any], Any]]


@functools.lru_cache(maxsize=2)
def _writers_for(sparse: Any) -> Tuple[Writer, ...]:
    """First fit wins: numpy scalars before the Python types that some of them subclass, datetime before date."""
    found = [
        (np.ndarray, _Encoder.encode_array),
        (np.generic, _Encoder.encode_numpy_scalar),
        (pd.DataFrame, _Encoder.encode_frame),
        (pd.Series, _Encoder.encode_series),
        ((type(pd.NaT), type(pd.NA)), _Encoder.encode_missing),
        (dict, _Encoder.encode_dict),
        (list, _Encoder.encode_list),
        (tuple, _Encoder.encode_tuple),
        ((set, frozenset), _Encoder.encode_set),
        ((bytes, bytearray), _Encoder.encode_bytes),
        (datetime.datetime, _Encoder.encode_datetime),
        (datetime.date, _Encoder.encode_date),
        (datetime.timedelta, _Encoder.encode_timedelta),
        (decimal.Decimal, _Encoder.encode_decimal),
        ((int, float, str), _Encoder.encode_plain),
    ]  # type: List[Writer]
    return tuple(found) + (((sparse, _Encoder.encode_sparse),) if sparse else ())


def _writers() -> Tuple[Writer, ...]:
    scipy_sparse = sys.modules.get("scipy.sparse")  # no matrix without it, and no import on its account
    return _writers_for(getattr(scipy_sparse, "spmatrix", None))


def _other(value: Any, text: Optional[str] = None) -> Json:
    kind = type(value)
    name = "{}.{}".format(getattr(kind, "__module__", ""), getattr(kind, "__qualname__", "?"))
    return {"t": "other", "c": name, "r": _text_of(value) if text is None else text}


def _text_of(value: Any) -> str:
    try:
        return str(repr(value))[:MAX_TEXT]
    except BaseException as error:
        return "<repr failed: {}>".format(type(error).__name__)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


# --- wire format: JSON to real objects ---------------------------------------------------------------------------


class Unmakeable(Exception):
    """The data cannot be made with this pandas or numpy: no fault of the model."""


def make(wire: Any) -> Any:
    """Return the real object; raise Unmakeable where these versions of the libraries have none for it."""
    try:
        return decode(wire)
    except Exception as error:
        raise Unmakeable("{}: {}".format(type(error).__name__, error))


def decode(wire: Any) -> Any:
    """Return the real object that JSON from the wire stands for."""
    if type(wire) is list:
        return wire[:] if _ATOMS.issuperset(map(type, wire)) else [decode(item) for item in wire]
    if type(wire) is dict:
        return _READERS[wire["t"]](wire)
    return wire


def _read_datetime(wire: Json) -> Any:
    try:
        return datetime.datetime.fromisoformat(wire["v"])
    except ValueError:  # nanoseconds, which only pandas has
        return pd.Timestamp(wire["v"])


def _read_timedelta(wire: Json) -> Any:
    microseconds, rest = divmod(wire["v"], 1000)
    return pd.Timedelta(wire["v"], "ns") if rest else datetime.timedelta(microseconds=microseconds)


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


def _fill_array(values: List[Any], dtype: Any) -> Any:
    # One by one, for numpy would make a matrix of lists of one length
    array = np.empty(len(values), dtype=dtype)
    for i, value in enumerate(values):
        array[i] = decode(value)
    return array


@functools.lru_cache(maxsize=1)
def _text_dtype() -> str:
    """The dtype of a list of str: `object` before pandas 3, `str` from 3 on."""
    return "object" if pd.Series(["a"]).dtype == object else "str"


def _make_series(values: List[Any], dtype: str, index: Any, name: Any = None) -> Any:
    if dtype in ("text", "str"):
        dtype = _text_dtype()
    cells = _fill_array(values, object) if dtype == "object" else decode(values)
    return pd.Series(cells, dtype=dtype, index=index, name=name)


def _read_frame(wire: Json) -> Any:
    index = pd.RangeIndex(wire["r"]) if wire["i"] is None else pd.Index(decode(wire["i"]))
    columns = [_make_series(column["v"], column["d"], index) for column in wire["c"]]
    # Positions first: names may come twice
    frame = pd.DataFrame(dict(enumerate(columns)), index=index)
    if columns:
        frame.columns = pd.Index([decode(column["n"]) for column in wire["c"]])
    return frame


def _read_series(wire: Json) -> Any:
    index = pd.RangeIndex(len(wire["v"])) if wire["i"] is None else pd.Index(decode(wire["i"]))
    return _make_series(wire["v"], wire["d"], index, decode(wire["n"]))


def _read_sparse(wire: Json) -> Any:
    sparse = importlib.import_module("scipy.sparse")
    maker = sparse.csc_matrix if wire["f"] == "csc" else sparse.csr_matrix
    parts = (np.array(decode(wire["data"]), dtype=wire["d"]), np.array(wire["indices"]), np.array(wire["indptr"]))
    return maker(parts, shape=tuple(wire["s"]))


def _read_other(wire: Json) -> Any:
    raise ValueError("a {} cannot be made from its description".format(wire["c"]))


_READERS = {
    "bytes": lambda wire: base64.b64decode(wire["v"]),
    "datetime": _read_datetime,
    "date": lambda wire: datetime.date.fromisoformat(wire["v"]),
    "timedelta": _read_timedelta,
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
}  # type: Dict[str, Callable[[Json], Any]]


# --- errors and warnings -----------------------------------------------------------------------------------------


def describe_error(error: BaseException) -> Json:
    """Return the type, its bases, the message and the traceback without mlcheck's own frames."""
    kind = type(error)
    mro = [_name_of(base) for base in kind.__mro__]
    return {"type": mro[0], "mro": mro, "message": _cut(_message_of(error)), "traceback": _cut(_trace_of(error))}


def _name_of(kind: type) -> str:
    return "{}.{}".format(getattr(kind, "__module__", "?"), getattr(kind, "__qualname__", "?"))


def _message_of(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException as second:
        return "<str failed: {}>".format(type(second).__name__)


def _trace_of(error: BaseException) -> str:
    try:
        trace = traceback.TracebackException.from_exception(error)
        _trim_frames(trace, set())
        return "".join(trace.format())
    except BaseException as second:
        return "<traceback failed: {}>".format(type(second).__name__)


def _trim_frames(trace: Optional[traceback.TracebackException], seen: Set[int]) -> None:
    """Leave out mlcheck's frames, and MLflow's on the way to the model's first own one."""
    if trace is None or id(trace) in seen:
        return
    seen.add(id(trace))
    frames = [frame for frame in trace.stack if not _is_ours(frame.filename)]
    own = list(itertools.dropwhile(lambda frame: _is_on_the_way(frame.filename), frames))
    trace.stack[:] = own or frames
    _trim_frames(trace.__cause__, seen)
    _trim_frames(trace.__context__, seen)


_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_MLFLOW = os.sep + "mlflow" + os.sep
_CONCURRENT = (os.sep + "concurrent" + os.sep, os.sep + "asyncio" + os.sep, os.sep + "contextlib.py")


def _is_ours(filename: str) -> bool:
    return filename.startswith(_HERE)


def _is_on_the_way(filename: str) -> bool:
    return _MLFLOW in filename or any(part in filename for part in _CONCURRENT)


def _cut(text: str) -> str:
    if len(text) <= MAX_MESSAGE:
        return text
    return text[: MAX_MESSAGE // 2] + "\n…\n" + text[-MAX_MESSAGE // 2 :]


class Notes:
    """The Python warnings of the current call. The filters stay the model's own."""

    def __init__(self) -> None:
        self.taken = []  # type: List[str]
        self.show = warnings.showwarning
        warnings.showwarning = self.note  # type: ignore[assignment]

    def note(self, message: Any, category: Any, *rest: Any, **more: Any) -> None:
        if len(self.taken) < MAX_NOTES:
            self.taken.append("{}: {}".format(getattr(category, "__name__", category), str(message)[:MAX_TEXT]))
        self.show(message, category, *rest, **more)

    def take(self) -> List[str]:
        taken, self.taken = self.taken, []
        return taken


# --- the model's own predict -------------------------------------------------------------------------------------


class InnerCalls:
    """Counts how often the model's own predict was reached, by thread; `first` runs before the next first one."""

    def __init__(self) -> None:
        self.by_thread = collections.Counter()  # type: Dict[int, int]
        self.first = None  # type: Optional[Callable[[], None]]
        self.spent = 0.0  # seconds in `first`, which are not the model's

    def total(self) -> int:
        return sum(list(self.by_thread.values()))

    def mine(self) -> int:
        return self.by_thread[threading.get_ident()]

    def counting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)  # MLflow looks at its signature
        def counted(*args: Any, **kwargs: Any) -> Any:
            self.by_thread[threading.get_ident()] += 1
            if self.first is not None:
                self.run_first()
            return function(*args, **kwargs)

        return counted

    def run_first(self) -> None:
        first, self.first = self.first, None
        started = time.perf_counter()
        if first is not None:
            first()
        self.spent = time.perf_counter() - started

    def watch(self, model: Any) -> None:
        """Put the counter around what a PyFuncModel calls once enforcement is done.

        For a python model that is the user's own function, behind the checks of type hints that MLflow >= 2.20
        wraps around it; for any other flavor the wrapper's predict function.
        """
        owner = getattr(getattr(model, "_model_impl", None), "python_model", None)
        # A callable logged as a model: `_FunctionPythonModel.predict` checks type hints and calls `func`
        name = "func" if callable(getattr(owner, "func", None)) and _is_mlflows(type(owner)) else "predict"
        try:
            self._watch_function(owner, name)
        except (AttributeError, TypeError, ValueError):  # no python model, or one that will not be touched
            model._predict_fn = self.counting(model._predict_fn)

    def _watch_function(self, owner: Any, name: str) -> None:
        function, cell = getattr(owner, name), None
        plain = getattr(function, "__func__", function)
        while getattr(plain, "_is_pyfunc", False) and hasattr(plain, "__wrapped__"):
            cell = _cell_of(plain, plain.__wrapped__) or cell
            plain = plain.__wrapped__
        if cell is not None:
            cell.cell_contents = self.counting(plain)
        else:
            setattr(owner, name, self.counting(function))


def _is_mlflows(kind: type) -> bool:
    return kind.__module__.split(".")[0] == "mlflow"


def _cell_of(function: Any, content: Any) -> Any:
    """The closure cell of a decorated function that holds the function inside."""
    for cell in function.__closure__ or ():
        if cell.cell_contents is content:
            return cell
    return None


# --- outputs as the scoring server writes them -------------------------------------------------------------------


def describe_serialised(output: Any) -> Json:
    """Tell whether MLflow's scoring server can write the output, and whether what it writes is strict JSON."""
    try:
        from mlflow.pyfunc.scoring_server import predictions_to_json
    except ImportError as error:
        return {"ok": None, "error": str(error), "strict_json": None}
    text = io.StringIO()
    try:
        predictions_to_json(output, text)
    except BaseException as error:
        return {"ok": False, "error": "{}: {}".format(type(error).__name__, _message_of(error)), "strict_json": False}
    return {"ok": True, "error": None, "strict_json": _is_strict(text.getvalue())}


def _is_strict(text: str) -> bool:
    """NaN and Infinity are Python's JSON and nobody else's."""
    if re.search("NaN|Infinity", text) is None:
        return True
    found = []  # type: List[str]
    json.loads(text, parse_constant=found.append)
    return not found


# --- the scoring server in process -------------------------------------------------------------------------------


class AsgiServer:
    """MLflow's FastAPI application (2.21 and newer), asked without a socket."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.loop = asyncio.new_event_loop()

    def post(self, body: bytes, content_type: str) -> Json:
        answer = {"status": None, "content_type": "", "body": b"", "error": None}  # type: Json
        try:
            self.loop.run_until_complete(self._exchange(body, content_type, answer))
        except BaseException as error:  # the application raises again what it has answered with 500
            answer["error"] = describe_error(error)
        return answer

    async def _exchange(self, body: bytes, content_type: str, answer: Json) -> None:
        done = asyncio.Event()
        requests = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Any:
            for request in requests:
                return request
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
        self.error = None  # type: Optional[Json]
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
    from mlflow.pyfunc import scoring_server

    app = scoring_server.init(model)
    return FlaskServer(app) if hasattr(app, "test_client") else AsgiServer(app)


# --- flavors -----------------------------------------------------------------------------------------------------

# Where the library's import name is not the flavor's own
_LIBRARIES = {"pytorch": "torch", "spark": "pyspark", "gluon": "mxnet", "pmdarima": "pmdarima", "keras": "keras"}


def find_flavor(flavor: str, library: Optional[str]) -> Tuple[Optional[Callable[[str], Any]], str]:
    """Return the flavor's load_model, or None and why there is none here."""
    library = library or _LIBRARIES.get(flavor, flavor)
    if importlib.util.find_spec(library) is None:
        return None, "the library {!r} is not installed".format(library)
    try:
        load = getattr(importlib.import_module("mlflow." + flavor), "load_model", None)
    except ImportError as error:
        return None, "mlflow.{} cannot be imported: {}".format(flavor, error)
    return load, "" if load else "mlflow.{} has no load_model".format(flavor)


# --- requests ----------------------------------------------------------------------------------------------------


class Unavailable(Exception):
    """What was asked for is not to be had here, and that is no fault of the model."""


class Worker:
    """Answers requests about one model until the stream ends."""

    def __init__(self, fd: int, path: str, watch: Any, outputs: List[int]) -> None:
        """`watch.take()` gives what the call did to network and files; `outputs` are stdout and stderr, kept apart."""
        self.fd = fd
        self.path = path
        self.watch = watch
        self.outputs = outputs
        self.notes = Notes()
        self.calls = InnerCalls()
        self.model = None  # type: Any
        self.server = None  # type: Any

    def run(self) -> None:
        """Serve requests until "quit" or the parent's end of the stream is closed."""
        while True:
            request = read_frame(self.fd)
            if request is None or request["op"] == "quit":
                return
            for answer in self.answer(request):
                write_frame(self.fd, dict(answer, id=request["id"]))

    def answer(self, request: Json) -> Iterator[Json]:
        """One answer, or one a case for predict_many: what was answered before a crash is with the parent then."""
        if request["op"] == "predict_many":
            for case in request["cases"]:
                yield self.handle(dict(case, op="predict"))
        else:
            yield self.handle(request)

    def handle(self, request: Json) -> Json:
        self.mark_output()
        try:
            answer = getattr(self, "do_" + request["op"])(request)  # type: Json
        except (Unmakeable, Unavailable) as error:
            answer = {"outcome": "unavailable", "reason": str(error)}
        flush_output()
        answer["warnings"] = self.notes.take()
        answer.update(self.watch.take())
        return answer

    def mark_output(self) -> None:
        """Say on stdout and stderr where a call begins; on descriptors that the model does not know."""
        for fd in self.outputs:
            try:
                _write(fd, OUTPUT_MARK)
            except OSError:  # closed by the model, so there is nothing to mark
                pass

    def attempt(self, function: Callable[[], Any]) -> Tuple[Json, Any]:
        """Run the function; return what came of it and its value. Nothing that a model raises gets past here."""
        before, self.calls.spent = self.calls.mine(), 0.0
        started = time.perf_counter()
        value, found = None, {"outcome": "answered"}  # type: Any, Json
        try:
            value = function()
        except BaseException as error:
            found = {"outcome": "raised", "error": describe_error(error)}
        found["seconds"] = time.perf_counter() - started - self.calls.spent
        found["inner_calls"] = self.calls.mine() - before
        return found, value

    def do_hello(self, request: Json) -> Json:
        return {"outcome": "answered", "versions": describe_versions()}

    def do_load(self, request: Json) -> Json:
        import mlflow.pyfunc

        found, self.model = self.attempt(lambda: mlflow.pyfunc.load_model(self.path))
        if self.model is not None:
            self.calls.watch(self.model)
        return dict(found, room=self.watch.room)

    def do_load_flavor(self, request: Json) -> Json:
        load, reason = find_flavor(request["flavor"], request.get("library"))
        if load is None:
            raise Unavailable(reason)
        return self.attempt(functools.partial(load, self.path))[0]

    def do_predict(self, request: Json) -> Json:
        data, params = make(request["data"]), make(request.get("params"))
        before = []  # type: List[str]
        if request.get("watch", True):
            self.calls.first = lambda: before.append(_fingerprint(data, params))
        found, output = self.predict(data, params)
        self.calls.first = None
        if before:
            found["input_changed"] = before[0] != _fingerprint(data, params)
        if found["outcome"] == "answered":
            found["output"] = encode(output)
            found["serialised"] = describe_serialised(output)
        return found

    def predict(self, data: Any, params: Any) -> Tuple[Json, Any]:
        if self.model is None:
            raise Unavailable("the model is not loaded")
        # `params` came with MLflow 2.6
        call = functools.partial(self.model.predict, data, *([] if params is None else [params]))
        found, output = self.attempt(call)
        if found["outcome"] == "raised" and found["inner_calls"] == 0:
            found["outcome"] = "refused"
        return found, output

    def do_serve(self, request: Json) -> Json:
        body, total = base64.b64decode(request["body"]), self.calls.total()
        found, answer = self.attempt(lambda: self.post(body, request["content_type"]))
        found["inner_calls"] = self.calls.total() - total  # the server calls predict in a thread of its own
        if answer is not None:
            found.update(answer, body=_base64(answer["body"][:MAX_OUTPUT]))
        return found

    def post(self, body: bytes, content_type: str) -> Json:
        kept = dict(os.environ)
        try:
            if self.server is None:
                self.server = self.start_server()
            answer = self.server.post(body, content_type)  # type: Json
            return answer
        finally:  # the server tells MLflow through the environment that it is one
            os.environ.pop("_MLFLOW_IS_IN_SERVING_ENVIRONMENT", None)
            os.environ.update(kept)

    def start_server(self) -> Any:
        if self.model is None:
            raise Unavailable("the model is not loaded")
        try:
            return start_server(self.model)
        except ImportError as error:
            raise Unavailable("MLflow's scoring server cannot be started: {}".format(error))

    def do_concurrent(self, request: Json) -> Json:
        """Several threads, each with a case of its own, calling again and again, all at once."""
        cases, repeats = request["cases"], request["repeats"]
        made = [[(make(c["data"]), make(c.get("params"))) for _ in range(repeats)] for c in cases]
        barrier = threading.Barrier(len(cases))
        results = [[] for _ in cases]  # type: List[List[Json]]
        threads = [
            threading.Thread(target=self.repeat, args=(barrier, made[i], results[i]), daemon=True)
            for i in range(len(cases))
        ]
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)  # threads take turns far more often than they would: races show
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            sys.setswitchinterval(interval)
        return {"outcome": "answered", "results": results}

    def repeat(self, barrier: threading.Barrier, inputs: List[Tuple[Any, Any]], results: List[Json]) -> None:
        barrier.wait()
        for data, params in inputs:
            found, output = self.predict(data, params)
            if found["outcome"] == "answered":
                found["output"] = encode(output)
            results.append(found)


OUTPUT_MARK = b"\0mlcheck\0\n"


def flush_output() -> None:
    """Push out what the model printed; whatever it has done to the streams is its own affair."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass


def _fingerprint(data: Any, params: Any) -> str:
    return json.dumps([encode(data), encode(params)])


def run_worker(fd: int, path: str, watch: Any, outputs: List[int]) -> None:
    """Serve the model folder at `path` over the descriptor; a crash leaves its Python stack on stderr."""
    faulthandler.enable(file=outputs[-1], all_threads=True)
    import_libraries()
    np.random.seed()  # a forked numpy would go on with the forkserver's numbers
    Worker(fd, path, watch, outputs).run()
