"""The pytest plugin: `pytest --mlcheck PATH` runs the contract checks of model folders as test items.

Without `--mlcheck` it does nothing and imports nothing beyond pytest; with it, each folder with an `MLmodel` file is
collected as `path/to/model/MLmodel::check-name`.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._code.code import ReprFileLocation, TerminalRepr
from _pytest._io import TerminalWriter

if TYPE_CHECKING:
    from mlcheck.contract.checks.registry import Check
    from mlcheck.contract.runner import RunOptions
    from mlcheck.contract.under_test import ModelUnderTest
    from mlcheck.finding import Finding
    from mlcheck.loaded import LoadedModel
    from mlcheck.policy import Policy

MLMODEL = "MLmodel"


class MlcheckWarning(UserWarning):
    """A finding that does not fail the test."""


class ContractBrokenError(Exception):
    """Findings that fail a test item; its text is what the user reads, its headline fits on one line."""

    def __init__(self, text: str, headline: str, line: int) -> None:
        super().__init__(text)
        self.headline = headline
        self.line = line


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--mlcheck` and the options and ini settings of a contract run."""
    group = parser.getgroup("mlcheck", "contract tests of MLflow model folders")
    group.addoption(
        "--mlcheck", action="store_true", help="collect every folder with an MLmodel file as a model to test"
    )
    group.addoption("--mlcheck-env", metavar="ENV", help="what models are run with: current, uv or a path")
    group.addoption("--mlcheck-max-examples", type=int, metavar="N", help="cases to draw for each check")
    group.addoption("--mlcheck-time-limit", type=float, metavar="SECONDS", help="longest time for one call of predict")
    group.addoption("--mlcheck-model-time-limit", type=float, metavar="SECONDS", help="longest time for one model")
    group.addoption("--mlcheck-memory-limit", type=int, metavar="MIB", help="address space of the model's process")
    group.addoption("--mlcheck-seed", type=int, metavar="N", help="another seed draws other cases (default: 0)")
    group.addoption(
        "--mlcheck-no-saved", action="store_true", help="neither try first what failed last time nor keep it"
    )
    group.addoption("--mlcheck-strict", action="store_true", help="count warnings as errors")
    parser.addini("mlcheck_env", "what models are run with: current, uv or a path", default="")
    parser.addini("mlcheck_max_examples", "cases to draw for each check", default="")
    parser.addini("mlcheck_time_limit", "longest time for one call of predict, in seconds", default="")
    parser.addini("mlcheck_model_time_limit", "longest time for one model in all, in seconds", default="")
    parser.addini("mlcheck_memory_limit", "address space of the model's process, in MiB", default="")
    parser.addini("mlcheck_seed", "seed of the drawn cases", default="")
    parser.addini("mlcheck_saved", "try first what failed last time, kept in .mlcheck", type="bool", default=True)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker that every item of a model has."""
    config.addinivalue_line("markers", "mlcheck: a contract check of an MLflow model folder")
    if config.getoption("mlcheck") and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        from mlcheck.interrupts import raise_interrupts  # noqa: PLC0415 - nothing is imported without --mlcheck

        raise_interrupts(signal.SIGINT)  # else Hypothesis may swallow it
        config.add_cleanup(_raise_interrupts_as_ever)


def _raise_interrupts_as_ever() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def mlcheck_load(request: pytest.FixtureRequest) -> Iterator[Callable[..., LoadedModel]]:
    """Give `mlcheck.load` for hand-written tests: each model is loaded once for all tests, and ended after them.

    Relative paths count from pytest's root directory.
    """
    from mlcheck.loaded import load  # noqa: PLC0415 - nothing is imported unless it is asked for

    known: dict[object, LoadedModel] = {}

    def load_once(path: str | Path, **settings: Any) -> LoadedModel:
        key = (str(path), *sorted(settings.items()))
        if key not in known:
            known[key] = load(_seen_from_here(request.config.rootpath / path), **settings)
        return known[key]

    yield load_once
    for model in known.values():
        model.close()


def _seen_from_here(path: Path) -> Path:
    """Return the path the way the user would write it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


@pytest.hookimpl(hookwrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Iterator[None]:
    """Keep one model's items on one pytest-xdist worker, unless the user asked for another distribution.

    A wrapper, because it must come before pytest-xdist's own hook, which settles the distribution.
    """
    if config.getoption("mlcheck") and getattr(config.option, "dist", None) == "no":
        workers = getattr(config.option, "numprocesses", None) or getattr(config.option, "tx", None)
        if workers:
            config.option.dist = "loadfile"  # a model is a file to pytest
    yield


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what lies inside a model folder: its code is not the project's tests, its copies no models."""
    if not config.getoption("mlcheck"):
        return None
    own = collection_path.name == MLMODEL
    outer = collection_path.parent.parents if own else collection_path.parents
    return True if any(_is_model(folder, config) for folder in outer) else None


def _is_model(folder: Path, config: pytest.Config) -> bool:
    # A repository that is itself a model folder has tests of its own, so the root and what is above do not count.
    above = folder == config.rootpath or folder in config.rootpath.parents
    return not above and (folder / MLMODEL).is_file()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ModelFile | None:
    """Collect an `MLmodel` file as a model to test."""
    if file_path.name != MLMODEL or not parent.config.getoption("mlcheck"):
        return None
    node: ModelFile = ModelFile.from_parent(parent, path=file_path)
    return node


class ModelFile(pytest.File):
    """An `MLmodel` file; its items share one process of the model."""

    _model: ModelUnderTest | None = None

    def collect(self) -> Iterator[CheckItem]:
        """Yield one item for each check that applies to the model's signature."""
        from mlcheck.contract.checks import load_checks  # noqa: PLC0415 - nothing is imported without --mlcheck
        from mlcheck.folder import ModelFolder  # noqa: PLC0415

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
            from mlcheck.contract.runner import open_model  # noqa: PLC0415 - as above
            from mlcheck.folder import ModelFolder  # noqa: PLC0415

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
        from mlcheck.contract.checking import collect_findings  # noqa: PLC0415 - as above

        model = self.parent.model
        findings, skipped = collect_findings(self.check, model)
        if skipped and not findings:
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
        # By name, for their modules are not imported without --mlcheck
        if type(excinfo.value).__name__ in {"ConfigError", "NoInterpreterError"}:
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
    from mlcheck.output.text import block  # noqa: PLC0415 - as above

    env = item.config.getoption("mlcheck_env")
    given = f" --mlcheck-env {env}" if env else ""
    again = f"run this check again: pytest --mlcheck{given} {finding.model} -k {item.name}"
    return "\n".join([*block(finding), again])


_POLICY = pytest.StashKey["Policy"]()


def _make_policy(config: pytest.Config) -> Policy:
    from mlcheck.contract.runner import contract_codes  # noqa: PLC0415 - as above
    from mlcheck.lint import known_codes  # noqa: PLC0415
    from mlcheck.policy import Overrides, Policy  # noqa: PLC0415

    return Policy(known_codes(), contract_codes(), Overrides(strict=config.getoption("mlcheck_strict")))


def _run_options(config: pytest.Config) -> RunOptions:
    from mlcheck.contract.runner import RunOptions  # noqa: PLC0415 - as above

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
    from mlcheck.config import place_env  # noqa: PLC0415 - as above

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
