"""`mlcheck describe MODEL`: print the contract of a model, as declared and as seen."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mlcheck.cli.options import add_config, start_early
from mlcheck.cli.printing import write_out
from mlcheck.cli.test import add_run, read_run
from mlcheck.config import ConfigError
from mlcheck.policy import Overrides
from mlcheck.report import EXIT_CLEAN, EXIT_COULD_NOT_CHECK, EXIT_FINDINGS


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of `mlcheck describe`."""
    parser = argparse.ArgumentParser(
        prog="mlcheck describe",
        description="Print the contract of a model: its signature, the values that are typical, and what the model "
        "does with those that are not. The model is loaded in a process of its own.",
        epilog="exit codes: 0 described, 1 the model does not load, 2 could not look",
    )
    parser.add_argument("model", metavar="MODEL", help="a model folder")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it (default: text)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write it to a file")
    add_run(parser)
    add_config(parser.add_argument_group("configuration"))
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    options = build_parser().parse_args(arguments)
    if not start_early(options):
        return EXIT_COULD_NOT_CHECK
    from mlcheck.describe import DescribeError, describe_model, render_card  # noqa: PLC0415 - needs the contract extra

    try:
        overrides = Overrides(config=options.config, no_config=options.no_config)
        card = describe_model(options.model, overrides, read_run(options))
    except (ConfigError, DescribeError) as error:
        print(f"mlcheck: {error}", file=sys.stderr)
        return EXIT_COULD_NOT_CHECK
    if not _write(render_card(card, options.format), options):
        return EXIT_COULD_NOT_CHECK
    return EXIT_FINDINGS if card.load_error else EXIT_CLEAN


def _write(text: str, options: argparse.Namespace) -> bool:
    if options.output is None:
        write_out(text, options.format)
        return True
    try:
        options.output.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        print(f"mlcheck: {options.output}: cannot write the card: {error.strerror or error}", file=sys.stderr)
        return False
    return True
