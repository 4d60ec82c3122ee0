"""Which signatures a version of MLflow can load at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mlcheck.contract.verdict.facts import Fact
from mlcheck.contract.verdict.types import ACCEPT, Verdict, leave_open
from mlcheck.signature import AnyType, Array, Column, Map, Object, Vector

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlcheck.contract.verdict.facts import Facts
    from mlcheck.signature import ColumnType, Signature

_NEEDS: Final[Mapping[type, Fact]] = {
    Array: Fact.NESTED_TYPES,
    Object: Fact.NESTED_TYPES,
    Map: Fact.MAP_TYPE,
    Vector: Fact.VECTOR_TYPE,
    AnyType: Fact.ANY_TYPE,
}


def judge_signature(signature: Signature, facts: Facts) -> Verdict:
    """Return acceptance if the signature is loaded, and otherwise that nothing can be said."""
    for fact in _needed(signature):
        if fact not in facts:
            return leave_open(f"MLflow loads this signature from {fact.since} on: {fact.text}")
    return ACCEPT


def _needed(signature: Signature) -> Iterator[Fact]:
    for schema in (signature.inputs or (), signature.outputs or ()):
        for spec in schema:
            if isinstance(spec, Column):
                yield from _needed_by(spec.type)
    for param in signature.params or ():
        yield Fact.OBJECT_PARAMS if isinstance(param.type, Object) else Fact.PARAMS


def _needed_by(type_: ColumnType) -> Iterator[Fact]:
    if type(type_) in _NEEDS:
        yield _NEEDS[type(type_)]
    for inner in _inner_types(type_):
        yield from _needed_by(inner)


def _inner_types(type_: ColumnType) -> tuple[ColumnType, ...]:
    if isinstance(type_, Array):
        return (type_.items,)
    if isinstance(type_, Map):
        return (type_.values,)
    if isinstance(type_, Object):
        return tuple(prop.type for prop in type_.properties)
    return ()
