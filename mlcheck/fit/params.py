"""Params of an example against the params of the signature."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mlcheck.fit.datetimes import is_iso
from mlcheck.fit.kinds import DESCRIPTIONS, kind_of
from mlcheck.fit.trouble import EXTRA, REFUSED, Keys, Misfit, listing, show
from mlcheck.signature import Object, Param, Scalar

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "string": (str,),
}


def fit_params(declared: tuple[Param, ...] | None, given: object, where: Keys) -> Iterator[Misfit]:
    """Yield what does not fit in the params of an example; `where` leads to them."""
    if given is None:
        return
    if not isinstance(given, dict):
        message = f"params must be an object of names and values, the example has {show(given)}"
        yield Misfit(REFUSED, message, where, 'write them as {"temperature": 0.5}', subject="params")
        return
    known = {param.name: param for param in declared or ()}
    unknown = [name for name in given if name not in known]
    if unknown:
        has = f"which declares {listing(list(known))}" if known else "which declares none"
        noun, verb, them = ("params", "are", "them") if len(unknown) > 1 else ("param", "is", "it")
        message = f"{noun} {listing(unknown)} of the example {verb} not in the signature, {has}: MLflow drops {them}"
        hint = "declare params with infer_signature(…, params={…})"
        yield Misfit(EXTRA, message, (*where, unknown[0]), hint, subject=unknown[0])
    for name, param in known.items():
        if name in given and (reason := explain_param(param, given[name])):
            message = f"param {name!r} is declared {param}, the example has {show(given[name])}: {reason}"
            yield Misfit(REFUSED, message, (*where, name), "give it a value of its type", subject=name)


def explain_param(param: Param, value: object) -> str:
    """Return why a JSON value is none for the param, empty if it is."""
    if isinstance(param.type, Object):
        return _explain_object(param.type, value)
    if param.shape is None:
        return _explain_one(param.type, value)
    if not isinstance(value, list):
        return "it takes a list"
    return next((reason for item in value if (reason := _explain_one(param.type, item))), "")


def _explain_one(declared: object, value: object) -> str:
    if value is None or not isinstance(declared, Scalar):
        return ""
    if isinstance(value, (list, dict)):
        return "it takes a single value"
    if declared.name == "datetime":
        return "" if isinstance(value, str) and is_iso(value) else "it takes a time as ISO text"
    if type(value) in _TYPES.get(declared.name, (type(value),)):
        return ""
    return f"MLflow makes no {declared} of {DESCRIPTIONS[kind_of(value)]}"


def _explain_object(declared: Object, value: object) -> str:
    if not isinstance(value, dict):
        return "it takes an object"
    missing = [prop.name for prop in declared.properties if prop.required and prop.name not in value]
    if missing:
        return f"property {missing[0]!r} is missing"
    unknown = sorted(value.keys() - {prop.name for prop in declared.properties})
    return f"property {unknown[0]!r} is not declared" if unknown else ""
