"""One model and its checks → findings; paths and a configuration → a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from mlcheck.config import ModelSettings
from mlcheck.contract.checking import collect_findings
from mlcheck.contract.checks import load_checks
from mlcheck.contract.conversation import is_conversation
from mlcheck.contract.crew import Tell, tell_nobody, work_together
from mlcheck.contract.interpreters import NoInterpreterError
from mlcheck.contract.saved import SavedFailures, find_saved
from mlcheck.contract.tally import Tally
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Finding
from mlcheck.folder import ModelFolder
from mlcheck.lint import known_codes, open_folders
from mlcheck.policy import Overrides, Policy, strictest
from mlcheck.records import replace
from mlcheck.remote import download_folders, is_uri
from mlcheck.report import ModelSummary, Report, Suppressed

Progress: TypeAlias = Callable[[int, str, str], None]
"""Is told how many models there are, and the model and the check at work; an empty check when a model is done."""

_Result: TypeAlias = tuple[list[Finding], Tally]
_Task: TypeAlias = "tuple[str, str, str, Overrides, RunOptions]"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line says about a contract run; `None` leaves it to the configuration.

    `jobs` is how many models are tested at a time, each by a process of its own. With `saved`, what failed in the
    last run is tried first, and what fails is kept for the next one.
    """

    seed: int = 0
    max_examples: int | None = None
    time_limit: float | None = None
    model_time_limit: float | None = None
    memory_limit: int | None = None
    env: str | None = None
    jobs: int = 1
    saved: bool = False
    progress: Progress | None = None

    def settings(self, configured: ModelSettings) -> ModelSettings:
        """Return the configured settings with what the command line says."""
        names = ("max_examples", "time_limit", "model_time_limit", "memory_limit", "env")
        given = {name: getattr(self, name) for name in names}
        return replace(configured, **{name: value for name, value in given.items() if value is not None})


def contract_codes() -> frozenset[str]:
    """All codes that a contract run can report."""
    return frozenset(load_checks())


def check_paths(
    paths: Sequence[str | Path], overrides: Overrides | None = None, options: RunOptions | None = None
) -> Report:
    """Contract-test every model folder under the paths; a URI that MLflow reads (`models:/churn/1`) is fetched whole.

    Raises `ConfigError` for a configuration that cannot be used.
    """
    uris = [path for path in paths if isinstance(path, str) and is_uri(path)]
    local = [Path(path) for path in paths if path not in uris]
    folders, errors = open_folders(local)
    with download_folders(uris) as (fetched, not_fetched):
        policy = Policy(
            known_codes(), contract_codes(), overrides or Overrides(), uris={one.root: one.name for one in fetched}
        )
        return _report([*folders, *fetched], [*errors, *not_fetched], policy, options or RunOptions(), local)


def check_model(folder: ModelFolder, uri: str, overrides: Overrides | None, options: RunOptions | None) -> Report:
    """Contract-test one model folder that was fetched from a URI; raises `ConfigError` as `check_paths` does."""
    policy = Policy(known_codes(), contract_codes(), overrides or Overrides(), uris={folder.root: uri})
    return _report([folder], [], policy, options or RunOptions(), [])


def _report(
    folders: Sequence[ModelFolder], errors: list[str], policy: Policy, options: RunOptions, paths: Sequence[Path]
) -> Report:
    kept: list[Finding] = []
    held: list[Suppressed] = []
    summaries = []
    for folder, (findings, tally) in zip(folders, _check_folders(folders, policy, options), strict=True):
        if tally.untestable:
            errors.append(f"{folder.name}: {tally.untestable}")
        of_folder, suppressed = policy.apply(findings, folder.root)
        kept += of_folder
        held += suppressed
        summaries.append(ModelSummary(folder.name, tally.facts, policy.config_name(folder.root)))
    kept += policy.unused(paths, {folder.name: folder.root for folder in folders})
    return Report(
        models=tuple(summaries),
        findings=tuple(sorted(kept, key=lambda finding: finding.sort_key)),
        suppressed=tuple(held),
        errors=tuple(errors),
        fail_on=strictest(policy, folders),
    )


def _check_folders(folders: Sequence[ModelFolder], policy: Policy, options: RunOptions) -> Iterator[_Result]:
    jobs = min(options.jobs, len(folders))
    tell = partial(options.progress, len(folders)) if options.progress else tell_nobody
    if jobs < 2:
        yield from (check_folder(folder, policy, options, tell) for folder in folders)
        return
    given = replace(options, progress=None)
    tasks: list[_Task] = [
        (str(folder.root), folder.name, policy.uris.get(folder.root, ""), policy.overrides, given) for folder in folders
    ]
    for folder, result in zip(folders, work_together(check_alone, tasks, jobs, tell), strict=True):
        if isinstance(result, str):
            yield [], Tally(untestable=f"the process that tested it ended: {result}")
        else:
            yield result
        folder.forget()


def check_alone(task: _Task, tell: Tell) -> _Result:
    """Do what `check_folder` does, in a process of its own, with what can be sent to it."""
    root, name, uri, overrides, options = task
    uris = {Path(root): uri} if uri else {}
    policy = Policy(known_codes(), contract_codes(), overrides, uris=uris)
    return check_folder(ModelFolder(Path(root), name), policy, options, tell)


def check_folder(folder: ModelFolder, policy: Policy, options: RunOptions, tell: Tell) -> _Result:
    """Apply all selected checks to one model; everything that was started is gone when it returns.

    `tell` is told the model and the check at work, and an empty check at the end.
    """
    config = policy.config_for(folder.root)
    findings: list[Finding] = []
    with open_model(folder, policy, options) as model:
        for check in load_checks().values():
            if config.selects(check.code):
                tell(folder.name, check.name)
                try:
                    found, skipped = collect_findings(check, model)
                except NoInterpreterError as reason:
                    model.tally.untestable = str(reason)
                    continue
                findings += found
                model.tally.skipped.update({check.name: skipped} if skipped else {})
        _finish(model)
    tell(folder.name, "")
    return findings, model.tally


def _finish(model: ModelUnderTest) -> None:
    tally = model.tally
    tally.loaded = model.host.fault is None and model.was_loaded
    tally.environment = model.host.describe()
    if model.signature is None:
        why = "a chat model or agent" if is_conversation(model.folder) else "no signature that can be read"
        tally.notes.append(f"{why}: only loading and the input example were tested")
    if tally.untried:
        checks = f"{tally.untried} check{'s were' if tally.untried > 1 else ' was'}"
        tally.notes.append(f"the {model.clock.limit:g} s for this model are over: {checks} not tried to the end")


def open_model(folder: ModelFolder, policy: Policy, options: RunOptions) -> ModelUnderTest:
    """Return a model under test with the settings that the configuration and the options give it."""
    config = policy.config_for(folder.root)
    settings = options.settings(config.settings_for(policy.place_of(folder.root)))
    saved = SavedFailures()
    if options.saved:
        saved = find_saved(folder.root, config.path.parent if config.path else Path.cwd())
    return ModelUnderTest(folder, settings, seed=options.seed, saved=saved)
