"""Lint rules, one small function each, grouped by what they look at."""

from __future__ import annotations

import importlib

from mlcheck.rules.registry import RULES, Rule
from mlcheck.submodules import submodule_names


def load_rules() -> dict[str, Rule]:
    """Import every rule module of this package and return all rules, sorted by code."""
    for name in submodule_names(__path__):
        importlib.import_module(f"{__name__}.{name}")
    return dict(sorted(RULES.items()))
