"""Python code that makes a case again without mlcheck, to be pasted at a prompt."""

from __future__ import annotations

import base64
import datetime as dt
import math
import re
import zlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

import numpy as np

from mlcheck.contract.data import TEXT, ColumnData, Frame, Opaque, Series, Sparse
from mlcheck.contract.inferred import is_null

_LONG_ARRAY: Final = 200
_MANY_COLUMNS: Final = 12


def predict_snippet(model: str, data: object, params: object = None, *, comment: str = "") -> str:
    """Return a script that loads the model and predicts the case; `comment` stands behind the call."""
    body = code_for(data)
    call = "model.predict(data, params=params)" if params is not None else "model.predict(data)"
    given = [f"params = {code_for(params)}"] if params is not None else []
    lines = [
        *_imports(body + "".join(given)),
        "",
        f"model = mlflow.pyfunc.load_model({model!r})",
        f"data = {body}",
        *given,
        f"print({call})" + (f"  # {comment}" if comment else ""),
    ]
    return "\n".join(lines)


def load_snippet(model: str, *, comment: str = "") -> str:
    """Return a script that loads the model."""
    return f"import mlflow\n\nmlflow.pyfunc.load_model({model!r})" + (f"  # {comment}" if comment else "")


def _imports(code: str) -> list[str]:
    wanted = (
        ("base64.", "import base64"),
        ("datetime.", "import datetime"),
        ("Decimal(", "from decimal import Decimal"),
        ("zlib.", "import zlib"),
    )
    standard = [line for needle, line in wanted if needle in code]
    third = ["import mlflow"]
    third += ["import numpy as np"] if "np." in code else []
    third += ["import pandas as pd"] if "pd." in code else []
    third += ["import scipy.sparse"] if "scipy." in code else []
    return [*standard, *third]


def code_for(value: object) -> str:
    """Return an expression for a described value; `...` stands for what cannot be written down."""
    if isinstance(value, Frame):
        return _frame(value)
    if isinstance(value, Series):
        return _series(value.values, value.dtype, f", name={value.name!r}" if value.name is not None else "")
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, Sparse):
        parts = f"({value.data!r}, {value.indices!r}, {value.indptr!r})"
        return f"scipy.sparse.{value.format}_matrix({parts}, shape={value.shape!r}, dtype={value.dtype!r})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{code_for(key)}: {code_for(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple, set)):
        return _sequence(value)
    if isinstance(value, Opaque):
        return "..."
    return _scalar(value)


def _scalar(value: Any) -> str:
    name = type(value).__name__
    if name in {"NAType", "NaTType"}:
        return "pd.NA" if name == "NAType" else "pd.NaT"
    if isinstance(value, np.datetime64):
        return f"np.datetime64({str(value)!r})"
    if isinstance(value, np.generic):
        return f"np.{value.dtype.name}({code_for(value.item())})"
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, dt.datetime) and name == "Timestamp":
        return f"pd.Timestamp({str(value)!r})"
    if isinstance(value, (Decimal, dt.date)):
        return repr(value)
    return repr(value)


def _sequence(value: Any) -> str:
    items = ", ".join(map(code_for, value))
    if isinstance(value, list):
        return f"[{items}]"
    if isinstance(value, tuple):
        return f"({items},)" if len(value) == 1 else f"({items})"
    return f"{{{items}}}" if value else "set()"


def _frame(frame: Frame) -> str:
    index = f", index={frame.index!r}" if frame.index is not None else ""
    if not frame.columns:
        return f"pd.DataFrame(index=range({frame.rows}))"
    names = frame.names
    if len(set(map(repr, names))) < len(names):
        return _frame_with_repeated_names(frame.columns)
    if len(names) > _MANY_COLUMNS:
        return _wide_frame(frame)
    rows = "".join(f"    {code_for(item.name)}: {_series(item.values, item.dtype)},\n" for item in frame.columns)
    return f"pd.DataFrame({{\n{rows}}}{index})"


def _wide_frame(frame: Frame) -> str:
    """Return the frame made of blocks: neighbours of one dtype stand together, a row on a line."""
    runs = [list(run) for _, run in groupby(frame.columns, key=_block_dtype)]
    order = ""
    if len(runs) > _MANY_COLUMNS:
        runs = [list(run) for _, run in groupby(sorted(frame.columns, key=_block_dtype), key=_block_dtype)]
        order = f"[{_names(frame.columns)}]"
    blocks = [block for run in runs for block in _blocks(run)]
    made = blocks[0] if len(blocks) == 1 else f"pd.concat([{', '.join(blocks)}], axis=1)"
    index = f".set_axis({code_for(frame.index)})" if frame.index is not None else ""
    return f"{made}{order}{index}"


def _block_dtype(column: ColumnData) -> str:
    """Return the dtype that a column shares with others in a block; empty where it must stand alone."""
    if column.dtype == TEXT:
        return TEXT if column.values and all(isinstance(value, str) for value in column.values) else ""
    try:
        return column.dtype if column.values and np.dtype(column.dtype).kind in "biuf" else ""
    except TypeError:  # pandas' own, such as category
        return ""


def _blocks(columns: Sequence[ColumnData]) -> list[str]:
    if not _block_dtype(columns[0]):
        return [_series(item.values, item.dtype, f", name={code_for(item.name)}") for item in columns]
    dtype = "" if columns[0].dtype == TEXT else f", dtype={columns[0].dtype!r}"
    rows = list(zip(*(item.values for item in columns), strict=True))
    cells = {_cell(value) for row in rows for value in row}
    if len(cells) == 1:
        given = f"{cells.pop()}, index=range({len(rows)})"
    else:
        given = "[\n" + "".join(f"    [{', '.join(map(_cell, row))}],\n" for row in rows) + "]"
    return [f"pd.DataFrame({given}, columns={_names(columns)}{dtype})"]


def _names(columns: Sequence[ColumnData]) -> str:
    """Return the list of names, short where they are numbered."""
    names = [item.name for item in columns]
    found = re.fullmatch(r"([A-Za-z_ ]*)(\d+)", str(names[0])) if isinstance(names[0], str) else None
    if found:
        prefix, first = found[1], int(found[2])
        if names == [f"{prefix}{i}" for i in range(first, first + len(names))]:
            return f'[f"{prefix}{{i}}" for i in range({first}, {first + len(names)})]'
    return code_for(names)


def _frame_with_repeated_names(columns: Iterable[ColumnData]) -> str:
    parts = ", ".join(_series(item.values, item.dtype, f", name={item.name!r}") for item in columns)
    return f"pd.concat([{parts}], axis=1)"


def _series(values: list[Any], dtype: str, extra: str = "") -> str:
    listed = "[" + ", ".join(map(_cell, values)) + "]"
    kind = "" if dtype == TEXT else f", dtype={dtype!r}"
    return f"pd.Series({listed}{kind}{extra})"


def _cell(value: object) -> str:
    return (
        "None" if value is None else 'float("nan")' if is_null(value) and isinstance(value, float) else code_for(value)
    )


def _array(array: Any) -> str:
    dtype = f", dtype={str(array.dtype)!r}"
    if array.size == 0:
        return f"np.zeros({array.shape!r}{dtype})"
    flat = array.ravel()
    if array.size > 4 and bool((flat == flat[0]).all()):
        return f"np.full({array.shape!r}, {code_for(flat[0].item() if array.dtype != object else flat[0])}{dtype})"
    if array.dtype == object or array.dtype.kind in "US" or array.size <= _LONG_ARRAY:
        return f"np.array({code_for(array.tolist())}{dtype})"
    packed = base64.b64encode(zlib.compress(np.ascontiguousarray(array).tobytes(), 9)).decode()
    return f"np.frombuffer(zlib.decompress(base64.b64decode({packed!r})){dtype}).reshape({array.shape!r})"


def show_case(data: object, params: object = None, limit: int = 1500) -> str:
    """Return a case for people: its rows, shortened where it is large."""
    text = _show(data)
    if params is not None:
        text += f"\nparams: {code_for(params)}"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _show(data: object) -> str:
    if not isinstance(data, Frame):
        code = code_for(data)
        if isinstance(data, np.ndarray) and len(code) > 400:
            return f"numpy array, dtype {data.dtype}, shape {data.shape}"
        return code
    shown = [f"{item.name!r} ({item.dtype}): {_values(item.values)}" for item in data.columns]
    many = len(shown) - 12
    rest = [f"… and {many} more columns"] if many > 0 else []
    return "\n".join([f"DataFrame, {data.rows} row{'s' if data.rows != 1 else ''}", *shown[:12], *rest])


def _values(values: list[Any]) -> str:
    listed = ", ".join(map(_cell, values[:5]))
    text = listed + (f", … ({len(values)} values)" if len(values) > 5 else "")
    return text if len(text) <= 160 else text[:159] + "…"
