"""Wording that rules share."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str], most: int = 4) -> str:
    """Return names in quotes, joined by commas and "and": those beyond `most` are only counted."""
    shown = [repr(name) for name in names]
    if len(shown) > most + 1:
        shown = [*shown[:most], f"{len(names) - most} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
