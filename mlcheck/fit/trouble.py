"""What can be wrong with the values of an example, in words that go into a finding."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

from mlcheck.records import record

Level: TypeAlias = Literal["refused", "cast", "lost", "extra"]
Keys: TypeAlias = tuple[str | int, ...]

REFUSED: Final = "refused"
"""MLflow raises: when it reads the example, or when `predict` enforces the signature on it."""

CAST: Final = "cast"
"""MLflow reads the example and changes its values on the way; a DataFrame with these values is refused."""

LOST: Final = "lost"
"""MLflow writes such an example itself and cannot read it back: JSON has no 32-bit numbers, for one."""

EXTRA: Final = "extra"
"""The signature does not know of it: MLflow drops it."""

_ORDER: Final = {REFUSED: 0, LOST: 1, CAST: 2, EXTRA: 3}
_LONGEST = 40


@record(frozen=True, slots=True)
class Trouble:
    """A value that does not fit: `found` says what it is, `effect` what becomes of it.

    `index` is its row, `inner` leads from the cell to the value inside of a nested one, `declared` names the type
    there if it is not that of the column.
    """

    level: Level
    found: str
    effect: str
    index: int = 0
    inner: Keys = ()
    declared: str = ""


@record(frozen=True, slots=True)
class Misfit:
    """Something in an example that does not fit the signature, at `keys` of its document."""

    level: Level
    message: str
    keys: Keys
    hint: str = ""
    subject: str = ""


def worst(troubles: Sequence[Trouble]) -> Trouble | None:
    """Return the first of the worst troubles, None if there is none."""
    return min(troubles, key=lambda trouble: _ORDER[trouble.level], default=None)


def show(value: object) -> str:
    """Return a value the way it stands in JSON, cut to a line."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def listing(names: Sequence[object], most: int = 4) -> str:
    """Return names for a message: `'a', 'b' and 3 more`."""
    shown = [repr(name) for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))
