"""Printing a report: to a terminal, a pipe or a file."""

from __future__ import annotations

import argparse
import io
import os
import sys

from mlcheck.baseline import write_baseline
from mlcheck.output import View, render
from mlcheck.report import EXIT_CLEAN, EXIT_COULD_NOT_CHECK, Report


def print_report(options: argparse.Namespace, report: Report) -> int:
    """Print a report as `--format`, `--output` and `--verbose` say, and return the exit code of the run."""
    if options.output is None:
        write_out(render(options.format, report, _view(verbose=options.verbose)), options.format)
        return report.exit_code
    text = render(options.format, report, View(verbose=options.verbose))
    try:
        options.output.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        print(f"mlcheck: {options.output}: cannot write the report: {error.strerror or error}", file=sys.stderr)
        return EXIT_COULD_NOT_CHECK
    write_out(f"{report.summary}; the report is in {options.output}\n", "text")
    return report.exit_code


def save_baseline(options: argparse.Namespace, report: Report) -> int:
    """Write the findings of a report as a baseline and return the exit code: 2 when something was not checked."""
    path = options.write_baseline
    # With --baseline, what it holds back is still accepted.
    known = tuple(item.finding for item in report.suppressed if item.source == "baseline")
    try:
        count = write_baseline(path, report.findings + known)
    except OSError as error:
        print(f"mlcheck: {path}: cannot write the baseline: {error.strerror or error}", file=sys.stderr)
        return EXIT_COULD_NOT_CHECK
    print(f"{path}: {count} finding{'s' if count != 1 else ''} accepted for now; use it with --baseline {path}")
    return EXIT_COULD_NOT_CHECK if report.errors else EXIT_CLEAN


def write_out(text: str, name: str) -> None:
    """Write a text in the format `name` to stdout."""
    # Names of files may hold what the terminal's encoding lacks; formats for machines are UTF-8 whatever it is.
    if isinstance(sys.stdout, io.TextIOWrapper):
        encoding = None if name == "text" else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")
    sys.stdout.write(text)


def _view(*, verbose: bool) -> View:
    terminal = sys.stdout.isatty()
    return View(verbose=verbose, terminal=terminal, colour=_wants_colour(terminal=terminal))


def _wants_colour(*, terminal: bool) -> bool:
    """Follow https://no-color.org and its counterpart FORCE_COLOR, which CI servers set."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return os.environ["FORCE_COLOR"] != "0"
    return terminal and os.environ.get("TERM") != "dumb"
