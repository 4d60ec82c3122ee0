"""What pytest collects: an `MLmodel` file is a model under test, each contract check an item of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest._code.code import ReprFileLocation, TerminalRepr
from _pytest._io import TerminalWriter

from mlcheck.config import ConfigError, place_env
from mlcheck.contract.checking import collect_findings
from mlcheck.contract.checks import load_checks
from mlcheck.contract.checks.registry import Check
from mlcheck.contract.interpreters import NoInterpreterError
from mlcheck.contract.runner import RunOptions, contract_codes, open_model
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Finding
from mlcheck.folder import ModelFolder
from mlcheck.lint import known_codes
from mlcheck.output.text import block
from mlcheck.policy import Overrides, Policy


class MlcheckWarning(UserWarning):
    """A finding that does not fail the test."""


class ContractBrokenError(Exception):
    """Findings that fail a test item; its text is what the user reads, its headline fits on one line."""

    def __init__(self, text: str, headline: str, line: int) -> None:
        super().__init__(text)
        self.headline = headline
        self.line = line


class ModelFile(pytest.File):
    """An `MLmodel` file; its items share one process of the model."""

    _model: ModelUnderTest | None = None

    def collect(self) -> Iterator[CheckItem]:
        """Yield one item for each check that applies to the model's signature."""
        folder = ModelFolder(self.path.parent, self._display_name())
        config = self.policy.config_for(folder.root)
        for check in load_checks().values():
            if config.selects(check.code) and check.applies(folder.signature):
                yield CheckItem.from_parent(self, name=check.name, check=check)

    def _display_name(self) -> str:
        try:
            return self.path.parent.relative_to(self.config.invocation_params.dir).as_posix()
        except ValueError:
            return self.path.parent.as_posix()

    @property
    def policy(self) -> Policy:
        """The policy of this pytest run, made once."""
        policy: Policy | None = self.config.stash.get(_POLICY, None)
        if policy is None:
            policy = self.config.stash[_POLICY] = _make_policy(self.config)
        return policy

    @property
    def model(self) -> ModelUnderTest:
        """The model under test, made when the first item asks for it."""
        if self._model is None:
            folder = ModelFolder(self.path.parent, self._display_name())
            self._model = open_model(folder, self.policy, _run_options(self.config))
        return self._model

    def teardown(self) -> None:
        """End the model's process when its last item is done."""
        if self._model is not None:
            self._model.close()
            self._model = None


class CheckItem(pytest.Item):
    """One contract check of one model."""

    parent: ModelFile

    def __init__(self, *, check: Check, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.check = check
        self.add_marker("mlcheck")
        self.add_marker(pytest.mark.xdist_group(self.parent.nodeid))
        self.user_properties.append(("mlcheck_code", check.code))

    def runtest(self) -> None:
        """Run the check; findings at or above `fail-on` fail the item, others become warnings."""
        model = self.parent.model
        findings, skipped = collect_findings(self.check, model)
        if skipped:
            pytest.skip(skipped)
        kept, held = self.parent.policy.apply(findings, model.folder.root)
        for item in held:
            self.user_properties.append(("mlcheck_suppressed", f"{item.finding.code}: {item.reason}"))
        self._judge(kept)

    def _judge(self, findings: list[Finding]) -> None:
        fail_on = self.parent.policy.config_for(self.parent.path.parent).fail_on
        for finding in findings:
            self.user_properties.append(("mlcheck_fingerprint", finding.fingerprint))
        failing = [finding for finding in findings if finding.severity.rank >= fail_on.rank]
        for finding in findings:
            if finding not in failing:
                text = f"{finding.path}: {finding.severity.value} {finding.code} {finding.message}"
                self.warn(MlcheckWarning(text))
        if failing:
            text = "\n\n".join(_explain(finding, self) for finding in failing)
            first = failing[0]
            raise ContractBrokenError(text, f"{first.code} {first.message}", first.location.line or 1)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show findings as they are, without a traceback of mlcheck."""
        if isinstance(excinfo.value, ContractBrokenError):
            return FindingsRepr(excinfo.value, self.path)
        if isinstance(excinfo.value, ConfigError | NoInterpreterError):
            return f"mlcheck cannot test this model: {excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Say where the item comes from: the MLmodel file and the check's name."""
        return self.path, 0, f"{self.parent.nodeid}::{self.name}"  # warnings need a line


class FindingsRepr(TerminalRepr):
    """What a failed item shows; `reprcrash` gives the first finding's message to the short summary and to junit."""

    def __init__(self, error: ContractBrokenError, path: Path) -> None:
        self.text = str(error)
        self.reprcrash = ReprFileLocation(str(path), error.line, error.headline)

    def toterminal(self, tw: TerminalWriter) -> None:
        """Write the findings."""
        tw.line(self.text)


def _explain(finding: Finding, item: CheckItem) -> str:
    options = {name: item.config.getoption(f"mlcheck_{name}") for name in ("env", "seed")}
    given = "".join(f" --mlcheck-{name} {value}" for name, value in options.items() if value is not None)
    again = f"run this check again: pytest --mlcheck{given} {finding.model} -k {item.name}"
    return "\n".join([*block(finding), again])


_POLICY = pytest.StashKey[Policy]()


def _make_policy(config: pytest.Config) -> Policy:
    return Policy(known_codes(), contract_codes(), Overrides(strict=config.getoption("mlcheck_strict")))


def _run_options(config: pytest.Config) -> RunOptions:
    return RunOptions(
        seed=_setting(config, "seed", int) or 0,
        max_examples=_setting(config, "max_examples", int),
        time_limit=_setting(config, "time_limit", float),
        model_time_limit=_setting(config, "model_time_limit", float),
        memory_limit=_setting(config, "memory_limit", int),
        saved=config.getini("mlcheck_saved") and not config.getoption("mlcheck_no_saved"),
        env=_env(config),
    )


def _env(config: pytest.Config) -> str | None:
    given: str | None = config.getoption("mlcheck_env")
    written = config.getini("mlcheck_env")
    return given or (place_env(written, config.inipath.parent) if written and config.inipath else written or None)


def _setting(config: pytest.Config, name: str, kind: type) -> Any:
    given = config.getoption(f"mlcheck_{name}")
    if given is not None:
        return given
    text = config.getini(f"mlcheck_{name}")
    try:
        return kind(text) if text else None
    except ValueError:
        raise pytest.UsageError(f"mlcheck_{name} must be a number, not {text!r}") from None
