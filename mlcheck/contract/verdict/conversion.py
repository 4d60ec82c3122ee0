"""What enforcement makes of a nested value that passes, for the scoring server enforces it twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mlcheck.contract.data.describing import make_object_array
from mlcheck.contract.verdict.facts import Fact
from mlcheck.contract.verdict.inference import is_null
from mlcheck.signature import Array, Map, Object, Scalar, Vector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlcheck.contract.verdict.facts import Facts
    from mlcheck.signature import ColumnType


def convert(type_: ColumnType, value: Any, facts: Facts) -> object:
    """Return the value as it comes out of enforcement, which let it pass."""
    if isinstance(type_, Scalar):
        return _convert_scalar(type_.name, value)
    if isinstance(type_, Vector):
        return _convert_array(Scalar("double"), value, facts)
    if isinstance(type_, Array):
        return _convert_array(type_.items, value, facts)
    if isinstance(value, dict):
        inner = _inner_types(type_, value)
        return {name: convert(inner[name], item, facts) if name in inner else item for name, item in value.items()}
    return value


def _inner_types(type_: ColumnType, value: Mapping[str, object]) -> dict[str, ColumnType]:
    if isinstance(type_, Object):
        return {prop.name: prop.type for prop in type_.properties}
    return dict.fromkeys(value, type_.values) if isinstance(type_, Map) else {}


def _convert_array(items: ColumnType, value: Any, facts: Facts) -> object:
    if not isinstance(value, list) or not value:
        return value
    if not (isinstance(items, Scalar) and Fact.WHOLE_ARRAYS in facts):
        return [convert(items, item, facts) for item in value]
    column = pd.Series(make_object_array(value))
    if items.name == "datetime":
        # numpy makes whole nanoseconds of datetime64[ns] when it makes a list
        return column.astype("datetime64[ns]").to_numpy().tolist()
    if items.name == "double":
        return pd.to_numeric(column).to_numpy(dtype="float64").tolist()
    scalars = [_convert_scalar(items.name, item) for item in value]
    return [scalar.item() if isinstance(scalar, np.generic) else scalar for scalar in scalars]


def _convert_scalar(name: str, value: Any) -> object:
    convert_one = _CONVERSIONS.get(name)
    return value if convert_one is None or is_null(value) else convert_one(value)


_CONVERSIONS: Final[Mapping[str, Callable[[Any], object]]] = {
    "integer": np.int32,
    "long": np.int64,
    "float": np.float32,
    "double": pd.to_numeric,
    "datetime": pd.Timestamp,
}
