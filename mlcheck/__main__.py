"""`python -m mlcheck` is the `mlcheck` command."""

from __future__ import annotations

from mlcheck.cli import run

run()
