"""The manual pages: what there is to read about each code, be it of a rule, a contract check or the engine itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from mlcheck.facts.contract_codes import CONTRACT_CODES
from mlcheck.finding import Severity
from mlcheck.records import record
from mlcheck.rules import load_rules

if TYPE_CHECKING:
    from mlcheck.contract.checks.registry import Check
    from mlcheck.rules.registry import Rule

DOCS_URL = "https://github.com/mlcheck/mlcheck/blob/main/docs"

Kind = Literal["rule", "check"]


@record(frozen=True, slots=True)
class Page:
    """The manual page of one code; `text` is markdown with `##` headings, its first paragraph says what is found."""

    code: str
    name: str
    severity: Severity
    since: str
    kind: Kind
    text: str

    @property
    def summary(self) -> str:
        """The first line."""
        return self.text.partition("\n")[0]

    @property
    def url(self) -> str:
        """Where the page can be read on the web."""
        return url_of(self.code)

    @property
    def title(self) -> str:
        """Code, name, severity and the version that brought it."""
        return f"{self.code} {self.name} ({self.severity.value}, since {self.since})"


def url_of(code: str) -> str:
    """Return where the manual page of a code can be read on the web."""
    return f"{DOCS_URL}/{'checks' if code in CONTRACT_CODES else 'rules'}.md#{code.lower()}"


def rule_pages() -> dict[str, Page]:
    """Return the pages of all lint rules and of what the engine itself reports, sorted by code."""
    return dict(sorted({**{page.code: page for page in _ENGINE}, **_pages("rule", load_rules().values())}.items()))


def check_pages() -> dict[str, Page]:
    """Return the pages of all contract checks, sorted by code; raises `ImportError` without the contract extra."""
    from mlcheck.contract.checks import load_checks  # noqa: PLC0415 - lint must do without it

    return _pages("check", load_checks().values())


def page_of(code: str) -> Page | None:
    """Return the page of a code, `None` when it has none or its library is not installed."""
    if code not in CONTRACT_CODES:
        return rule_pages().get(code)
    try:
        return check_pages().get(code)
    except ImportError:
        return None


def _pages(kind: Kind, items: Iterable[Rule | Check]) -> dict[str, Page]:
    return {
        item.code: Page(item.code, item.name, item.severity, item.since, kind, item.manual.strip()) for item in items
    }


_ENGINE = (
    Page(
        "MLC001",
        "internal-error",
        Severity.ERROR,
        "0.1.0",
        "rule",
        """Finds a rule or a contract check that failed itself: a defect of mlcheck, not of the model.

## Why is this bad?
What that rule or check looks for was not looked for, so the run ends with exit code 2, could not check. All the
others did run. It cannot be ignored.

## Bad
    error MLC001 [internal-error] rule MLC301 (conda-shape) failed on this folder: KeyError: 'name'

## Good
    1 model checked: 0 errors, 0 warnings, 0 notes

## What to do
Report it with the file that the finding names. Until it is mended, leave the rule out with `--select`.

## Based on
https://github.com/Instagram/Fixit/pull/283: a crash inside a rule must not pass for a clean file""",
    ),
    Page(
        "MLC002",
        "unused-ignore",
        Severity.ERROR,
        "0.1.0",
        "rule",
        """Finds ignores in a configuration, and entries of a baseline, that hold nothing back any more.

## Why is this bad?
An ignore that outlived its finding hides the next one. It is a note for an entry of a baseline.
Reported only where the run looked at everything that the entry could match: when the folder of the configuration
file was checked as a whole, or when the entry's own glob matches a model of the run.

## Bad
    [tool.mlcheck.ignore]
    MLC305 = "the serving image brings it"    # and no model has several pip sections

## Good
    [tool.mlcheck.ignore]

## What to do
Remove the entry, or correct its code or glob. For a baseline: write it again with `--write-baseline`.

## Based on
https://github.com/astral-sh/ruff/issues/12831, https://github.com/zizmorcore/zizmor/issues/564""",
    ),
)
