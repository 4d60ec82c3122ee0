"""`mlcheck lint PATH…`: check the files of model folders, without running model code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mlcheck.baseline import write_baseline
from mlcheck.cli.mending import print_mends, write_mends
from mlcheck.cli.options import HelpFormatter, add_format, add_paths, add_policy, read_overrides
from mlcheck.cli.printing import print_report
from mlcheck.config import ConfigError
from mlcheck.lint import known_codes, lint_paths
from mlcheck.remote import is_uri
from mlcheck.report import EXIT_CLEAN, EXIT_COULD_NOT_CHECK, Report


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of `mlcheck lint`."""
    parser = argparse.ArgumentParser(
        prog="mlcheck lint",
        formatter_class=HelpFormatter,
        description="Check the files of MLflow model folders against schemas and rules; never runs model code.",
        epilog="exit codes: 0 clean, 1 findings at or above --fail-on, 2 could not check",
    )
    add_paths(parser)
    parser.add_argument(
        "--skip-outside", action="store_true", help="pass over files that belong to no model folder (for pre-commit)"
    )
    mending = parser.add_mutually_exclusive_group()
    mending.add_argument("--fix", action="store_true", help="mend what can be mended without a doubt, then check")
    mending.add_argument("--diff", action="store_true", help="print what --fix would change, and change nothing")
    add_format(parser)
    add_policy(parser)
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    options = build_parser().parse_args(arguments)
    try:
        overrides = read_overrides(options, known_codes())
        if (options.fix or options.diff) and any(map(is_uri, options.paths)):
            raise ConfigError("--fix and --diff are for folders on this machine, not for URIs")
        if options.fix:
            write_mends(options.paths, overrides, skip_outside=options.skip_outside)
        report = lint_paths(options.paths, overrides, skip_outside=options.skip_outside)
        if options.diff:
            return print_mends(options.paths, overrides, report, skip_outside=options.skip_outside)
    except (ConfigError, OSError) as error:
        print(f"mlcheck: {error}", file=sys.stderr)
        return EXIT_COULD_NOT_CHECK
    if options.write_baseline:
        return _write_baseline(options.write_baseline, report)
    return print_report(options, report)


def _write_baseline(path: Path, report: Report) -> int:
    # With --baseline, what it holds back is still accepted.
    known = tuple(item.finding for item in report.suppressed if item.source == "baseline")
    try:
        count = write_baseline(path, report.findings + known)
    except OSError as error:
        print(f"mlcheck: {path}: cannot write the baseline: {error.strerror or error}", file=sys.stderr)
        return EXIT_COULD_NOT_CHECK
    print(f"{path}: {count} finding{'s' if count != 1 else ''} accepted for now; use it with --baseline {path}")
    return EXIT_COULD_NOT_CHECK if report.errors else EXIT_CLEAN
