"""`mlcheck lint PATH…`: check the files of model folders, without running model code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from mlcheck.cli.mending import print_mends, write_mends
from mlcheck.cli.options import (
    HelpFormatter,
    add_format,
    add_paths,
    add_policy,
    add_speed,
    add_write_baseline,
    read_overrides,
)
from mlcheck.cli.printing import print_report, save_baseline
from mlcheck.config import ConfigError
from mlcheck.lint import known_codes, lint_paths
from mlcheck.remote import is_uri
from mlcheck.report import EXIT_COULD_NOT_CHECK


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
    add_speed(parser)
    add_policy(parser)
    add_write_baseline(parser)
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
        report = lint_paths(
            options.paths, overrides, skip_outside=options.skip_outside, jobs=options.jobs, cache=options.cache
        )
        if options.diff:
            return print_mends(options.paths, overrides, report, skip_outside=options.skip_outside)
    except (ConfigError, OSError) as error:
        print(f"mlcheck: {error}", file=sys.stderr)
        return EXIT_COULD_NOT_CHECK
    return save_baseline(options, report) if options.write_baseline else print_report(options, report)
