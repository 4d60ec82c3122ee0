"""Reads a data sample, a CSV or Parquet file, as far as a signature asks for it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mlcheck.contract.domain.coercion import coerce
from mlcheck.contract.domain.values import is_null
from mlcheck.signature import AnyType, Column, Name, Scalar, Schema, Signature, input_name, is_tensor_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

# Enough to know ranges and categories from; more would only cost time
MOST_SAMPLED: Final = 10_000
_TRUTHS: Final = {"true": True, "false": False, "1": True, "0": False}


class DomainError(ValueError):
    """A data sample or a configuration that cannot be used; the message says why and what would be right."""


def read_sample(path: str | os.PathLike[str], signature: Signature) -> dict[Name, list[Any]]:
    """Return the values of the first 10,000 rows by input, as plain values of its type, all lists of one length.

    Inputs that the sample lacks are left out. Raises DomainError for a file that cannot be read, or that holds
    something else in a column than the signature says.
    """
    schema = signature.inputs
    if not schema or is_tensor_schema(schema):
        raise DomainError(f"data sample {os.fspath(path)!r} is of no use: the signature has no columns as inputs")
    frame = _read_frame(os.fspath(path), schema)
    found: dict[Name, list[Any]] = {}
    for i, spec in enumerate(schema):
        name = input_name(spec, i)
        at = _position(frame, name, i, named=spec.name is not None)
        if at is not None and isinstance(spec, Column):
            found[name] = _read_cells(frame.iloc[:, at].tolist(), spec, name, os.fspath(path))
    if not found:
        names = ", ".join(repr(input_name(spec, i)) for i, spec in enumerate(schema))
        raise DomainError(f"data sample {os.fspath(path)!r} has none of the columns {names}")
    return found


def _read_frame(path: str, schema: Schema) -> Any:
    try:
        if path.lower().endswith((".parquet", ".pq")):
            return _read_parquet(path)
        if path.lower().endswith((".csv", ".csv.gz")):
            text: Any = {input_name(spec, i): "str" for i, spec in enumerate(schema) if _is_text(spec)}
            return pd.read_csv(path, nrows=MOST_SAMPLED, dtype=text)
    except ImportError as error:
        raise DomainError(
            f"data sample {path!r} cannot be read without pyarrow, install it or give a CSV file"
        ) from error
    except Exception as error:
        raise DomainError(f"data sample {path!r} cannot be read: {error}") from error
    raise DomainError(f"data sample {path!r} must be a file with the ending .csv or .parquet")


def _read_parquet(path: str) -> Any:
    import pyarrow.dataset  # noqa: PLC0415 - nothing else needs it, and it may be missing

    # A folder of part files does too, and only the rows asked for are read
    return pyarrow.dataset.dataset(path, format="parquet").head(MOST_SAMPLED).to_pandas()


def _is_text(spec: object) -> bool:
    return isinstance(spec, Column) and spec.type in (Scalar("string"), Scalar("boolean"), Scalar("binary"))


def _position(frame: Any, name: Name, position: int, *, named: bool) -> int | None:
    if not named:
        return position if position < frame.shape[1] else None
    names = [str(column) for column in frame.columns]
    return names.index(str(name)) if str(name) in names else None


def _read_cells(cells: Sequence[object], spec: Column, name: Name, path: str) -> list[object]:
    values: list[object] = []
    try:
        values.extend(_read_cell(cell, spec) for cell in cells)
    except (ValueError, TypeError, OverflowError) as error:
        place = f"column {name!r} ({spec.type}), row {len(values)}"
        raise DomainError(f"data sample {path!r}, {place}: {error}") from error
    return values


def _read_cell(cell: object, spec: Column) -> object:
    if spec.type == Scalar("boolean") and isinstance(cell, str):
        cell = _TRUTHS.get(cell.lower(), cell)
    elif isinstance(cell, str) and not isinstance(spec.type, Scalar | AnyType):
        cell = json.loads(cell)
    if is_null(cell) and not isinstance(spec.type, Scalar):
        return None
    return coerce(cell, spec.type)
