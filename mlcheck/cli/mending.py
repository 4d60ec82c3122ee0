"""`mlcheck lint --fix` and `--diff`: what is mended, and what would be."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from mlcheck.cli.printing import write_out
from mlcheck.policy import Overrides
from mlcheck.report import EXIT_CLEAN, EXIT_COULD_NOT_CHECK, EXIT_FINDINGS, Report


def write_mends(paths: Sequence[str], overrides: Overrides, *, skip_outside: bool) -> None:
    """Mend what can be mended under the paths and say so on stderr, since stdout is the report's."""
    from mlcheck.fix import mend_paths, write_mended  # noqa: PLC0415 - most runs mend nothing

    for mended in mend_paths(paths, overrides, skip_outside=skip_outside):
        write_mended(mended)
        number = f"{mended.findings} finding{'' if mended.findings == 1 else 's'}"
        print(f"{mended.folder.name}: mended {number} in {', '.join(sorted(mended.after))}", file=sys.stderr)


def print_mends(paths: Sequence[str], overrides: Overrides, report: Report, *, skip_outside: bool) -> int:
    """Print a unified diff of what could be mended and return 1 if there is any, 2 if `report` has errors, else 0."""
    from mlcheck.fix import mend_paths, unified_diff  # noqa: PLC0415 - as above

    found = mend_paths(paths, overrides, skip_outside=skip_outside)
    write_out("".join(line for mended in found for line in unified_diff(mended)), "diff")
    for error in report.errors:
        print(f"could not check {error}", file=sys.stderr)
    if report.errors:
        return EXIT_COULD_NOT_CHECK
    return EXIT_FINDINGS if found else EXIT_CLEAN
