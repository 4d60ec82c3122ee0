"""`mlcheck lint PATH…`: check the files of model folders, without running model code."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from mlcheck.finding import Severity
from mlcheck.lint import lint_paths

FORMATS = ("text", "json")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of `mlcheck lint`."""
    parser = argparse.ArgumentParser(
        prog="mlcheck lint",
        description="Check the files of MLflow model folders against schemas and rules; never runs model code.",
        epilog="exit codes: 0 clean, 1 findings at or above --fail-on, 2 could not check",
    )
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a model folder, a folder of model folders at any depth, or any file of a model folder",
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="how to print the report (default: text)")
    parser.add_argument(
        "--fail-on",
        choices=[severity.value for severity in Severity],
        default=Severity.ERROR.value,
        help="lowest severity that makes the exit code 1 (default: error)",
    )
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    options = build_parser().parse_args(arguments)
    report = lint_paths(options.paths)
    output = importlib.import_module(f"mlcheck.output.{options.format}")
    sys.stdout.write(output.render(report))
    return report.exit_code(Severity(options.fail_on))
