"""Tables against schemas of columns: which columns must be there, and what each must hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from mlcheck.contract.verdict.dtypes import judge_cells
from mlcheck.contract.verdict.facts import Fact
from mlcheck.contract.verdict.nested import judge_value
from mlcheck.contract.verdict.tables import Table, make_table
from mlcheck.contract.verdict.types import Verdict, decide, refuse
from mlcheck.signature import Scalar, input_name, is_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlcheck.contract.verdict.facts import Facts
    from mlcheck.contract.verdict.tables import Cells
    from mlcheck.signature import Column

_MOST_NAMES: Final = 20


def judge_columns(schema: tuple[Column, ...], data: object, facts: Facts) -> Verdict:
    """Return the verdict on any data for a schema of columns."""
    table = make_table(data, schema, facts)
    if isinstance(table, Verdict):
        return table
    return _judge_named(schema, table) if is_named(schema) else _judge_unnamed(schema, table)


def is_required(column: Column, facts: Facts) -> bool:
    """Return whether the column must be there; what says nothing is read differently from 2.18 on."""
    return Fact.UNSAID_IS_OPTIONAL not in facts if column.required is None else column.required


def _judge_named(schema: tuple[Column, ...], table: Table) -> Verdict:
    positions = _positions(table)
    keys = [input_name(column, i) for i, column in enumerate(schema)]
    required = [key for key, column in zip(keys, schema, strict=True) if is_required(column, table.facts)]
    missing = [key for key in required if key not in positions]
    if missing:
        return refuse(f"columns {_listing(missing)} expected and missing, {_listing(positions)} given")
    # A name that comes twice in the schema stands for its last column
    columns: dict[object, Column] = {column.name: column for column in schema}
    verdict = decide(_judge_each_named(keys, columns, positions, table))
    return verdict if verdict.kind == "refuse" or not _comes_apart(schema, positions, table) else _APART


def _judge_each_named(
    keys: list[str | float], columns: Mapping[object, Column], positions: Mapping[object, list[int]], table: Table
) -> Iterator[Verdict]:
    for key in keys:
        column = columns.get(key)
        if column is None:
            yield refuse(f"a column with an empty name is looked for as {key!r}, which no column is called", "KeyError")
        elif key in positions:
            yield _judge_column(column, positions[key], table, required=is_required(column, table.facts)).within(
                f"column {key!r}"
            )


def _judge_unnamed(schema: tuple[Column, ...], table: Table) -> Verdict:
    names = table.names
    if len(names) < len(schema):
        return refuse(f"at least {len(schema)} columns expected, {len(names)} given")
    positions = _positions(table)
    return decide(
        _judge_column(column, positions[name], table, required=True).within(f"column {i} ({name!r})")
        for i, (column, name) in enumerate(zip(schema, names, strict=False))
    )


def _judge_column(column: Column, positions: list[int], table: Table, *, required: bool) -> Verdict:
    if len(positions) > 1:
        return refuse(f"one column expected, {len(positions)} of this name given", "AttributeError")
    cells = table.column(positions[0])
    if isinstance(column.type, Scalar):
        return judge_cells(column.type.name, cells, table.facts)
    return _judge_nested(column, cells, table.facts, required=required)


def _judge_nested(column: Column, cells: Cells, facts: Facts, *, required: bool) -> Verdict:
    return decide(
        judge_value(column.type, value, facts, required=required).within(f"row {i}")
        for i, value in enumerate(cells.to_list())
    )


_APART: Final = refuse("rows with the same label cannot be put together again beside a nested column", "ValueError")


def _comes_apart(schema: tuple[Column, ...], positions: Mapping[object, list[int]], table: Table) -> bool:
    """Return whether nested columns, which lose their index, no longer match the others' (2.10 to 3.16)."""
    if Fact.INDEX_IS_LOST not in table.facts:
        return False
    there = [column for column in schema if column.name in positions]
    nested = [column for column in there if not isinstance(column.type, Scalar)]
    if not nested or len(nested) == len(there):
        return False
    return not table.index.is_unique and not table.index.equals(pd.RangeIndex(table.rows))


def _positions(table: Table) -> dict[object, list[int]]:
    positions: dict[object, list[int]] = {}
    for i, name in enumerate(table.names):
        positions.setdefault(name, []).append(i)
    return positions


def _listing(names: object) -> str:
    known = list(names)  # type: ignore[call-overload]
    more = f" and {len(known) - _MOST_NAMES} more" if len(known) > _MOST_NAMES else ""
    return (", ".join(map(repr, known[:_MOST_NAMES])) or "none") + more
