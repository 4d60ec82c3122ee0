"""JUnit XML, which every CI server reads: one test suite for each model."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from mlcheck.finding import Finding
from mlcheck.output import View
from mlcheck.output._sections import full_text, place
from mlcheck.report import ModelSummary, Report, Suppressed

# What XML 1.0 has no way to write, not even escaped; and carriage returns, which readers turn into newlines.
_FORBIDDEN = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report, view: View) -> str:  # noqa: ARG001 - all formats have the same arguments
    """Return the report as XML text.

    A finding at or above `fail_on` is a failure, one below it a passed case with the finding as its output, a
    suppressed one is skipped with the reason; a model without findings is one passed case.
    """
    root = ET.Element("testsuites", name="mlcheck")
    models = {model.path: model for model in report.models}
    others = {finding.model: ModelSummary(finding.model) for finding in report.findings if finding.model not in models}
    for model in (*models.values(), *others.values()):
        _fill_suite(ET.SubElement(root, "testsuite", name=_clean(model.path)), model, report)
    if report.errors:
        _fill_errors(ET.SubElement(root, "testsuite", name="mlcheck could not check"), report.errors)
    for suite in root:
        _count(suite)
    _count(root)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _fill_suite(suite: ET.Element, model: ModelSummary, report: Report) -> None:
    for finding in report.findings:
        if finding.model == model.path:
            _add_finding(suite, finding, failing=finding.severity.rank >= report.fail_on.rank)
    for item in report.suppressed:
        if item.finding.model == model.path:
            _add_suppressed(suite, item)
    for key, value in model.facts:
        if key == "skipped":
            name, _, reason = value.partition(": ")
            case = ET.SubElement(suite, "testcase", classname=_clean(model.path), name=_clean(name))
            ET.SubElement(case, "skipped", message=_clean(reason))
    if not len(suite):
        ET.SubElement(suite, "testcase", classname=_clean(model.path), name="no findings")


def _case(suite: ET.Element, finding: Finding) -> ET.Element:
    attributes = {
        "classname": _clean(finding.model),
        "name": _clean(f"{finding.code} {finding.name} {place(finding, finding.location.path)}".strip()),
        "file": _clean(finding.path),
    }
    if finding.location.line:
        attributes["line"] = str(finding.location.line)
    return ET.SubElement(suite, "testcase", attributes)


def _add_finding(suite: ET.Element, finding: Finding, *, failing: bool) -> None:
    case = _case(suite, finding)
    text = _clean(f"{place(finding, finding.path)}: {finding.severity.value} {finding.code} {full_text(finding)}")
    if failing:
        kind = {"message": _clean(finding.message), "type": finding.severity.value}
        ET.SubElement(case, "failure", kind).text = text
    else:
        ET.SubElement(case, "system-out").text = text


def _add_suppressed(suite: ET.Element, item: Suppressed) -> None:
    message = _clean(f"suppressed ({item.source}): {item.reason}")
    ET.SubElement(_case(suite, item.finding), "skipped", message=message)


def _fill_errors(suite: ET.Element, errors: Iterable[str]) -> None:
    for error in errors:
        case = ET.SubElement(suite, "testcase", classname="mlcheck", name=_clean(error.partition(": ")[0]))
        ET.SubElement(case, "error", message=_clean(error), type="could-not-check")


def _count(element: ET.Element) -> None:
    found = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
    for attribute, tag in found.items():
        element.set(attribute, str(sum(1 for _ in element.iter(tag))))


def _clean(text: str) -> str:
    return _FORBIDDEN.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
