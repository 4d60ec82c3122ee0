"""`mlcheck rules`: list all rules."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mlcheck.rules import load_rules


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    argparse.ArgumentParser(prog="mlcheck rules", description="List all rules.").parse_args(arguments)
    rules = load_rules().values()
    width = max(len(rule.name) for rule in rules)
    for rule in rules:
        print(f"{rule.code}  {rule.severity.value.ljust(7)}  {rule.name.ljust(width)}  {rule.summary}")
    return 0
