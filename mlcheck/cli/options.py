"""Options that several subcommands share."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from mlcheck.baseline import read_baseline
from mlcheck.config import ConfigError, suggest
from mlcheck.extras import contract_extra_missing
from mlcheck.finding import Severity
from mlcheck.output import FORMATS
from mlcheck.policy import Overrides


class HelpFormatter(argparse.HelpFormatter):
    """The formatter of argparse, which asks `shutil` for the width of the terminal even where no help is printed."""

    def __init__(self, prog: str) -> None:
        try:
            columns = int(os.environ.get("COLUMNS") or os.get_terminal_size(sys.stdout.fileno()).columns)
        except (OSError, ValueError):  # no terminal
            columns = 80
        super().__init__(prog, width=columns - 2)


def add_paths(parser: argparse.ArgumentParser) -> None:
    """Add the paths to check."""
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a model folder, a folder of model folders at any depth, or any file of a model folder; "
        "lint and test also read URIs, such as models:/NAME/VERSION, where MLflow is installed",
    )


def add_format(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how the report is printed."""
    group = parser.add_argument_group("the report")
    group.add_argument("--format", choices=FORMATS, default="text", help="how to print the report (default: text)")
    group.add_argument("--output", type=Path, metavar="FILE", help="write the report to a file, print one line")
    group.add_argument(
        "-v", "--verbose", action="store_true", help="show what was suppressed or skipped, and the configuration used"
    )


def add_speed(parser: argparse.ArgumentParser) -> None:
    """Add the options that change how long lint takes, never what it finds."""
    group = parser.add_argument_group("speed")
    group.add_argument(
        "-j",
        "--jobs",
        type=read_count,
        metavar="N",
        help="lint in N processes (default: several for hundreds of folders)",
    )
    group.add_argument(
        "--cache",
        action=argparse.BooleanOptionalAction,
        help="keep findings in .mlcheck_cache, and use them where a folder has not changed (default: for many folders)",
    )


def read_count(text: str) -> int:
    """Read the number of an option such as `--jobs`."""
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_JOBS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {_MOST_JOBS}")
    return int(text)


_MOST_JOBS = 60  # Windows waits for no more processes at a time


def add_policy(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what counts: selection, ignores, severities, configuration and baseline."""
    group = parser.add_argument_group("what counts")
    severities = [severity.value for severity in Severity]
    group.add_argument("--select", action="append", default=[], metavar="CODE", help="only these codes or prefixes")
    group.add_argument("--ignore", action="append", default=[], metavar="CODE", help="not these codes")
    group.add_argument("--fail-on", choices=severities, help="lowest severity for exit code 1 (default: error)")
    group.add_argument("--strict", action="store_true", help="count warnings as errors")
    add_config(group)
    group.add_argument("--baseline", type=Path, metavar="FILE", help="hold back the findings that this file lists")


def add_config(group: argparse._ArgumentGroup) -> None:
    """Add the options that say which configuration file holds."""
    config = group.add_mutually_exclusive_group()
    config.add_argument("--config", type=Path, metavar="FILE", help="use this configuration file for all models")
    config.add_argument("--no-config", action="store_true", help="use no configuration file")


def add_write_baseline(parser: argparse.ArgumentParser) -> None:
    """Add `--write-baseline`; not for the gate, which accepts nothing."""
    parser.add_argument("--write-baseline", type=Path, metavar="FILE", help="write the findings as a baseline and stop")


def read_overrides(options: argparse.Namespace, known_codes: frozenset[str]) -> Overrides:
    """Return what the options say over the configuration; raises `ConfigError` for an unknown code or bad baseline."""
    select = tuple(code for text in options.select for code in text.split(",") if code)
    ignore = tuple(code for text in options.ignore for code in text.split(",") if code)
    for code in select:
        if not any(known.startswith(code) for known in known_codes):
            raise ConfigError(f"--select: {code!r} is no code and no start of one{suggest(code, known_codes)}")
    for code in ignore:
        if code not in known_codes:
            raise ConfigError(f"--ignore: unknown code {code!r}{suggest(code, known_codes)}")
    return Overrides(
        config=options.config,
        no_config=options.no_config,
        select=select,
        ignore=ignore,
        fail_on=Severity(options.fail_on) if options.fail_on else None,
        strict=options.strict,
        baseline=read_baseline(options.baseline) if options.baseline else None,
    )


def start_early(options: argparse.Namespace) -> bool:
    """Start what models are forked from, if that is this environment, while mlcheck itself is still being imported.

    Returns False, and prints what to install, where the contract extra is not there.
    """
    missing = contract_extra_missing()
    if missing:
        print(missing, file=sys.stderr)
        return False
    from mlcheck.contract.launcher import OTHER_HASH_SEED, prepare_forkserver  # noqa: PLC0415 - lint runs no models

    if options.env in {None, "current"}:
        prepare_forkserver()
        if getattr(options, "jobs", 1) > 1:  # all of them borrow both
            prepare_forkserver(hash_seed=OTHER_HASH_SEED)
    return True
