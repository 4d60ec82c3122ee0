"""The table of enforcement: which pandas dtype passes for which scalar type, and on what condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pandas as pd

from mlcheck.contract.verdict.facts import Fact, facts_of
from mlcheck.contract.verdict.inference import as_objects, first_stranger, fits_nanoseconds, infer_objects, is_null
from mlcheck.contract.verdict.quiet import quiet
from mlcheck.contract.verdict.tables import Cells
from mlcheck.contract.verdict.types import ACCEPT, MLFLOW_ERROR, Verdict, explain, leave_open, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlcheck.contract.verdict.facts import Facts

    Condition: TypeAlias = Callable[[Cells, Facts], Verdict]


_ONE_FORMAT_HERE: Final = Fact.ONE_DATE_FORMAT in facts_of("3", pd.__version__)


def judge_cells(type_name: str, cells: Cells, facts: Facts) -> Verdict:
    """Return the verdict on a column for one of the eight scalar types."""
    if cells.dtype == "object" and type_name not in {"string", "binary"}:
        objects = cells.load()
        cells = Cells(infer_objects(objects, facts), lambda: objects)
    condition = _TABLE[type_name].get(_family(cells.dtype))
    if condition is None:
        return refuse(f"{type_name} expected, {cells.dtype} given")
    return condition(cells, facts)


def _family(dtype: str) -> str:
    """Return the row of the table: units, time zones and the kinds of string storage share one."""
    if dtype.startswith("datetime64["):
        return "datetime64[tz]" if "," in dtype else "datetime64"
    if dtype.endswith("[pyarrow]"):
        return _ARROW.get(dtype) or _arrow_family(dtype)
    return "bytes" if dtype.startswith("|S") else dtype


def _arrow_family(dtype: str) -> str:
    if dtype.startswith("timestamp["):
        return "timestamp[tz]" if "tz=" in dtype else "datetime64"
    return "date" if dtype.startswith("date") else dtype


def _always(_cells: Cells, _facts: Facts) -> Verdict:
    return ACCEPT


def _without_nulls(cells: Cells, _facts: Facts) -> Verdict:
    if not cells.has_nulls():
        return ACCEPT
    error = "TypeError" if cells.dtype.endswith("[pyarrow]") else "ValueError"
    return refuse(f"missing values in a column of dtype {cells.dtype} have no numpy value", error)


def _zeros_and_ones(cells: Cells, facts: Facts) -> Verdict:
    if Fact.ZERO_ONE_IS_FLOAT in facts and all(value in (0, 1) for value in cells):
        return ACCEPT
    return refuse("floating point expected, int64 given, not all of which it can hold (0 and 1 pass from 2.16.1 on)")


def _never_whole(cells: Cells, _facts: Facts) -> Verdict:
    error = MLFLOW_ERROR
    if cells.has_nulls():
        # Looking for a hint, MLflow calls int() on the values, up to the first fraction
        first = next((value for value in cells if not is_null(value) and value % 1 != 0), 0.0)
        error = "OverflowError" if np.isinf(first) else MLFLOW_ERROR
    return refuse(f"whole numbers expected, {cells.dtype} given (which missing values make of them)", error)


def _string_dtype(fact: Fact) -> Condition:
    def judge(cells: Cells, facts: Facts) -> Verdict:
        if fact in facts:
            return ACCEPT
        return refuse(f"dtype object expected, {cells.dtype} given (passes from MLflow {fact.since} on)")

    return judge


def _objects_of(kinds: tuple[type, ...], name: str, fact: Fact | None = None) -> Condition:
    def judge(cells: Cells, facts: Facts) -> Verdict:
        if fact is not None and fact not in facts:
            return refuse(f"{name} expected, an object column given (passes from MLflow {fact.since} on)")
        stranger = first_stranger(cells.load(), kinds)
        if stranger is None:
            return ACCEPT
        return leave_open(f"{name} expected, {stranger.__name__} in an object column given, which is not looked into")

    return judge


def _nanoseconds(cells: Cells, _facts: Facts) -> Verdict:
    if cells.dtype == "datetime64[ns]" or fits_nanoseconds(cells.load()):
        return ACCEPT
    return refuse("dates before 1677 or after 2262 do not fit datetime64[ns]", "OutOfBoundsDatetime")


def _no_time_zone(cells: Cells, facts: Facts) -> Verdict:
    error = MLFLOW_ERROR if Fact.TIME_ZONE_IS_EXPLAINED in facts else "TypeError"
    return refuse(f"datetime without time zone expected, {cells.dtype} given", error)


def _no_arrow_zone(cells: Cells, _facts: Facts) -> Verdict:
    return refuse(f"datetime without time zone expected, {cells.dtype} given", "ValueError")


def cast_to_dates(objects: pd.Series[Any], facts: Facts) -> pd.Series[Any]:
    """Return the objects as datetime64[ns], as `astype` of the model's pandas does; raise what it raises."""
    with quiet():
        if Fact.ONE_DATE_FORMAT in facts:
            objects = pd.to_datetime(objects)
        elif _ONE_FORMAT_HERE:
            objects = pd.to_datetime(objects, format="mixed")
        return objects.astype("datetime64[ns]")


def _dates(cells: Cells, facts: Facts) -> Verdict:
    try:
        cast_to_dates(as_objects(cells.load()), facts)
    except ValueError as error:
        return refuse(f"datetime expected, objects given that are no dates: {explain(error)}")
    except Exception as error:  # noqa: BLE001 - whatever pandas raises here comes out of enforcement
        return refuse(f"datetime expected, objects given that are no dates: {explain(error)}", type(error).__name__)
    return ACCEPT


def _numbers(cells: Cells, _facts: Facts) -> Verdict:
    # Meant for Decimal, but reached by every object column, strings of digits included
    try:
        pd.to_numeric(as_objects(cells.load()))
    except ValueError as error:
        return refuse(f"double expected, objects given that are no numbers: {explain(error)}")
    except Exception as error:  # noqa: BLE001 - whatever pandas raises here comes out of enforcement
        return refuse(f"double expected, objects given that are no numbers: {explain(error)}", type(error).__name__)
    return ACCEPT


def _rows(condition: Condition, *dtypes: str) -> dict[str, Condition]:
    return dict.fromkeys(dtypes, condition)


_SMALL_INTS: Final = ("int8", "int16", "int32", "uint8", "uint16")
_SMALL_NULLABLE_INTS: Final = ("Int8", "Int16", "Int32", "UInt8", "UInt16")

_TABLE: Final[Mapping[str, Mapping[str, Condition]]] = {
    "boolean": {
        **_rows(_always, "bool"),
        **_rows(_without_nulls, "boolean"),
        **_rows(_objects_of((bool, np.bool_), "boolean", Fact.BOOLEAN_TAKES_OBJECTS), "object"),
    },
    "integer": {
        **_rows(_always, *_SMALL_INTS),
        **_rows(_without_nulls, *_SMALL_NULLABLE_INTS),
        **_rows(_never_whole, "float64"),
    },
    "long": {
        **_rows(_always, *_SMALL_INTS, "int64", "uint32"),
        **_rows(_without_nulls, *_SMALL_NULLABLE_INTS, "Int64", "UInt32"),
        **_rows(_never_whole, "float64"),
    },
    "float": {
        **_rows(_always, "float16", "float32", "Float32"),
        **_rows(_zeros_and_ones, "int64"),
    },
    "double": {
        **_rows(_always, "float16", "float32", "float64", "Float32", "Float64"),
        **_rows(_always, *_SMALL_INTS, "uint32", *_SMALL_NULLABLE_INTS, "UInt32"),
        **_rows(_zeros_and_ones, "int64"),
        **_rows(_numbers, "object"),
    },
    "string": {
        **_rows(_objects_of((str,), "string"), "object"),
        **_rows(_string_dtype(Fact.STRING_TAKES_STRING_DTYPE), "str", "string"),
        **_rows(_always, "arrow string"),
    },
    "binary": {
        **_rows(_objects_of((bytes, bytearray), "binary"), "object"),
        **_rows(_always, "bytes"),  # an array of bytes inside a value
        **_rows(_string_dtype(Fact.BINARY_TAKES_STRING_DTYPE), "str", "string"),
    },
    "datetime": {
        **_rows(_nanoseconds, "datetime64"),
        **_rows(_no_time_zone, "datetime64[tz]"),
        **_rows(_no_arrow_zone, "timestamp[tz]"),
        **_rows(_always, "date"),
        **_rows(_dates, "object"),
    },
}

_ARROW: Final = {
    "bool[pyarrow]": "boolean",
    "string[pyarrow]": "arrow string",
    "large_string[pyarrow]": "arrow string",
    "halffloat[pyarrow]": "float16",
    "float[pyarrow]": "Float32",
    "double[pyarrow]": "Float64",
    **{f"int{bits}[pyarrow]": f"Int{bits}" for bits in (8, 16, 32, 64)},
    **{f"uint{bits}[pyarrow]": f"UInt{bits}" for bits in (8, 16, 32, 64)},
}
