"""`mlcheck check CODE`: print the manual page of a check."""

from __future__ import annotations

from collections.abc import Sequence

from mlcheck.cli.pages import show_page


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    return show_page("check", arguments)
