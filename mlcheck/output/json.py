"""The JSON report, version 1: stable, described by schemas/report.schema.json."""

from __future__ import annotations

import json

from mlcheck.finding import Finding, Severity
from mlcheck.manual import url_of
from mlcheck.output import View
from mlcheck.report import ModelSummary, Report

VERSION = 1


def render(report: Report, view: View) -> str:  # noqa: ARG001 - all formats have the same arguments
    """Return the report as JSON text that ends with a newline."""
    document = {
        "version": VERSION,
        "models": [_model(model) for model in report.models],
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


def _model(model: ModelSummary) -> dict[str, object]:
    facts: dict[str, str] = {}
    for key, value in model.facts:
        facts[key] = f"{facts[key]}; {value}" if key in facts else value
    return {"path": model.path, "facts": facts, "configuration": model.config}


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
        "url": url_of(finding.code),
    }
