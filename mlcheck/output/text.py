"""Findings for people: grouped by model folder, one block each, with what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from mlcheck.finding import Finding
from mlcheck.output import PLAIN, View
from mlcheck.output._paint import paint, paint_code, printable
from mlcheck.output._sections import place, sections
from mlcheck.output._source import source_lines
from mlcheck.report import ModelSummary, Report, Suppressed


def render(report: Report, view: View) -> str:
    """Return the report as text that ends with a newline."""
    lines = [line for part in _parts(report, view) for line in (*part, "")]
    lines += [paint(printable(f"could not check {error}"), "error", view) for error in report.errors]
    lines.append(paint(report.summary, "bold", view))
    mendable = sum(bool(finding.fix) for finding in report.findings)
    if mendable:
        lines.append(f"{mendable} can be mended by `mlcheck lint --fix`; --diff shows how")
    return "\n".join(lines) + "\n"


def _parts(report: Report, view: View) -> Iterator[list[str]]:
    for model, findings in groupby(report.findings, key=lambda finding: finding.model):
        yield [paint(printable(model), "bold", view), *(line for item in findings for line in block(item, view))]
    if view.verbose and report.suppressed:
        yield ["suppressed:", *map(_held, report.suppressed)]
    tried = [line for model in report.models for line in _tried(model, view)]
    if tried:
        yield tried
    if view.verbose and report.models:
        yield list(_configurations(report.models))


def block(finding: Finding, view: View = PLAIN) -> list[str]:
    """Return the lines for one finding, indented by two spaces."""
    where = place(finding, printable(finding.location.path))
    severity = paint(finding.severity.value, finding.severity.value, view)
    code = paint_code(finding.code, view)
    lines = [f"  {where}: {severity} {code} [{finding.name}] {printable(finding.message)}"]
    if finding.location.pointer:
        lines.append(printable(f"      at {finding.location.pointer}"))
    if view.terminal:
        lines.extend(f"      {line}" for line in source_lines(finding, view))
    if finding.hint:
        lines.append(f"      {paint('help', 'help', view)}: {printable(finding.hint)}")
    for title, text in sections(finding):
        lines.append(f"      {printable(title)}:")
        lines.extend(f"        {printable(line)}" for line in text.splitlines())
    return lines


def _held(item: Suppressed) -> str:
    finding = item.finding
    where = place(finding, finding.path)
    return printable(f"  {where}: {finding.code} [{finding.name}] {finding.message} ({item.source}: {item.reason})")


def _tried(model: ModelSummary, view: View) -> Iterator[str]:
    """Yield what a contract run did with a model; lint has nothing to say here."""
    facts = dict(model.facts)
    numbers = {name: facts[name] for name in ("cases", "edges", "violations") if name in facts}
    if set(numbers.values()) - {"0"}:
        tried = ", ".join(f"{number} {name[:-1] if number == '1' else name}" for name, number in numbers.items())
        # Off a terminal the same run prints the same text, so that it can be compared and kept.
        yield printable(f"{model.path}: {tried}") + (_seconds(model) if view.terminal or view.verbose else "")
    elif "note" in facts:
        yield printable(f"{model.path}:")
    if "environment" in facts:
        built = f", built {facts['built']}" if "built" in facts and (view.terminal or view.verbose) else ""
        yield printable(f"{model.path}: run with {facts['environment']}{built}")
    shown = {"note", "skipped"} if view.verbose else {"note"}
    for name, value in model.facts:
        if name in shown:
            yield printable(f"  {value}" if name == "note" else f"  skipped {value}")


def _seconds(model: ModelSummary) -> str:
    times = {name.removeprefix("seconds in "): float(value) for name, value in model.facts if "seconds in " in name}
    return f" in {sum(times.values()):.1f} s ({', '.join(f'{name} {value:.1f} s' for name, value in times.items())})"


def _configurations(models: Iterable[ModelSummary]) -> Iterator[str]:
    for config, group in groupby(models, key=lambda model: model.config):
        named = printable(f"configuration: {config}" if config else "configuration: none found, the defaults hold")
        yield f"{named} ({', '.join(printable(model.path) for model in group)})"
