"""Rules about the names in a signature."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mlcheck.finding import Problem, Severity
from mlcheck.fit.trouble import listing
from mlcheck.folder import ModelFolder
from mlcheck.rules.entries import Entry, entries, plural
from mlcheck.rules.registry import rule

_SCALARS = frozenset({"boolean", "integer", "long", "float", "double", "string", "binary", "datetime"})


@rule("MLC210", Severity.ERROR, since="0.1.0", reads="signature")
def duplicate_name(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a name that stands twice in the inputs, the outputs or the params of a signature.

    ## Why is this bad?
    MLflow loads inputs with a repeated name and keeps the last of them: the model gets a column less than it was
    trained with, and a DataFrame that has both makes `predict` fail with an AttributeError. Repeated params make
    loading fail. Repeated outputs are a warning: all but one are lost when a server writes records.

    ## Bad
        inputs: '[{"name": "age", "type": "long"}, {"name": "age", "type": "double"}]'

    ## Good
        inputs: '[{"name": "age", "type": "long"}, {"name": "age_scaled", "type": "double"}]'

    ## What to do
    Give the columns of the training data different names and log the model again.

    ## Based on
    MLflow 1.10 to 3.17; https://github.com/mlflow/mlflow/pull/636, https://github.com/mlflow/mlflow/issues/1671
    """
    effects = {
        "inputs": "only the last one counts",
        "outputs": "all but one are lost when answers are written as records",
        "params": "MLflow refuses to load it",
    }
    for field, effect in effects.items():
        first: dict[object, int] = {}
        for entry in entries(folder, field):
            name = entry.name
            if not isinstance(name, (str, int, float)):
                continue
            if name in first:
                message = f"{field} has the name {name!r} twice, as entries {first[name]} and {entry.index}: {effect}"
                severity = Severity.WARNING if field == "outputs" else None
                yield Problem(message, entry.place("name"), "rename one of them", f"{field}.{name}", severity)
            first.setdefault(name, entry.index)


@rule("MLC211", Severity.WARNING, since="0.1.0", reads="signature")
def unusable_name(folder: ModelFolder) -> Iterator[Problem]:
    """Finds names of columns or tensors that MLflow cannot look up: empty text, and numbers.

    Numbered columns in their natural order (0, 1, 2, …), which MLflow writes for a DataFrame without names, are a
    note: they work, but not over JSON, where names are text.

    ## Why is this bad?
    MLflow takes an empty name, and the number 0, for no name at all and looks for the entry's position instead:
    columns named 2, 0, 1 lose the column 0 without a word.

    ## Bad
        inputs: '[{"name": 2, "type": "double"}, {"name": 0, "type": "double"}]'

    ## Good
        inputs: '[{"name": "x2", "type": "double"}, {"name": "x0", "type": "double"}]'

    ## What to do
    Name the columns of the DataFrame that the signature is inferred from, or pass an array.

    ## Based on
    `Schema.input_names`, MLflow 1.10 to 3.17; https://github.com/mlflow/mlflow/pull/26069
    """
    for field in ("inputs", "outputs"):
        found = list(entries(folder, field))
        falsy = list(_falsy_names(field, found))
        yield from falsy
        numbers = [entry for entry in found if _is_number(entry.name)]
        if numbers and not falsy:
            names = [entry.name for entry in numbers]
            message = f"{field}: {plural('name', names)} {'are numbers' if len(names) > 1 else 'is a number'}, not text"
            hint = "name the columns of the DataFrame that the signature is inferred from"
            yield Problem(message, numbers[0].place("name"), hint, subject=field, severity=Severity.NOTE)


def _falsy_names(field: str, found: list[Entry]) -> Iterator[Problem]:
    for entry in found:
        if entry.name == "" or (_is_number(entry.name) and not entry.name and entry.index):
            where = "MLflow looks for it under its position"
            message = f"entry {entry.index} of {field} is named {entry.name!r}: {where}, {entry.index}"
            yield Problem(message, entry.place("name"), "give it a name that is text", subject=f"{field}.{entry.index}")


def _is_number(name: object) -> bool:
    return isinstance(name, (int, float))


@rule("MLC212", Severity.NOTE, since="0.1.0", reads="signature")
def unnamed_columns(folder: ModelFolder) -> Iterator[Problem]:
    """Finds more than one input column without a name.

    ## Why is this bad?
    Columns are matched by position then: a DataFrame with the same columns in another order is accepted, and
    answered wrongly. Further columns are dropped without a word.

    ## Bad
        inputs: '[{"type": "double"}, {"type": "double"}]'

    ## Good
        inputs: '[{"name": "height", "type": "double"}, {"name": "weight", "type": "double"}]'

    ## What to do
    Infer the signature from a DataFrame with column names.

    ## Based on
    MLflow 1.10 to 3.17; https://github.com/mlflow/mlflow/issues/695
    """
    found = list(entries(folder, "inputs"))
    if len(found) > 1 and all(entry.name is None and not entry.is_tensor for entry in found):
        message = f"{len(found)} input columns have no names: they are matched by position alone"
        hint = "infer the signature from a DataFrame with column names"
        yield Problem(message, found[0].place(), hint, subject="inputs")


@rule("MLC213", Severity.NOTE, since="0.1.0", reads="signature")
def target_among_inputs(folder: ModelFolder) -> Iterator[Problem]:
    """Finds an input column with the name of the one output column.

    ## Why is this bad?
    It may be the target: a signature that was inferred from the whole table asks every caller for the value that
    the model is there to predict. (Where the model really needs the last known value, nothing is wrong.)

    ## Bad
        infer_signature(table, model.predict(table.drop(columns="price")))

    ## Good
        features = table.drop(columns="price")
        infer_signature(features, model.predict(features))

    ## What to do
    Leave the target out of the data that the signature is inferred from.

    ## Based on
    MLflow 1.10 to 3.17; https://github.com/mlflow/mlflow/issues/6877
    """
    outputs = list(entries(folder, "outputs"))
    inputs = list(entries(folder, "inputs"))
    if len(outputs) != 1 or len(inputs) < 2 or not all(_is_scalar_column(entry) for entry in (*inputs, *outputs)):
        return
    for entry in inputs:
        if entry.name == outputs[0].name:
            message = f"input column {entry.name!r} has the name of the output column: is it the target?"
            hint = "leave it out of the data that the signature is inferred from, unless the model does need it"
            yield Problem(message, entry.place("name"), hint, subject=str(entry.name))


def _is_scalar_column(entry: Entry) -> bool:
    kind = entry.data.get("type")
    return isinstance(kind, str) and kind in _SCALARS and isinstance(entry.name, str) and bool(entry.name)


@rule("MLC214", Severity.NOTE, since="0.1.0", reads="signature")
def names_differ_little(folder: ModelFolder) -> Iterator[Problem]:
    """Finds input columns whose names differ only in case or in blanks around them.

    ## Why is this bad?
    MLflow compares names letter by letter: whoever calls the model will mix up the two.

    ## Bad
        inputs: '[{"name": "Age", "type": "long"}, {"name": "age ", "type": "long"}]'

    ## Good
        inputs: '[{"name": "age", "type": "long"}, {"name": "age_at_start", "type": "long"}]'

    ## What to do
    Rename one of them in the training data, or drop it if both hold the same.

    ## Based on
    MLflow 1.10 to 3.17
    """
    found = [entry for entry in entries(folder, "inputs") if isinstance(entry.name, str)]
    names = {str(entry.name) for entry in found}
    folded = Counter(name.strip().lower() for name in names)
    for key in sorted(key for key, count in folded.items() if count > 1):
        alike = [entry for entry in found if str(entry.name).strip().lower() == key]
        shown = listing(list(dict.fromkeys(entry.name for entry in alike)))
        message = f"input columns {shown} differ only in case or blanks"
        yield Problem(message, alike[-1].place("name"), "rename one of them", subject=key)
