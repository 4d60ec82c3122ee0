"""Tables against schemas of columns: which columns must be there, and what each must hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from mlcheck.contract.verdict.containers import make_table
from mlcheck.contract.verdict.dtypes import judge_cells
from mlcheck.contract.verdict.facts import Fact
from mlcheck.contract.verdict.nested import judge_each
from mlcheck.contract.verdict.types import ACCEPT, Verdict, decide, leave_open, refuse
from mlcheck.signature import Scalar, input_name, is_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlcheck.contract.verdict.facts import Facts
    from mlcheck.contract.verdict.tables import Table
    from mlcheck.signature import Column

_MOST_NAMES: Final = 20
_APART: Final = refuse("rows with the same label cannot be put together again beside a nested column", "ValueError")


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
    order: list[object] = [*keys]
    if Fact.OPTIONAL_LAST in table.facts:
        order = [*required, *(name for name in table.names if name in keys and name not in required)]
    # A name that comes twice in the schema stands for its last column
    columns: dict[object, Column] = {column.name: column for column in schema}
    verdict = decide(_judge_each(order, columns, positions, table))
    judged = [columns[key] for key in order if key in positions and key in columns]
    return _APART if verdict.kind != "refuse" and _comes_apart(judged, table) else verdict


def _judge_each(
    order: list[object],
    columns: Mapping[object, Column],
    positions: Mapping[object, list[int]],
    table: Table,
) -> Iterator[Verdict]:
    for key in order:
        column = columns.get(key)
        if column is None:
            yield refuse(f"a column without a name is looked for as {key!r}, which no column is called", "KeyError")
        elif not isinstance(column.type, Scalar) and order.count(key) > 1:
            yield leave_open(f"column {key!r} is declared twice, so the second time enforcement sees its own result")
        elif key in positions:
            required = is_required(column, table.facts)
            yield _judge_column(column, positions[key], table, required=required).within(f"column {key!r}")


def _judge_unnamed(schema: tuple[Column, ...], table: Table) -> Verdict:
    names = table.names
    if len(names) < len(schema):
        return refuse(f"at least {len(schema)} columns expected, {len(names)} given")
    positions = _positions(table)
    verdict = decide(
        _judge_column(column, positions[name], table, required=True).within(f"column {i} ({name!r})")
        for i, (column, name) in enumerate(zip(schema, names, strict=False))
    )
    return _APART if verdict.kind != "refuse" and _comes_apart(schema, table) else verdict


def _judge_column(column: Column, positions: list[int], table: Table, *, required: bool) -> Verdict:
    if len(positions) > 1:
        return _judge_several(column, positions, table, required=required)
    cells = table.column(positions[0])
    if isinstance(column.type, Scalar):
        return judge_cells(column.type.name, cells, table.facts)
    return judge_each("row", column.type, cells, table.facts, required=required)


def _judge_several(column: Column, positions: list[int], table: Table, *, required: bool) -> Verdict:
    """Return the verdict on columns of one name, which pandas hands out as a DataFrame."""
    several = f"one column expected, {len(positions)} of this name given"
    if isinstance(column.type, Scalar):
        return refuse(several, "AttributeError")
    # Going through a DataFrame gives its column names, each of which is taken for a value
    names = [table.names[position] for position in positions]
    verdict = judge_each("row", column.type, names, table.facts, required=required)
    if verdict is ACCEPT and len(names) != table.rows and Fact.INDEX_IS_LOST not in table.facts:
        return refuse(several, "ValueError")
    return verdict


def _comes_apart(columns: Sequence[Column], table: Table) -> bool:
    """Return whether nested columns, which lose their index, no longer match the others' (2.10 to 3.16)."""
    if Fact.INDEX_IS_LOST not in table.facts:
        return False
    nested = [not isinstance(column.type, Scalar) for column in columns]
    if all(nested) or not any(nested):
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
