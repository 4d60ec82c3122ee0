"""Tables against a schema of columns, and what is said about those that do not fit."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence

from mlcheck.document import to_pointer
from mlcheck.fit.kinds import kind_of
from mlcheck.fit.tables import Table, TableColumn, describe_names, repeated
from mlcheck.fit.trouble import EXTRA, REFUSED, Keys, Misfit, Trouble, listing, show
from mlcheck.records import record
from mlcheck.signature import Column, input_name, is_named

Judge = Callable[[Column, Sequence[object]], Trouble | None]


def fit_columns(schema: tuple[Column, ...], table: Table, judge: Judge) -> Iterator[Misfit]:
    """Yield what does not fit: columns that are missing, repeated or unknown, and values that `judge` objects to."""
    yield from _fit_names(schema, table)
    yield from _report(_find_troubles(schema, table, judge))


def _fit_names(schema: tuple[Column, ...], table: Table) -> Iterator[Misfit]:
    if not is_named(schema):
        yield from _fit_count(schema, table)
        return
    names = [input_name(column, i) for i, column in enumerate(schema)]
    given = table.names
    missing = [name for name, column in zip(names, schema, strict=True) if column.required and name not in given]
    unknown = list(dict.fromkeys(name for name in given if name not in names))
    if missing:
        # A nested column that says nothing is required up to MLflow 2.17 only: not counted as missing.
        noun, verb = ("columns", "are") if len(missing) > 1 else ("column", "is")
        has = f"which has {describe_names(table)}"
        message = f"{noun} {listing(missing)} of the signature {verb} missing from the example, {has}"
        yield Misfit(REFUSED, message, table.where, _rename_hint(missing, unknown, table), subject=str(missing[0]))
    elif unknown and not all(isinstance(name, (int, float)) for name in unknown):
        # Numbers are lost by MLflow itself, see unusable-name.
        noun, verb, them = ("columns", "are", "them") if len(unknown) > 1 else ("column", "is", "it")
        message = f"{noun} {listing(unknown)} of the example {verb} not in the signature: MLflow drops {them}"
        yield Misfit(EXTRA, message, table.where, "save the example without what predict does not take")
    twice = [name for name in repeated(given) if name in names]
    if twice:
        message = f"column {twice[0]!r} stands twice in the example: predict fails on it with an AttributeError"
        yield Misfit(REFUSED, message, table.where, "give each column a name of its own", subject=str(twice[0]))


def _rename_hint(missing: list[str | float], unknown: list[object], table: Table) -> str:
    if table.unnamed:
        return "save the example as a DataFrame with the column names of the signature"
    close = difflib.get_close_matches(str(missing[0]).lower(), [str(name).lower() for name in unknown], n=1)
    near = next((name for name in unknown if close and str(name).lower() == close[0]), None)
    if near is not None:
        return f"is {near!r} in the example the column that the signature calls {missing[0]!r}?"
    return "make example and signature from the same data, with infer_signature"


def _fit_count(schema: tuple[Column, ...], table: Table) -> Iterator[Misfit]:
    wanted, given = len(schema), len(table.columns)
    if given < wanted:
        message = f"the example has {given} of the {wanted} columns that the signature declares"
        yield Misfit(REFUSED, message, table.where, "make example and signature from the same data", subject="count")
    elif given > wanted:
        message = f"the example has {given} columns, the signature {wanted}: MLflow drops the last {given - wanted}"
        yield Misfit(EXTRA, message, table.where, "save the example without what predict does not take")


@record(frozen=True, slots=True)
class _Found:
    column: TableColumn
    declared: str
    trouble: Trouble

    @property
    def keys(self) -> Keys:
        return (*self.column.place(self.trouble.index), *self.trouble.inner)

    @property
    def value(self) -> object:
        value = self.column.values[self.trouble.index] if self.column.values else None
        for key in self.trouble.inner:
            if isinstance(value, dict):
                value = value.get(str(key))
            elif isinstance(value, list) and isinstance(key, int) and key < len(value):
                value = value[key]
        return value


def _find_troubles(schema: tuple[Column, ...], table: Table, judge: Judge) -> Iterator[_Found]:
    by_name = {column.name: column for column in reversed(table.columns)}
    for position, spec in enumerate(schema):
        named = is_named(schema)
        column = by_name.get(input_name(spec, position)) if named else _at(table, position)
        trouble = judge(spec, column.values) if column is not None else None
        if column is not None and trouble is not None:
            yield _Found(column, trouble.declared or str(spec.type), trouble)


def _at(table: Table, position: int) -> TableColumn | None:
    return table.columns[position] if position < len(table.columns) else None


def _report(found: Iterator[_Found]) -> Iterator[Misfit]:
    """Yield one misfit for all columns with the same trouble."""
    groups: dict[tuple[str, ...], list[_Found]] = {}
    for item in found:
        trouble = item.trouble
        path = to_pointer(trouble.inner) if trouble.declared else ""
        groups.setdefault((trouble.level, item.declared, trouble.found, trouble.effect, path), []).append(item)
    for (_, declared, what, effect, path), items in groups.items():
        first = items[0]
        names = [item.column.name for item in items]
        noun = "columns" if len(names) > 1 else "column"
        verb = "are" if len(names) > 1 and not path else "is"
        where = f"{noun} {listing(names)}" + (f": {path}" if path else "")
        message = f"{where} {verb} declared {declared}, the example has {what}{_like(first, what)}: {effect}"
        yield Misfit(first.trouble.level, message, first.keys, _hint(first), subject=", ".join(map(str, names)))


def _like(found: _Found, what: str) -> str:
    value = found.value
    obvious = kind_of(value) in {"null", "list", "object"} or what.startswith(("nothing", "no ", "a property", "lists"))
    return "" if obvious else f" like {show(value)}"


def _hint(found: _Found) -> str:
    if found.trouble.found == "whole numbers" and found.declared in {"double", "float"}:
        return f"write {show(found.value)}.0 instead of {show(found.value)}, or declare the column long"
    return "make example and signature from the same data, with infer_signature"
