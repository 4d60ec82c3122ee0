"""One fault of a document's shape, in words."""

from __future__ import annotations

from mlcheck.finding import Location
from mlcheck.records import record


@record(frozen=True, slots=True)
class Violation:
    """One fault of a document's shape. `pointer` leads to the value; `subject` is the key that it is about."""

    keyword: str
    message: str
    pointer: tuple[str | int, ...]
    location: Location
    hint: str
    subject: str
    schema_path: tuple[str | int, ...]
