"""Where the environment that a folder declares differs from the one the model was loaded in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packaging.version import Version

from mlcheck.contract.cases import Case
from mlcheck.contract.interpreters.installed import list_installed
from mlcheck.contract.outcome import Answered, Died, ModelError, Outcome, Raised, Refused, TimedOut
from mlcheck.environment import BUILD_TOOLS
from mlcheck.facts.imports import distributions_of
from mlcheck.facts.packages import pip_name
from mlcheck.folder import ModelFolder
from mlcheck.requirements import read_version

if TYPE_CHECKING:
    from mlcheck.contract.under_test import ModelUnderTest

_OWN_FAULTS: Final = ("NameError", "FileNotFoundError", "IsADirectoryError", "PermissionError", "SyntaxError")
"""Exceptions that no other version of a library explains."""

_GONE_FROM_PANDAS: Final = frozenset({"append", "as_matrix", "get_value", "iteritems", "ix", "mad", "set_value"})
"""Methods of a DataFrame or Series that pandas had until 2.0 or earlier; any other name is a column."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference: `declared` and `found` are versions, `found` is "nothing" for a package that is missing.

    conda: it is a package of conda, which explains no more than that it is missing.
    """

    name: str
    declared: str
    found: str
    conda: bool = False


@dataclass(frozen=True, slots=True)
class Misfit:
    """What came of loading or, where there is a case, of predicting it, and the differences that explain it."""

    outcome: Outcome
    drift: tuple[Drift, ...]
    case: Case | None = None


def find_misfit(model: ModelUnderTest) -> Misfit | None:
    """Return what the model does not do because its environment is another one; `None` where that explains nothing.

    A missing module explains it only if its package is declared, and an exception that the model's own code raised
    is its own fault whatever is installed. One row is predicted, but only where something differs.
    """
    outcome = model.load()
    if isinstance(outcome, (Raised, Refused)):
        drift = _all_drift(model)
        return Misfit(outcome, drift) if drift and _explains(drift, outcome.error, model.folder.name) else None
    drift = _all_drift(model) if isinstance(outcome, Answered) else ()
    case = _first_case(model) if drift else None
    answer = model.ask(case) if case else None
    return Misfit(answer, drift, case) if answer is not None and _explains_answer(drift, answer) else None


def _all_drift(model: ModelUnderTest) -> tuple[Drift, ...]:
    installed = list_installed(model.host.interpreter.python)
    return tuple(find_drift(model.folder, model.process.versions["python"], installed))


def _first_case(model: ModelUnderTest) -> Case | None:
    cases = model.enumerated_typical_cases[:1] if model.signature is not None else []
    return next((case for case in cases if model.verdict(case).kind == "accept"), None)


def find_drift(folder: ModelFolder, python: str, installed: Mapping[str, str]) -> Iterator[Drift]:
    """Yield every declared version whose major or minor number differs from what the model was loaded with.

    python, installed: the version of the interpreter, and of its distributions by canonical name.
    """
    declared = folder.pyfunc.get("python_version")
    if isinstance(declared, str) and _release(declared) and _release(declared) != _release(python):
        yield Drift("Python", declared, python)
    for requirement in folder.all_requirements:
        if requirement.kind != "named" or requirement.name is None or requirement.pinned is None:
            continue
        found = installed.get(requirement.name)
        if found is None or _release(found) != _release(requirement.pinned):
            yield Drift(requirement.name, requirement.pinned, found or "nothing")
    for spec in folder.conda_specs:
        if spec.name not in BUILD_TOOLS and pip_name(spec.name) not in installed:
            yield Drift(pip_name(spec.name), spec.version.lstrip("=") or "by conda", "nothing", conda=True)


def _release(text: str) -> tuple[int, ...] | None:
    version: Version | None = read_version(text)
    return version.release[:2] if version else None


def _explains(drift: Sequence[Drift], error: ModelError, model: str) -> bool:
    if any(error.is_a(name) for name in _OWN_FAULTS):
        return False
    names = {item.name for item in drift}
    missing = re.search(r"No module named '([\w.]+)'|cannot import name .* from '([\w.]+)'", error.message)
    if missing:
        module = (missing[1] or missing[2]).partition(".")[0]
        return bool({"Python", *distributions_of(module), module.replace("_", "-")} & names - {"Python"})
    return any(not item.conda for item in drift) and not _raised_by_the_model(error.traceback, model)


def _explains_answer(drift: Sequence[Drift], outcome: Outcome) -> bool:
    """Tell whether it is the environment that keeps the model from answering a plain row.

    The bytecode of another Python crashes or never ends. A library of another release lacks an attribute, a name or
    an argument, and says so itself; what it says about values is about the model or its input.
    """
    other_python = any(item.name == "Python" for item in drift)
    if isinstance(outcome, (Died, TimedOut)):
        return other_python
    if not isinstance(outcome, Raised):
        return False
    error = outcome.error
    if error.is_a("SystemError"):
        return other_python
    return _lacks_something(error) and bool(_last_library(error.traceback) & {item.name for item in drift})


def _lacks_something(error: ModelError) -> bool:
    if error.is_a("AttributeError"):
        frame = re.search(r"'(?:DataFrame|Series)' object has no attribute '(\w+)'", error.message)
        return frame is None or frame[1] in _GONE_FROM_PANDAS
    return error.is_a("ImportError") or (error.is_a("TypeError") and " argument" in error.message)


def _last_library(traceback: str) -> set[str]:
    files = re.findall(r'^\s*File "([^"]+)"', traceback, re.MULTILINE)
    module = re.search(r"[/\\](?:site|dist)-packages[/\\](\w+)", files[-1]) if files else None
    return set(distributions_of(module[1])) if module else set()


def _raised_by_the_model(traceback: str, model: str) -> bool:
    files = re.findall(r'^\s*File "([^"]+)"', traceback, re.MULTILINE)
    return bool(files) and files[-1].startswith((f"{model}/", f"{model}\\"))
