"""Lint: paths and a configuration go in, a report comes out. No model code is run and MLflow is not imported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mlcheck.facts.contract_codes import CONTRACT_CODES
from mlcheck.finding import Finding, Location, Problem, Severity, attach
from mlcheck.folder import MLMODEL, ModelFolder, display_name, find_model_roots
from mlcheck.policy import Overrides, Policy, strictest
from mlcheck.remote import fetch_folders, is_uri
from mlcheck.report import ModelSummary, Report, Suppressed
from mlcheck.rules import load_rules
from mlcheck.rules.registry import Rule


def lint_paths(
    paths: Sequence[str | Path], overrides: Overrides | None = None, *, skip_outside: bool = False
) -> Report:
    """Lint every model folder under the paths; a path without any is an error of the report.

    A path may be a URI that MLflow reads (`models:/churn/1`, `s3://…`); MLflow is imported only then. With
    `skip_outside`, files that belong to no model folder are passed over (pre-commit passes any changed file).

    Raises `ConfigError` for a configuration that cannot be used.
    """
    uris = [path for path in paths if isinstance(path, str) and is_uri(path)]
    local = [path for path in paths if path not in uris]
    folders, errors = open_folders(local, skip_outside=skip_outside)
    with fetch_folders(uris) as (fetched, not_fetched):
        places = {folder.root: folder.name for folder in fetched}
        policy = Policy(known_codes(), lint_codes(), overrides or Overrides(), uris=places)
        return _lint([*folders, *fetched], [*errors, *not_fetched], policy, [Path(path) for path in local])


def _lint(folders: Sequence[ModelFolder], errors: Sequence[str], policy: Policy, paths: Sequence[Path]) -> Report:
    findings = lint_folders(folders, policy)
    kept: list[Finding] = []
    held: list[Suppressed] = []
    for folder in folders:
        of_folder, suppressed = policy.apply(findings.get(folder.name, ()), folder.root)
        kept += of_folder
        held += suppressed
    kept += policy.unused(paths, {folder.name: folder.root for folder in folders})
    return Report(
        models=tuple(ModelSummary(folder.name, config=policy.config_name(folder.root)) for folder in folders),
        findings=tuple(sorted(kept, key=lambda finding: finding.sort_key)),
        suppressed=tuple(held),
        errors=tuple(errors),
        fail_on=strictest(policy, folders),
    )


def lint_codes() -> frozenset[str]:
    """All codes that lint can report."""
    return frozenset(load_rules())


def known_codes() -> frozenset[str]:
    """All codes that a configuration may name: those of rules and of contract checks."""
    return lint_codes().union(CONTRACT_CODES)


def open_folders(paths: Sequence[str | Path], *, skip_outside: bool = False) -> tuple[list[ModelFolder], list[str]]:
    """Return the model folders under the paths, each once and in order, and what could not be found."""
    roots: dict[Path, str] = {}
    errors = []
    for path in map(Path, paths):
        found = find_model_roots(path)
        if not found and not (skip_outside and path.is_file()):
            errors.append(_explain_no_model(path))
        for root in found:
            roots.setdefault(root.resolve(), display_name(root))
    return [ModelFolder(root, name) for root, name in roots.items()], errors


def _explain_no_model(path: Path) -> str:
    if is_uri(str(path)):
        return f"{path}: only `mlcheck lint` and `mlcheck gate` read a URI: download the model first"
    if not path.exists():
        return f"{display_name(path)}: no such file or folder"
    return f"{display_name(path)}: no model folder here: none with a file named {MLMODEL!r} at or below this path"


def lint_folders(folders: Sequence[ModelFolder], policy: Policy | None = None) -> dict[str, list[Finding]]:
    """Apply all rules to folders and return the findings of each, by the folder's name, in report order.

    With a policy, only the rules that the folder's configuration selects are run.
    """
    rules = tuple(load_rules().values())
    findings: dict[str, list[Finding]] = {}
    for folder in folders:
        findings[folder.name] = list(lint_folder(folder, _selected(rules, folder, policy)))
        folder.forget()  # thousands of folders are more than memory holds
    for rule in rules:
        if rule.scope == "tree":
            chosen = [folder for folder in folders if _selected((rule,), folder, policy)]
            for finding in _apply_to_tree(rule, chosen):
                findings[finding.model].append(finding)
    return {name: sorted(found, key=lambda finding: finding.sort_key) for name, found in findings.items()}


def _selected(rules: tuple[Rule, ...], folder: ModelFolder, policy: Policy | None) -> tuple[Rule, ...]:
    if policy is None:
        return rules
    config = policy.config_for(folder.root)
    return tuple(rule for rule in rules if config.selects(rule.code)) if config.select else rules


def lint_folder(folder: ModelFolder, rules: Iterable[Rule]) -> Iterator[Finding]:
    """Yield what the rules of scope `folder` find in one folder."""
    for rule in rules:
        if rule.scope == "folder":
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
