"""Does data fit a model's signature: column by column, with the rows that do not, without loading the model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from mlcheck.contract.data import Series, describe
from mlcheck.contract.inferred import fits, is_null
from mlcheck.contract.verdict import Verdict, judge, judge_payload
from mlcheck.finding import Finding, Location, Severity
from mlcheck.folder import ModelFolder
from mlcheck.signature import Column, Scalar, Signature, is_column_schema, is_named

FORMATS: Final = ("csv", "parquet", "json", "ndjson", "payload")
_BY_SUFFIX: Final = {".csv": "csv", ".parquet": "parquet", ".pq": "parquet", ".json": "json"}
_BY_SUFFIX_OF_LINES: Final = {".ndjson": "ndjson", ".jsonl": "ndjson"}
_PAYLOAD_KEYS: Final = frozenset({"dataframe_split", "dataframe_records", "instances", "inputs"})
_SHOWN_ROWS: Final = 5
_NEWEST_MLFLOW: Final = "3.17.2"


class DataError(Exception):
    """Data or a model that cannot be read; the message names the file and the remedy."""


def validate_data(
    model: str | Path, data: str | Path | pd.DataFrame, *, form: str | None = None, mlflow_version: str | None = None
) -> list[Finding]:
    """Return what keeps `data` from being accepted by the model's signature; an empty list when it fits.

    `data` is a DataFrame or a file: CSV, Parquet, JSON (records, columns or split), NDJSON, or a payload for the
    scoring server; `form` (one of `FORMATS`) overrides the file's ending. The rules are those of `mlflow_version`,
    by default of the one that the model pins. Raises `DataError` when the model has no signature for inputs or when
    the data cannot be read.
    """
    folder = ModelFolder(Path(model), str(model))
    signature = folder.signature
    if signature is None or signature.inputs is None:
        raise DataError(f"{model}: has no signature for inputs, so nothing is promised about data")
    version = mlflow_version or _version_of(folder)
    subject = _Subject(str(model), signature, version)
    if isinstance(data, pd.DataFrame):
        return list(subject.judge_frame(data, "data"))
    return list(subject.judge_file(Path(data), form))


def _version_of(folder: ModelFolder) -> str:
    known = folder.pinned_mlflow or folder.mlflow_version
    return str(known) if known is not None else _NEWEST_MLFLOW


class _Subject:
    """A signature under the rules of one MLflow version, and how findings about data are worded."""

    def __init__(self, model: str, signature: Signature, mlflow_version: str) -> None:
        self.model = model
        self.signature = signature
        self.versions = {"mlflow_version": mlflow_version, "pandas_version": metadata.version("pandas")}

    def judge_file(self, path: Path, form: str | None) -> Iterator[Finding]:
        form = form or _form_of(path)
        if form == "payload":
            yield from self.judge_payload_file(path)
            return
        frame = _read(path, form, self.signature)
        yield from self.judge_frame(frame, str(path))

    def judge_payload_file(self, path: Path) -> Iterator[Finding]:
        verdict = judge_payload(self.signature, path.read_bytes(), **self.versions)
        if verdict.kind == "refuse":
            hint = "the scoring server would answer 400: correct the payload"
            yield self.finding("DATA104", "payload-refused", verdict.reason, str(path), hint)

    def judge_frame(self, frame: pd.DataFrame, place: str) -> Iterator[Finding]:
        found = list(self.columns(frame, place))
        verdict = judge(self.signature, frame, **self.versions)
        if verdict.kind == "refuse" and not any(item.severity is Severity.ERROR for item in found):
            found.append(self.finding("DATA105", "data-refused", verdict.reason, place))
        yield from found

    def columns(self, frame: pd.DataFrame, place: str) -> Iterator[Finding]:
        inputs = self.signature.inputs
        if not is_column_schema(inputs) or not is_named(inputs):
            return
        for spec in inputs:
            if spec.name in frame.columns:
                yield from self.column(spec, frame, place)
            elif spec.required:
                hint = _closest(spec.name, frame)
                message = f"the required column {spec.name!r} ({spec}) is missing"
                yield self.finding("DATA101", "column-missing", message, place, hint, subject=spec.name)
        known = {spec.name for spec in inputs}
        extra = [name for name in frame.columns if name not in known]
        if extra:
            message = f"columns that the signature does not have are dropped: {', '.join(map(repr, extra[:8]))}"
            yield self.finding("DATA103", "column-undeclared", message, place, severity=Severity.NOTE)

    def column(self, spec: Column, frame: pd.DataFrame, place: str) -> Iterator[Finding]:
        values = frame[spec.name]
        if isinstance(values, pd.DataFrame):
            message = f"column {spec.name!r} stands {values.shape[1]} times in the data"
            yield self.finding("DATA102", "column-does-not-fit", message, place, "keep one of them", subject=spec.name)
            return
        alone = Signature((spec,), None, None)
        verdict: Verdict = judge(alone, values.to_frame(), **self.versions)
        rows = _wrong_rows(spec, values)
        if verdict.kind == "refuse":
            message = f"{verdict.reason}{_say_rows(rows, values)}"
            yield self.finding("DATA102", "column-does-not-fit", message, place, _hint(spec, values), subject=spec.name)
        elif verdict.kind == "unspecified" and rows:
            message = f"column {spec.name!r} is declared {spec}, and MLflow does not look{_say_rows(rows, values)}"
            yield self.finding(
                "DATA106",
                "column-not-enforced",
                message,
                place,
                "convert the column",
                subject=spec.name,
                severity=Severity.WARNING,
            )

    def finding(
        self,
        code: str,
        name: str,
        message: str,
        place: str,
        hint: str = "",
        *,
        subject: object = "",
        severity: Severity = Severity.ERROR,
    ) -> Finding:
        return Finding(code, name, severity, message, self.model, Location(place), hint=hint, subject=str(subject))


def _form_of(path: Path) -> str:
    form = _BY_SUFFIX_OF_LINES.get(path.suffix.lower()) or _BY_SUFFIX.get(path.suffix.lower())
    if form is None:
        raise DataError(f"{path}: cannot tell what kind of file this is; say --format {', '.join(FORMATS)}")
    if form == "json" and _is_payload(path):
        return "payload"
    return form


def _is_payload(path: Path) -> bool:
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(data, dict) and bool(_PAYLOAD_KEYS & data.keys())


def _read(path: Path, form: str, signature: Signature) -> pd.DataFrame:
    readers = {"csv": _read_csv, "parquet": _read_parquet, "json": _read_json, "ndjson": _read_lines}
    try:
        frame = readers[form](path, signature)
        return frame if form == "parquet" else _settle_widths(frame, signature)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, TypeError, RecursionError, ImportError) as error:
        raise DataError(f"{path}: not {form.upper()} that can be read: {str(error).splitlines()[0][:300]}") from error


def _read_csv(path: Path, signature: Signature) -> pd.DataFrame:
    """Read a CSV with text kept as text, and dates of declared datetime columns as dates."""
    inputs = signature.inputs
    specs = inputs if is_column_schema(inputs) and is_named(inputs) else ()
    texts = {str(spec.name): "object" for spec in specs if spec.type == Scalar("string")}
    frame = pd.read_csv(path, dtype=texts)
    for spec in specs:
        if spec.type == Scalar("datetime") and spec.name in frame.columns:
            frame[spec.name] = _parse_dates(frame[spec.name])
    return frame


def _settle_widths(frame: pd.DataFrame, signature: Signature) -> pd.DataFrame:
    """Give numbers read from text the declared width: a text knows no int64, only numbers."""
    inputs = signature.inputs
    for spec in inputs if is_column_schema(inputs) and is_named(inputs) else ():
        if spec.name in frame.columns and isinstance(frame[spec.name], pd.Series):
            frame[spec.name] = _settle_width(frame[spec.name], str(spec.type))
    return frame


def _settle_width(values: pd.Series[Any], declared: str) -> pd.Series[Any]:
    kind = values.dtype.kind
    if declared in {"double", "float"} and kind in "iuf":
        return values.astype("float64" if declared == "double" else "float32")
    if declared == "integer" and kind in "iu" and bool(values.between(-(2**31), 2**31 - 1).all()):
        return values.astype("int32")
    return values


def _parse_dates(values: pd.Series[Any]) -> pd.Series[Any]:
    try:
        return pd.to_datetime(values)
    except (ValueError, TypeError, OverflowError):
        return values  # the text stays, and is judged as such


def _read_parquet(path: Path, _signature: Signature) -> pd.DataFrame:
    frame: pd.DataFrame = pd.read_parquet(path)
    return frame


def _read_json(path: Path, _signature: Signature) -> pd.DataFrame:
    data: Any = json.loads(path.read_bytes())
    if isinstance(data, dict) and {"columns", "data"} <= data.keys():
        return _frame(data["data"], columns=data["columns"])
    if isinstance(data, dict) and not any(isinstance(value, (list, dict)) for value in data.values()):
        return _frame([data])
    return _frame(data)


def _read_lines(path: Path, _signature: Signature) -> pd.DataFrame:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return _frame([json.loads(line) for line in lines])


def _frame(data: Any, **options: Any) -> pd.DataFrame:
    made: pd.DataFrame = pd.DataFrame(data, **options)
    return made


def _wrong_rows(spec: Column, values: pd.Series[Any]) -> list[int]:
    """Return the positions of values that are not of the declared type; nulls count where the type has none."""
    if isinstance(spec.type, Scalar) and spec.type.name in {"long", "integer"}:
        return [row for row, value in enumerate(_cells(values)) if not _is_whole(value)]
    nullable = not spec.required or (
        isinstance(spec.type, Scalar) and spec.type.name in {"double", "float", "datetime"}
    )
    return [
        row
        for row, value in enumerate(_cells(values))
        if not ((is_null(value) and nullable) or (not is_null(value) and _is_like(value, spec)))
    ]


def _cells(values: pd.Series[Any]) -> list[object]:
    described = describe(values)
    assert isinstance(described, Series)
    return described.values  # noqa: PD011 - a described Series, not one of pandas


def _is_whole(value: object) -> bool:
    if is_null(value) or isinstance(value, (bool, np.bool_)):
        return False
    if isinstance(value, (float, np.floating)):
        return bool(float(value).is_integer())
    return isinstance(value, (int, np.integer))


def _is_like(value: object, spec: Column) -> bool:
    if isinstance(spec.type, Scalar) and spec.type.name in {"double", "float"}:
        return isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, np.bool_))
    return fits(value, spec.type)


def _say_rows(rows: list[int], values: pd.Series[Any]) -> str:
    if not rows:
        return ""
    shown = ", ".join(f"row {row}: {values.iloc[row]!r}" for row in rows[:_SHOWN_ROWS])
    more = f" and {len(rows) - _SHOWN_ROWS} more rows" if len(rows) > _SHOWN_ROWS else ""
    return f" ({shown}{more})"


def _hint(spec: Column, values: pd.Series[Any]) -> str:
    if isinstance(spec.type, Scalar) and spec.type.name in {"long", "integer"} and bool(values.isna().any()):
        return "fill the nulls, or log the model again with the column declared double"
    return f"convert the column to {spec} before it is handed to predict"


def _closest(name: object, frame: pd.DataFrame) -> str:
    import difflib  # noqa: PLC0415 - only wanted for a missing column

    close = difflib.get_close_matches(str(name), [str(column) for column in frame.columns], n=1)
    return f"the data has {close[0]!r}: is that the one" if close else ""
