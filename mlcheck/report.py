"""The result of a run: findings, what was suppressed, what was checked, and the exit code."""

from __future__ import annotations

from collections import Counter

from mlcheck.finding import Finding, Severity
from mlcheck.records import record

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_COULD_NOT_CHECK = 2


@record(frozen=True, slots=True)
class Suppressed:
    """A finding that the configuration or a baseline holds back, and why."""

    finding: Finding
    reason: str
    source: str


@record(frozen=True, slots=True)
class ModelSummary:
    """One model that was checked; `facts` says what was done with it (`("cases", "120")`), for people.

    `config` is the configuration file that held for it, empty for none.
    """

    path: str
    facts: tuple[tuple[str, str], ...] = ()
    config: str = ""


@record(frozen=True, slots=True)
class Report:
    """Everything that a run has to say. `errors` are reasons why something could not be checked at all."""

    models: tuple[ModelSummary, ...] = ()
    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    errors: tuple[str, ...] = ()
    fail_on: Severity = Severity.ERROR

    @property
    def counts(self) -> Counter[Severity]:
        """How many findings there are of each severity."""
        return Counter(finding.severity for finding in self.findings)

    @property
    def summary(self) -> str:
        """One line for people: what was checked and what was found."""
        counts = self.counts
        found = [_count(counts[severity], severity.value) for severity in Severity]
        held = f", {len(self.suppressed)} suppressed" if self.suppressed else ""
        missed = f", {len(self.errors)} could not be checked" if self.errors else ""
        return f"{_count(len(self.models), 'model')} checked: {', '.join(found)}{held}{missed}"

    @property
    def exit_code(self) -> int:
        """0 when clean, 1 for findings at or above `fail_on`, 2 when something could not be checked."""
        if self.errors or any(finding.code == "MLC001" for finding in self.findings):
            return EXIT_COULD_NOT_CHECK
        failing = any(finding.severity.rank >= self.fail_on.rank for finding in self.findings)
        return EXIT_FINDINGS if failing else EXIT_CLEAN


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
