"""`mlcheck rule CODE`: print the manual page of a rule."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence

from mlcheck.report import EXIT_COULD_NOT_CHECK
from mlcheck.rules import load_rules
from mlcheck.rules.registry import Rule


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(prog="mlcheck rule", description="Print the manual page of a rule.")
    parser.add_argument("code", metavar="CODE", help="the code or the name of a rule, such as MLC010")
    wanted = parser.parse_args(arguments).code
    found = find_rule(wanted)
    if found is None:
        print(f"mlcheck: no rule {wanted!r}{_suggest(wanted)}", file=sys.stderr)
        return EXIT_COULD_NOT_CHECK
    print(f"{found.code} {found.name} ({found.severity.value}, since {found.since})\n\n{found.manual}")
    return 0


def find_rule(wanted: str) -> Rule | None:
    """Return the rule with a code or name, in any letter case; `None` without one."""
    rules = load_rules()
    by_name = {rule.name: rule for rule in rules.values()}
    return rules.get(wanted.upper()) or by_name.get(wanted.lower())


def _suggest(wanted: str) -> str:
    rules = load_rules()
    names = [*rules, *(rule.name for rule in rules.values())]
    close = difflib.get_close_matches(wanted, names, n=1, cutoff=0.5)
    return f", did you mean {close[0]!r}" if close else "; `mlcheck rules` lists all"
