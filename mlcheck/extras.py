"""What `pip install 'pytest-mlcheck[contract]'` brings, and what to say where it is missing."""

from __future__ import annotations

from importlib.util import find_spec

CONTRACT = ("mlflow", "hypothesis", "numpy", "pandas")
INSTALL = "pip install 'pytest-mlcheck[contract]'"


def contract_extra_missing() -> str | None:
    """Return what to tell a user whose environment lacks a library of the contract extra, `None` when all are there."""
    missing = [name for name in CONTRACT if find_spec(name) is None]
    if not missing:
        return None
    return f"mlcheck: contract tests need {', '.join(missing)}: {INSTALL}, beside the model's own libraries"
