"""Lint rules, one small function each, grouped by what they look at."""

from __future__ import annotations

import importlib
import pkgutil

from mlcheck.rules.registry import RULES, Rule


def load_rules() -> dict[str, Rule]:
    """Import every rule module of this package and return all rules, sorted by code."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(RULES.items()))
