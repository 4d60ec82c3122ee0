"""The codes of contract checks, for configurations that are read where the contract extra is not installed."""

from __future__ import annotations

CONTRACT_CODES: dict[str, str] = {}
"""Code → name. A test holds it against the registry of checks."""
