"""Where the environment that a folder declares differs from the one the model was loaded in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from packaging.version import Version

from mlcheck.contract.interpreters.installed import list_installed
from mlcheck.contract.outcome import ModelError, Raised, Refused
from mlcheck.environment import BUILD_TOOLS
from mlcheck.facts.imports import distributions_of
from mlcheck.facts.packages import pip_name
from mlcheck.folder import ModelFolder
from mlcheck.requirements import read_version

if TYPE_CHECKING:
    from mlcheck.contract.under_test import ModelUnderTest

_OWN_FAULTS: Final = ("NameError", "FileNotFoundError", "IsADirectoryError", "PermissionError", "SyntaxError")
"""Exceptions that no other version of a library explains."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference: `declared` and `found` are versions, `found` is "nothing" for a package that is missing.

    conda: it is a package of conda, which explains no more than that it is missing.
    """

    name: str
    declared: str
    found: str
    conda: bool = False


def declared_drift(model: ModelUnderTest) -> list[Drift]:
    """Return the differences that may explain why the model did not load; empty where they cannot.

    A missing module explains it only if its package is declared, and an exception that the model's own code raised
    is its own fault whatever is installed.
    """
    outcome = model.load()
    if not isinstance(outcome, (Raised, Refused)):
        return []
    installed = list_installed(model.interpreter.python)
    drift = list(find_drift(model.folder, model.process.versions["python"], installed))
    return drift if drift and _explains(drift, outcome.error, model.folder.name) else []


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


def _explains(drift: list[Drift], error: ModelError, model: str) -> bool:
    if any(error.is_a(name) for name in _OWN_FAULTS):
        return False
    names = {item.name for item in drift}
    missing = re.search(r"No module named '([\w.]+)'|cannot import name .* from '([\w.]+)'", error.message)
    if missing:
        module = (missing[1] or missing[2]).partition(".")[0]
        return bool({"Python", *distributions_of(module), module.replace("_", "-")} & names - {"Python"})
    return any(not item.conda for item in drift) and not _raised_by_the_model(error.traceback, model)


def _raised_by_the_model(traceback: str, model: str) -> bool:
    files = re.findall(r'^\s*File "([^"]+)"', traceback, re.MULTILINE)
    return bool(files) and files[-1].startswith((f"{model}/", f"{model}\\"))
