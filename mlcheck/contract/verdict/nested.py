"""Values of array, object, map, any and vector columns, and what is inside them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlcheck.contract.data import Frame, Series
from mlcheck.contract.verdict.dtypes import judge_cells
from mlcheck.contract.verdict.facts import Fact
from mlcheck.contract.verdict.inference import dtype_of_array, infer_dtype, is_null
from mlcheck.contract.verdict.tables import Cells, name_kind
from mlcheck.contract.verdict.types import ACCEPT, Verdict, decide, explain, refuse
from mlcheck.signature import AnyType, Array, Map, Object, Scalar, Vector

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlcheck.contract.verdict.facts import Facts
    from mlcheck.signature import ColumnType


def judge_value(type_: ColumnType, value: object, facts: Facts, *, required: bool = True) -> Verdict:
    """Return the verdict on one value; `required` is that of the column or property it belongs to."""
    if isinstance(type_, Scalar):
        return _judge_scalar(type_, value, facts, required=required)
    if isinstance(type_, Array):
        return _judge_array(type_.items, value, facts, required=required)
    if isinstance(type_, Vector):
        return _judge_array(Scalar("double"), value, facts, required=required)
    if isinstance(type_, Object):
        return _judge_object(type_, value, facts, required=required)
    if isinstance(type_, Map):
        return _judge_map(type_, value, facts, required=required)
    return ACCEPT


def _judge_scalar(type_: Scalar, value: object, facts: Facts, *, required: bool) -> Verdict:
    if not required and _is_missing(value, facts):
        return ACCEPT
    if not np.isscalar(value):
        return refuse(f"{type_} expected, {name_kind(value)} given")
    try:
        dtype = infer_dtype([value], facts)
    except Exception as error:  # noqa: BLE001 - whatever pandas raises here comes out of enforcement
        return refuse(f"{type_} expected, {value!r} given: {explain(error)}", type(error).__name__)
    return judge_cells(type_.name, Cells(dtype, lambda: [value]), facts)


def _is_missing(value: object, facts: Facts) -> bool:
    if value is None or isinstance(value, float):
        return value is None or math.isnan(value)
    return Fact.PANDAS_NULLS in facts and is_null(value)


def _judge_array(items: ColumnType, value: object, facts: Facts, *, required: bool) -> Verdict:
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return refuse(f"a list or array of {items} expected, an array without dimensions given", "TypeError")
    if _is_absent(value, (list, np.ndarray), facts, optional=not required or isinstance(items, AnyType)):
        return ACCEPT
    if not isinstance(value, list | np.ndarray):
        return refuse(f"a list or array of {items} expected, {name_kind(value)} given")
    if isinstance(items, Scalar) and Fact.WHOLE_ARRAYS in facts:
        return _judge_whole(items, value, facts)
    inherited = required or Fact.NULL_EVERYWHERE not in facts
    verdict = judge_each("item", items, value, facts, required=inherited)
    if verdict is ACCEPT and isinstance(value, np.ndarray) and not _can_be_rebuilt(value):
        return refuse("the items of an array must be of one length", "ValueError")
    return verdict


def judge_each(place: str, type_: ColumnType, values: Iterable[object], facts: Facts, *, required: bool) -> Verdict:
    """Return the verdict on values of one type, the place of each being a word and its number."""

    def judge_all() -> Iterator[Verdict]:
        for i, value in enumerate(values):
            verdict = judge_value(type_, value, facts, required=required)
            if verdict is not ACCEPT:
                yield verdict.within(f"{place} {i}")

    return decide(judge_all())


def _can_be_rebuilt(value: np.ndarray[Any, Any]) -> bool:
    """Return whether numpy makes an array of the items again, as enforcement does of an array it was given."""
    try:
        np.array(list(value))
    except ValueError:
        return False
    return True


def _judge_whole(items: Scalar, value: list[object] | np.ndarray[Any, Any], facts: Facts) -> Verdict:
    if len(value) == 0:
        return ACCEPT
    if isinstance(value, np.ndarray) and value.ndim > 1:
        return refuse(f"{items} expected, an array of {value.ndim} dimensions given", "ValueError")
    try:
        dtype = dtype_of_array(value, facts) if isinstance(value, np.ndarray) else infer_dtype(value, facts)
    except Exception as error:  # noqa: BLE001 - whatever pandas raises here comes out of enforcement
        return refuse(f"{items} expected, items given that make no Series: {explain(error)}", type(error).__name__)
    verdict = judge_cells(items.name, Cells(dtype, lambda: list(value)), facts)
    return verdict if verdict is not ACCEPT else _judge_conversion(items, value)


def _judge_conversion(items: Scalar, value: list[object] | np.ndarray[Any, Any]) -> Verdict:
    """Return whether numpy makes an array of the type of items that passed as a Series."""
    if items.name == "boolean" and any(item is pd.NA for item in value):
        return refuse("pandas' NA is neither true nor false", "TypeError")
    if items.name == "binary" and not all(item.isascii() for item in value if isinstance(item, str)):
        return refuse("text beyond ASCII is not made into bytes", "UnicodeEncodeError")
    return ACCEPT


def _is_absent(value: object, kinds: tuple[type, ...], facts: Facts, *, optional: bool) -> bool:
    """Return whether there is nothing to look at: null, or from 2.19 on an empty container too."""
    empty = Fact.NULL_EVERYWHERE in facts and isinstance(value, kinds) and len(value) == 0  # type: ignore[arg-type]
    return optional and (value is None or empty)


def has_no_truth(value: object, facts: Facts) -> bool:
    """Return whether comparing the value, item by item, answers neither yes nor no but raises ValueError."""
    if isinstance(value, np.ndarray):
        return value.size > 1 or (value.size == 0 and Fact.EMPTY_HAS_NO_TRUTH in facts)
    return isinstance(value, pd.DataFrame | pd.Series | Frame | Series)


def _refuse_for_dict(value: object, facts: Facts, *, optional: bool) -> Verdict:
    # MLflow compares what may be absent with an empty dict
    compared = optional and Fact.NULL_EVERYWHERE in facts
    if compared and has_no_truth(value, facts):
        return refuse("a dict expected, an array given", "ValueError")
    return refuse(f"a dict expected, {name_kind(value)} given")


def _judge_object(type_: Object, value: object, facts: Facts, *, required: bool) -> Verdict:
    if _is_absent(value, (dict,), facts, optional=not required):
        return ACCEPT
    if not isinstance(value, dict):
        return _refuse_for_dict(value, facts, optional=not required)
    properties = {prop.name: prop for prop in type_.properties}
    missing = sorted(name for name, prop in properties.items() if prop.required and name not in value)
    if missing:
        return refuse(f"required properties {_listing(missing)} expected, {_listing(value)} given")
    unknown = [name for name in value if name not in properties]
    if unknown:
        return refuse(f"properties {_listing(properties)} expected, {_listing(unknown)} given as well")
    return decide(
        judge_value(
            properties[name].type,
            item,
            facts,
            required=properties[name].required or Fact.NULL_EVERYWHERE not in facts,
        ).within(f"property {name!r}")
        for name, item in value.items()
    )


def _judge_map(type_: Map, value: object, facts: Facts, *, required: bool) -> Verdict:
    optional = not required or isinstance(type_.values, AnyType)
    if _is_absent(value, (dict,), facts, optional=optional):
        return ACCEPT
    if not isinstance(value, dict):
        return _refuse_for_dict(value, facts, optional=optional)
    for key in value:
        if not isinstance(key, str):
            return refuse(f"a dict with str keys expected, key {key!r} given")
    inherited = required or Fact.NULL_EVERYWHERE not in facts
    return decide(
        judge_value(type_.values, item, facts, required=inherited).within(f"key {key!r}") for key, item in value.items()
    )


def _listing(names: Iterable[object]) -> str:
    return ", ".join(map(repr, names)) or "none"
