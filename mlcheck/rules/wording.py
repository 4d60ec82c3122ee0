"""Wording that rules share."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlcheck.requirements import Requirement, mask_credentials


def shown(line: Requirement) -> str:
    """Return a requirement line as messages show it: without its hashes and credentials."""
    return mask_credentials(re.sub(r"\s+--hash[= ]\S+", "", line.text))


def listed(names: Sequence[str], most: int = 4) -> str:
    """Return names in quotes, joined by commas and "and": those beyond `most` are only counted."""
    shown = [repr(name) for name in names]
    if len(shown) > most + 1:
        shown = [*shown[:most], f"{len(names) - most} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
