"""Puts into one call what would be hundreds: edge values or narrower dtypes of all columns of a wide frame."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from mlcheck.contract.cases.base import apply_edits, has_data, takes_list, takes_tensors
from mlcheck.contract.cases.conforming import narrower_columns
from mlcheck.contract.cases.edge_values import edge_values
from mlcheck.contract.cases.types import Case, Edit, Intent
from mlcheck.contract.data import Frame
from mlcheck.signature import Column, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlcheck.contract.data import ColumnData
    from mlcheck.contract.domain import Domain

_ROWS: Final = 30


def edge_edits(domain: Domain) -> list[list[Edit]]:
    """Return the edge values of each scalar column; none where the input is no frame of columns."""
    if not has_data(domain) or takes_tensors(domain) or takes_list(domain):
        return []
    return [
        [Edit("column", item.name, value) for value in edge_values(item.spec.type.name, item.leaves[()])]
        for item in domain.inputs
        if isinstance(item.spec, Column) and isinstance(item.spec.type, Scalar)
    ]


def spread_edits(columns: Iterable[Sequence[Edit]]) -> list[list[Edit]]:
    """Return the edits for one call each: a row with one value in every column, and rows with few values in each."""
    turns = [[edit for edit in turn if edit is not None] for turn in zip_longest(*columns)]
    rows = [
        replace(edit, row=(place + turn) % _ROWS)
        for place, edits in enumerate(columns)
        for turn, edit in enumerate(edits[:_ROWS])
    ]
    return [*turns, rows]


def edges_together(domain: Domain, edits: Sequence[Edit]) -> Case:
    """Return the typical row, or thirty of them, in which all the edits are made."""
    rows = 1 if edits[0].row is None else _ROWS
    where = "the row" if rows == 1 else f"{rows} rows"
    intent = Intent("together", f"{len(edits)} values of {where} are edge values")
    return Case(apply_edits(domain, rows, 0, tuple(edits)), None, "edge", intent, None, tuple(edits))


def upcasts_together(domain: Domain) -> list[Case]:
    """Return cases in which all columns come in a narrower dtype, to be predicted as in the declared ones.

    There are as many as there are narrower dtypes of one type, so that every column has been in every one of its own.
    """
    if not has_data(domain) or takes_tensors(domain) or takes_list(domain):
        return []
    turns = zip_longest(*(narrower_columns(item) for item in domain.inputs))
    return [_narrowed(domain, [one for one in turn if one is not None]) for turn in turns]


def _narrowed(domain: Domain, columns: Iterable[tuple[Edit, ColumnData]]) -> Case:
    edits, narrow = zip(*columns, strict=True)
    frame = apply_edits(domain, 1, 0, edits)
    declared = Case(frame, None, "typical", Intent("value", "values that narrower dtypes hold"), None, edits)
    by_name = {column.name: column for column in narrow}
    changed = Frame(tuple(by_name.get(column.name, column) for column in frame.columns), frame.rows)
    dtypes = ", ".join(sorted({column.dtype for column in narrow}))
    intent = Intent("dtype", f"{len(narrow)} columns come in narrower dtypes ({dtypes}) than declared")
    return Case(changed, None, "upcast", intent, declared, edits)
