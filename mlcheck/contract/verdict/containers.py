"""The table that enforcement makes of a dict, list, array or scalar for a schema of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mlcheck.contract.data import Frame, Opaque, Series, Sparse, to_pandas
from mlcheck.contract.verdict.facts import Fact
from mlcheck.contract.verdict.quiet import quiet
from mlcheck.contract.verdict.tables import Table, as_frame, name_kind
from mlcheck.contract.verdict.types import MLFLOW_ERROR, Verdict, explain, leave_open, refuse
from mlcheck.signature import Array, Object, Vector

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlcheck.contract.verdict.facts import Facts
    from mlcheck.signature import Column

_DESCRIBED: Final = (Frame, Series, Sparse)


def make_table(data: object, schema: tuple[Column, ...], facts: Facts) -> Table | Verdict:
    """Return the table that is made of the data, or the verdict if there is none."""
    given = as_frame(data)
    if given is not None:
        return Table(given, facts)
    if isinstance(data, Opaque) and data.type_name.startswith("pyspark."):
        return leave_open("a Spark DataFrame is enforced on its first ten rows, which mlcheck does not see")
    try:
        with quiet():
            made = _make_frame(data, schema, facts)
    except Exception as error:  # noqa: BLE001 - pandas raises what it likes, and so does enforcement
        return refuse(
            f"a DataFrame cannot be made of the {name_kind(data)}: {explain(error)}", _error_name(data, facts, error)
        )
    if made is None:
        return refuse(f"a DataFrame or what one can be made of is expected, {name_kind(data)} given")
    return Table(made, facts, made_here=True)


def _make_frame(data: object, schema: tuple[Column, ...], facts: Facts) -> pd.DataFrame | None:
    source: Any = None
    if _is_scalar_input(data, facts):
        source = [data]
    elif isinstance(data, dict):
        columns = {name: _make_real(value) for name, value in data.items()}
        source = [columns] if _is_one_row(columns, schema, facts) else _flatten(columns)
    elif isinstance(data, list):
        source = [_make_real(item) for item in data]
    elif isinstance(data, np.ndarray):
        source = data
    return None if source is None else pd.DataFrame(source)


def _make_real(value: object) -> object:
    return to_pandas(value) if isinstance(value, _DESCRIBED) else value


def _is_scalar_input(data: object, facts: Facts) -> bool:
    return bool(np.isscalar(data)) if Fact.ANY_SCALAR_IS_A_ROW in facts else isinstance(data, str | bytes)


def _is_one_row(data: Mapping[object, object], schema: tuple[Column, ...], facts: Facts) -> bool:
    """Return whether the dict is a row, not columns: by the schema, or because no value has a length.

    Maps and `any` do not make it a row (up to 3.17 at least), arrays, objects and vectors do.
    """
    if Fact.NESTED_ONE_ROW in facts and any(isinstance(spec.type, Array | Object | Vector) for spec in schema):
        return True
    return all(map(_is_row_value, data.values())) or all(map(_is_text_cell, data.values()))


def _is_row_value(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return value is None or bool(np.isscalar(value))


def _is_text_cell(value: object) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.type == np.str_ and value.shape == ()


def _flatten(data: Mapping[object, object]) -> dict[object, object]:
    # A DataFrame takes no array of two dimensions for a column
    return {
        name: value.tolist() if isinstance(value, np.ndarray) and value.ndim > 1 else value
        for name, value in data.items()
    }


def _error_name(data: object, facts: Facts, error: Exception) -> str:
    if Fact.RAW_CONTAINER_ERRORS not in facts:
        return MLFLOW_ERROR
    # A dict of columns is made into a table inside a `try` of MLflow's own
    return MLFLOW_ERROR if isinstance(data, dict) else type(error).__name__
