"""The `mlcheck` command: one module per subcommand, imported only when it is asked for."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from mlcheck import __version__
from mlcheck.report import EXIT_COULD_NOT_CHECK

COMMANDS = {
    "lint": "check the files of model folders, without running model code",
    "test": "load models and hold predict to what their signatures promise",
    "gate": "register a model only if it passes lint and contract tests",
    "describe": "print the contract of a model: as declared, and as seen when it is asked",
    "validate": "say whether data fits a signature, without loading the model",
    "rules": "list all lint rules",
    "rule": "print the manual page of a rule",
    "checks": "list all contract checks",
    "check": "print the manual page of a contract check",
}
"""Subcommands and what they do; each is a module of this package with `main(arguments) -> exit code`."""


def run() -> NoReturn:
    """Be the `mlcheck` command: run what the command line says and end the process with its exit code."""
    # Nearly nothing that a run makes is garbage: the default of 700 objects between two searches costs 5 % of it.
    gc.set_threshold(50_000)
    if sys.argv[1:2] != ["lint"]:
        sys.exit(_run_models())
    code = main()
    # Lint leaves nothing to clean up, and taking the interpreter apart takes a seventh of a run on one folder.
    _leave(code)


def _run_models() -> int:
    """Run a command that may run models, and end them too where it is asked to end (SIGTERM, as CI servers do)."""
    import atexit  # noqa: PLC0415 - lint has nothing to end
    import signal  # noqa: PLC0415

    from mlcheck.interrupts import raise_interrupts  # noqa: PLC0415

    came = raise_interrupts(signal.SIGINT, signal.SIGTERM)
    # The first to be registered is the last to be called. `python -m` whose `exec` of a text was interrupted, as in
    # the making of a dataclass, would kill itself by SIGINT at its end, though the interrupt was caught.
    atexit.register(lambda: _leave(128 + came[0]) if came else None)
    return main()


def _leave(code: int) -> NoReturn:
    """End the process with the exit code and no more ado, but for what is still to be written."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand and return its exit code: 0 clean, 1 findings, 2 could not check."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or given[0] in {"-h", "--help", "help"}:
        print(_usage())
        return 0 if given else EXIT_COULD_NOT_CHECK
    if given[0] in {"-V", "--version"}:
        print(f"mlcheck {__version__}")
        return 0
    if given[0] not in COMMANDS:
        print(_unknown(given[0]), file=sys.stderr)
        return EXIT_COULD_NOT_CHECK
    return _run(given[0], given[1:])


def _run(command: str, arguments: list[str]) -> int:
    try:
        return int(importlib.import_module(f"{__name__}.{command}").main(arguments))
    except BrokenPipeError:
        # The reader (`head`, a pager) has what it wanted; leave without a traceback at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_COULD_NOT_CHECK
    except Exception:  # noqa: BLE001 - Python's own exit code for a traceback is 1, which means findings
        import traceback  # noqa: PLC0415

        traceback.print_exc()
        print("mlcheck: this is a defect of mlcheck, nothing was decided: please report it", file=sys.stderr)
        return EXIT_COULD_NOT_CHECK
    except KeyboardInterrupt:
        print("mlcheck: interrupted", file=sys.stderr)
        return 130


def _usage() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name.ljust(width)}  {what}" for name, what in COMMANDS.items()]
    return "\n".join(
        [
            "usage: mlcheck COMMAND …",
            "",
            "Linter and contract-test harness for MLflow model folders.",
            "",
            "commands:",
            *lines,
            "",
            "`mlcheck COMMAND --help` explains a command. `pytest --mlcheck PATH` runs the contract tests in pytest.",
        ]
    )


def _unknown(name: str) -> str:
    import difflib  # noqa: PLC0415 - only wanted for a typing error

    close = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = f", did you mean {close[0]!r}" if close else ""
    return f"mlcheck: no command {name!r}{hint}; there are: {', '.join(COMMANDS)}"
