"""`mlcheck test PATH…`: load models and hold predict to what their signatures promise."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlcheck.cli.options import (
    add_format,
    add_paths,
    add_policy,
    add_write_baseline,
    read_count,
    read_overrides,
    start_early,
)
from mlcheck.cli.printing import print_report, save_baseline
from mlcheck.cli.progress import show_progress
from mlcheck.config import ConfigError
from mlcheck.lint import known_codes
from mlcheck.records import replace
from mlcheck.report import EXIT_COULD_NOT_CHECK

if TYPE_CHECKING:
    from mlcheck.contract.runner import RunOptions


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of `mlcheck test`."""
    parser = argparse.ArgumentParser(
        prog="mlcheck test",
        description="Load MLflow models, each in its own process, and hold predict to what the signature promises.",
        epilog="exit codes: 0 clean, 1 findings at or above --fail-on, 2 could not check",
    )
    add_paths(parser)
    add_format(parser)
    add_run(parser)
    add_together(parser)
    add_policy(parser)
    add_write_baseline(parser)
    return parser


ENV_HELP = (
    "what models are run with: current (the default), uv (the environment that each folder declares, built by uv and "
    "kept), or the path of another interpreter or venv"
)


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add the options of a contract run."""
    group = parser.add_argument_group("the run")
    group.add_argument("--env", metavar="ENV", help=ENV_HELP)
    group.add_argument("--max-examples", type=int, metavar="N", help="cases to draw for each check (default: 100)")
    group.add_argument("--time-limit", type=float, metavar="SECONDS", help="longest time for one call (default: 30)")
    group.add_argument(
        "--model-time-limit",
        type=float,
        metavar="SECONDS",
        help="longest time for one model in all (default: no limit)",
    )
    group.add_argument("--memory-limit", type=int, metavar="MIB", help="address space of the model (default: no limit)")
    group.add_argument("--seed", type=int, default=0, metavar="N", help="another seed draws other cases (default: 0)")


def add_together(parser: argparse.ArgumentParser) -> None:
    """Add the options of a run over several models."""
    group = parser.add_argument_group("several models, several runs")
    group.add_argument("-j", "--jobs", type=read_count, default=1, metavar="N", help="test N models at a time")
    group.add_argument(
        "--saved",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="try first what failed last time, which is kept in .mlcheck (default: yes)",
    )


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    options = build_parser().parse_args(arguments)
    if not start_early(options):
        return EXIT_COULD_NOT_CHECK
    from mlcheck.contract.runner import check_paths  # noqa: PLC0415 - needs the contract extra

    try:
        overrides = read_overrides(options, known_codes())
        with show_progress() as progress:
            given = replace(read_run(options), jobs=options.jobs, saved=options.saved, progress=progress)
            report = check_paths(options.paths, overrides, given)
    except ConfigError as error:
        print(f"mlcheck: {error}", file=sys.stderr)
        return EXIT_COULD_NOT_CHECK
    return save_baseline(options, report) if options.write_baseline else print_report(options, report)


def read_run(options: argparse.Namespace) -> RunOptions:
    """Return the options of a contract run."""
    from mlcheck.contract.runner import RunOptions  # noqa: PLC0415 - needs the contract extra

    return RunOptions(
        seed=options.seed,
        max_examples=options.max_examples,
        time_limit=options.time_limit,
        memory_limit=options.memory_limit,
        model_time_limit=options.model_time_limit,
        env=options.env,
    )
