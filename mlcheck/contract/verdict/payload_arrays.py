"""What the scoring server makes of `inputs` and `instances`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlcheck.contract.verdict.columns import is_required
from mlcheck.contract.verdict.conversion import convert
from mlcheck.contract.verdict.facts import Fact
from mlcheck.contract.verdict.nested import judge_value
from mlcheck.contract.verdict.types import Verdict, explain, refuse
from mlcheck.fit.arrays import COLUMN_DTYPES
from mlcheck.signature import AnyType, Array, Column, Scalar, Tensor, Vector, input_name, is_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlcheck.contract.verdict.facts import Facts
    from mlcheck.signature import Schema


class _RefusedError(Exception):
    """Carries a verdict out of nested conversions."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


def read_inputs(value: object, schema: Schema | None, facts: Facts) -> object:
    """Return the data that is made of `inputs` for the schema, or the Verdict that refuses it."""
    return _reading(_read_inputs, value, schema, facts)


def read_instances(value: object, schema: Schema | None, facts: Facts) -> object:
    """Return the data that is made of `instances` for the schema, or the Verdict that refuses it."""
    return _reading(_read_instances, value, schema, facts)


def _reading(read: Any, value: object, schema: Schema | None, facts: Facts) -> object:
    try:
        return read(value, schema, facts)
    except _RefusedError as refused:
        return refused.verdict
    except Exception as error:  # noqa: BLE001 - numpy raises what it likes, and the server answers 400
        return refuse(f"the values cannot be made into what the signature declares: {explain(error)}")


def _read_inputs(value: Any, schema: Schema | None, facts: Facts) -> object:
    specs = _by_name(schema, facts)
    if len(specs) == 1 and isinstance(value, list) and not any(isinstance(item, dict) for item in value):
        value = {next(iter(specs)): value}
    elif schema is not None and not specs and not _is_for_unnamed(value, facts):
        raise _RefusedError(refuse(f"a list expected, as the signature has no names, {type(value).__name__} given"))
    if isinstance(value, dict):
        return {name: _convert(item, specs.get(name), facts) for name, item in value.items()}
    if Fact.SERVES_DICT_ROWS not in facts and specs:
        raise _RefusedError(refuse(f"a dict of columns expected, {type(value).__name__} given"))
    if Fact.SERVES_DICT_ROWS in facts and isinstance(value, list) and all(isinstance(row, dict) for row in value):
        return [{name: _convert(item, specs.get(name), facts) for name, item in row.items()} for row in value]
    return _convert(value, None if schema is None else schema[0], facts)


def _is_for_unnamed(value: object, facts: Facts) -> bool:
    return isinstance(value, list) or (Fact.SERVES_SCALARS in facts and bool(np.isscalar(value)))


def _read_instances(value: Any, schema: Schema | None, facts: Facts) -> object:
    specs = _by_name(schema, facts)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        data = _turn_rows(value, specs, facts)
        if Fact.SERVES_DICT_ROWS not in facts:
            data = _read_inputs(data, schema, facts)
    else:
        data = _read_inputs(value, schema, facts)
    if isinstance(data, dict):
        _check_lengths(data, schema, facts)
    return data


def _turn_rows(rows: list[Any], specs: Mapping[object, Column | Tensor], facts: Facts) -> object:
    columns: dict[object, list[object]] = {}
    alone = Fact.SERVES_DICT_ROWS in facts
    for row in rows:
        for name, item in row.items():
            columns.setdefault(name, []).append(_convert(item, specs.get(name), facts) if alone else item)
    return {name: np.array(items) for name, items in columns.items()} if alone else columns


def _check_lengths(data: Mapping[object, Any], schema: Schema | None, facts: Facts) -> None:
    """Raise if columns differ in length; what is optional or an array is not compared from 2.10 on."""
    if not data and Fact.SERVES_DICT_ROWS not in facts:
        raise _RefusedError(refuse("at least one column expected, none given"))
    compared = [item for item in data.values() if isinstance(item, list | np.ndarray)]
    if Fact.SERVES_DICT_ROWS in facts and schema is not None and is_named(schema):
        names = [
            input_name(spec, i)
            for i, spec in enumerate(schema)
            if isinstance(spec, Tensor) or (is_required(spec, facts) and not isinstance(spec.type, Array | Vector))
        ]
        compared = [data[name] for name in names if isinstance(data.get(name), list | np.ndarray)]
    if len({len(item) for item in compared}) > 1:
        raise _RefusedError(refuse("columns of one length expected"))


def _by_name(schema: Schema | None, facts: Facts) -> dict[object, Column | Tensor]:
    if schema is None or not is_named(schema):
        return {}
    if Fact.SERVES_DICT_ROWS not in facts:
        return {input_name(spec, i): spec for i, spec in enumerate(schema)}
    return {spec.name: spec for spec in schema}


def _convert(value: Any, spec: Column | Tensor | None, facts: Facts) -> object:
    if spec is None:
        return np.array(value)
    if isinstance(spec, Tensor):
        return _to_array(value, spec.dtype, facts)
    if isinstance(spec.type, Scalar):
        dtype = COLUMN_DTYPES[spec.type.name]
        # Up to 2.9 a single value becomes an array without dimensions
        if isinstance(value, list | np.ndarray) or Fact.SERVES_DICT_ROWS not in facts:
            return _to_array(value, dtype, facts)
        return _to_array([value], dtype, facts)[0]
    if isinstance(spec.type, AnyType):
        return value
    return _convert_nested(value, spec, facts)


def _convert_nested(value: Any, spec: Column, facts: Facts) -> object:
    required = Fact.SERVES_OPTIONAL not in facts or is_required(spec, facts)
    verdict = judge_value(spec.type, value, facts, required=required)
    if verdict.kind == "refuse":
        raise _RefusedError(refuse(verdict.reason).within(f"column {spec.name!r}"))
    made = convert(spec.type, value, facts)
    return np.array(made) if isinstance(spec.type, Array | Vector) else made


def _to_array(value: Any, dtype: str, facts: Facts) -> np.ndarray[Any, Any]:
    if np.dtype(dtype).kind in "iu" and _goes_beyond(value, dtype):
        if Fact.INTEGERS_WRAP not in facts:
            raise _RefusedError(refuse(f"{dtype} expected, whole numbers beyond it given"))
        return np.array(value, dtype="int64").astype(dtype)
    return np.array(value, dtype=dtype)


def _goes_beyond(value: Any, dtype: str) -> bool:
    limits = np.iinfo(dtype)
    flat = np.array(value, dtype="object").ravel().tolist()
    return any(type(item) is int and not limits.min <= item <= limits.max for item in flat)
