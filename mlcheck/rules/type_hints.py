"""The rule that holds the type hint of `predict` against the inputs of the signature."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.entries import Entry, entries, plural, release_of
from mlcheck.rules.predict_source import PredictSource, mentions_hint, read_predict
from mlcheck.rules.registry import rule

_FIRST_WITH_HINTS: Final = (2, 20)
_TYPES: Final = {
    "str": frozenset({"string"}),
    "int": frozenset({"long", "integer", "boolean"}),  # True is an int
    "float": frozenset({"double", "float"}),
    "bool": frozenset({"boolean"}),
    "bytes": frozenset({"binary"}),
}
_OF_SCALARS: Final = frozenset().union(*_TYPES.values(), {"datetime"})


@rule("MLC245", Severity.ERROR, since="0.1.0")
def type_hint_contradicts_signature(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a `predict` whose type hint asks for other input than the signature.

    Only models that are saved as source code are looked at, and only the hints `list[…]` of a plain type or of a
    dictionary, which MLflow turns the input into before it calls `predict`.

    ## Why is this bad?
    What the signature lets through, the hint refuses: "Failed to validate data against type hint `list[int]`",
    "Expected model input to contain at least one string column". Of several columns MLflow hands over one, without a
    word: a warning. MLflow infers the signature from the hint; one of the two was changed afterwards.

    ## Bad
        def predict(self, model_input: list[int]):              (and inputs: `[{"type": "string"}]`)

    ## Good
        def predict(self, model_input: list[str]):              (and inputs: `[{"type": "string"}]`)

    ## What to do
    Log the model again: with a type hint, MLflow writes the signature that fits it. For columns with names, take a
    `pandas.DataFrame`.

    ## Based on
    `_validate_data_against_type_hint` and the wrapper of `PythonModel.predict`, MLflow 2.20 to 3.17;
    https://github.com/mlflow/mlflow/issues/14908
    """
    inputs = list(entries(folder, "inputs"))
    if not inputs or any(entry.is_tensor for entry in inputs) or release_of(folder) < _FIRST_WITH_HINTS:
        return
    source = read_predict(folder) if mentions_hint(folder) else None
    argument = source.input_argument if source is not None else None
    hint = argument.annotation if argument is not None else None
    problem = _explain(hint, inputs) if hint is not None else None
    if source is not None and hint is not None and problem is not None:
        message, severity = problem
        advice = "log the model again, so that MLflow infers the signature from the hint"
        yield Problem(message, source.locate(hint), advice, subject="predict", severity=severity)


def _explain(hint: ast.expr, inputs: list[Entry]) -> tuple[str, Severity | None] | None:
    item, shown = _item_of(hint), ast.unparse(hint)
    types = {str(entry.data.get("type")) for entry in inputs}
    if not types <= _OF_SCALARS:
        return None
    if item == "dict":
        return f"predict takes {shown}, but the signature has {_listed(inputs)}: MLflow refuses every row", None
    if item not in _TYPES:
        return None
    if not types & _TYPES[item]:
        return f"predict takes {shown}, but the signature has {_listed(inputs)}: MLflow refuses every input", None
    if len(inputs) > 1:
        message = f"predict takes {shown}, but the signature has {len(inputs)} columns: MLflow hands over one of them"
        return message, Severity.WARNING
    return None


def _item_of(hint: ast.expr) -> str:
    """Return the name of what a list holds by its hint, "" for any other hint."""
    if not isinstance(hint, ast.Subscript) or PredictSource.name_of(hint.value) not in ("list", "List"):
        return ""
    item = hint.slice.value if isinstance(hint.slice, ast.Subscript) else hint.slice
    return PredictSource.name_of(item).lower()


def _listed(inputs: list[Entry]) -> str:
    if inputs[0].name is None:
        return f"the type {str(inputs[0].data.get('type'))!r}"
    return plural("column", [entry.name for entry in inputs])
