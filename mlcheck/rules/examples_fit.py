"""Rules about the examples and the signature: whether what the files show is what the model promises to take."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache

from mlcheck.finding import Problem, Severity
from mlcheck.fit import CAST, EXTRA, LOST, REFUSED, Misfit, fit_example, fit_params, fit_serving
from mlcheck.fit.serving import CHAT_KEYS, FORMATS, explain_request
from mlcheck.folder import ModelFolder
from mlcheck.rules.entries import release_of
from mlcheck.rules.example_parts import Example, read_example, read_serving
from mlcheck.rules.registry import rule
from mlcheck.signature import Schema


def _inputs(folder: ModelFolder) -> Schema | None:
    """Return the inputs that MLflow enforces: none for signatures from type hints, which the model checks itself."""
    signature = folder.signature
    return None if signature is None or signature.from_type_hint else signature.inputs


@lru_cache(maxsize=1)  # four rules ask for them one after the other
def _misfits_of(folder: ModelFolder) -> tuple[Misfit, ...]:
    example, inputs = read_example(folder), _inputs(folder)
    if not isinstance(example, Example) or inputs is None:
        return ()
    return tuple(fit_example(example.kind, example.data, inputs, release_of(folder), example.where))


def _misfits(folder: ModelFolder, *levels: str) -> Iterator[tuple[Example, Misfit]]:
    example = read_example(folder)
    for misfit in _misfits_of(folder):
        if isinstance(example, Example) and misfit.level in levels:
            yield example, misfit


def _problem(example: Example, misfit: Misfit, severity: Severity | None = None) -> Problem:
    place = example.locate(misfit.keys)
    return Problem(misfit.message, place, misfit.hint, subject=misfit.subject, severity=severity)


@rule("MLC260", Severity.ERROR, since="0.1.0", reads="examples")
def example_does_not_fit(folder: ModelFolder) -> Iterator[Problem]:
    """Finds an input example that the model's own signature refuses.

    Where JSON alone is to blame, which has no 32-bit numbers, it is a note.

    ## Why is this bad?
    One of the two is wrong: `load_input_example` or `predict` fails on the very data that shows how to call the
    model. A column was renamed, is missing, or holds what cannot be cast to its type: text or null where whole
    numbers are declared, times with a time zone, base64 that is none, an array of another shape.

    ## Bad
        {"columns": ["Age"], "data": [["n/a"]]}                 (and inputs: `age`, long)

    ## Good
        {"columns": ["age"], "data": [[41]]}

    ## What to do
    Make both from the same data: `input_example=X.head(3)` alone makes MLflow infer the signature from it.

    ## Based on
    MLflow 2.9 to 3.17, tried with each type and value; https://github.com/mlflow/mlflow/pull/14239,
    https://github.com/mlflow/mlflow/issues/6877
    """
    for example, misfit in _misfits(folder, REFUSED, LOST):
        yield _problem(example, misfit, Severity.NOTE if misfit.level == LOST else None)


@rule("MLC261", Severity.WARNING, since="0.1.0", reads="examples")
def example_is_cast(folder: ModelFolder) -> Iterator[Problem]:
    """Finds values in the input example that MLflow silently turns into others to fit the signature.

    ## Why is this bad?
    `load_input_example` casts: whole numbers to double, 2.5 to 2 for `long`, `"false"` to True, numbers to times in
    1970. Who builds a DataFrame from the file gets other types, and `predict` refuses them ("Can not safely convert
    int64 to float64"). Azure ML's no-code deployment takes the types of all requests from the example: whole numbers
    for a double column make it cut 0.7 down to 0.

    ## Bad
        {"columns": ["length"], "data": [[5], [6]]}             (and `length` is double)

    ## Good
        {"columns": ["length"], "data": [[5.0], [6.0]]}

    ## What to do
    Give the example the types of the signature, `X.astype("float64").head(3)`, or make the signature from it.

    ## Based on
    MLflow 2.9 to 3.17; https://github.com/mlflow/mlflow/issues/12516, https://github.com/mlflow/mlflow/issues/7215,
    https://github.com/mlflow/mlflow/issues/5525
    """
    for example, misfit in _misfits(folder, CAST):
        if misfit.subject != "form":
            yield _problem(example, misfit)


@rule("MLC262", Severity.NOTE, since="0.1.0", reads="examples")
def example_has_more(folder: ModelFolder) -> Iterator[Problem]:
    """Finds columns or tensors in the input example that the signature does not know.

    ## Why is this bad?
    MLflow drops them before the model sees them, with a line in the log. Either the signature lacks something that
    the model needs, or the example shows callers to send what nobody reads; often it is the target.

    ## Bad
        {"columns": ["age", "price"], "data": [[41, 9.5]]}      (and inputs: `age`)

    ## Good
        {"columns": ["age"], "data": [[41]]}

    ## What to do
    Make both from the same data.

    ## Based on
    MLflow 1.10 to 3.17; https://github.com/mlflow/mlflow/issues/14474
    """
    for example, misfit in _misfits(folder, EXTRA):
        yield _problem(example, misfit)


@rule("MLC263", Severity.ERROR, since="0.1.0", reads="examples")
def example_params_do_not_fit(folder: ModelFolder) -> Iterator[Problem]:
    """Finds params in an example that are not of the type that the signature declares, or that it does not declare.

    Params that are not declared are a warning: MLflow drops them. It is a note where columns of these names take them,
    as in the example that MLflow up to 2.19 itself writes for a ChatModel.

    ## Why is this bad?
    `predict` refuses a param of another type (`Can not safely convert <class 'float'> to long`), and calls the model
    without those that it does not know.

    ## Bad
        {"inputs": [1.5], "params": {"top_k": 5.0}}             (and params: `top_k`, long)

    ## Good
        {"inputs": [1.5], "params": {"top_k": 5}}

    ## What to do
    Correct the example, or declare the param: `infer_signature(…, params={"top_k": 5})`.

    ## Based on
    `_enforce_params_schema`, MLflow 2.6 to 3.17; https://github.com/mlflow/mlflow/pull/9252
    """
    signature, example, serving = folder.signature, read_example(folder), read_serving(folder)
    declared = signature.params if signature is not None else None
    given = example.params if isinstance(example, Example) else None
    if isinstance(example, Example) and given is not None:
        for misfit in fit_params(declared, given, ("params",)):
            mild = Severity.NOTE if _are_columns(folder, given) else Severity.WARNING
            yield _problem(example, misfit, mild if misfit.level == EXTRA else None)
    data = serving.data if serving is not None else None
    if serving is not None and isinstance(data, dict) and not any(key in data for key in CHAT_KEYS):
        for misfit in fit_params(declared, data.get("params"), ("params",)) if data.get("params") != given else ():
            severity = Severity.WARNING if misfit.level == EXTRA else None
            yield Problem(misfit.message, serving.locate(*misfit.keys), misfit.hint, misfit.subject, severity)


def _are_columns(folder: ModelFolder, given: object) -> bool:
    """Tell whether the inputs have columns for all params of an example, as those of a ChatModel have."""
    columns = {entry.name for entry in _inputs(folder) or ()}
    return isinstance(given, dict) and "messages" in columns and set(given) <= columns


@rule("MLC264", Severity.ERROR, since="0.1.0", reads="examples")
def serving_example_does_not_fit(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a serving example that a scoring server refuses because of the model's signature.

    ## Why is this bad?
    The file shows clients what to send, and whoever sends it gets the answer 400: a column is missing, or holds what
    cannot be cast to its type.

    ## Bad
        {"dataframe_split": {"columns": ["Age"], "data": [[41]]}}           (and inputs: `age`)

    ## Good
        {"dataframe_split": {"columns": ["age"], "data": [[41]]}}

    ## What to do
    Log the model again with `input_example=`, which writes the file anew.

    ## Based on
    `mlflow/pyfunc/scoring_server`, MLflow 2.16 to 3.17, tried with each type and value
    """
    document, inputs = read_serving(folder), _inputs(folder)
    if document is None or inputs is None or explain_request(document.data, type_hint=False) is not None:
        return
    if _is_same_table(folder, document.data):
        return
    known = {misfit.message for _, misfit in _misfits(folder, REFUSED)}
    for misfit in fit_serving(document.data, inputs, release_of(folder)):
        # What is wrong with both files is said of the input example.
        if misfit.message not in known:
            yield Problem(misfit.message, document.locate(*misfit.keys), misfit.hint, misfit.subject)


def _is_same_table(folder: ModelFolder, data: object) -> bool:
    """Tell whether a request holds the input example as a table, which a server reads just as `load_input_example`."""
    example = read_example(folder)
    if not isinstance(example, Example) or example.kind != "dataframe" or not isinstance(data, dict):
        return False
    return "dataframe_split" in data and data["dataframe_split"] == example.data


@rule("MLC265", Severity.WARNING, since="0.1.0", reads="examples")
def examples_disagree(folder: ModelFolder) -> Iterator[Problem]:
    """Finds an input example and a serving example with different data.

    ## Why is this bad?
    MLflow writes the same data into both: one as Python would read it, one as a client would send it. If they
    differ, one was edited or kept from an older model.

    ## Bad
        input_example.json:           {"columns": ["a"], "data": [[1.5]]}
        serving_input_example.json:   {"dataframe_split": {"columns": ["b"], "data": [[1.5]]}}

    ## Good
        input_example.json:           {"columns": ["a"], "data": [[1.5]]}
        serving_input_example.json:   {"dataframe_split": {"columns": ["a"], "data": [[1.5]]}}

    ## What to do
    Log the model again with `input_example=`, which writes both.

    ## Based on
    MLflow 2.15 to 3.17
    """
    example, serving = read_example(folder), read_serving(folder)
    data = serving.data if serving is not None else None
    if not isinstance(example, Example) or serving is None or not isinstance(data, dict):
        return
    if example.kind.startswith("sparse_matrix_") or any(key in data for key in CHAT_KEYS):
        return
    key = next((key for key in FORMATS if key in data), None)
    wanted = {"dataframe": "dataframe_split"}.get(example.kind, "inputs")
    if key == wanted and (
        _text(data[key]) != _text(example.data) or _text(data.get("params")) != _text(example.params)
    ):
        if _is_refused(folder):
            return  # the one that the signature refuses was changed
        message = f"the serving example holds other data than {example.document.path}: MLflow writes the same to both"
        hint = "log the model again with input_example=, which writes both"
        yield Problem(message, serving.locate(key), hint, subject="serving example")


def _text(value: object) -> str:
    # NaN equals NaN in text alone.
    return json.dumps(value, sort_keys=True)


def _is_refused(folder: ModelFolder) -> bool:
    """Tell whether the signature refuses one of the two examples, or its params."""
    found = (example_params_do_not_fit(folder), serving_example_does_not_fit(folder), _misfits(folder, REFUSED))
    return any(next(iter(problems), None) is not None for problems in found)
