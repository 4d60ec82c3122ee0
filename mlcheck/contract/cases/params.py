"""Enumerates cases about inference params: values that must be taken, and such that must be refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
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


def params_cases(domain: Domain, limit: int | None = None) -> Cases:
    """Return params left out, each default given, int for double, values that the domain names, an unknown param.

    Left out, default given and unknown must be predicted alike. No cases where the signature has no params, or where
    nothing is known to call the model with.
    """
    if not domain.signature.params or not can_call(domain):
        return Cases((), 0)
    base = base_case(domain)
    makers = (
        lambda: _with_params(domain, {}, "params-default", "no param is given", same_as=base),
        lambda: _with_params(domain, defaults(domain), "params-default", "every param has its default", same_as=base),
        lambda: _with_params(
            domain, {_UNKNOWN: 1}, "params-unknown", f"unknown param {_UNKNOWN!r} is given", same_as=base
        ),
    )
    groups = [Group("all", makers)]
    groups += [Group(str(param), tuple(_conforming(domain, param, base))) for param in domain.signature.params]
    return take(groups, limit)


def defaults(domain: Domain) -> dict[str, object]:
    """Return the params with the values that leaving them out stands for."""
    return {param.name: param.default for param in domain.signature.params or ()}


def _conforming(domain: Domain, param: Param, base: Case) -> Iterator[Any]:
    given = f"param {param.name!r} has its default"
    yield lambda: _with_params(domain, {param.name: param.default}, "params-default", given, param, same_as=base)
    if str(param) in {"double", "float"} and isinstance(param.default, float) and param.default.is_integer():
        whole = int(param.default)
        sentence = f"param {param.name!r} is the int {whole}, its default a float"
        yield lambda: _with_params(domain, {param.name: whole}, "params-default", sentence, param, same_as=base)
    values = domain.params[param.name]
    named = [value for value in values.choices if value != param.default and value is not None]
    if values.low is not None:
        named += [value for value in (values.low, values.high) if value not in named]
    for value in named:
        yield lambda value=value: _value_case(domain, param, value, "params-value")


def param_edges(domain: Domain, limit: int | None = None) -> Cases:
    """Return for each param other values of its type: allowed by the signature, yet unknown to many a model."""
    groups = []
    for param in (domain.signature.params or ()) if can_call(domain) else ():
        values = [value for value in _edges_of(param) if not domain.params[param.name].contains(value)]
        makers = tuple(lambda p=param, v=value: _value_case(domain, p, v, "edge") for value in values)
        groups.append(Group(str(param), makers))
    return take(groups, limit)


def _edges_of(param: Param) -> list[Any]:
    if param.shape:
        return [[], *([edge] for edge in _scalar_edges(param.type)), [_good(param.type)] * 100]
    if isinstance(param.type, Scalar):
        return _scalar_edges(param.type)
    leaves = _plain_leaves(param.type)
    return [change.value for change in nested_edges(param.type, make_value(param.type, leaves, 0), leaves)]


def _scalar_edges(type_: ColumnType) -> list[Any]:
    # Null is left out: no signature says whether a param may be it
    plain = PLAIN[str(type_)]
    return [*plain.choices, *present_edges(str(type_), plain)]


def _plain_leaves(type_: ColumnType) -> dict[tuple[str, ...], Values]:
    return {path: PLAIN[scalar] for path, scalar in leaf_types(type_)}


def _good(type_: ColumnType) -> Any:
    return make_value(type_, _plain_leaves(type_), 0)


def param_violations(domain: Domain, mlflow_version: str, pandas_version: str) -> list[Group]:
    """Return for each param, not made yet, the cases whose value the versions given refuse."""
    groups = []
    for param in domain.signature.params or ():
        refused = _refused_values(param, mlflow_version, pandas_version)
        makers = tuple(lambda p=param, w=what, v=v: _value_case(domain, p, v, "violation", w) for what, v in refused)
        groups.append(Group(("param", str(param)), makers))
    return groups


def _refused_values(param: Param, mlflow_version: str, pandas_version: str) -> list[tuple[str, Any]]:
    signature = Signature(None, None, (param,))
    found = []
    for what, value in _wrong_values(param):
        verdict = judge(
            signature, None, {param.name: value}, mlflow_version=mlflow_version, pandas_version=pandas_version
        )
        if verdict.kind == "refuse":
            found.append((what, value))
    return found


def _wrong_values(param: Param) -> Iterator[tuple[str, Any]]:
    scalars = ("word", 1.5, 5, True, b"abc", {"key": 1}, dt.date(2024, 1, 15))
    if param.shape:
        yield "scalar-for-list", _good(param.type)
        yield "list-of-lists", [[_good(param.type)]]
        yield from (("element", [value]) for value in scalars)
    elif isinstance(param.type, Scalar):
        yield from (("dtype", value) for value in scalars)
        yield "list-for-scalar", [_good(param.type)]
    else:
        good = _good(param.type)
        yield from ((change.what, change.value) for change in nested_violations(param.type, good))


def _value_case(domain: Domain, param: Param, value: object, kind: Kind, what: str = "value") -> Case:
    return _with_params(domain, {param.name: value}, kind, f"param {param.name!r} is {show_value(value)}", param, what)


def _with_params(
    domain: Domain,
    params: dict[str, object],
    kind: Kind,
    sentence: str,
    param: Param | None = None,
    what: str = "value",
    same_as: Case | None = None,
) -> Case:
    name = param.name if param else None
    intent = Intent(what, sentence, "param", name, params.get(name) if name else None)
    return Case(base_case(domain).data, params, kind, intent, same_as)
