"""`mlcheck gate MODEL_URI --name NAME`: register a model only if it passes lint and contract tests."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from mlcheck.cli.options import add_format, add_policy, read_overrides, start_early
from mlcheck.cli.printing import print_report
from mlcheck.cli.test import add_run, read_run
from mlcheck.config import ConfigError
from mlcheck.lint import known_codes
from mlcheck.report import EXIT_COULD_NOT_CHECK


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of `mlcheck gate`."""
    parser = argparse.ArgumentParser(
        prog="mlcheck gate",
        description="Register a model only if it passes lint and contract tests.",
        epilog="The registry is the one that MLFLOW_TRACKING_URI or MLFLOW_REGISTRY_URI names, "
        "or sqlite:///mlflow.db. Exit codes: 0 registered, 1 findings and nothing registered, 2 could not check.",
    )
    parser.add_argument("model_uri", metavar="MODEL_URI", help="a path, models:/…, runs:/… or any URI MLflow reads")
    parser.add_argument("--name", required=True, help="the registered model to add a version to")
    add_format(parser)
    add_run(parser)
    add_policy(parser)
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    options = build_parser().parse_args(arguments)
    if not start_early(options):
        return EXIT_COULD_NOT_CHECK
    from mlcheck.gate import GateError, gate  # noqa: PLC0415 - needs the contract extra

    try:
        overrides = read_overrides(options, known_codes())
        result = gate(options.model_uri, options.name, overrides=overrides, options=read_run(options))
    except (ConfigError, GateError) as error:
        print(f"mlcheck: {error}", file=sys.stderr)
        return EXIT_COULD_NOT_CHECK
    code = print_report(options, result.report)
    registered = f"registered {options.name} version {result.version}" if result.version else "nothing was registered"
    print(f"gate: {registered}", file=sys.stderr)
    return code
