"""Rules about schemas whose entries cannot stand together, and types that MLflow cannot load where they stand."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.rules.entries import Entry, entries
from mlcheck.rules.registry import rule

_MAX_DEPTH = 50


@rule("MLC206", Severity.ERROR, since="0.1.0", reads="signature")
def contradictory_schema(folder: ModelFolder) -> Iterator[Problem]:
    """Finds columns and tensors in one schema, named entries among unnamed ones, and what else cannot be together.

    ## Why is this bad?
    MLflow refuses to load the model. All entries of a schema are columns or all are tensors; all have names or none
    has; more than one tensor needs names; and a column that may be missing needs one.

    ## Bad
        inputs: '[{"name": "a", "type": "double"}, {"type": "double"}]'

    ## Good
        inputs: '[{"name": "a", "type": "double"}, {"name": "b", "type": "double"}]'

    ## What to do
    Make the signature from data with `infer_signature`, and write it with `mlflow.models.set_signature`.

    ## Based on
    `mlflow/types/schema.py` (`Schema.__init__`), MLflow 1.14 to 3.17
    """
    for field in ("inputs", "outputs"):
        found = list(entries(folder, field))
        if found:
            yield from _mixed_kinds(field, found) or _missing_names(field, found)


def _mixed_kinds(field: str, found: list[Entry]) -> list[Problem]:
    odd = next((entry for entry in found if entry.is_tensor != found[0].is_tensor), None)
    if odd is None:
        return []
    first, other = ("tensors", "a column") if found[0].is_tensor else ("columns", "a tensor")
    message = f"{field} has {first} and, as entry {odd.index}, {other}: MLflow refuses a mixture"
    return [Problem(message, odd.place("type"), "declare all of them as columns, or all as tensors", subject=field)]


def _missing_names(field: str, found: list[Entry]) -> list[Problem]:
    unnamed = [entry for entry in found if entry.name is None]
    if not unnamed:
        return []
    first = unnamed[0]
    if len(unnamed) < len(found):
        message = f"entry {first.index} of {field} has no name, others have one: MLflow refuses a mixture"
        return [Problem(message, first.place(), "name all of them, or none", subject=field)]
    if first.is_tensor and len(found) > 1:
        message = f"{field} has {len(found)} tensors without names: MLflow refuses more than one"
        return [Problem(message, unnamed[1].place(), "give each tensor a name", subject=field)]
    optional = next((entry for entry in found if entry.is_optional), None)
    if optional is not None:
        message = f"{optional.title} may be missing and has no name: MLflow refuses that"
        return [Problem(message, optional.place(), "name the columns, or make all of them required", subject=field)]
    return []


@rule("MLC207", Severity.ERROR, since="0.1.0", reads="signature")
def vector_in_object(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a `sparkml_vector` as a property of an object.

    ## Why is this bad?
    MLflow writes such a signature and cannot read it: loading fails with `Expected values to be instance of
    Property`.

    ## Bad
        {"type": "object", "properties": {"v": {"type": "sparkml_vector"}}}

    ## Good
        {"type": "object", "properties": {"v": {"type": "array", "items": {"type": "double"}}}}

    ## What to do
    Declare the property as an array of doubles, or the vector as a column of its own.

    ## Based on
    `Property.from_json_dict`, MLflow 2.16 to 3.17
    """
    for entry in entries(folder, "inputs", "outputs"):
        for keys in _vectors(entry.data, (), inside=False):
            message = f"{entry.title} has a sparkml_vector as property {keys[-1]!r}, which MLflow cannot load"
            yield Problem(message, entry.place(*keys), "declare it as an array of double", subject=str(entry.name))


def _vectors(value: object, keys: tuple[str, ...], *, inside: bool) -> Iterator[tuple[str, ...]]:
    """Yield the paths of the properties that are vectors; `inside`: whether `value` is a property."""
    if not isinstance(value, dict) or len(keys) > _MAX_DEPTH:
        return
    kind = value.get("type")
    if kind == "sparkml_vector" and inside:
        yield keys
    for key, wanted in (("items", "array"), ("values", "map")):
        if kind == wanted:
            yield from _vectors(value.get(key), (*keys, key), inside=False)
    properties = value.get("properties") if kind == "object" else None
    for name, prop in properties.items() if isinstance(properties, dict) else ():
        yield from _vectors(prop, (*keys, "properties", name), inside=True)
