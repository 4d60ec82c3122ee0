"""Rules about the params of a signature by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.finding import Problem, Severity
from mlcheck.fit.params import explain_param
from mlcheck.fit.trouble import show
from mlcheck.folder import ModelFolder
from mlcheck.rules.entries import Entry, entries
from mlcheck.rules.registry import rule
from mlcheck.signature import Object, Param, Property, Scalar

_TYPES = frozenset({"boolean", "integer", "long", "float", "double", "string", "datetime"})


@rule("MLC235", Severity.ERROR, since="0.1.0", reads="signature")
def param_default_does_not_fit(folder: ModelFolder) -> Iterator[Problem]:
    """Finds a param whose default value is not of its type.

    ## Why is this bad?
    Loading fails: MLflow validates the default of each param. Whole numbers pass for `float` and `double`, but
    `1.0` does not pass for `long`, nor `true` for a number, nor a list where the shape is null.

    ## Bad
        params: '[{"name": "top_k", "type": "long", "default": 5.0, "shape": null}]'

    ## Good
        params: '[{"name": "top_k", "type": "long", "default": 5, "shape": null}]'

    ## What to do
    Correct the default, or write the signature with `mlflow.models.set_signature`.

    ## Based on
    `ParamSpec.validate_type_and_shape`, MLflow 2.6 to 3.17
    """
    for entry in entries(folder, "params"):
        param = _read(entry)
        reason = explain_param(param, param.default) if param is not None else ""
        if param is not None and reason:
            declared = "object" if isinstance(param.type, Object) else str(param)
            message = f"{entry.title} is declared {declared}, its default is {show(param.default)}: {reason}"
            hint = "give it a default of its type" + (", or the shape [-1]" if isinstance(param.default, list) else "")
            yield Problem(message, entry.place("default"), hint, subject=str(entry.name))


def _read(entry: Entry) -> Param | None:
    """Return the param, None where its shape or type is at fault."""
    kind, shape = entry.data.get("type") or entry.data.get("dtype"), entry.data.get("shape")
    if "default" not in entry.data or shape not in (None, [-1]):
        return None
    size = None if shape is None else (-1,)
    if isinstance(kind, str) and kind in _TYPES:
        return Param(str(entry.name), Scalar(kind), entry.data["default"], size)
    properties = entry.data.get("properties")
    if kind == "object" and isinstance(properties, dict) and size is None:
        return Param(str(entry.name), Object(tuple(_read_properties(properties))), entry.data["default"])
    return None


def _read_properties(properties: dict[str, object]) -> Iterator[Property]:
    # What the properties hold is not looked at: only whether they are there.
    for name, spec in properties.items():
        if isinstance(spec, dict):
            yield Property(name, Scalar("string"), spec.get("required", True) is not False)
