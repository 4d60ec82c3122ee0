"""Lint: paths and a configuration go in, a report comes out. No model code is run and MLflow is not imported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mlcheck.finding import Finding, Location, Problem, Severity, attach
from mlcheck.folder import MLMODEL, ModelFolder, display_name, find_model_roots
from mlcheck.report import ModelSummary, Report
from mlcheck.rules import load_rules
from mlcheck.rules.registry import Rule


def lint_paths(paths: Sequence[str | Path]) -> Report:
    """Lint every model folder under the paths; a path without any is an error of the report."""
    folders, errors = open_folders(paths)
    findings = lint_folders(folders)
    models = tuple(ModelSummary(folder.name) for folder in folders)
    return Report(models=models, findings=findings, errors=tuple(errors))


def open_folders(paths: Sequence[str | Path]) -> tuple[list[ModelFolder], list[str]]:
    """Return the model folders under the paths, each once and in order, and what could not be found."""
    roots: dict[Path, str] = {}
    errors = []
    for path in map(Path, paths):
        found = find_model_roots(path)
        if not found:
            errors.append(_explain_no_model(path))
        for root in found:
            roots.setdefault(root.resolve(), display_name(root))
    return [ModelFolder(root, name) for root, name in roots.items()], errors


def _explain_no_model(path: Path) -> str:
    if not path.exists():
        return f"{display_name(path)}: no such file or folder"
    return f"{display_name(path)}: no model folder here: none with a file named {MLMODEL!r} at or below this path"


def lint_folders(folders: Sequence[ModelFolder]) -> tuple[Finding, ...]:
    """Apply all rules to folders and return the findings in the order of a report."""
    rules = load_rules().values()
    findings = [finding for folder in folders for finding in lint_folder(folder, rules)]
    for rule in rules:
        if rule.scope == "tree":
            findings.extend(_apply_to_tree(rule, folders))
    return tuple(sorted(findings, key=lambda finding: finding.sort_key))


def lint_folder(folder: ModelFolder, rules: Iterable[Rule]) -> Iterator[Finding]:
    """Yield what the rules of scope `folder` find in one folder."""
    for rule in rules:
        if rule.scope == "folder":
            yield from _apply_to_folder(rule, folder)


def _apply_to_folder(rule: Rule, folder: ModelFolder) -> Iterator[Finding]:
    try:
        for problem in rule.check_folder(folder):
            yield attach(problem, code=rule.code, name=rule.name, severity=rule.severity, model=folder.name)
    except Exception as error:  # noqa: BLE001 - a rule that fails must not hide what the others find
        yield _internal_error(rule, folder, error)


def _apply_to_tree(rule: Rule, folders: Sequence[ModelFolder]) -> Iterator[Finding]:
    try:
        for folder, problem in rule.check_tree(folders):
            yield attach(problem, code=rule.code, name=rule.name, severity=rule.severity, model=folder.name)
    except Exception as error:  # noqa: BLE001 - as above
        if folders:
            yield _internal_error(rule, folders[0], error)


def _internal_error(rule: Rule, folder: ModelFolder, error: Exception) -> Finding:
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    problem = Problem(
        message=f"rule {rule.code} ({rule.name}) failed on this folder: {what[:300]}",
        location=Location(MLMODEL, 1, 1),
        hint="this is a defect of mlcheck: please report it with the MLmodel file; the other rules did run",
        subject=rule.code,
    )
    return attach(problem, code="MLC001", name="internal-error", severity=Severity.ERROR, model=folder.name)
