"""Contract checks, one small function each, grouped by family."""

from __future__ import annotations

import importlib
import pkgutil

from mlcheck.contract.checks.registry import CHECKS, Check


def load_checks() -> dict[str, Check]:
    """Import every check module of this package and return all checks, sorted by code."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(CHECKS.items()))
