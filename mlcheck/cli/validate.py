"""`mlcheck validate MODEL DATA`: say whether data fits a model's signature, without loading the model."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Sequence

from mlcheck.cli.options import add_format
from mlcheck.cli.printing import print_report
from mlcheck.finding import Severity
from mlcheck.report import EXIT_COULD_NOT_CHECK, ModelSummary, Report


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of `mlcheck validate`."""
    parser = argparse.ArgumentParser(
        prog="mlcheck validate",
        description="Say whether data fits the signature of a model, column by column, without loading the model.",
        epilog="exit codes: 0 it fits, 1 it does not, 2 could not check",
    )
    parser.add_argument("model", metavar="MODEL", help="a model folder")
    parser.add_argument("data", metavar="DATA", help="CSV, Parquet, JSON, NDJSON, or a payload for the scoring server")
    forms = ("csv", "parquet", "json", "ndjson", "payload")
    parser.add_argument("--data-format", choices=forms, help="what the data is, where its name does not tell")
    parser.add_argument("--mlflow-version", metavar="X.Y.Z", help="judge by this MLflow (default: the model's own)")
    add_format(parser)
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    options = build_parser().parse_args(arguments)
    if importlib.util.find_spec("pandas") is None:
        print("mlcheck: validate needs pandas: pip install 'pytest-mlcheck[contract]'", file=sys.stderr)
        return EXIT_COULD_NOT_CHECK
    from mlcheck.validate import DataError, validate_data  # noqa: PLC0415 - needs the contract extra

    try:
        found = validate_data(
            options.model, options.data, form=options.data_format, mlflow_version=options.mlflow_version
        )
    except DataError as error:
        print(f"mlcheck: {error}", file=sys.stderr)
        return EXIT_COULD_NOT_CHECK
    report = Report((ModelSummary(options.model),), tuple(found), fail_on=Severity.ERROR)
    return print_report(options, report)
