"""Enumerates cases about inference params: values that must be taken, and such that must be refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from mlcheck.contract.cases.base import base_case, can_call
from mlcheck.contract.cases.edge_values import present_edges
from mlcheck.contract.cases.nested import nested_edges, nested_violations
from mlcheck.contract.cases.spread import Group, take
from mlcheck.contract.cases.types import Case, Cases, Intent, Kind, show_value
from mlcheck.contract.domain import PLAIN, Domain, Values, leaf_types, make_value
from mlcheck.contract.verdict import judge
from mlcheck.signature import ColumnType, Param, Scalar, Signature

_UNKNOWN: Final = "mlcheck_unknown"
# One of each that JSON and Python have
_STRANGERS: Final = ("word", 1.5, 5, True, b"abc", {"key": 1}, dt.date(2024, 1, 15))


def params_cases(domain: Domain, limit: int | None = None) -> Cases:
    """Return params left out, each default given, int for double, values that the domain names, an unknown param.

    Left out, default given and unknown must be predicted alike. No cases where the signature has no params, or where
    nothing is known to call the model with.
    """
    if not domain.signature.params or not can_call(domain):
        return Cases((), 0)
    base = base_case(domain)
    together = (
        partial(_with_params, base, {}, "params-default", "no param is given"),
        partial(_with_params, base, defaults(domain), "params-default", "every param has its default"),
        partial(_with_params, base, {_UNKNOWN: 1}, "params-unknown", f"unknown param {_UNKNOWN!r} is given"),
    )
    groups = [Group(str(param), tuple(_conforming(domain, param, base))) for param in domain.signature.params]
    return take([Group("all", together), *groups], limit)


def defaults(domain: Domain) -> dict[str, object]:
    """Return the params with the values that leaving them out stands for."""
    return {param.name: param.default for param in domain.signature.params or ()}


def _with_params(base: Case, params: dict[str, object], kind: Kind, sentence: str) -> Case:
    """Return the case with params that must not change the prediction."""
    name = next(iter(params)) if len(params) == 1 else None
    return Case(base.data, params, kind, Intent("value", sentence, "param", name), base)


def _conforming(domain: Domain, param: Param, base: Case) -> Iterator[Callable[[], Case]]:
    given = f"param {param.name!r} has its default"
    yield partial(_with_params, base, {param.name: param.default}, "params-default", given)
    if str(param) in {"double", "float"} and isinstance(param.default, float) and param.default.is_integer():
        whole = int(param.default)
        given = f"param {param.name!r} has its default as the int {whole}"
        yield partial(_with_params, base, {param.name: whole}, "params-default", given)
    values = domain.params[param.name]
    for value in (*values.choices, values.low, values.high):
        if value is not None and value != param.default:
            yield partial(_value_case, domain, param, value, "params-value")


def param_edge_groups(domain: Domain) -> list[Group]:
    """Return for each param, not made yet, other values of its type: allowed, yet unknown to many a model."""
    groups = []
    for param in (domain.signature.params or ()) if can_call(domain) else ():
        values = [value for value in _edges_of(param) if not domain.params[param.name].contains(value)]
        groups.append(Group(str(param), tuple(partial(_value_case, domain, param, value, "edge") for value in values)))
    return groups


def _edges_of(param: Param) -> list[Any]:
    # Null is left out: no signature says whether a param may be it
    leaves = _plain_leaves(param.type)
    if not isinstance(param.type, Scalar):
        return [change.value for change in nested_edges(param.type, make_value(param.type, leaves, 0), leaves)]
    edges = [*leaves[()].choices, *present_edges(param.type.name, leaves[()])]
    return [[], *([edge] for edge in edges), [leaves[()].choices[0]] * 100] if param.shape else edges


def _plain_leaves(type_: ColumnType) -> dict[tuple[str, ...], Values]:
    return {path: PLAIN[scalar] for path, scalar in leaf_types(type_)}


def param_violation_groups(domain: Domain, mlflow_version: str, pandas_version: str) -> list[Group]:
    """Return for each param, not made yet, the cases whose value the versions given refuse."""
    groups = []
    for param in domain.signature.params or ():
        signature = Signature(None, None, (param,))
        makers = []
        for what, value in _wrong_values(param):
            verdict = judge(
                signature, None, {param.name: value}, mlflow_version=mlflow_version, pandas_version=pandas_version
            )
            if verdict.kind == "refuse":
                makers.append(partial(_value_case, domain, param, value, "violation", what))
        groups.append(Group(("param", str(param)), tuple(makers)))
    return groups


def _wrong_values(param: Param) -> Iterator[tuple[str, Any]]:
    good = make_value(param.type, _plain_leaves(param.type), 0)
    if param.shape:
        yield "scalar-for-list", good
        yield "list-of-lists", [[good]]
        yield from (("element", [value]) for value in _STRANGERS)
    elif isinstance(param.type, Scalar):
        yield from (("dtype", value) for value in _STRANGERS)
        yield "list-for-scalar", [good]
    else:
        yield from ((change.what, change.value) for change in nested_violations(param.type, good))


def _value_case(domain: Domain, param: Param, value: object, kind: Kind, what: str = "value") -> Case:
    intent = Intent(what, f"param {param.name!r} is {show_value(value)}", "param", param.name, value)
    return Case(base_case(domain).data, {param.name: value}, kind, intent)
