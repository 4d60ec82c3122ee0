"""Lint: paths and a configuration go in, a report comes out. No model code is run and MLflow is not imported."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from mlcheck.facts.contract_codes import CONTRACT_CODES
from mlcheck.finding import Finding, Location, Problem, Severity, attach
from mlcheck.folder import MLMODEL, ModelFolder
from mlcheck.parts import Known, Part, known_about
from mlcheck.policy import Overrides, Policy, strictest
from mlcheck.remote import fetch_folders, is_uri
from mlcheck.report import ModelSummary, Report, Suppressed
from mlcheck.roots import display_name, find_model_roots
from mlcheck.rules import load_rules
from mlcheck.rules.registry import Rule


def lint_paths(
    paths: Sequence[str | Path],
    overrides: Overrides | None = None,
    *,
    skip_outside: bool = False,
    jobs: int | None = 1,
    cache: bool | None = False,
) -> Report:
    """Lint every model folder under the paths; a path without any is an error of the report.

    A path may be a URI that MLflow reads (`models:/churn/1`, `s3://…`); MLflow is imported only then. With
    `skip_outside`, files that belong to no model folder are passed over (pre-commit passes any changed file).

    `jobs` is the number of processes, `None` for as many as pay. With `cache`, folders that have not changed since
    the last run are not read again; `None` does so where there are many.

    Raises `ConfigError` for a configuration that cannot be used.
    """
    uris = [path for path in paths if isinstance(path, str) and is_uri(path)]
    local = [path for path in paths if path not in uris]
    folders, errors = open_folders(local, skip_outside=skip_outside)
    with fetch_folders(uris) as (fetched, not_fetched):
        places = {folder.root: folder.name for folder in fetched}
        policy = Policy(known_codes(), lint_codes(), overrides or Overrides(), uris=places)
        everything = [*folders, *fetched]
        findings = lint_folders(everything, policy, jobs=jobs, cache=cache)
        return _judge(everything, findings, [*errors, *not_fetched], policy, [Path(path) for path in local])


def lint_model(folder: ModelFolder, uri: str, overrides: Overrides | None = None) -> Report:
    """Lint one model folder that was fetched from a URI; raises `ConfigError` as `lint_paths` does."""
    policy = Policy(known_codes(), lint_codes(), overrides or Overrides(), uris={folder.root: uri})
    return _judge([folder], lint_folders([folder], policy), [], policy, [])


def _judge(
    folders: Sequence[ModelFolder],
    findings: Mapping[str, Sequence[Finding]],
    errors: Sequence[str],
    policy: Policy,
    paths: Sequence[Path],
) -> Report:
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
    roots: dict[str, str] = {}
    errors = []
    for path in map(Path, paths):
        found, misnamed = find_model_roots(path)
        if found or any(file.parent != path for file in misnamed):
            errors += [f"{display_name(file)}: MLflow reads {MLMODEL!r} alone: rename the file" for file in misnamed]
        elif not (skip_outside and path.is_file()):
            errors.append(_explain_no_model(path))
        for root in found:
            roots.setdefault(os.path.realpath(root), display_name(root))
    return [ModelFolder(Path(root), name) for root, name in roots.items()], errors


def _explain_no_model(path: Path) -> str:
    if is_uri(str(path)):
        return f"{path}: only `mlcheck lint`, `mlcheck test` and `mlcheck gate` read a URI: download the model first"
    if not path.exists():
        return f"{display_name(path)}: no such file or folder"
    where = f"{display_name(path)}: no model folder here: none with a file named {MLMODEL!r} at or below this path"
    near = _near_model(path)
    return f"{where}; {near}" if near else where


def _near_model(path: Path) -> str:
    """Say what may have been meant: a file of another case or ending, or the folder above."""
    directory = path if path.is_dir() else path.parent
    alike = (item.name for item in directory.iterdir() if item.stem.lower() == MLMODEL.lower() and item.is_file())
    other = min(alike, default="")
    if other:
        return f"{other!r} is there: MLflow reads {MLMODEL!r} alone"
    above = directory.resolve().parent
    return f"the folder above is one: {display_name(above)}" if (above / MLMODEL).is_file() else ""


def lint_folders(
    folders: Sequence[ModelFolder], policy: Policy | None = None, *, jobs: int | None = 1, cache: bool | None = False
) -> dict[str, list[Finding]]:
    """Apply all rules to folders and return the findings of each, by the folder's name, in report order.

    With a policy, only the rules that the folder's configuration selects are run. `jobs` and `cache` are those of
    `lint_paths`.
    """
    tasks = [(folder, policy.config_for(folder.root).select if policy else ()) for folder in folders]
    if cache or (cache is None and len(folders) >= _MANY):
        linted = _lint_with_cache(tasks, policy, jobs)
    else:
        linted = _lint_each(tasks, jobs, compared=len(tasks) > 1)
    found = {name: list(findings) for name, (findings, _) in linted.items()}
    for rule in load_rules().values():
        if rule.scope == "tree":
            known = [(folder, linted[folder.name][1]) for folder, _ in tasks]
            chosen = [(folder, facts[rule.code]) for folder, facts in known if rule.code in facts]
            for finding in _apply_to_tree(rule, chosen):
                found[finding.model].append(finding)
    return {name: sorted(findings, key=lambda finding: finding.sort_key) for name, findings in found.items()}


_MANY = 100
"""From so many folders on, other processes and a cache pay."""

_Task = tuple[ModelFolder, tuple[str, ...]]
_Linted = tuple[list[Finding], dict[str, object]]


def _lint_with_cache(tasks: Sequence[_Task], policy: Policy | None, jobs: int | None) -> dict[str, _Linted]:
    from mlcheck.cache import DIRECTORY, Cache  # noqa: PLC0415 - a run on few folders needs none

    config = policy.config_for(tasks[0][0].root).path if policy and tasks else None
    cache = Cache((config.parent if config else Path.cwd()) / DIRECTORY)
    known = {folder.name: linted for folder, select in tasks if (linted := cache.get(folder, select)) is not None}
    left = [task for task in tasks if task[0].name not in known]
    fresh = _lint_each(left, jobs, compared=True)
    for folder, select in left:
        cache.put(folder, select, fresh[folder.name])
    cache.save()
    return {folder.name: known.get(folder.name) or fresh[folder.name] for folder, _ in tasks}


def _lint_each(tasks: Sequence[_Task], jobs: int | None, *, compared: bool) -> dict[str, _Linted]:
    jobs = _wanted_jobs(len(tasks)) if jobs is None else jobs
    linted: dict[str, _Linted] = {}
    if jobs > 1 and len(tasks) > 1:
        from mlcheck.jobs import map_in_processes  # noqa: PLC0415 - as above

        # Of what is fetched from elsewhere only this process knows the files.
        given = [(str(folder.root), folder.name, select) for folder, select in tasks if not folder.partial]
        found = map_in_processes(_lint_alone, given, jobs)
        linted = dict(zip((name for _, name, _ in given), found, strict=True))
    for folder, select in tasks:
        if folder.name not in linted:
            linted[folder.name] = _lint_one(folder, select, compared=compared)
            folder.forget()  # thousands of folders are more than memory holds
    return linted


def _lint_alone(task: tuple[str, str, tuple[str, ...]]) -> _Linted:
    root, name, select = task
    return _lint_one(ModelFolder(Path(root), name), select, compared=True)


def _lint_one(folder: ModelFolder, select: tuple[str, ...], *, compared: bool) -> _Linted:
    """Return what is found in a folder; if folders are compared, also what rules for that have to know, by codes."""
    rules = select_rules(select)
    findings = list(lint_folder(folder, rules))
    facts: dict[str, object] = {}
    for rule in rules:
        if compared and rule.fact is not None:
            try:
                facts[rule.code] = rule.fact(folder)
            except Exception as error:  # noqa: BLE001 - as for rules
                findings.append(_internal_error(rule, folder, error))
    return findings, facts


def _wanted_jobs(count: int) -> int:
    if count < _MANY:
        return 1
    from mlcheck.jobs import usable_cpus  # noqa: PLC0415 - as above

    return min(usable_cpus(), count // (_MANY // 2))


@lru_cache(maxsize=64)
def select_rules(select: tuple[str, ...]) -> tuple[Rule, ...]:
    """Return the rules whose codes begin with one of the selected prefixes, all for none."""
    return tuple(rule for rule in load_rules().values() if not select or rule.code.startswith(select))


_UNFETCHED: Final = "MLC420"
"""The rule that speaks alone while the metadata are git-LFS pointers."""


def lint_folder(folder: ModelFolder, rules: Iterable[Rule]) -> Iterator[Finding]:
    """Yield what the rules of scope `folder` find in one folder."""
    parts: dict[Part, Known | None] = {"folder": None}
    for rule in rules:
        if rule.scope != "folder" or (folder.unfetched and rule.code != _UNFETCHED):
            continue
        if rule.reads not in parts:
            parts[rule.reads] = known_about(folder, rule.reads)
        known = parts[rule.reads]
        problems = None if known is None else known.get(rule.code)
        if problems is None:
            problems, error = _ask(rule, folder)
            if error is not None:
                yield _internal_error(rule, folder, error)
            elif known is not None:
                known[rule.code] = problems
        for problem in problems:
            yield attach(problem, code=rule.code, name=rule.name, severity=rule.severity, model=folder.name)


def _ask(rule: Rule, folder: ModelFolder) -> tuple[list[Problem], Exception | None]:
    """Return what a rule finds, and how it failed; a rule that fails must not hide what the others find."""
    problems: list[Problem] = []
    try:
        problems.extend(rule.check_folder(folder))  # keeps what came before a failure
    except Exception as error:  # noqa: BLE001 - as said
        return problems, error
    return problems, None


def _apply_to_tree(rule: Rule, folders: Sequence[tuple[ModelFolder, object]]) -> Iterator[Finding]:
    try:
        for folder, problem in rule.check_tree(folders):
            yield attach(problem, code=rule.code, name=rule.name, severity=rule.severity, model=folder.name)
    except Exception as error:  # noqa: BLE001 - a rule that fails must not hide what the others find
        if folders:
            yield _internal_error(rule, folders[0][0], error)


def _internal_error(rule: Rule, folder: ModelFolder, error: Exception) -> Finding:
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    problem = Problem(
        message=f"rule {rule.code} ({rule.name}) failed on this folder: {what[:300]}",
        location=Location(MLMODEL, 1, 1),
        hint="this is a defect of mlcheck: please report it with the MLmodel file; the other rules did run",
        subject=rule.code,
    )
    return attach(problem, code="MLC001", name="internal-error", severity=Severity.ERROR, model=folder.name)
