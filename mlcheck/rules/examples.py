"""Rules about the files of the input example and the serving example: their JSON, form and size."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.document import Document
from mlcheck.finding import Location, Problem, Severity
from mlcheck.fit.serving import explain_request
from mlcheck.fit.trouble import CAST, Misfit
from mlcheck.folder import ModelFolder
from mlcheck.rules.example_parts import Example, read_example, read_serving
from mlcheck.rules.registry import rule

_LARGE = 1_000_000


def _files(folder: ModelFolder) -> Iterator[tuple[str, Document]]:
    for noun, document in (("input example", folder.input_example), ("serving example", folder.serving_example)):
        if document is not None:
            yield noun, document


@rule("MLC252", Severity.ERROR, since="0.1.0", reads="examples")
def unreadable_example(folder: ModelFolder) -> Iterator[Problem]:
    """Finds an input example or a serving example that is no JSON.

    ## Why is this bad?
    `load_input_example` fails with a `JSONDecodeError`, and so does everything that tries the model with its
    example: validation before serving, Azure ML's no-code deployment, mlcheck's contract tests.

    ## Bad
        {'columns': ['a'], 'data': [[1.5]]}

    ## Good
        {"columns": ["a"], "data": [[1.5]]}

    ## What to do
    Log the model again with `input_example=`, or correct the file at the place that the finding names.

    ## Based on
    MLflow 1.10 to 3.17
    """
    for noun, document in _files(folder):
        for defect in document.defects if not document.readable else ():
            message = f"the {noun} cannot be read: {defect.message}"
            hint = "correct the JSON, or log the model again with input_example="
            yield Problem(message, defect.location, hint, subject=document.path)


@rule("MLC253", Severity.WARNING, since="0.1.0", reads="examples")
def example_not_strict_json(folder: ModelFolder) -> Iterator[Problem]:
    """Finds `NaN`, `Infinity`, repeated keys and a byte order mark in an example, which JSON does not have.

    ## Why is this bad?
    Python reads `NaN`, other languages refuse the whole file: browsers, Java servers, `jq`. Of a key that stands
    twice only the last value counts. `NaN` and `Infinity` are a note: MLflow itself writes them for DataFrames whose
    columns have several types.

    ## Bad
        {"columns": ["a"], "data": [[NaN]]}

    ## Good
        {"columns": ["a"], "data": [[null]]}

    ## What to do
    Write null, or choose an example without such values.

    ## Based on
    RFC 8259; MLflow 1.10 to 3.17; https://github.com/mlflow/mlflow/pull/5000
    """
    hints = {
        "non-finite": "write null, or choose an example without it",
        "duplicate-key": "keep one of the two",
        "bom": "save the file as UTF-8 without a byte order mark",
    }
    for noun, document in _files(folder):
        for defect in document.defects:
            if document.readable and defect.kind in hints:
                message = f"{noun}: {defect.message}"
                severity = Severity.NOTE if defect.kind == "non-finite" else None
                yield Problem(message, defect.location, hints[defect.kind], defect.message, severity)


@rule("MLC254", Severity.ERROR, since="0.1.0", reads="examples")
def example_of_another_form(folder: ModelFolder) -> Iterator[Problem]:
    """Finds an input example that is not of the form that its type in MLmodel asks for.

    ## Why is this bad?
    `load_input_example` fails. A `dataframe` is an object with `data` and, unless its columns are numbered,
    `columns`: other keys, records and rows of another length are refused.

    ## Bad
        [{"a": 1.5, "b": 2.5}]                                  (and MLmodel says `type: dataframe`)

    ## Good
        {"columns": ["a", "b"], "data": [[1.5, 2.5]]}

    ## What to do
    Log the model again with `input_example=`, or write the file in the form of its type.

    ## Based on
    `_read_example`, MLflow 1.10 to 3.17
    """
    example, document = read_example(folder), folder.input_example
    if document is not None and isinstance(example, Misfit):
        yield _problem("input example", example, document)


def _problem(noun: str, misfit: Misfit, document: Document) -> Problem:
    severity = Severity.WARNING if misfit.level == CAST else None
    return Problem(
        f"{noun}: {misfit.message}",
        document.locate(*misfit.keys),
        misfit.hint,
        subject=misfit.subject,
        severity=severity,
    )


@rule("MLC255", Severity.ERROR, since="0.1.0", reads="examples")
def serving_example_of_another_form(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a serving example that a scoring server refuses whatever the model is.

    ## Why is this bad?
    The file shows clients what to send. A request has exactly one of `dataframe_split`, `dataframe_records`,
    `instances` and `inputs`; with a signature from a type hint only `inputs` will do. MLflow 1 took
    `{"columns": …, "data": …}` without anything around it: MLflow 2 and newer answer 400.

    ## Bad
        {"columns": ["a"], "data": [[1.5]]}

    ## Good
        {"dataframe_split": {"columns": ["a"], "data": [[1.5]]}}

    ## What to do
    Log the model again with `input_example=`, which writes the file anew.

    ## Based on
    `mlflow/pyfunc/scoring_server`, MLflow 2.0 to 3.17; https://github.com/mlflow/mlflow/issues/7536
    """
    document = read_serving(folder)
    if document is not None:
        hinted = folder.mlmodel_data.get("is_signature_from_type_hint") is True
        misfit = explain_request(document.data, type_hint=hinted)
        if misfit is not None:
            yield _problem("serving example", misfit, document)


@rule("MLC256", Severity.NOTE, since="0.1.0")
def large_example(folder: ModelFolder) -> Iterator[Problem]:
    """Finds an example of more than a megabyte.

    ## Why is this bad?
    MLflow copies it into every version of the model, reads it again when it loads one (2.20 and newer), and shows it
    in its user interface. It is also the likeliest place for data that should not leave the house.

    ## Bad
        mlflow.sklearn.log_model(model, input_example=X_train)

    ## Good
        mlflow.sklearn.log_model(model, input_example=X_train.head(3))

    ## What to do
    Log the model with a few rows that may be shown to everyone.

    ## Based on
    MLflow 1.10 to 3.17; https://github.com/mlflow/mlflow/issues/12878
    """
    for path in dict.fromkeys((folder.input_example_path, folder.serving_example_path)):
        entry = folder.entry(path) if path else None
        if entry is not None and entry.size > _LARGE:
            message = f"the example has {entry.size / 1e6:.1f} MB: a few rows are enough"
            yield Problem(message, Location(entry.path, 1, 1), "log the model with X.head(3)", subject=entry.path)


@rule("MLC257", Severity.NOTE, since="0.1.0", reads="examples")
def example_without_rows(folder: ModelFolder) -> Iterator[Problem]:
    """Finds an input example without any row or item.

    ## Why is this bad?
    It says nothing about the values that the model takes, and some models fail on no rows at all. Azure ML learns
    the types of requests from it.

    ## Bad
        {"columns": ["a"], "data": []}

    ## Good
        {"columns": ["a"], "data": [[1.5]]}

    ## What to do
    Log the model with a few rows.

    ## Based on
    MLflow 1.10 to 3.17
    """
    example = read_example(folder)
    if not isinstance(example, Example):
        return
    rows = example.data.get("data") if example.kind == "dataframe" and isinstance(example.data, dict) else None
    if rows == [] or (example.kind in ("ndarray", "json_object") and example.data in ([], {})):
        yield Problem("the input example is empty", example.locate(example.where), "log the model with a few rows")
