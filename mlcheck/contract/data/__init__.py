"""The shared language of cases, verdicts, worker and outputs: data described without pandas."""

from __future__ import annotations

from mlcheck.contract.data.describing import describe, to_pandas
from mlcheck.contract.data.types import TEXT, ColumnData, Frame, Opaque, Series, Sparse
from mlcheck.contract.data.wire import from_wire, to_wire

__all__ = [
    "TEXT",
    "ColumnData",
    "Frame",
    "Opaque",
    "Series",
    "Sparse",
    "describe",
    "from_wire",
    "to_pandas",
    "to_wire",
]
