"""A missing value alone, and the same row between two others."""

from __future__ import annotations

from typing import Final

from mlcheck.contract import cases as make
from mlcheck.contract.cases import Case, Intent
from mlcheck.contract.data import ColumnData, Frame
from mlcheck.contract.inferred import is_null
from mlcheck.contract.under_test import ModelUnderTest

_MISSING: Final = 6
"""Columns in which a missing value is put among other rows."""


def missing_alone(model: ModelUnderTest) -> list[Case]:
    """Return the cases of one row in which a column has a missing value, a few columns of many.

    An optional column that typical rows do not have is left aside.
    """
    found = [case for case in model.edge_cases if case.intent.place == "column" and isinstance(case.data, Frame)]
    found = [case for case in found if case.intent.what == "value" and is_null(case.intent.given)]
    found = [case for case in found if case.intent.name not in model.domain.absent]
    return found[:: len(found) // _MISSING or 1][:_MISSING]


def missing_among_others(model: ModelUnderTest) -> list[Case]:
    """Return the same rows, each between two typical ones, as far as MLflow takes them."""
    made = [put_between_others(model, case) for case in missing_alone(model)]
    return [case for case in made if model.verdict(case).kind == "accept"]


def put_between_others(model: ModelUnderTest, alone: Case) -> Case:
    """Return the case of three rows of which the middle one is that of the given case."""
    assert isinstance(alone.data, Frame)
    others = make.base_data(model.domain, 2, 1)
    assert isinstance(others, Frame)
    columns = tuple(
        ColumnData(one.name, one.dtype, [other.values[0], one.values[0], other.values[1]])
        for one, other in zip(alone.data.columns, others.columns, strict=True)
    )
    said, name, given = f"{alone.intent.sentence} in one of three rows", alone.intent.name, alone.intent.given
    return Case(Frame(columns, 3), alone.params, "edge", Intent("value", said, "column", name, given))
