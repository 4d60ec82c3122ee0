"""`mlcheck checks`: list all checks."""

from __future__ import annotations

from collections.abc import Sequence

from mlcheck.cli.pages import list_pages


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    return list_pages("check", arguments)
