"""The registry of contract checks: what a check is, and how one is declared."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlcheck.finding import Problem, Severity
from mlcheck.signature import Signature

if TYPE_CHECKING:
    from mlcheck.contract.under_test import ModelUnderTest

CheckFunction = Callable[["ModelUnderTest"], Iterator[Problem]]


Applies = Callable[["Signature | None"], bool]


class CheckSkipped(Exception):  # noqa: N818 - it is no error
    """Raised by a check that cannot be done for this model or on this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class Check:
    """One contract check: a promise that holds for sound models, named by what holds."""

    code: str
    name: str
    severity: Severity
    since: str
    applies: Applies
    function: CheckFunction

    @property
    def manual(self) -> str:
        """The manual page: the docstring of the check's function, without its indentation."""
        return inspect.getdoc(self.function) or ""

    @property
    def summary(self) -> str:
        """The first line of the manual page."""
        return self.manual.partition("\n")[0]


CHECKS: dict[str, Check] = {}
"""All checks by code, filled by the decorator when the check modules are imported."""


def has_inputs(signature: Signature | None) -> bool:
    """Tell whether a signature declares inputs: what most checks need."""
    return signature is not None and signature.inputs is not None


def always(signature: Signature | None) -> bool:  # noqa: ARG001 - one of several functions of a signature
    """Apply to every model, with and without a signature."""
    return True


def check(
    code: str, severity: Severity, *, since: str, applies: Applies = has_inputs
) -> Callable[[CheckFunction], CheckFunction]:
    """Register a function of a model under test as the check `code`; its name is the function's, with hyphens.

    `applies` tells from the signature alone whether there is anything to check.
    """

    def register(function: CheckFunction) -> CheckFunction:
        if code in CHECKS:
            raise ValueError(f"check code {code} is taken by {CHECKS[code].name}")
        CHECKS[code] = Check(code, function.__name__.replace("_", "-"), severity, since, applies, function)
        return function

    return register
