"""Rules about column types that callers stumble over: whole numbers and null, 32 bits."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.entries import Entry, entries, plural
from mlcheck.rules.registry import rule

_WHOLE = ("integer", "long")


def _inputs(folder: ModelFolder, *types: str) -> list[Entry]:
    """Return the inputs of these types that somebody has chosen: chat models and agents get theirs from MLflow."""
    metadata = folder.mlmodel_data.get("metadata")
    task = str(metadata.get("task")) if isinstance(metadata, dict) else ""
    if folder.mlmodel_data.get("is_signature_from_type_hint") is True or task.startswith(("agent/", "llm/")):
        return []
    return [entry for entry in entries(folder, "inputs") if entry.data.get("type") in types]


def _names(found: list[Entry]) -> list[object]:
    return [entry.label for entry in found]


@rule("MLC230", Severity.NOTE, since="0.1.0", reads="signature")
def integers_cannot_be_null(folder: ModelFolder) -> Iterator[Problem]:
    """Lists the input columns of whole numbers, which cannot be null, and of truth values, where null becomes False.

    ## Why is this bad?
    pandas turns whole numbers with a gap among them into float64, and `predict` refuses float64 for `long` and
    `integer`; a scoring server answers 400. It is what users of MLflow most often run into once real data arrives.
    MLflow writes `long` for every int64 column, so there is nothing wrong as long as the data has no gaps. In a
    `boolean` column a scoring server makes False of null without a word.

    ## Bad
        inputs: '[{"name": "rooms", "type": "long"}]'           (and `rooms` is sometimes unknown)

    ## Good
        inputs: '[{"name": "rooms", "type": "double"}]'

    ## What to do
    For columns that may be null: convert them to float64 before the signature is inferred,
    `X = X.astype({"rooms": "float64"})`. Ignore this rule where nulls cannot occur.

    ## Based on
    MLflow 1.10 to 3.17; https://github.com/mlflow/mlflow/issues/5207, https://github.com/mlflow/mlflow/pull/3798,
    https://github.com/mlflow/mlflow/issues/25593
    """
    found = [entry for entry in _inputs(folder, *_WHOLE) if not entry.is_optional]
    if found:
        what = "are whole numbers" if len(found) > 1 else "is of whole numbers"
        message = f"{plural('column', _names(found))} {what} and cannot be null: predict refuses null there"
        hint = "declare those that may be null as double: convert them to float64 before infer_signature"
        yield Problem(message, found[0].place("type"), hint, subject="inputs")
    truths = [entry for entry in _inputs(folder, "boolean") if not entry.is_optional]
    if truths:
        what = "are truth values" if len(truths) > 1 else "is a truth value"
        message = f"{plural('column', _names(truths))} {what}: a scoring server makes False of null there"
        hint = "declare those that may be null as double, or see to it that null cannot occur"
        yield Problem(message, truths[0].place("type"), hint, subject="inputs boolean")


@rule("MLC231", Severity.NOTE, since="0.1.0", reads="signature")
def optional_but_not_nullable(folder: ModelFolder) -> Iterator[Problem]:
    """Lists the optional input columns of whole numbers: they may be left out, but not be null.

    ## Why is this bad?
    `required: false` reads like "may be null". For `long` and `integer` it only means that the column as a whole may
    be missing: one null in it, and `predict` refuses the data. MLflow infers it from data that has nulls.

    ## Bad
        inputs: '[{"name": "rooms", "type": "long", "required": false}]'

    ## Good
        inputs: '[{"name": "rooms", "type": "double", "required": false}]'

    ## What to do
    Convert the column to float64 before the signature is inferred.

    ## Based on
    MLflow 2.4 to 3.17; https://github.com/mlflow/mlflow/issues/25593, https://github.com/mlflow/mlflow/issues/15031
    """
    found = [entry for entry in _inputs(folder, *_WHOLE) if entry.is_optional]
    if found:
        verb = "are" if len(found) > 1 else "is"
        message = (
            f"optional {plural('column', _names(found))} {verb} of whole numbers: may be left out, but not be null"
        )
        hint = "declare it as double, if it may be null"
        yield Problem(message, found[0].place("type"), hint, subject="inputs")


@rule("MLC232", Severity.NOTE, since="0.1.0", reads="signature")
def narrow_column_type(folder: ModelFolder) -> Iterator[Problem]:
    """Lists the input columns of 32 bits (`integer`, `float`): `predict` refuses the types that pandas reads.

    ## Why is this bad?
    A DataFrame read from a file or a database has int64 and float64, and `predict` refuses int64 for `integer` and
    float64 for `float`. A scoring server does cast, and turns 3000000000 into -1294967296 on the way.

    ## Bad
        infer_signature(X.astype("float32"))

    ## Good
        infer_signature(X)

    ## What to do
    Infer the signature from data with the types that callers have, and let the model convert them.

    ## Based on
    MLflow 1.10 to 3.17; https://github.com/mlflow/mlflow/issues/7215, https://github.com/mlflow/mlflow/issues/5525
    """
    for declared, given in (("integer", "int64"), ("float", "float64")):
        found = _inputs(folder, declared)
        if found:
            verb = "are" if len(found) > 1 else "is"
            message = (
                f"{plural('column', _names(found))} {verb} declared {declared}: predict refuses pandas' own {given}"
            )
            wide = "long" if declared == "integer" else "double"
            hint = f"declare {wide}, unless callers do have {given.replace('64', '32')}"
            yield Problem(message, found[0].place("type"), hint, subject=declared)
