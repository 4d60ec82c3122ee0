"""What a folder without a signature tells about the one that it should have: its input example and its model file."""

from __future__ import annotations

from collections.abc import Sequence

from mlcheck.fit.datetimes import is_iso
from mlcheck.fit.kinds import column_kind
from mlcheck.fit.tables import Table, read_list, read_split
from mlcheck.fit.trouble import listing
from mlcheck.folder import ModelFolder
from mlcheck.records import record
from mlcheck.rules.learned_by import read_learned

_DEFAULT = "log it with input_example=, or with signature=infer_signature(X, model.predict(X))"
_UNSURE = "string or datetime"
_TYPES = {"bool": "boolean", "int": "long", "uint": "long", "float": "double", "text": "string"}


@record(frozen=True, slots=True)
class Proposal:
    """A hint in one line, and code that sets the inputs of the signature ("" where too little is known)."""

    hint: str
    snippet: str = ""


def propose_signature(folder: ModelFolder) -> Proposal:
    """Return what can be proposed for a model without a signature."""
    columns = _columns_of_example(folder)
    if columns:
        shown = ", ".join(f"{name}: {kind}" for name, kind in columns[:6]) + (", …" if len(columns) > 6 else "")
        return Proposal(f"the input example suggests the columns {shown}; {_DEFAULT}", _snippet(columns))
    learned = read_learned(folder)
    if learned is not None and learned.names:
        names = listing(learned.names, most=6)
        return Proposal(f"{learned.path} was trained on the columns {names}; {_DEFAULT}")
    if learned is not None and learned.count:
        return Proposal(f"{learned.path} was trained on {learned.count} features; {_DEFAULT}")
    if learned is not None and learned.needed:
        return Proposal(f"{learned.path} needs the columns {listing(learned.needed, most=6)}; {_DEFAULT}")
    return Proposal(_DEFAULT)


def _columns_of_example(folder: ModelFolder) -> list[tuple[str, str]]:
    """Return name and type of the columns of a DataFrame example, empty where one of them has no clear type."""
    document = folder.input_example
    if document is None or folder.example_info.get("params"):
        return []
    kind = folder.example_info.get("type")
    if kind == "dataframe":
        table = read_split(document.data)
    elif kind == "json_object" and isinstance(document.data, list) and document.data:
        table = read_list(document.data)
    else:
        return []
    if not isinstance(table, Table) or not all(isinstance(name, str) for name in table.names):
        return []
    found = [(str(column.name), _type_of(column.values)) for column in table.columns]
    return found if all(kind for _, kind in found) else []


def _type_of(values: Sequence[object]) -> str:
    kind = _TYPES.get(column_kind(values), "") if values else ""
    # MLflow writes times as ISO text.
    times = kind == "string" and all(value is None or is_iso(str(value)) for value in values)
    return _UNSURE if times else kind


def _snippet(columns: list[tuple[str, str]]) -> str:
    """Return code that sets the inputs, empty where a type is in doubt."""
    if any(kind == _UNSURE for _, kind in columns):
        return ""
    specs = "\n".join(f"    ColSpec({kind!r}, {name!r})," for name, kind in columns)
    return (
        "from mlflow.models import ModelSignature, set_signature\n"
        "from mlflow.types import ColSpec, Schema\n\n"
        f"inputs = Schema([\n{specs}\n])\n"
        "set_signature(model_uri, ModelSignature(inputs=inputs, outputs=...))"
    )
