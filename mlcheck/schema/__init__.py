"""Whether a document has the shape that its JSON Schema asks for, and if not, what is wrong, in our own words."""

from __future__ import annotations

import datetime as dt

from mlcheck.document import Document
from mlcheck.schema.engines import Kind, find_faults, is_valid
from mlcheck.schema.violation import Violation

__all__ = ["Kind", "Violation", "violations"]


def violations(kind: Kind, document: Document, *, name: str = "") -> list[Violation]:
    """Return every violation of the schema of `kind`, in the order of their places; none for unreadable documents.

    `name` is what messages call the document itself, such as `inputs`; the keys of a mapping need none.
    Never raises, whatever the document holds.
    """
    if not document.readable:
        return []
    data = _as_mlflow_reads(kind, document.data)
    if is_valid(kind, data):
        return []
    from mlcheck.schema.words import explain  # noqa: PLC0415 - only documents with a fault need words

    found: dict[tuple[object, ...], Violation] = {}
    for fault in find_faults(kind, data):
        for violation in explain(fault, document, name):
            found.setdefault((violation.pointer, violation.subject), violation)
    return sorted(found.values(), key=_order)


def _as_mlflow_reads(kind: Kind, data: object) -> object:
    # An unquoted time is a datetime in YAML; MLflow makes text of it with str().
    if kind == "mlmodel" and isinstance(data, dict) and isinstance(data.get("utc_time_created"), dt.date):
        return {**data, "utc_time_created": str(data["utc_time_created"])}
    return data


def _order(violation: Violation) -> tuple[int, int, str]:
    place = violation.location
    return (place.line or 0, place.column or 0, violation.message)
