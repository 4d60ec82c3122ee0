"""Params against the params of a signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mlcheck.contract.verdict.facts import Fact
from mlcheck.contract.verdict.nested import has_no_truth, judge_value
from mlcheck.contract.verdict.quiet import quiet
from mlcheck.contract.verdict.types import ACCEPT, MLFLOW_ERROR, Verdict, decide, explain, refuse
from mlcheck.signature import Object, Param

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlcheck.contract.verdict.facts import Facts


def judge_params(declared: tuple[Param, ...] | None, params: object, facts: Facts) -> Verdict:
    """Return the verdict on the params; what is not declared is ignored, what is left out takes its default."""
    if declared is None:
        return _judge_undeclared(params, facts)
    if params is None:
        return ACCEPT
    if not isinstance(params, dict):
        return refuse(f"a dict of params expected, {type(params).__name__} given")
    given = {str(name): value for name, value in params.items()}
    return decide(
        _judge_param(param, given[param.name], facts).within(f"param {param.name!r}")
        for param in declared
        if param.name in given
    )


def _judge_undeclared(params: object, facts: Facts) -> Verdict:
    # MLflow asks `params in [None, {}]`, which has no answer for what compares item by item
    if has_no_truth(params, facts):
        return refuse(f"a dict of params expected, {type(params).__name__} given", "ValueError")
    return ACCEPT


def _judge_param(param: Param, value: object, facts: Facts) -> Verdict:
    if param.shape is not None:
        return _judge_list(param, value, facts)
    if isinstance(param.type, Object):
        verdict = judge_value(param.type, value, facts)
        return verdict if verdict.kind != "refuse" else refuse(verdict.reason)
    return _judge_scalar(str(param.type), value, facts)


def _judge_list(param: Param, value: object, facts: Facts) -> Verdict:
    if not isinstance(value, list | np.ndarray):
        return refuse(f"{param} expected, {type(value).__name__} given")
    try:
        dimensions = np.array(value).ndim
    except ValueError as error:
        return refuse(f"{param} expected, lists of several lengths given: {explain(error)}", "ValueError")
    if dimensions != 1:
        return refuse(f"{param} expected, {dimensions} dimensions given")
    return decide(_judge_scalar(str(param.type), item, facts).within(f"item {i}") for i, item in enumerate(value))


def _judge_scalar(type_name: str, value: object, facts: Facts) -> Verdict:
    if value is None:
        return ACCEPT
    if type_name == "datetime":
        return _judge_datetime(value, facts)
    if not np.isscalar(value):
        return refuse(f"one {type_name} expected, {type(value).__name__} given")
    if type(value) not in _KINDS[type_name]:
        return refuse(f"{type_name} expected, {value!r} of type {type(value).__name__} given")
    if type_name in {"float", "double"} and not _fits_float(value):
        error = MLFLOW_ERROR if Fact.PARAM_ERRORS_WRAPPED in facts else "OverflowError"
        return refuse(f"{type_name} expected, a whole number beyond every float given", error)
    return ACCEPT


def _judge_datetime(value: Any, facts: Facts) -> Verdict:
    try:
        with quiet():
            moment = np.datetime64(value).item()
    except Exception as error:  # noqa: BLE001 - numpy's own errors come out of enforcement
        known = isinstance(error, ValueError) or Fact.PARAM_ERRORS_WRAPPED in facts
        name = MLFLOW_ERROR if known else type(error).__name__
        return refuse(f"datetime expected, {value!r} given: {explain(error)}", name)
    if isinstance(moment, int):
        return refuse(f"datetime in microseconds or coarser expected, {value!r} given")
    return ACCEPT


def _fits_float(value: Any) -> bool:
    try:
        float(value)
    except OverflowError:
        return False
    return True


_WHOLE: Final = (int, np.int32)
_WHOLE_64: Final = (*_WHOLE, np.int64, np.longlong)
# By exact type: MLflow converts integer to long, those to float and double, and float to double
_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "boolean": (bool, np.bool_),
    "integer": _WHOLE,
    "long": _WHOLE_64,
    "float": (float, np.float32, *_WHOLE_64),
    "double": (float, np.float32, np.float64, *_WHOLE_64),
    "string": (str, np.str_),
}
