"""The JSON report, version 1: stable, described by schemas/report.schema.json."""

from __future__ import annotations

import json

from mlcheck.finding import Finding, Severity
from mlcheck.report import Report

VERSION = 1


def render(report: Report) -> str:
    """Return the report as JSON text that ends with a newline."""
    document = {
        "version": VERSION,
        "models": [{"path": model.path, "facts": dict(model.facts)} for model in report.models],
        "findings": [_finding(finding) for finding in report.findings],
        "suppressed": [
            {**_finding(item.finding), "reason": item.reason, "source": item.source} for item in report.suppressed
        ],
        "summary": {
            "models": len(report.models),
            **{severity.value + "s": report.counts[severity] for severity in Severity},
            "suppressed": len(report.suppressed),
            "not_checked": list(report.errors),
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        "model": finding.model,
        "path": finding.path,
        "line": finding.location.line,
        "column": finding.location.column,
        "pointer": finding.location.pointer,
        "hint": finding.hint,
        "reproduce": finding.reproduce,
        "details": [{"title": title, "text": text} for title, text in finding.details],
        "fingerprint": finding.fingerprint,
    }
