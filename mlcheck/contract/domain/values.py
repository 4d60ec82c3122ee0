"""What is typical for one place of an input: the values shown there and the range between them."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

Source: TypeAlias = Literal["configuration", "sample", "example", "model", "plain"]

# Up to this many different whole numbers may be codes of something, of which no others can be made up
MOST_CODES: Final = 20
_MOST_CHOICES: Final = 200
# Steps of the golden ratio cover a range evenly, however many are taken
_GOLDEN: Final = 0.6180339887498949
# Ranges are cut into steps of about this many to keep made-up numbers short to read
_STEPS: Final = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The typical values of one scalar place, and where they are known from.

    `choices` has at least one value, the first seen comes first. `low` and `high` are both None or neither is.
    """

    choices: tuple[Any, ...]
    low: Any = None
    high: Any = None
    pattern: str = ""
    nullable: bool = False
    source: Source = "plain"

    def contains(self, value: object) -> bool:
        """Return whether the value is a typical one."""
        if is_null(value):
            return self.nullable or any(map(is_null, self.choices))
        if any(type(value) is type(choice) and value == choice for choice in self.choices):
            return True
        if self.low is not None:
            return not isinstance(value, complex) and bool(self.low <= value <= self.high)
        return isinstance(value, str) and bool(self.pattern) and re.fullmatch(self.pattern, value) is not None

    def at(self, index: int) -> object:
        """Return the typical value of that number: the choices first, then the ends of the range, then inside it."""
        if self.low is None:
            return self.choices[index % len(self.choices)]
        beyond = index - len(self.choices)
        if beyond < 0:
            return self.choices[index]
        if beyond < 2:
            return (self.low, self.high)[beyond]
        return between(self.low, self.high, beyond * _GOLDEN % 1)


def is_null(value: object) -> bool:
    """Return whether the value stands for a missing one: None, NaN, NaT or NA."""
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def between(low: Any, high: Any, fraction: float) -> object:
    """Return a value from `low` to `high`, both included, that is short to read."""
    if isinstance(low, int):
        return low + round((high - low) * fraction)
    if isinstance(low, dt.datetime):
        return low + dt.timedelta(seconds=int((high - low).total_seconds() * fraction))
    # Halves first, for the difference of two doubles can be more than a double holds
    value = low * (1 - fraction) + high * fraction
    step = high / _STEPS - low / _STEPS
    digits = 1 - math.floor(math.log10(step)) if step > 0 else 0
    return min(max(round(value, digits), low), high)


def values_from_shown(shown: Sequence[Any], source: Source) -> Values | None:
    """Return what values seen in real data tell; None where there is no value but null."""
    present = [value for value in shown if not is_null(value)]
    distinct = tuple(dict.fromkeys(present))
    if not distinct:
        return None
    nullable = len(present) < len(shown)
    if not _is_continuous(distinct):
        return Values(distinct[:_MOST_CHOICES], nullable=nullable, source=source)
    low, high = min(distinct), max(distinct)
    return Values(distinct[:MOST_CODES], low, high, nullable=nullable, source=source)


def _is_continuous(distinct: Sequence[Any]) -> bool:
    """Return whether what lies between the values seen may be taken for typical too."""
    if isinstance(distinct[0], dt.datetime):
        return True
    if isinstance(distinct[0], bool) or not isinstance(distinct[0], int | float):
        return False
    if not all(map(math.isfinite, distinct)):
        return False
    return len(distinct) > MOST_CODES or any(value != int(value) for value in distinct)
