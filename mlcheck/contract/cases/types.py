"""What a case is: one input for a model, and what was done to make it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mlcheck.contract.domain import is_null

Kind: TypeAlias = Literal[
    "example",
    "typical",
    "upcast",
    "reordered",
    "extra-column",
    "container",
    "optional-absent",
    "optional-null",
    "params-default",
    "params-value",
    "params-unknown",
    "edge",
    "violation",
]
Place: TypeAlias = Literal["data", "column", "tensor", "property", "param"]

_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Edit:
    """One value put in place of what a base row has; `element` is the position inside a tensor's row."""

    place: Place
    name: object
    value: object
    row: int | None = None
    element: tuple[int, ...] = ()

    def __str__(self) -> str:
        inside = f"[{', '.join(map(str, self.element))}]" if self.element else ""
        row = "" if self.row is None else f" in row {self.row}"
        return f"{subject(self.place, self.name)}{inside} is {show_value(self.value)}{row}"


@dataclass(frozen=True, slots=True)
class Intent:
    """What makes a case what it is.

    `what` is the kind of change ("value", "dtype", "missing", "rank", …), `sentence` a clause for "input where …".
    `place` and `name` say which column, tensor or param was changed, `where` the place inside of it (".price[0]"),
    `given` the value or dtype that was put there.
    """

    what: str
    sentence: str
    place: Place = "data"
    name: object = None
    given: object = None
    where: str = ""

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One input: described data and params.

    What must happen to it is not stored but judged from the data. `same_as` is the case that must be predicted
    alike, where there is one; `edits` is what differs from the base rows.
    """

    data: object
    params: dict[str, object] | None
    kind: Kind
    intent: Intent
    same_as: Case | None = None
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Enumerated cases: those within the limit, of how many, and how many of the inputs and params they cover."""

    cases: tuple[Case, ...]
    total: int
    covered: int = 0
    subjects: int = 0

    def __iter__(self) -> Iterator[Case]:
        return iter(self.cases)

    def __len__(self) -> int:
        return len(self.cases)


def subject(place: Place, name: object) -> str:
    """Return how a column, tensor or param is called in a sentence."""
    return "the tensor" if place == "tensor" and name == 0 else f"{place} {name!r}"


def show_value(value: object) -> str:
    """Return the value for a sentence, short."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"nan": "NaN", "inf": "infinity", "-inf": "-infinity"}[str(float(value))]
    if is_null(value):
        return "null"
    text = str(value) if hasattr(value, "isoformat") else repr(value)
    if len(text) <= _LONGEST_SHOWN:
        return text
    size = f" ({len(value)} long)" if isinstance(value, str | bytes | list) else ""
    return f"{text[:_LONGEST_SHOWN]}…{size}"
