"""GitLab's code quality report: a JSON list that merge requests show beside the changed lines."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

from mlcheck.finding import Finding, Severity
from mlcheck.output import View
from mlcheck.output._paths import repository_path
from mlcheck.output._sections import full_text
from mlcheck.report import Report

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def render(report: Report, view: View) -> str:  # noqa: ARG001 - all formats have the same arguments
    """Return the report as JSON text; what could not be checked is an entry of severity `blocker`."""
    seen: Counter[str] = Counter()
    entries = [_not_checked(error) for error in report.errors]
    for finding in report.findings:
        seen[finding.fingerprint] += 1
        entries.append(_entry(finding, seen[finding.fingerprint]))
    return json.dumps(entries, indent=2) + "\n"


def _entry(finding: Finding, number: int) -> dict[str, object]:
    # GitLab drops entries that repeat a fingerprint.
    suffix = f"-{number}" if number > 1 else ""
    return {
        "description": f"{finding.code} {finding.message}",
        "content": {"body": full_text(finding)},
        "check_name": finding.name,
        "fingerprint": finding.fingerprint + suffix,
        "severity": _SEVERITIES[finding.severity],
        "location": {"path": repository_path(finding.path), "lines": {"begin": finding.location.line or 1}},
    }


def _not_checked(error: str) -> dict[str, object]:
    return {
        "description": f"could not check {error}",
        "check_name": "could-not-check",
        "fingerprint": hashlib.sha256(error.encode("utf-8", "surrogatepass")).hexdigest()[:16],
        "severity": "blocker",
        "location": {"path": repository_path(error.partition(": ")[0]), "lines": {"begin": 1}},
    }
