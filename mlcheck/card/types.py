"""What a contract card is made of; each class is an object of `schemas/card.schema.json`, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Json: TypeAlias = str | int | float | bool | list[object] | dict[str, object] | None


@dataclass(frozen=True, slots=True)
class Typical:
    """What values are typical at one place of an input or a param, and where that is known from.

    `property` leads to the place inside of a nested type, empty for the whole. `minimum` and `maximum` are both None
    or neither is; `choices` are the values seen or named.
    """

    property: str
    source: str
    choices: tuple[Json, ...]
    minimum: Json
    maximum: Json
    pattern: str
    nullable: bool


@dataclass(frozen=True, slots=True)
class Rejected:
    """Values that were not answered: `how` is `raised`, `refused`, `died` or `timed-out`, `error` what was said."""

    values: tuple[str, ...]
    how: str
    error: str


@dataclass(frozen=True, slots=True)
class Edges:
    """What came of the edge values that were tried, in words."""

    answered: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True)
class Input:
    """A column or tensor; `required` is None and `shape` is not for a tensor, whose `type` is its dtype."""

    name: Json
    type: str
    required: bool | None
    shape: tuple[int, ...] | None
    typical: tuple[Typical, ...]
    edges: Edges


@dataclass(frozen=True, slots=True)
class Parameter:
    """An inference param."""

    name: str
    type: str
    default: Json
    typical: Typical
    edges: Edges


@dataclass(frozen=True, slots=True)
class Deviation:
    """One case of a group that was not taken as it must be."""

    case: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Group:
    """Cases of one kind: how many were tried, and how many were taken as they must be."""

    kind: str
    tried: int
    kept: int
    deviations: tuple[Deviation, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """The output for typical input of so many rows; `columns` are pairs of name and dtype of a DataFrame."""

    rows: int | None
    text: str
    kind: str
    dtype: str
    shape: tuple[int, ...]
    columns: tuple[tuple[Json, str], ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Output:
    """A declared output."""

    name: Json
    type: str
    required: bool | None
    shape: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A contract check about calls, rows and processes; `holds` is None where it could not be tried."""

    code: str
    check: str
    holds: bool | None
    says: str


@dataclass(frozen=True, slots=True)
class Card:
    """The contract of one model as declared and as seen.

    `takes` says in words what the inputs are. Without a signature, or where the model does not load (`load_error`) or
    does not answer typical input (`notes` say so), what would have been seen is empty.
    """

    model: str
    versions: dict[str, str]
    load_error: str = ""
    load_seconds: float = 0.0
    from_type_hint: bool = False
    takes: str = ""
    inputs: tuple[Input, ...] | None = None
    params: tuple[Parameter, ...] | None = None
    outputs: tuple[Output, ...] | None = None
    rows: Edges = Edges()
    accepts: tuple[Group, ...] = ()
    refuses: tuple[Group, ...] = ()
    gives: tuple[Seen, ...] = ()
    behaviour: tuple[Behaviour, ...] = ()
    notes: tuple[str, ...] = ()
