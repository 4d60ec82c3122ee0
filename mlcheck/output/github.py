"""Workflow commands of GitHub Actions: findings become annotations of the changed files."""

from __future__ import annotations

from mlcheck.finding import Finding, Severity
from mlcheck.output import View
from mlcheck.output._paint import printable
from mlcheck.output._paths import repository_path
from mlcheck.output._sections import full_text, place
from mlcheck.remote import is_uri
from mlcheck.report import Report

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(report: Report, view: View) -> str:  # noqa: ARG001 - all formats have the same arguments
    """Return one command for each finding and a summary for the log.

    Errors come first, since GitHub shows ten annotations of a step.
    """
    ordered = sorted(report.findings, key=lambda finding: -finding.severity.rank)
    lines = [f"::error title=mlcheck could not check::{_escape_text(error)}" for error in report.errors]
    lines += [_command(finding) for finding in ordered]
    return "\n".join([*lines, _escape_text(report.summary)]) + "\n"


def _command(finding: Finding) -> str:
    path = repository_path(finding.path)
    location = finding.location
    properties = {} if is_uri(path) else {"file": path}
    if properties and location.line:
        properties |= {"line": str(location.line), "col": str(location.column or 1)}
    properties["title"] = f"{finding.code} {finding.name}"
    written = ",".join(f"{key}={_escape_property(value)}" for key, value in properties.items())
    # The log shows no properties, so the place stands in the message as well.
    message = f"{place(finding, path)}: {full_text(finding)}"
    return f"::{_COMMANDS[finding.severity]} {written}::{_escape_text(message)}"


def _escape_text(text: str) -> str:
    # Other control characters would reach the log, where escape sequences work.
    return printable(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _escape_property(text: str) -> str:
    return _escape_text(text).replace(":", "%3A").replace(",", "%2C")
