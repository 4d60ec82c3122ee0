"""One line per finding, for logs and for editors that read `path:line:column`."""

from __future__ import annotations

from mlcheck.output import View
from mlcheck.output._paint import printable
from mlcheck.output._sections import place
from mlcheck.report import Report


def render(report: Report, view: View) -> str:  # noqa: ARG001 - all formats have the same arguments
    """Return the report as lines, each ending with a newline."""
    lines = []
    for finding in report.findings:
        message = " ".join(finding.message.split())
        where = place(finding, finding.path)
        lines.append(f"{where}: {finding.severity.value} {finding.code} [{finding.name}] {message}")
    lines += [f"could not check {error}" for error in report.errors]
    return "".join(f"{printable(line)}\n" for line in [*lines, report.summary])
