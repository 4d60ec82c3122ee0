"""What a verdict is, and how many of them become one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind: TypeAlias = Literal["accept", "refuse", "unspecified"]

MLFLOW_ERROR: Final = "MlflowException"
ANY_ERROR: Final = "Exception"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What must happen to some data, and why.

    `error` is, for refused data, the class that enforcement itself raises: "MlflowException" where MLflow
    promises it, or the raw exception that is known to come out ("ValueError", "TypeError", … and "Exception"
    where it may be any).
    `PyFuncModel.predict` of MLflow 2.10 and newer wraps the raw ones of the data (not of params) as well.
    """

    kind: Kind
    reason: str
    error: str = ""

    def within(self, place: str) -> Verdict:
        """Return the same verdict with the place put before the reason; acceptance has no place."""
        return self if self.kind == "accept" else replace(self, reason=f"{place}: {self.reason}")


ACCEPT: Final = Verdict("accept", "the data fits the signature")


def refuse(reason: str, error: str = MLFLOW_ERROR) -> Verdict:
    """Return that enforcement raises."""
    return Verdict("refuse", reason, error)


def leave_open(reason: str) -> Verdict:
    """Return that the documented contract promises nothing."""
    return Verdict("unspecified", reason)


def explain(error: Exception) -> str:
    """Return what a library says in its exception, without the advice that some add below the first line."""
    try:
        lines = str(error).splitlines()
    except Exception:  # noqa: BLE001 - a user's exception may do anything in its str
        lines = []
    return lines[0] if lines else type(error).__name__


def decide(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the first refusal, or else the first open question, or else that all is accepted.

    A refusal behind an open question may be forestalled by any exception, and names no class of its own.
    """
    result = ACCEPT
    for verdict in verdicts:
        if verdict.kind == "refuse":
            return verdict if result.kind == "accept" else replace(verdict, error=ANY_ERROR)
        if result.kind == "accept":
            result = verdict
    return result
