"""What the scoring server makes of `dataframe_split`, `dataframe_records` and CSV."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mlcheck.contract.data.describing import make_object_array
from mlcheck.contract.verdict.columns import is_required
from mlcheck.contract.verdict.conversion import convert
from mlcheck.contract.verdict.dtypes import cast_to_dates
from mlcheck.contract.verdict.facts import Fact
from mlcheck.contract.verdict.nested import judge_value
from mlcheck.contract.verdict.types import Verdict, explain, refuse
from mlcheck.signature import AnyType, Column, Scalar, Tensor, input_name, is_column_schema, is_named, is_tensor_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlcheck.contract.verdict.facts import Facts
    from mlcheck.signature import Schema

_SPLIT_KEYS: Final = frozenset({"columns", "index", "data"})
_PANDAS_DTYPES: Final[Mapping[str, str]] = {
    "boolean": "bool",
    "integer": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
    "string": "object",
    "binary": "object",
    "datetime": "datetime64[ns]",
}


def read_split(value: object, schema: Schema | None, facts: Facts) -> pd.DataFrame | Verdict:
    """Return the DataFrame that is made of `dataframe_split` for the schema, or why there is none."""
    if not isinstance(value, dict):
        return refuse(f"dataframe_split must be a dict, {type(value).__name__} given")
    if "data" not in value or not _SPLIT_KEYS.issuperset(value):
        return refuse(f"dataframe_split must have `data`, and may have `columns` and `index`, {sorted(value)} given")
    try:
        frame = pd.DataFrame(value["data"], columns=value.get("columns"), index=value.get("index"))
    except Exception as error:  # noqa: BLE001 - pandas raises what it likes, and the server answers 400
        return refuse(f"dataframe_split makes no DataFrame: {explain(error)}")
    return _cast(frame, schema, facts)


def read_records(value: object, schema: Schema | None, facts: Facts) -> pd.DataFrame | Verdict:
    """Return the DataFrame that is made of `dataframe_records` for the schema, or why there is none."""
    if not isinstance(value, list):
        return refuse(f"dataframe_records must be a list of dicts, {type(value).__name__} given")
    try:
        frame = pd.DataFrame(value)
    except Exception as error:  # noqa: BLE001 - pandas raises what it likes, and the server answers 400
        return refuse(f"dataframe_records make no DataFrame: {explain(error)}")
    return _cast(frame, schema, facts)


def read_csv(text: str, schema: Schema | None) -> pd.DataFrame | Verdict:
    """Return the DataFrame that is made of CSV for the schema, or why there is none."""
    dtypes: dict[Any, Any] = {}
    for i, spec in enumerate(schema or ()):
        if isinstance(spec, Tensor) or not isinstance(spec.type, Scalar):
            return refuse(f"CSV has no form for {spec}")
        dtypes[input_name(spec, i)] = np.dtype(_PANDAS_DTYPES[spec.type.name])
    try:
        return pd.read_csv(io.StringIO(text), dtype=dtypes)
    except Exception as error:  # noqa: BLE001 - pandas raises what it likes, and the server answers 400
        return refuse(f"the CSV makes no DataFrame for the signature: {explain(error)}")


def _cast(frame: pd.DataFrame, schema: Schema | None, facts: Facts) -> pd.DataFrame | Verdict:
    if Fact.TEXT_IS_STR not in facts:
        frame = frame.astype({name: "object" for name, dtype in frame.dtypes.items() if dtype == "str"})
    for name, spec in _wanted(frame, schema or ()):
        try:
            made = _cast_column(frame[name], spec, facts)
        except Exception as error:  # noqa: BLE001 - pandas raises what it likes, and the server answers 400
            return refuse(f"column {name!r}: cannot be made into {spec}: {explain(error)}")
        if isinstance(made, Verdict):
            return made.within(f"column {name!r}")
        frame[name] = made
    return frame


def _wanted(frame: pd.DataFrame, schema: Schema) -> Iterator[tuple[Any, Column | Tensor]]:
    """Yield the columns that are cast; one that is there twice fails later."""
    names = list(frame.columns)
    if is_tensor_schema(schema) and not is_named(schema):
        pairs: Any = ((name, schema[0]) for name in dict.fromkeys(names))
    elif is_column_schema(schema) and not is_named(schema):
        pairs = zip(names, schema, strict=False)
    else:
        pairs = ((input_name(spec, i), spec) for i, spec in enumerate(schema))
    return ((name, spec) for name, spec in pairs if names.count(name) == 1)


def _cast_column(column: pd.Series[Any], spec: Column | Tensor, facts: Facts) -> pd.Series[Any] | Verdict:
    if isinstance(spec, Tensor):
        return _cast_for_tensor(column, spec)
    if isinstance(spec.type, Scalar):
        return _cast_to_scalar(column, spec.type.name, facts)
    if isinstance(spec.type, AnyType):
        return column
    required = Fact.SERVES_OPTIONAL not in facts or is_required(spec, facts)
    made: list[object] = []
    for i, value in enumerate(column):
        verdict = judge_value(spec.type, value, facts, required=required)
        if verdict.kind == "refuse":
            return refuse(verdict.reason).within(f"row {i}")
        made.append(convert(spec.type, value, facts))
    converted: pd.Series[Any] = pd.Series(make_object_array(made), index=column.index)
    return converted


def _cast_for_tensor(column: pd.Series[Any], spec: Tensor) -> pd.Series[Any]:
    if spec.dtype == "bytes":
        return column.map(lambda text: bytes(text, "utf8"))
    if isinstance(column.iloc[0], list):
        return column
    return _as_dtype(column, spec.dtype)


def _as_dtype(column: pd.Series[Any], dtype: Any) -> pd.Series[Any]:
    made: pd.Series[Any] = column.astype(dtype)
    return made


def _cast_to_scalar(column: pd.Series[Any], type_name: str, facts: Facts) -> pd.Series[Any]:
    if type_name == "binary":
        # Base64, of which every character outside its alphabet is dropped
        return column.map(lambda text: base64.decodebytes(bytes(text, "utf8")))
    if type_name == "datetime" and Fact.SERVES_TO_DATETIME in facts:
        return _read_dates(column, facts)
    if type_name == "datetime" and column.dtype == "object":
        return cast_to_dates(column, facts)
    if type_name == "string" and isinstance(column.dtype, pd.StringDtype):
        return column
    return _as_dtype(column, _PANDAS_DTYPES[type_name])


def _read_dates(column: pd.Series[Any], facts: Facts) -> pd.Series[Any]:
    parsed: pd.Series[Any] = pd.to_datetime(column)
    is_date = pd.api.types.is_datetime64_any_dtype(parsed)
    return parsed.dt.as_unit("ns") if is_date and Fact.SERVES_NANOSECONDS in facts else parsed
