"""One line per finding, for logs and for editors that read `path:line:column`."""

from __future__ import annotations

from mlcheck.output.text import summary
from mlcheck.report import Report


def render(report: Report) -> str:
    """Return the report as lines, each ending with a newline."""
    lines = []
    for finding in report.findings:
        place = finding.location
        where = f":{place.line}:{place.column or 1}" if place.line else ""
        message = " ".join(finding.message.split())
        lines.append(f"{finding.path}{where}: {finding.severity.value} {finding.code} [{finding.name}] {message}")
    lines += [f"could not check {error}" for error in report.errors]
    return "".join(f"{line}\n" for line in [*lines, summary(report)])
