"""One model and its checks → findings; paths and a configuration → a report."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlcheck.config import ConfigError, ModelSettings
from mlcheck.contract.checks import load_checks
from mlcheck.contract.checks.load import ENVIRONMENT
from mlcheck.contract.checks.registry import Check, CheckSkipped
from mlcheck.contract.interpreters import NoInterpreterError
from mlcheck.contract.under_test import ModelUnderTest, Tally
from mlcheck.finding import Finding, Location, Problem, Severity, attach
from mlcheck.folder import MLMODEL, ModelFolder
from mlcheck.lint import known_codes, open_folders
from mlcheck.policy import Overrides, Policy, strictest
from mlcheck.records import replace
from mlcheck.report import ModelSummary, Report, Suppressed

LOADS = "MLC501"
"""The check whose failure makes all others pointless."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line says about a contract run; `None` leaves it to the configuration."""

    seed: int = 0
    max_examples: int | None = None
    time_limit: float | None = None
    memory_limit: int | None = None
    env: str | None = None
    progress: Callable[[str, str], None] | None = None

    def settings(self, configured: ModelSettings) -> ModelSettings:
        """Return the configured settings with what the command line says."""
        given = {name: getattr(self, name) for name in ("max_examples", "time_limit", "memory_limit", "env")}
        return replace(configured, **{name: value for name, value in given.items() if value is not None})


def contract_codes() -> frozenset[str]:
    """All codes that a contract run can report."""
    return frozenset(load_checks())


def check_paths(
    paths: Sequence[str | Path], overrides: Overrides | None = None, options: RunOptions | None = None
) -> Report:
    """Contract-test every model folder under the paths.

    Raises `ConfigError` for a configuration that cannot be used.
    """
    options = options or RunOptions()
    folders, errors = open_folders(paths)
    policy = Policy(known_codes(), contract_codes(), overrides or Overrides())
    kept: list[Finding] = []
    held: list[Suppressed] = []
    summaries = []
    for folder in folders:
        findings, tally = check_folder(folder, policy, options)
        if tally.untestable:
            errors.append(f"{folder.name}: {tally.untestable}")
        of_folder, suppressed = policy.apply(findings, folder.root)
        kept += of_folder
        held += suppressed
        summaries.append(ModelSummary(folder.name, tally_facts(tally), policy.config_name(folder.root)))
    kept += policy.unused([Path(path) for path in paths], {folder.name: folder.root for folder in folders})
    return Report(
        models=tuple(summaries),
        findings=tuple(sorted(kept, key=lambda finding: finding.sort_key)),
        suppressed=tuple(held),
        errors=tuple(errors),
        fail_on=strictest(policy, folders),
    )


def check_folder(folder: ModelFolder, policy: Policy, options: RunOptions) -> tuple[list[Finding], Tally]:
    """Apply all selected checks to one model; everything that was started is gone when it returns."""
    config = policy.config_for(folder.root)
    checks = [check for check in load_checks().values() if config.selects(check.code)]
    with open_model(folder, policy, options) as model:
        findings = [finding for check in checks for finding in _with_progress(check, model, options)]
        model.tally.loaded = model.fault is None and model.loaded
        model.tally.environment = model.describe_environment()
        if model.signature is None:
            why = "a chat model or agent" if model.is_conversation else "no signature that can be read"
            model.tally.notes.append(f"{why}: only loading and the input example were tested")
    return findings, model.tally


def open_model(folder: ModelFolder, policy: Policy, options: RunOptions) -> ModelUnderTest:
    """Return a model under test with the settings that the configuration and the options give it."""
    settings = options.settings(policy.config_for(folder.root).settings_for(folder.root))
    return ModelUnderTest(folder, settings, seed=options.seed)


def _with_progress(check: Check, model: ModelUnderTest, options: RunOptions) -> list[Finding]:
    if options.progress is not None:
        options.progress(model.folder.name, check.name)
    try:
        return list(run_check(check, model))
    except CheckSkipped as reason:
        model.tally.skipped[check.name] = str(reason)
    except NoInterpreterError as reason:
        model.tally.untestable = str(reason)
    return []


def run_check(check: Check, model: ModelUnderTest) -> Iterator[Finding]:
    """Yield what one check finds.

    Raises `CheckSkipped` where it cannot be done, and `NoInterpreterError`, for the first check of a model, where
    there is nothing that the model could be run with.
    """
    _require_environment(check, model)
    if not check.applies(model.signature):
        raise CheckSkipped("the signature has nothing of the kind")
    if not check.code.startswith("MLC50") and not model.loaded:
        raise CheckSkipped("the model could not be loaded")
    found = False
    try:
        for problem in check.function(model):
            found = True
            yield attach(problem, code=check.code, name=check.name, severity=check.severity, model=model.folder.name)
    except CheckSkipped as reason:
        if not found:  # else what was found counts, and the rest of the check is given up
            raise
        model.tally.notes.append(f"{check.name} was not finished: {reason}")
    except ConfigError:
        raise
    except Exception as error:  # noqa: BLE001 - a check that fails must not hide what the others find
        yield _internal_error(check, model, error)


def _require_environment(check: Check, model: ModelUnderTest) -> None:
    if isinstance(model.fault, NoInterpreterError) and not model.tally.untestable:
        model.tally.untestable = str(model.fault)
        raise model.fault
    if model.fault is not None and check.code != ENVIRONMENT:
        raise CheckSkipped("there is no environment to run the model in")


def _internal_error(check: Check, model: ModelUnderTest, error: Exception) -> Finding:
    problem = Problem(
        message=f"check {check.code} ({check.name}) failed on this model: {type(error).__name__}: {str(error)[:300]}",
        location=Location(MLMODEL, 1, 1),
        hint="this is a defect of mlcheck: please report it with the traceback; the other checks did run",
        subject=check.code,
        details=(("traceback", traceback.format_exc(limit=-6)),),
    )
    return attach(problem, code="MLC001", name="internal-error", severity=Severity.ERROR, model=model.folder.name)


def tally_facts(tally: Tally) -> tuple[tuple[str, str], ...]:
    """Return what was tried with a model, for the report."""
    ours = max(0.0, tally.total_seconds - tally.load_seconds - tally.predict_seconds - tally.build_seconds)
    facts = [
        ("loaded", "yes" if tally.loaded else "no"),
        ("cases", str(tally.cases)),
        ("edges", str(tally.edges)),
        ("violations", str(tally.violations)),
        ("seconds in load", f"{tally.load_seconds:.2f}"),
        ("seconds in predict", f"{tally.predict_seconds:.2f}"),
        ("seconds in mlcheck", f"{ours:.2f}"),
    ]
    told = {"environment": tally.environment, "built": tally.built}
    facts = [*((name, text) for name, text in told.items() if text), *facts]
    if tally.build_seconds:
        facts.append(("seconds in build", f"{tally.build_seconds:.2f}"))
    facts += [("skipped", f"{name}: {reason}") for name, reason in tally.skipped.items()]
    return (*facts, *(("note", note) for note in tally.notes))
