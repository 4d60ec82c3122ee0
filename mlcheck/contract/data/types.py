"""What a case is made of: plain Python and numpy values, and pandas objects described by dtype and values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# The dtype that pandas infers for a list of str: `object` before pandas 3, `str` from 3 on
TEXT: Final = "text"


@dataclass(frozen=True, slots=True, eq=False)
class ColumnData:
    """A column: any hashable name, pandas' own name for the dtype (or TEXT), one value per row."""

    name: object
    dtype: str
    values: list[object]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A pandas DataFrame; `index` is None for the plain 0 … rows-1."""

    columns: tuple[ColumnData, ...]
    rows: int
    index: list[object] | None = None

    @property
    def names(self) -> list[object]:
        """The column names, in order."""
        return [column.name for column in self.columns]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """A pandas Series; `index` is None for the plain 0 … n-1."""

    name: object
    dtype: str
    values: list[object]
    index: list[object] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sparse:
    """A scipy matrix in `csr` or `csc` form, with its three arrays as lists."""

    format: str
    dtype: str
    shape: tuple[int, int]
    data: list[object]
    indices: list[int]
    indptr: list[int]


@dataclass(frozen=True, slots=True)
class Opaque:
    """Anything else, which can be named but not made again."""

    type_name: str
    text: str
