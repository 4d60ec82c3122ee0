"""SARIF 2.1.0, the OASIS standard for static analysis results: GitHub code scanning, Azure DevOps, editors."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from mlcheck import __version__
from mlcheck.finding import Finding
from mlcheck.manual import page_of, url_of
from mlcheck.output import View
from mlcheck.output._paths import repository_path
from mlcheck.output._sections import full_text
from mlcheck.remote import is_uri
from mlcheck.report import EXIT_COULD_NOT_CHECK, Report

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_HOME = "https://github.com/mlcheck/mlcheck"


def render(report: Report, view: View) -> str:  # noqa: ARG001 - all formats have the same arguments
    """Return the report as a SARIF log with one run; suppressed findings are in it, with their reasons."""
    held = [item.finding for item in report.suppressed]
    order = {code: index for index, code in enumerate(sorted({item.code for item in (*report.findings, *held)}))}
    results = [_result(finding, order) for finding in report.findings]
    for item in report.suppressed:
        suppression = {"kind": "external", "status": "accepted", "justification": item.reason}
        results.append({**_result(item.finding, order), "suppressions": [suppression]})
    named = {finding.code: finding.name for finding in (*report.findings, *held)}
    run = {
        "tool": {"driver": {**_driver(), "rules": [_rule(code, named[code]) for code in order]}},
        "invocations": [_invocation(report)],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _driver() -> dict[str, object]:
    return {"name": "mlcheck", "version": __version__, "semanticVersion": __version__, "informationUri": _HOME}


def _rule(code: str, name: str) -> dict[str, object]:
    rule: dict[str, object] = {"id": code, "name": name, "helpUri": url_of(code)}
    page = page_of(code)
    if page is None:
        return rule
    return {
        **rule,
        "shortDescription": {"text": page.summary},
        "help": {"text": page.text, "markdown": page.text},
        "defaultConfiguration": {"level": page.severity.value},
    }


def _invocation(report: Report) -> dict[str, object]:
    notes: Iterable[str] = report.errors
    return {
        "executionSuccessful": report.exit_code != EXIT_COULD_NOT_CHECK,
        "exitCode": report.exit_code,
        "toolExecutionNotifications": [
            {"level": "error", "message": {"text": f"could not check {note}"}} for note in notes
        ],
    }


def _result(finding: Finding, order: dict[str, int]) -> dict[str, object]:
    return {
        "ruleId": finding.code,
        "ruleIndex": order[finding.code],
        "level": finding.severity.value,
        "message": {"text": full_text(finding)},
        "locations": [_location(finding)],
        "partialFingerprints": {"mlcheckFingerprint/v1": finding.fingerprint},
        "properties": {"model": finding.model},
    }


def _location(finding: Finding) -> dict[str, object]:
    place = finding.location
    physical: dict[str, object] = {"artifactLocation": {"uri": _uri(repository_path(finding.path))}}
    if place.line:
        physical["region"] = {"startLine": place.line, "startColumn": place.column or 1}
    if not place.pointer:
        return {"physicalLocation": physical}
    return {"physicalLocation": physical, "logicalLocations": [{"fullyQualifiedName": place.pointer}]}


def _uri(path: str) -> str:
    if is_uri(path):
        return quote(path, safe="/:%?=&@+~", errors="surrogateescape")
    if Path(path).is_absolute():
        return Path(path).as_uri()
    quoted = quote(path, safe="/~", errors="surrogateescape")
    return quoted or "."
