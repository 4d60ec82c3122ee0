"""Findings for people: grouped by model folder, one block each, with what to do."""

from __future__ import annotations

from itertools import groupby

from mlcheck.finding import Finding, Severity
from mlcheck.report import Report


def render(report: Report) -> str:
    """Return the report as text that ends with a newline."""
    lines: list[str] = []
    for model, findings in groupby(report.findings, key=lambda finding: finding.model):
        lines.append(model)
        for finding in findings:
            lines.extend(block(finding))
        lines.append("")
    lines.extend(f"could not check {error}" for error in report.errors)
    lines.append(summary(report))
    return "\n".join(lines) + "\n"


def block(finding: Finding) -> list[str]:
    """Return the lines for one finding, indented by two spaces."""
    place = finding.location
    where = place.path + (f":{place.line}:{place.column or 1}" if place.line else "")
    lines = [f"  {where}: {finding.severity.value} {finding.code} [{finding.name}] {finding.message}"]
    if place.pointer:
        lines.append(f"      at {place.pointer}")
    if finding.hint:
        lines.append(f"      help: {finding.hint}")
    for title, text in finding.details:
        lines.append(f"      {title}:")
        lines.extend(f"        {line}" for line in text.splitlines())
    if finding.reproduce:
        lines.append("      reproduce:")
        lines.extend(f"        {line}" for line in finding.reproduce.splitlines())
    return lines


def summary(report: Report) -> str:
    """Return the last line: how many models were checked, and what was found."""
    counts = report.counts
    parts = [f"{counts[severity]} {severity.value}{'s' if counts[severity] != 1 else ''}" for severity in Severity]
    models = f"{len(report.models)} model{'s' if len(report.models) != 1 else ''}"
    held = f", {len(report.suppressed)} suppressed" if report.suppressed else ""
    return f"{models} checked: {', '.join(parts)}{held}"
