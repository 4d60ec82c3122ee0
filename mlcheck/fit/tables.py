"""Tables as JSON writes them (`split`, records, columns, rows), with the place of every cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlcheck.fit.trouble import CAST, REFUSED, Keys, Misfit, listing
from mlcheck.records import record

SPLIT_KEYS = frozenset({"columns", "index", "data"})

_DEFAULT_NAMES = "numbered columns"


@record(frozen=True, slots=True)
class TableColumn:
    """A column: its name, its values (None where there is nothing), and where the value of a row stands."""

    name: object
    values: Sequence[object]
    place: Callable[[int], Keys]


@record(frozen=True, slots=True)
class Table:
    """The columns of a table; `where` leads to it or to its names, `unnamed` tells that the JSON gives no names."""

    columns: tuple[TableColumn, ...]
    rows: int
    where: Keys = ()
    unnamed: bool = False

    @property
    def names(self) -> list[object]:
        """The names of the columns."""
        return [column.name for column in self.columns]


def read_split(data: object, where: Keys = ()) -> Table | Misfit | None:
    """Return the table of a `split` JSON, or why MLflow cannot read it; None for forms that nobody writes."""
    if not isinstance(data, dict):
        found = "a list" if isinstance(data, list) else "a single value"
        return _misfit(where, f"this is {found}, not an object with 'columns' and 'data'", _SPLIT_HINT)
    if "data" not in data:
        return _misfit(where, "there is no key 'data'", _SPLIT_HINT)
    unknown = sorted(data.keys() - SPLIT_KEYS)
    if unknown:
        hint = "keep nothing but 'columns', 'index' and 'data'"
        return _misfit((*where, unknown[0]), f"key {unknown[0]!r} makes MLflow refuse it", hint)
    rows, names, index = data["data"], data.get("columns"), data.get("index")
    if isinstance(rows, (str, int, float)):
        return _misfit((*where, "data"), "'data' is no list of rows", _SPLIT_HINT)
    if isinstance(names, (str, int, float)):
        return _misfit((*where, "columns"), "'columns' is no list of names", _SPLIT_HINT)
    if not isinstance(rows, list) or isinstance(names, dict) or any(isinstance(row, dict) for row in rows):
        return None
    if isinstance(index, list) and len(index) != len(rows):
        return _misfit((*where, "index"), f"'index' has {len(index)} entries for {len(rows)} rows", _SPLIT_HINT)
    return _from_rows(rows, names, where, (*where, "data"))


_SPLIT_HINT = 'write it as {"columns": ["a", "b"], "data": [[1.5, 2.5]]}, or log the model again'


def _from_rows(rows: list[object], names: list[object] | None, where: Keys, at: Keys) -> Table | Misfit | None:
    """Return the table of rows that are lists, or single values where there is one column."""
    nested = bool(rows) and isinstance(rows[0], list)
    odd = next((i for i, row in enumerate(rows) if nested and not isinstance(row, list)), None)
    if odd is not None:
        if isinstance(rows[odd], str):
            return None  # pandas takes text for a list of letters
        return _misfit((*at, odd), f"row {odd} is no list like those before it", _SPLIT_HINT)
    lengths = [len(row) for row in rows if nested and isinstance(row, list)]
    width = max(lengths, default=1)
    if names is not None and rows and width != len(names):
        odd = next((i for i, length in enumerate(lengths) if length != len(names)), 0)
        found = f"{len(names)} columns are named, but row {odd} has {lengths[odd] if lengths else 1}"
        return _misfit((*at, odd), found, "give each row one value for each column")
    odd = next((i for i, length in enumerate(lengths) if length != width), None)
    if odd is not None:
        found = f"row {odd} has {lengths[odd]} of {width} values: pandas fills it up with NaN, pandas 4 refuses it"
        return Misfit(CAST, found, (*at, odd), "give each row one value for each column", subject="form")
    count = len(names) if names is not None else (width if rows else 0)
    columns = tuple(_column_of_rows(rows, i, names, at, nested=nested) for i in range(count))
    return Table(columns, len(rows), where if names is None else (*where, "columns"), unnamed=names is None)


def _column_of_rows(
    rows: list[object], number: int, names: list[object] | None, at: Keys, *, nested: bool
) -> TableColumn:
    name = number if names is None else _hashable(names[number])
    if nested:
        values = [row[number] for row in rows if isinstance(row, list)]
        return TableColumn(name, values, lambda row: (*at, row, number))
    return TableColumn(name, rows, lambda row: (*at, row))


def read_records(data: object, where: Keys = ()) -> Table | Misfit:
    """Return the table of a list of objects; what a record lacks is None."""
    if not isinstance(data, list) or not all(isinstance(record, dict) for record in data):
        return _misfit(where, "this is no list of objects, one for each row", 'write it as [{"a": 1.5}, {"a": 2.5}]')
    records = [record for record in data if isinstance(record, dict)]
    names = dict.fromkeys(name for record in records for name in record)
    columns = tuple(
        TableColumn(name, [record.get(name) for record in records], _place_in_records(where, name, records))
        for name in names
    )
    return Table(columns, len(records), where)


def _place_in_records(where: Keys, name: str, records: list[dict[str, object]]) -> Callable[[int], Keys]:
    return lambda row: (*where, row, name) if name in records[row] else (*where, row)


def read_columns(data: dict[str, object], where: Keys = (), *, one_row: bool) -> Table | Misfit:
    """Return the table of an object with the values of each column, or with those of one row."""
    if one_row:
        columns = tuple(TableColumn(name, [value], _always((*where, name))) for name, value in data.items())
        return Table(columns, 1, where)
    lengths = {name: len(value) for name, value in data.items() if isinstance(value, list)}
    rows = max(lengths.values(), default=1)
    odd = next((name for name, length in lengths.items() if length != rows), None)
    if odd is not None:
        found = f"column {odd!r} has {lengths[odd]} values, others have {rows}"
        return _misfit((*where, odd), found, "give each column one value for each row")
    columns = tuple(_read_column(name, value, rows, (*where, name)) for name, value in data.items())
    return Table(columns, rows, where)


def _read_column(name: str, value: object, rows: int, at: Keys) -> TableColumn:
    if isinstance(value, list):
        return TableColumn(name, value, lambda row: (*at, row))
    return TableColumn(name, [value] * rows, _always(at))


def read_list(data: list[object], where: Keys = ()) -> Table | Misfit | None:
    """Return the table that `pd.DataFrame` makes of a list: of records, of rows, or of the values of one column.

    None for forms that nobody writes.
    """
    if data and all(isinstance(item, dict) for item in data):
        return read_records(data, where)
    return _from_rows(data, None, where, where)


def _always(keys: Keys) -> Callable[[int], Keys]:
    return lambda _row: keys


def _hashable(name: object) -> object:
    return tuple(map(str, name)) if isinstance(name, list) else name if not isinstance(name, dict) else str(name)


def _misfit(keys: Keys, message: str, hint: str) -> Misfit:
    return Misfit(REFUSED, message, keys, hint, subject="form")


def repeated(names: list[object]) -> list[object]:
    """Return the names that stand more than once, each once."""
    seen: set[object] = set()
    return list(dict.fromkeys(name for name in names if name in seen or seen.add(name)))  # type: ignore[func-returns-value]


def describe_names(table: Table) -> str:
    """Return what a message says about the columns that a table has."""
    return _DEFAULT_NAMES if table.unnamed else listing(table.names) or "no columns"
